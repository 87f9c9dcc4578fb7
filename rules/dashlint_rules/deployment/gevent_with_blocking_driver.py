"""Greenlets that wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import GREEN, Web, webs

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment

#: Drivers in C, which do not yield to gevent: how a URI names them, and the package. psycopg2 yields with
#: psycogreen alone (psycopg's documentation, "Support for coroutine libraries").
_BLOCKING: Mapping[str, str] = {
    "postgresql": "psycopg2",
    "postgres": "psycopg2",
    "postgresql+psycopg2": "psycopg2",
    "redshift+psycopg2": "psycopg2",
    "redshift": "psycopg2",
    "cockroachdb": "psycopg2",
    "mysql": "mysqlclient",
    "mysql+mysqldb": "mysqlclient",
    "mssql+pyodbc": "pyodbc",
    "oracle": "cx_Oracle",
    "oracle+cx_oracle": "cx_Oracle",
    "sqlite": "sqlite3",
    "duckdb": "duckdb",
}

#: gunicorn's own default, made for small answers: what is at least as many was not chosen for Superset.
_MANY = 1000


class GeventWithBlockingDriver(Rule):
    """gevent's greenlets share one thread, and a database driver does not let go of it.

    ## Why
    gevent switches between requests where Python waits for a socket. A driver in C waits inside itself: until
    the database answers, nothing else of the worker runs, `/health` among it. What gevent does let run at
    once is up to `--worker-connections` requests in one process, each with its result in memory.

    ## Example
    ```shell
    gunicorn --worker-class gevent --worker-connections 1000 …   # with postgresql+psycopg2://
    ```

    ## Use instead
    `--worker-class gthread --threads 8`, as the official image does: these drivers let other threads run.
    Or psycogreen for psycopg2, a driver in Python (`mysql+pymysql`, `postgresql+pg8000`), and a small
    `--worker-connections`. Where a file mentions psycogreen, psycopg2 is not reported.

    ## Source
    gevent's documentation ("Monkey patching": C code that blocks is not patched); psycopg2's documentation
    (coroutine libraries need a wait callback); gunicorn's setting worker_connections (1000).
    """

    code = "DL616"
    confidence = Confidence.MEDIUM
    effort = Effort.LINE
    remedy = "use threads, or drivers that let others run"
    applies_to = "gunicorn with gevent or eventlet."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn with greenlets: its drivers, or how much it lets in."""
        for web in webs(deployment):
            if web.worker_class in GREEN:
                yield from self._judged(web, deployment, analysis)

    def _judged(self, web: Web, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        drivers = dict.fromkeys(
            _BLOCKING[scheme] for scheme in _schemes(deployment, analysis) if scheme in _BLOCKING
        )
        if _mentions_psycogreen(deployment):
            drivers.pop("psycopg2", None)
        if drivers:
            yield self.deployment_finding(
                web.place("worker-class"),
                f"{web.where} runs {web.worker_class}, and {' and '.join(drivers)} does not yield to it: "
                "while one request waits for its database, all others of the same worker wait, too",
                advice=f"{web.line('worker-class', 'gthread')} {web.line('threads', 8)}",
            )
            return
        slots = web.slots
        if slots and slots >= _MANY:
            said = "" if web.says("worker-connections") else ", its default"
            yield self.deployment_finding(
                web.place("worker-connections"),
                f"each process of {web.where} takes up to {slots} requests at once "
                f"(worker-connections{said}), and each of them holds its whole result in memory",
                advice=f"{web.line('worker-connections', 20)}, or {web.line('worker-class', 'gthread')} "
                f"{web.line('threads', 8)}",
            )


def _schemes(deployment: Deployment, analysis: Analysis) -> Iterable[str]:
    """How the URIs of metadata database and charts' databases begin."""
    for config in deployment.configs:
        given = config.settings.get("SQLALCHEMY_DATABASE_URI")
        if given is not None and isinstance(given.value, str):
            yield "".join(given.value).partition("://")[0].lower()
    for database in analysis.workspace.databases:
        if database.uri:
            yield database.uri.partition("://")[0].lower()


def _mentions_psycogreen(deployment: Deployment) -> bool:
    return any("psycogreen" in script.text for script in deployment.scripts) or any(
        "psycogreen" in str(given.value)
        for container in deployment.containers
        for given in container.environment.values()
        if given.known
    )
