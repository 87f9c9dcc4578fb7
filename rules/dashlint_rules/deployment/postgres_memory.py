"""PostgreSQL's memory against what its container may have, and settings that wait for a restart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.settings import known

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Container, Deployment

#: Settings whose context is ``postmaster`` (pg_settings): they wait for a restart.
_RESTART = ("shared_buffers", "max_connections", "wal_buffers", "huge_pages", "max_worker_processes")
#: Bytes and connections: PostgreSQL's defaults (guc_tables.c).
_WORK_MEM, _CONNECTIONS = 4 * 2**20, 100


class PostgresMemory(Rule):
    """PostgreSQL is given more memory than its container has, or a setting waits for a restart.

    ## Why
    `shared_buffers` is taken once, and `work_mem` by each sort or hash of each process. Where both can go
    beyond the container's limit, the kernel kills a process of the server, and PostgreSQL restarts with all
    sessions. `ALTER SYSTEM` with `pg_reload_conf()` changes nothing for settings that are read at the start
    alone.

    ## Example
    ```sql
    ALTER SYSTEM SET shared_buffers = '4GB';
    SELECT pg_reload_conf();   -- shared_buffers stays what it was
    ```

    ## Use instead
    A restart, and for a server of its own about a quarter of the memory as `shared_buffers`.

    ## Source
    PostgreSQL's documentation, "Resource Consumption" (shared_buffers: 25 % of the memory to begin with,
    more than 40 % seldom helps; work_mem: 4 MB, for each operation), pg_settings.context.
    """

    code = "DL623"
    severity = Severity.INFO
    effort = Effort.LINE
    remedy = "fit PostgreSQL's memory to its host"
    applies_to = "PostgreSQL, where its settings are among the files."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """Findings about SQL that sets what waits, and about each server with a memory limit."""
        from dashlint.deployment.model import Role

        for name in _RESTART:
            given = deployment.postgres.get(name)
            if given is not None and (given.location.file or "").lower().endswith(".sql"):
                yield self.deployment_finding(
                    given.location,
                    f"ALTER SYSTEM SET {name} has no effect before PostgreSQL is restarted: "
                    "pg_reload_conf() leaves it as it was",
                    advice="restart the server after it, and look at pg_settings.pending_restart",
                )
        servers = deployment.of(Role.POSTGRES)
        for container in servers:
            yield from self._memory(container, deployment, alone=len(servers) == 1)

    def _memory(self, container: Container, deployment: Deployment, *, alone: bool) -> Iterator[Finding]:

        limit = known(container.memory_limit)
        if not limit:
            return
        told = dict(deployment.postgres) if alone else {}
        for program in container.programs:
            told.update(program.options)
        named = told.get("config_file")
        shared = told.get("shared_buffers")
        buffers = known(shared)
        if shared is None or not buffers or (named is not None and not named.known):
            return
        if buffers >= limit:
            yield self._found(
                shared.location,
                f"shared_buffers {size(buffers)} is no less than the {size(limit)} that {container.name} "
                "may have: the server is killed when they fill",
                limit,
                Severity.ERROR,
            )
            return
        work = known(told["work_mem"]) if "work_mem" in told else _WORK_MEM
        most = known(told["max_connections"]) if "max_connections" in told else _CONNECTIONS
        if work and most and buffers + work * most > limit:
            yield self._found(
                (told.get("work_mem") or shared).location,
                f"shared_buffers {size(buffers)} and one work_mem of {size(work)} for each of {most} "
                f"connections are {size(buffers + work * most)}, and {container.name} may have "
                f"{size(limit)}",
                limit,
                Severity.INFO,
            )

    def _found(self, place: Location, message: str, limit: int, severity: Severity) -> Finding:
        return self.deployment_finding(
            place,
            message,
            advice=f"shared_buffers = {limit // 4 // 2**20}MB, a quarter of the limit, and a work_mem or "
            "max_connections that leave room; raise work_mem for single roles instead",
            severity=severity,
        )
