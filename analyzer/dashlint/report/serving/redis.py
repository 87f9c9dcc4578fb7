"""``redis.conf`` of the cache, and of Celery's queue where there is one; the same as a command line."""

from __future__ import annotations

from collections.abc import Mapping

from dashlint.capacity.figures import BROKER, Figures, mebibytes

CACHE, QUEUE = "redis-cache.conf", "redis-broker.conf"


def files(figures: Figures) -> Mapping[str, str]:
    """The configuration of each Redis."""
    found = {
        CACHE: _conf(figures, cache_options(figures), "Chart data and nothing else: it may evict anything.")
    }
    if figures.celery:
        found[QUEUE] = _conf(figures, queue_options(), "Celery's queue and results: nothing may be evicted.")
    return found


def cache_options(figures: Figures) -> dict[str, str]:
    """Directives of the cache: bounded, evicting, kept in memory alone."""
    assert figures.cache is not None
    return {
        "maxmemory": f"{mebibytes(figures.cache)}mb",
        "maxmemory-policy": "allkeys-lru",
        "save": '""',
        "appendonly": "no",
    }


def queue_options() -> dict[str, str]:
    """Directives of Celery's queue: it survives a restart, and refuses rather than forgets."""
    return {
        "maxmemory": f"{mebibytes(BROKER)}mb",
        "maxmemory-policy": "noeviction",
        "save": '""',
        "appendonly": "yes",
    }


def command(options: Mapping[str, str]) -> list[str]:
    """The same for a container's command."""
    words = ["redis-server"]
    for name, value in options.items():
        words += [f"--{name}", value.strip('"')]
    return words


def _conf(figures: Figures, options: Mapping[str, str], purpose: str) -> str:
    lines = [f"# {figures.header}", f"# {purpose}", *(f"{name} {value}" for name, value in options.items())]
    return "\n".join(lines) + "\n"
