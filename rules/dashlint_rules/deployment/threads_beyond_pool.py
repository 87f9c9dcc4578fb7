"""More threads than the metadata database's pool has connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.pools import metadata_pool
from dashlint_rules.deployment.processes import GREEN, webs
from dashlint_rules.deployment.settings import only_config

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment


class ThreadsBeyondPool(Rule):
    """A process answers more requests at once than its pool of metadata connections has.

    ## Why
    Every request asks the metadata database who is asking and what the chart is, and keeps its connection
    until it ends. With all of them taken the next one waits 30 seconds, then fails with
    `QueuePool limit of size 5 overflow 10 reached, connection timed out`.

    ## Example
    `SERVER_THREADS_AMOUNT=20`, the official image's default, with a pool of SQLAlchemy's default
    5 + 10 = 15 connections.

    ## Use instead
    ```python
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True}
    ```
    with the sum no smaller than the threads of one process, or fewer threads. The options concern the
    metadata database alone; connections to the databases of charts are not pooled.

    ## Source
    SQLAlchemy's QueuePool (pool_size 5, max_overflow 10, timeout 30 seconds);
    docker/entrypoints/run-server.sh of 6.1.0 (20 threads); superset/models/core.py:_get_sqla_engine
    (NullPool for other databases).
    """

    code = "DL617"
    confidence = Confidence.MEDIUM
    effort = Effort.LINE
    remedy = "give each process as many connections as threads"
    applies_to = "gunicorn with gthread or gevent; a metadata database other than SQLite."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn with more threads than connections."""
        pool = metadata_pool(only_config(deployment))
        if pool is None:
            return
        for web in webs(deployment):
            slots, kind = web.slots, web.worker_class
            if not slots or slots <= pool.most:
                continue
            option = "worker-connections" if kind in GREEN else "threads"
            said = web.says(option)
            what = "requests" if kind in GREEN else "threads"
            yield self.deployment_finding(
                web.place(option),
                f"each process of {web.where} has {slots} {what}{'' if said else ' (the default)'} and "
                f"{pool.most} connections to the metadata database (pool_size {pool.size} + max_overflow "
                f"{pool.overflow}{'' if pool.given else ', the defaults'}): with more requests at once than "
                "that, some wait for one and fail after 30 seconds",
                advice=f'SQLALCHEMY_ENGINE_OPTIONS = {{"pool_size": {pool.size}, '
                f'"max_overflow": {slots - pool.size}}}'
                if kind not in GREEN
                else web.line(option, pool.most),
                severity=None if said or pool.given else Severity.INFO,
            )
