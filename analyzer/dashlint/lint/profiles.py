"""Profiles: budgets of memory that follow from how a Superset is run.

A profile assumes a deployment and says so. From the assumption follow option values, by the arithmetic
that ``dashlint cost`` uses for many viewers: a worker at rest takes
:data:`~dashlint.cost.capacity.WORKER_AT_REST`, and what is left of its limit is shared by the loads, or by
the requests, that it may serve at once. No other option has a profile: no measurement says that a larger
team wants, say, more charts on a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.cost.capacity import MASTER, THREADS, WORKER_AT_REST

_MIB = 2**20


class Profile(NamedTuple):
    """What a deployment is taken for.

    Args:
        name: ``small``, ``medium`` or ``large``.
        containers: equal ones that answer browsers.
        workers: gunicorn's, in one container.
        threads: of one worker (``gthread``).
        memory: limit of one container, in bytes.
        viewers: people who open a dashboard at the same moment, spread evenly over the workers.
    """

    name: str
    containers: int
    workers: int
    threads: int
    memory: int
    viewers: int

    @property
    def room(self) -> int:
        """Bytes that are left to the requests of one worker."""
        return (self.memory - MASTER) // self.workers - WORKER_AT_REST

    @property
    def loads(self) -> int:
        """Loads that one worker serves at the same moment, rounded up."""
        return -(-self.viewers // (self.containers * self.workers))


#: What each profile assumes is a choice, to be compared with what one runs; it is no measurement. One worker
#: of 20 threads is what Superset's image starts (docker/entrypoints/run-server.sh); the others have more of
#: them. The memory of a container grows with its workers, 2 GiB for each.
PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("small", 1, 1, THREADS, 2 * 2**30, 3),
        Profile("medium", 1, 4, THREADS, 8 * 2**30, 20),
        Profile("large", 4, 4, THREADS, 8 * 2**30, 160),
    )
}


class Value(NamedTuple):
    """An option's value in a profile, in bytes, and what it follows from."""

    rule: str
    option: str
    value: int
    reason: str


def assumption(profile: Profile) -> str:
    """What a profile assumes, in one line."""
    containers = "one container" if profile.containers == 1 else f"{profile.containers} containers"
    workers = "1 worker" if profile.workers == 1 else f"{profile.workers} workers"
    return (
        f"{containers} of {workers} × {profile.threads} threads and {profile.memory // 2**30} GiB, "
        f"{profile.viewers} viewers at the same moment"
    )


def values(name: str) -> Iterator[Value]:
    """The values of a profile, rounded down to whole MiB."""
    profile = PROFILES[name]
    room = f"{profile.room // _MIB} MiB that a worker has beside itself"
    load = profile.room // profile.loads // _MIB * _MIB
    yield Value("DL102", "budget", load, f"{room}, for {profile.loads} loads at once")
    yield Value("DL103", "memory-per-minute", load // 2, "one cold load at DL102's budget every two minutes")
    request = profile.room // profile.threads // _MIB * _MIB
    yield Value("DL307", "budget", request, f"{room}, for {profile.threads} threads at once")


def options(name: str | None, keys: Iterable[str]) -> dict[str, Any]:
    """The options that a profile sets for a rule, which goes by these keys (its code and name)."""
    if name is None:
        return {}
    wanted = set(keys)
    return {value.option: value.value for value in values(name) if value.rule in wanted}


def table() -> str:
    """The profiles in Markdown: what they assume and set."""
    lines = ["| profile | assumes | sets |", "|---|---|---|"]
    for name, profile in PROFILES.items():
        set_to = "<br>".join(
            f"`{v.rule}.{v.option}` = {v.value / _MIB:g} MiB: {v.reason}" for v in values(name)
        )
        lines.append(f"| `{name}` | {assumption(profile)} | {set_to} |")
    return "\n".join(lines) + "\n"
