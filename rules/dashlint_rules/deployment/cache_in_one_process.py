"""Caches that live in one process or on one container's disk, where several serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import CACHES, Cache, caches
from dashlint_rules.deployment.processes import celery_workers, copies, in_container, running, webs

if TYPE_CHECKING:
    from dashlint.deployment.model import Container, Deployment, Made

_IN_PROCESS = frozenset({"SimpleCache", "simple"})
_ON_DISK = frozenset({"FileSystemCache", "filesystem"})
#: Entries that flask-caching keeps where CACHE_THRESHOLD is absent (flask_caching/__init__.py).
_THRESHOLD = 500
_LOSES = {
    "FILTER_STATE_CACHE_CONFIG": "a shared dashboard's filters are found only by chance",
    "EXPLORE_FORM_DATA_CACHE_CONFIG": "a chart that is being edited is found only by chance",
}


class CacheInOneProcess(Rule):
    """A cache is held in each process, or on each container's own disk, and there are several.

    ## Why
    `SimpleCache` is a dictionary in the memory of one gunicorn worker: every worker runs the query again and
    keeps its own copy, up to `CACHE_THRESHOLD` (500) results in each. `FileSystemCache` on a disk that
    containers do not share does the same for replicas. Filter states and edited charts that another process
    kept are not found. Likewise SQL Lab's results (RESULTS_BACKEND): a Celery worker writes them, and a web
    server reads them.

    ## Example
    ```python
    DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache"}  # and gunicorn --workers 4
    ```

    ## Use instead
    ```python
    DATA_CACHE_CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": "redis://cache:6379/0"}
    ```

    Reported only where the number of workers or replicas is known and more than one.

    ## Source
    flask_caching/backends/simplecache.py, filesystemcache.py; flask_caching/__init__.py (CACHE_THRESHOLD);
    cachelib/simple.py, file.py; superset/sql_lab.py and superset/commands/sql_lab/results.py
    (RESULTS_BACKEND).
    """

    code = "DL609"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "share one cache among the workers"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each cache."""
        from dashlint.deployment.model import Role

        web = deployment.of(Role.WEB)
        replicas = max((copies(one, most=True) or 1 for one in web), default=1)
        # One worker is gunicorn's default, and that of the official image (SERVER_WORKER_AMOUNT).
        workers = [
            (copies(one.container, most=True) or 1) * (one.number("workers") or 1) for one in webs(deployment)
        ]
        processes = max([replicas, *workers])
        for cache in caches(deployment, CACHES):
            if cache.type in _IN_PROCESS and processes > 1:
                yield self._in_process(cache, processes)
            elif cache.type in _ON_DISK and replicas > 1 and not _is_mounted(cache, web):
                lost = _LOSES.get(cache.setting, "each runs the queries of the others again")
                yield self.deployment_finding(
                    cache.place("CACHE_TYPE"),
                    f"{cache.setting} is on the disk of each of {replicas} replicas: {lost}",
                    advice='use "CACHE_TYPE": "RedisCache", or a volume that all replicas share',
                )

        for config in deployment.configs:
            made = config.calls.get("RESULTS_BACKEND")
            if made is not None:
                yield from self._results(made, deployment, processes)

    def _results(self, made: Made, deployment: Deployment, processes: int) -> Iterator[Finding]:
        """SQL Lab's results where another process, or another container, looks for them in vain."""
        from dashlint.deployment.model import Role

        web = [one for one in running(deployment) if one.role is Role.WEB]
        workers = [container for container, _ in celery_workers(deployment)]
        holders = {id(one): one for one in (*web, *workers) if in_container(one)}.values()
        containers = sum(copies(one, most=True) or 1 for one in holders)
        if made.name == "SimpleCache" and (processes > 1 or (web and workers)):
            of = f"each of {processes} worker processes" if processes > 1 else "each process"
            where = f"in the memory of {of}"
        elif made.name == "FileSystemCache" and containers > 1:
            folder = made.arguments.get("cache_dir")
            # A folder that is not known, or one that a volume brings, may be shared.
            if not isinstance(folder, str) or any(_below(folder, m) for one in holders for m in one.mounts):
                return
            where = f"on the disk of each of {containers} containers"
        else:
            return
        yield self.deployment_finding(
            made.location,
            f"RESULTS_BACKEND is a {made.name}, {where}: a result of SQL Lab is found only where it was "
            "written",
            advice='use cachelib\'s RedisCache(host="redis", port=6379, key_prefix="superset_results")',
        )

    def _in_process(self, cache: Cache, processes: int) -> Finding:
        threshold = cache.values.get("CACHE_THRESHOLD", _THRESHOLD)
        entries = f"up to {threshold:,} entries" if isinstance(threshold, int) else "entries"
        lost = _LOSES.get(cache.setting, "each runs the queries of the others again")
        return self.deployment_finding(
            cache.place("CACHE_TYPE"),
            f"{cache.setting} is a {cache.type} in each of {processes} worker processes, with {entries} in "
            f"each: {lost}",
            advice='use "CACHE_TYPE": "RedisCache" with "CACHE_REDIS_URL"',
        )


def _is_mounted(cache: Cache, web: tuple[Container, ...]) -> bool:
    """Whether the folder may be on a volume, which replicas may share; so if it is not known."""
    folder = cache.values.get("CACHE_DIR")
    if not isinstance(folder, str):
        return True
    return any(_below(folder, mount) for one in web for mount in one.mounts)


def _below(folder: str, mount: str) -> bool:
    return folder == mount or folder.startswith(f"{mount.rstrip('/')}/")
