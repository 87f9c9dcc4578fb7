"""Timeouts that end a request in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import Web, webs
from dashlint_rules.deployment.settings import number, only_config

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, SupersetConfig

#: Seconds: superset/config.py of 6.1.0.
_BROWSER = 60
_SQL_LAB = 30


class TimeoutsOutOfOrder(Rule):
    """gunicorn kills a worker before Superset or the browser would have given up.

    ## Why
    A worker of the class sync that is busy with one request for longer than gunicorn's timeout is killed.
    The browser sees a broken connection (502 behind a proxy) and not what went wrong, Superset 6.0 and newer
    sends the request again, and the database may go on with the query.

    ## Example
    ```shell
    gunicorn --workers 4 "superset.app:create_app()"   # sync, 30 seconds
    ```
    with `SUPERSET_WEBSERVER_TIMEOUT` not set: the browser waits 60 seconds.

    ## Use instead
    `--timeout` of at least `SUPERSET_WEBSERVER_TIMEOUT` and of at least `SQLLAB_TIMEOUT`, and a statement
    timeout of the database below both. With `--worker-class gthread` (the official image's) the timeout says
    how long a worker may be silent, not how long a request may take, so nothing is reported.

    ## Source
    gunicorn's settings timeout and worker_class (sync is the default, 30 seconds); superset/config.py of
    6.1.0 (SUPERSET_WEBSERVER_TIMEOUT 60, SQLLAB_TIMEOUT 30, SUPERSET_CLIENT_RETRY_ATTEMPTS).
    """

    code = "DL615"
    effort = Effort.LINE
    remedy = "put timeouts in order"
    applies_to = "gunicorn with the worker class sync."

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
