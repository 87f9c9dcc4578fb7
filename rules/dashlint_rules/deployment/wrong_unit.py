"""Numbers in the wrong unit: milliseconds for seconds, bytes for kilobytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.caches import CACHES, caches
from dashlint_rules.deployment.processes import LEAST_KIB_PER_CHILD
from dashlint_rules.deployment.settings import celery_settings, place_of

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, SupersetConfig

_HOUR, _DAY = 3600, 86_400
#: Whole days up to two years, and as many whole hours, were meant as such.
_MANY = 731
#: Celery's limits for one task, by its names in settings and on the command line.
_HARD = ("task_time_limit", "time-limit", "CELERY_TASK_TIME_LIMIT")
_SOFT = ("task_soft_time_limit", "soft-time-limit", "CELERY_TASK_SOFT_TIME_LIMIT")
_PER_CHILD = ("worker_max_memory_per_child", "max-memory-per-child")
#: Seconds that a browser, or a request of SQL Lab, waits.
_WAITING = ("SQLLAB_TIMEOUT", "SUPERSET_WEBSERVER_TIMEOUT")
#: 100 GB in KiB: more for one process can only be another unit.
_MOST_KIB = 100_000_000
#: GLOBAL_ASYNC_QUERIES_POLLING_DELAY is 500 ms; a browser that asks 30 times a second and more was not meant.
_FASTEST_POLL = 30


class _Number(NamedTuple):
    name: str
    value: float
    place: Location


class WrongUnit(Rule):
    """A time or size is written in another unit than the one that it is read in.

    ## Why
    Celery's time limits, the timeouts of caches, gunicorn and SQL Lab are seconds. A limit of `3600 * 1000`
    is not one hour but 41.7 days: no task is ever ended. Celery's memory per child is KiB: `512` replaces the
    process after every task.

    ## Example
    ```python
    class CeleryConfig:
        task_time_limit = 3600 * 1000  # seconds, so 41.7 days
        task_soft_time_limit = 7200  # not below task_time_limit: it never comes first
        worker_max_memory_per_child = 512  # KiB
    ```

    ## Use instead
    Seconds for time limits and timeouts, KiB for `worker_max_memory_per_child`, milliseconds for
    `GLOBAL_ASYNC_QUERIES_POLLING_DELAY` and for PostgreSQL's `statement_timeout` without a unit.

    A number of seconds is reported where it is a multiple of 1000 and far beyond what such a limit is for,
    and neither whole hours or days nor a power of ten.

    ## Source
    Celery, "Configuration and defaults": task_time_limit, task_soft_time_limit, worker_max_memory_per_child;
    gunicorn, "Settings": timeout; superset/config.py: SQLLAB_TIMEOUT, SUPERSET_WEBSERVER_TIMEOUT,
    GLOBAL_ASYNC_QUERIES_POLLING_DELAY; PostgreSQL, "Client Connection Defaults": statement_timeout.
    """

    code = "DL602"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    effort = Effort.LINE
    remedy = "write values in the unit that is read"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each number, and for each soft limit that does not come before the hard one."""
        for config in deployment.configs:
            yield from self._of_celery(dict(_celery_numbers(config)))
            yield from self._of_superset(config)
        for container in deployment.containers:
            for program in container.programs:
                numbers = {
                    name: _Number(name, number, given.location)
                    for name, given in program.options.items()
                    if (number := _number(given.value)) is not None
                }
                if program.name == "celery":
                    yield from self._of_celery(numbers)
                elif program.name == "gunicorn" and "timeout" in numbers:
                    yield from self._milliseconds(numbers["timeout"], 9_999, _HOUR, "gunicorn's timeout")
        yield from self._of_caches(deployment)
        yield from self._of_postgres(deployment)

    def _of_celery(self, numbers: Mapping[str, _Number]) -> Iterator[Finding]:
        hard = next((numbers[name] for name in _HARD if name in numbers), None)
        soft = next((numbers[name] for name in _SOFT if name in numbers), None)
        # A soft limit just below a hard one is as the hard one is.
        longest = hard if hard is not None and (soft is None or soft.value < hard.value) else soft
        if longest is not None:
            yield from self._milliseconds(longest, _DAY, _DAY, f"Celery's {longest.name}")
        if hard is not None and soft is not None and 0 < hard.value <= soft.value:
            yield self.deployment_finding(
                soft.place,
                f"Celery ends a task after {hard.value:,g} s ({hard.name}), so the soft limit of "
                f"{soft.value:,g} s never comes first and no task can clean up",
                advice=f"set {soft.name} below {hard.value:g}, such as {hard.value * 0.9:.0f}",
                confidence=Confidence.HIGH,
            )
        memory = next((numbers[name] for name in _PER_CHILD if name in numbers), None)
        if memory is None or not (0 < memory.value < LEAST_KIB_PER_CHILD or memory.value > _MOST_KIB):
            return
        if memory.value < LEAST_KIB_PER_CHILD:
            does = "every worker process is replaced after its first task, since one at rest takes more"
            meant = f"{memory.value * 1024:.0f} if MiB were meant"
        else:
            does = "no worker process is ever replaced"
            meant = f"{memory.value / 1024:.0f} if bytes were meant"
        yield self.deployment_finding(
            memory.place,
            f"Celery's {memory.name} is KiB: {memory.value:,.0f} is {_size(memory.value)}, and {does}",
            advice=f"write it in KiB: {meant}",
            confidence=Confidence.HIGH,
        )

    def _of_superset(self, config: SupersetConfig) -> Iterator[Finding]:
        for name in _WAITING:
            number = _of_config(config, name)
            if number is not None:
                yield from self._milliseconds(number, 9_999, _HOUR, name)
        limit = _of_config(config, "SQLLAB_ASYNC_TIME_LIMIT_SEC")
        if limit is not None:
            yield from self._milliseconds(limit, _DAY, _DAY, limit.name)
        poll = _of_config(config, "GLOBAL_ASYNC_QUERIES_POLLING_DELAY")
        if poll is not None and 0 < poll.value <= _FASTEST_POLL:
            yield self.deployment_finding(
                poll.place,
                f"{poll.name} is milliseconds: a dashboard that waits for its charts asks for them "
                f"{1000 / poll.value:,.0f} times a second",
                advice=f"write {poll.name} = {poll.value * 1000:.0f} if seconds were meant (default: 500)",
            )

    def _of_caches(self, deployment: Deployment) -> Iterator[Finding]:
        for config in deployment.configs:
            number = _of_config(config, "CACHE_DEFAULT_TIMEOUT")
            if number is not None:
                yield from self._milliseconds(number, 2 * _DAY, _DAY, number.name)
        seen: set[Location] = set()
        for cache in caches(deployment, CACHES):
            value = _number(cache.values.get("CACHE_DEFAULT_TIMEOUT"))
            place = cache.place("CACHE_DEFAULT_TIMEOUT")
            if value is None or place._replace(field=None) in seen:
                continue
            seen.add(place._replace(field=None))
            name = f"{cache.setting}'s CACHE_DEFAULT_TIMEOUT"
            yield from self._milliseconds(
                _Number("CACHE_DEFAULT_TIMEOUT", value, place), 2 * _DAY, _DAY, name
            )

    def _of_postgres(self, deployment: Deployment) -> Iterator[Finding]:
        given = deployment.postgres.get("statement_timeout")
        value = _number(given.value) if given is not None else None
        if given is not None and value is not None and 0 < value < 1000:
            yield self.deployment_finding(
                given.location,
                f"PostgreSQL's statement_timeout is milliseconds: it ends every query after {value:g} ms",
                advice=f"write statement_timeout = '{value:g}s' if seconds were meant",
            )

    def _milliseconds(self, number: _Number, most: float, whole: float, what: str) -> Iterator[Finding]:
        value = number.value
        if not (value > most and value % 1000 == 0) or _is_power_of_ten(value):
            return
        # Whole hours or days were computed in seconds, unless there are very many of them.
        if value % whole == 0 and value <= _MANY * whole:
            return
        yield self.deployment_finding(
            number.place,
            f"{what} is seconds: {value:,.0f} is {_duration(value)}",
            advice=f"write {_assignment(number.name, value / 1000)} if {value:,.0f} milliseconds were meant",
        )


