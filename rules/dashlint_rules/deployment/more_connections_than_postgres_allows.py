"""Pools that ask PostgreSQL for more connections than it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.pools import metadata_pool
from dashlint_rules.deployment.processes import celery_workers, concurrency, copies, in_use, webs, where
from dashlint_rules.deployment.settings import known, only_config

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, Given

#: PostgreSQL's defaults (src/backend/utils/misc/guc_tables.c).
_MOST, _RESERVED = 100, 3


class _Users(NamedTuple):
    """Who opens how many connections at most, and where that is said."""

    most: int
    said: str
    location: Location


class MoreConnectionsThanPostgresAllows(Rule):
    """All processes together may open more connections to the metadata database than it allows.

    ## Why
    Each process of gunicorn and Celery has a pool of its own. With all of them busy the server answers
    `FATAL: sorry, too many clients already`, and requests fail that had nothing to do with the load.

    ## Example
    ```shell
    gunicorn --workers 8 --threads 20 …   # in 3 copies
    ```
    with `SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 20}`: 3 × 8 × 20 = 480 connections, and
    `max_connections = 100`.

    ## Use instead
    A smaller `pool_size` and `max_overflow`, fewer workers or copies, PgBouncer between, or more
    `max_connections` with the memory for them.

    A process never opens more connections than it has threads, so that the pool of a sync worker, however
    large, counts as one. Of Celery, each process of the worker counts as one.

    ## Source
    PostgreSQL's max_connections (100) and superuser_reserved_connections (3); SQLAlchemy's QueuePool
    (pool_size 5, max_overflow 10); superset/config.py (SQLALCHEMY_ENGINE_OPTIONS is the metadata database's
    alone).
    """

    code = "DL618"
    confidence = Confidence.MEDIUM
    effort = Effort.LINE
    remedy = "fit the pools to max_connections"
    applies_to = "PostgreSQL as the metadata database, where one server is among the files."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """At most one finding: where the most connections come from."""
        server = _server(deployment)
        if server is None:
            return
        reserved = known(server.get("superuser_reserved_connections"))
        free_of = known(server.get("max_connections")) if "max_connections" in server else _MOST
        config = only_config(deployment)
        if (
            free_of is None
            or config is None
            or not _is_postgres(config.settings.get("SQLALCHEMY_DATABASE_URI"))
        ):
            return
        users = list(_users(deployment))
        total = sum(one.most for one in users)
        free = free_of - (reserved if reserved is not None else _RESERVED)
        if not users or total <= free:
            return
        first = max(users, key=lambda one: one.most)
        where = "" if "max_connections" in server else ", its default"
        yield self.deployment_finding(
            first.location,
            f"up to {total} connections to the metadata database ({'; '.join(one.said for one in users)}), "
            f"and PostgreSQL gives {free} (max_connections {free_of}{where}, less those for superusers)",
            field=f"{first.location.field}.connections",
            advice="lower pool_size and max_overflow in SQLALCHEMY_ENGINE_OPTIONS or the number of workers, "
            f"put PgBouncer between, or raise max_connections to {total + free_of - free}",
        )


def _server(deployment: Deployment) -> Mapping[str, Given] | None:
    """What the one PostgreSQL of the files is told; None where there is none, or several."""
    from dashlint.deployment.model import Role

    servers = deployment.of(Role.POSTGRES)
    if len(servers) > 1 or (not servers and not deployment.postgres):
        return None
    found: dict[str, Given] = dict(deployment.postgres)
    for container in servers:
        for program in container.programs:
            found.update(program.options)
    named = found.get("config_file")
    return None if named is not None and not named.known else found


def _is_postgres(uri: Given | None) -> bool:
    """Whether the metadata database may be that server: its URI is PostgreSQL's, or not known."""
    if uri is None:
        return False
    return not isinstance(uri.value, str) or "".join(uri.value).startswith("postgres")


def _users(deployment: Deployment) -> Iterator[_Users]:

    config = only_config(deployment)
    pool = metadata_pool(config)
    if pool is None:
        return
    counted = in_use(deployment)
    for web in webs(deployment):
        if web.container not in counted:
            continue
        workers, slots, copied = web.number("workers"), web.slots, copies(web.container, most=True)
        if not workers or not slots or not copied:
            continue
        each = min(slots, pool.most)
        said = f"{web.where}: {_times(copied, 'copy')}{workers} workers × {each}"
        yield _Users(copied * workers * each, said, web.place("workers"))
    for container, program in celery_workers(deployment):
        processes, copied = concurrency(program, config), copies(container, most=True)
        if processes and copied and container in counted:
            said = f"{where(container)}: {_times(copied, 'copy')}{processes} processes"
            yield _Users(copied * processes, said, program.location)


def _times(count: int, noun: str) -> str:
    return "" if count == 1 else f"{count} {noun[:-1]}ies × "
