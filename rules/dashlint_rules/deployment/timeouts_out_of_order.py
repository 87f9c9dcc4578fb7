"""Timeouts that end a request in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import Web, webs
from dashlint_rules.deployment.proxies import DEFAULTS, leads_to_superset
from dashlint_rules.deployment.settings import number, only_config

if TYPE_CHECKING:
    from dashlint.assets import Database
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, Proxy, SupersetConfig

_STATEMENT = re.compile(r"statement_timeout\s*=\s*'?([0-9.]+\s*[a-z]*)")
#: Seconds: superset/config.py of 6.1.0.
_BROWSER = 60
_SQL_LAB = 30


class TimeoutsOutOfOrder(Rule):
    """gunicorn or a proxy ends a request before Superset or the browser would have given up.

    ## Why
    A worker of the class sync that is busy with one request for longer than gunicorn's timeout is killed.
    The browser sees a broken connection (502 behind a proxy) and not what went wrong, Superset 6.0 and newer
    sends the request again, and the database may go on with the query.

    A proxy or load balancer that waits for a shorter time than the browser answers in Superset's place with
    502 or 504: again the browser does not learn what took so long, while the worker goes on.

    ## Example
    ```shell
    gunicorn --workers 4 "superset.app:create_app()"   # sync, 30 seconds
    ```
    with `SUPERSET_WEBSERVER_TIMEOUT` not set: the browser waits 60 seconds.

    ## Use instead
    `--timeout` of at least `SUPERSET_WEBSERVER_TIMEOUT` and of at least `SQLLAB_TIMEOUT`, and a statement
    timeout of the database below both. With `--worker-class gthread` (the official image's) the timeout says
    how long a worker may be silent, not how long a request may take, so nothing is reported.

    Of proxies: more than `SUPERSET_WEBSERVER_TIMEOUT` and `SQLLAB_TIMEOUT`. That is, with 65 seconds, in
    nginx `proxy_read_timeout 65s;`, in HAProxy `timeout server 65s`, on GKE a BackendConfig with
    `timeoutSec: 65`, and for Ingresses the annotation `nginx.ingress.kubernetes.io/proxy-read-timeout: "65"`
    or `alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=65`.

    Only proxies that lead to Superset are judged: to a container that serves it, a host called so, or its
    port 8088. A time that may be set in a file that was not given is unknown, and nothing is reported.

    With an export (`--with`), PostgreSQL databases whose own `statement_timeout` is longer than the browser
    waits are info: a chart's query has no other limit. Not where SQL Lab's queries run in a worker.

    ## Source
    gunicorn's settings timeout and worker_class (sync is the default, 30 seconds); superset/config.py of
    6.1.0 (SUPERSET_WEBSERVER_TIMEOUT 60, "should be lower than your [load balancer / proxy / envoy / kong /
    ...] timeout settings"; SQLLAB_TIMEOUT 30; SUPERSET_CLIENT_RETRY_ATTEMPTS). Defaults of proxies:
    ngx_http_proxy_module and ngx_http_uwsgi_module (60 s), ingress-nginx, "ConfigMaps" (proxy-read-timeout,
    60), AWS, "Application Load Balancers" (idle_timeout.timeout_seconds, 60), Google Cloud, "Backend services
    overview" (30 s); HAProxy has none. PostgreSQL, "Client Connection Defaults" (statement_timeout) and
    "Database Connection Control Functions" (options); superset/models/core.py (engine_params).
    """

    code = "DL615"
    effort = Effort.LINE
    remedy = "put timeouts in order"
    applies_to = (
        "gunicorn with the worker class sync; nginx, HAProxy, Ingresses of ingress-nginx, AWS and GKE before "
        "Superset."
    )

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn whose timeout comes first."""
        config = only_config(deployment)
        if deployment.configs and config is None:
            return
        for web in webs(deployment):
            # 0 is gunicorn's word for no timeout.
            timeout = web.number("timeout")
            if timeout and web.worker_class == "sync":
                yield from self._judged(web, timeout, config)
        seen: set[Location] = set()
        for proxy in deployment.proxies:
            # One line may count for several locations.
            place = proxy.timeout.location if proxy.timeout is not None else proxy.location
            if place not in seen and leads_to_superset(proxy, deployment):
                seen.add(place)
                yield from self._of_proxy(proxy, config)
        if config is not None:
            yield from self._of_databases(config, analysis)

    def _of_proxy(self, proxy: Proxy, config: SupersetConfig | None) -> Iterator[Finding]:
        given, default = proxy.timeout, DEFAULTS.get(proxy.kind)
        waits = default if given is None else given.value
        if not isinstance(waits, (int, float)) or not waits:
            return
        limits = [
            (limit, name)
            for name, own in (("SUPERSET_WEBSERVER_TIMEOUT", _BROWSER), ("SQLLAB_TIMEOUT", _SQL_LAB))
            if (limit := own if config is None else number(config, name, own)) is not None
        ]
        limit, name = max(limits, default=(0, ""), key=lambda pair: pair[0])
        if limit <= waits:
            return
        said = f"{waits:g} seconds{'' if given is not None else f', the default of {proxy.setting}'}"
        does = "the browser waits" if name == "SUPERSET_WEBSERVER_TIMEOUT" else "SQL Lab lets a query run"
        own = "" if config is not None and name in config.settings else ", its default"
        yield self.deployment_finding(
            given.location if given is not None else proxy.location,
            f"{proxy.kind} gives up on Superset after {said}, and {does} {limit} ({name}{own}): whoever "
            "waits gets an error of the proxy (502 or 504), and the query goes on",
            field=None if given is not None else f"{proxy.location.field or proxy.kind}.timeout",
            advice=f"{proxy.setting}: more than {limit} seconds, such as {limit + 5}; or a lower {name}",
            # What a controller, or a configuration that was not given, sets for all is not known.
            confidence=None if config is not None and given is not None else Confidence.MEDIUM,
        )

    def _of_databases(self, config: SupersetConfig, analysis: Analysis) -> Iterator[Finding]:
        limit = number(config, "SUPERSET_WEBSERVER_TIMEOUT", _BROWSER)
        for database in analysis.workspace.databases:
            allowed = _statement_seconds(database)
            # Whose queries in SQL Lab run in a worker may be meant to take long.
            if not limit or not allowed or allowed <= limit or database.raw.get("allow_run_async") is True:
                continue
            given = config.settings.get("SUPERSET_WEBSERVER_TIMEOUT")
            yield self.deployment_finding(
                given.location if given is not None else config.location,
                f"a statement in the database {database.name} may run {allowed:g} seconds (statement_timeout "
                f"in its engine parameters), and the browser waits {limit}: the database works on for nobody",
                field=f"SUPERSET_WEBSERVER_TIMEOUT.{database.name}",
                advice=f'"options": "-c statement_timeout={max(1, limit - 5)}s" in the connect_args of its '
                "engine parameters",
                severity=Severity.INFO,
                confidence=Confidence.MEDIUM,
            )

    def _judged(self, web: Web, timeout: int, config: SupersetConfig | None) -> Iterator[Finding]:

        said = f"after {timeout} seconds" if web.says("timeout") else f"after {timeout} seconds (its default)"
        for name, default, what in (
            ("SUPERSET_WEBSERVER_TIMEOUT", _BROWSER, "the browser waits"),
            ("SQLLAB_TIMEOUT", _SQL_LAB, "SQL Lab lets a query run"),
        ):
            limit = default if config is None else number(config, name, default)
            if limit is None or limit <= timeout:
                continue
            given = config is not None and name in config.settings
            of = name if given else f"{name}, its default"
            yield self.deployment_finding(
                web.place("timeout"),
                f"gunicorn kills a sync worker of {web.where} {said} of one request, and {what} "
                f"{limit} ({of})",
                advice=f"{web.line('timeout', limit + 5)}, or {web.line('worker-class', 'gthread')} "
                f"with {web.line('threads', 8)}, whose requests the timeout does not end",
                # Without a configuration somebody may have set it elsewhere.
                confidence=None if config is not None else Confidence.MEDIUM,
            )
            return


def _statement_seconds(database: Database) -> float | None:
    """How long a connection to PostgreSQL lets a statement run, if its engine parameters say so."""
    from dashlint.deployment.quantities import postgres_milliseconds

    found: object = database.extra
    for key in ("engine_params", "connect_args", "options"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if database.engine != "postgresql" or not isinstance(found, str):
        return None
    said = _STATEMENT.search(found)
    milliseconds = postgres_milliseconds(said[1]) if said is not None else None
    return milliseconds / 1000 if milliseconds else None