def _celery_numbers(config: SupersetConfig) -> Iterator[tuple[str, _Number]]:
    """Numbers of ``CELERY_CONFIG``, and those that somebody wrote beside it, where nothing reads them."""
    for name, value in celery_settings(config).items():
        number = _number(value)
        if number is not None:
            yield name, _Number(name, number, place_of(config, "CELERY_CONFIG", name))
    for name in ("CELERY_TASK_TIME_LIMIT", "CELERY_TASK_SOFT_TIME_LIMIT"):
        beside = _of_config(config, name)
        if beside is not None:
            yield name, beside


def _of_config(config: SupersetConfig, name: str) -> _Number | None:
    given = config.settings.get(name)
    value = _number(given.value) if given is not None else None
    return _Number(name, value, given.location) if given is not None and value is not None else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float("".join(value) if isinstance(value, str) else value)
    except (OverflowError, ValueError):
        return None
    return number if 0 <= number < 1e15 else None


def _size(kib: float) -> str:
    return f"{kib / 1024:,.3g} MiB" if kib < 1024**2 else f"{kib / 1024**2:,.0f} GiB"


def _assignment(name: str, value: float) -> str:
    option = "-" in name or name == "timeout"
    return f"--{name} {value:g}" if option else f"{name} = {value:g}"


def _is_power_of_ten(value: float) -> bool:
    return f"{value:.0f}".rstrip("0") == "1"


def _duration(seconds: float) -> str:
    return f"{seconds / _DAY:,.1f} days" if seconds >= 2 * _DAY else f"{seconds / _HOUR:,.1f} hours"
