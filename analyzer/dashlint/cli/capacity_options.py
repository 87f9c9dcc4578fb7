"""What ``dashlint capacity`` is told: who comes, what there is, and what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Optional

from dashlint.cli import options
from dashlint.cli.declare import Option
from dashlint.cost.capacity import FILTER_VALUES
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.assets import Dashboard
    from dashlint.capacity.model import Audience
    from dashlint.capacity.plan import Wanted

_PEOPLE = "People"
_GIVEN = "What there is"
_MODEL = "What is assumed"


class Views(NamedTuple):
    """How often dashboards are opened: by UUID, or None for equally often.

    ``per_day`` is known where a file tells it; ``strangers`` are its names that fit no dashboard.
    """

    by_uuid: dict[str, float] | None = None
    per_day: float | None = None
    strangers: tuple[str, ...] = ()


class People(NamedTuple):
    """Who comes, and what they do."""

    viewers: Annotated[
        float | None,
        Option(
            "--viewers",
            help="People who have a dashboard open at the same time in the busiest hour.",
            metavar="N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None
    views_per_day: Annotated[
        float | None,
        Option(
            "--views-per-day",
            help="Dashboards opened on a day, instead of --viewers.",
            metavar="N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None
    peak_factor: Annotated[
        float | None,
        Option(
            "--peak-factor",
            help="The busiest hour has so many times the views of an average one of 24; by default 3: as if "
            "all fell into eight hours.",
            metavar="F",
            rich_help_panel=_PEOPLE,
        ),
    ] = None
    weight: Annotated[
        Optional[list[str]],  # noqa: UP045
        Option(
            "--weight",
            help="A dashboard is opened so many times as often as others: 'Sales*=5'. Repeatable.",
            metavar="DASHBOARD=N",
            rich_help_panel=_PEOPLE,
        ),
    ] = None
    views: Annotated[
        Path | None,
        Option(
            "--views",
            help="Views of each dashboard: CSV with columns dashboard and views, or a JSON object. Those of "
            "a day, unless --viewers or --views-per-day says how many there are.",
            metavar="FILE",
            rich_help_panel=_PEOPLE,
        ),
    ] = None
    view_minutes: Annotated[
        float | None,
        Option(
            "--view-minutes",
            help="Minutes that a dashboard stays open; 5 by default.",
            metavar="M",
            rich_help_panel=_MODEL,
        ),
    ] = None
    filter_changes: Annotated[
        float | None,
        Option(
            "--filter-changes",
            help="Filter changes in one view; 1 by default.",
            metavar="N",
            rich_help_panel=_MODEL,
        ),
    ] = None
    filter_values: Annotated[
        int,
        Option(
            "--filter-values",
            help="Values of each filter that people pick.",
            metavar="N",
            min=1,
            rich_help_panel=_MODEL,
        ),
    ] = FILTER_VALUES

    def check(self) -> None:
        """Raises ConfigError where an option makes no sense, or contradicts another."""
        _above("--viewers", self.viewers)
        _above("--views-per-day", self.views_per_day)
        _above("--peak-factor", self.peak_factor)
        _above("--view-minutes", self.view_minutes)
        _not_negative("--filter-changes", self.filter_changes)
        _one_of(("--viewers", self.viewers), ("--views-per-day", self.views_per_day))
        _one_of(("--weight", self.weight), ("--views", self.views))
        if self.peak_factor is not None and self.viewers is not None:
            raise ConfigError(
                "--peak-factor goes with --views-per-day: --viewers are those of the busiest hour"
            )

    def views_of(self, dashboards: Sequence[Dashboard]) -> Views:
        """How often each dashboard is opened.

        Raises:
            ConfigError: the file or an option cannot be used.
        """
        from dashlint.capacity.views import ViewsError, from_file, from_options

        try:
            if self.views is not None:
                read = from_file(self.views, dashboards)
                return Views(read.by_uuid, sum(read.by_uuid.values()), read.strangers)
            if self.weight:
                found = from_options(self.weight, dashboards)
                if not any(found.values()):
                    raise ConfigError("--weight: every dashboard has the weight 0")
                return Views(found)
        except ViewsError as error:
            raise ConfigError(str(error)) from None
        return Views()

    def audience(self, per_day: float | None) -> Audience:
        """The people of the busiest hour; ``per_day`` are a file's views, where nothing else is said.

        Raises:
            ConfigError: nobody said how many they are.
        """
        from dashlint.capacity.model import FILTER_CHANGES, PEAK_FACTOR, VIEW_SECONDS, Audience

        seconds = VIEW_SECONDS if self.view_minutes is None else self.view_minutes * 60
        changes = FILTER_CHANGES if self.filter_changes is None else self.filter_changes
        if self.viewers is not None:
            return Audience(self.viewers, seconds, changes, self.filter_values)
        daily = per_day if self.views_per_day is None else self.views_per_day
        if daily is None:
            raise ConfigError(
                "how many people? say --viewers N (at the same time), --views-per-day N, or --views FILE"
            )
        factor = PEAK_FACTOR if self.peak_factor is None else self.peak_factor
        return Audience.of_views(
            daily, factor, view_seconds=seconds, filter_changes=changes, filter_values=self.filter_values
        )


class Servers(NamedTuple):
    """What there is, or is decided, and what is assumed of it."""

    query_seconds: Annotated[
        float | None,
        Option(
            "--query-seconds",
            help="Seconds that a chart's query takes in the warehouse, on average. Nothing is run to find "
            "out; without it, waiting is unknown.",
            metavar="S",
            rich_help_panel=_MODEL,
        ),
    ] = None
    core_speed: Annotated[
        float,
        Option(
            "--core-speed",
            help="Speed of a core, 1 being the one that was measured.",
            metavar="X",
            rich_help_panel=_MODEL,
        ),
    ] = 1.0
    memory: Annotated[
        str | None,
        Option("--memory", help="Memory for gunicorn altogether.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None
    cpus: Annotated[
        float | None,
        Option("--cpus", help="Cores for gunicorn altogether.", metavar="N", rich_help_panel=_GIVEN),
    ] = None
    pod_memory: Annotated[
        str | None,
        Option("--pod-memory", help="Memory of each pod, instead.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None
    pod_cpus: Annotated[
        float | None,
        Option("--pod-cpus", help="Cores of each pod, instead.", metavar="N", rich_help_panel=_GIVEN),
    ] = None
    pods: Annotated[
        int | None,
        Option("--pods", help="Pods, if decided.", metavar="N", min=1, rich_help_panel=_GIVEN),
    ] = None
    workers: Annotated[
        int | None,
        Option("--workers", help="Workers of a pod, if decided.", metavar="W", min=1, rich_help_panel=_GIVEN),
    ] = None
    threads: Annotated[
        int | None,
        Option(
            "--threads", help="Threads of a worker, if decided.", metavar="T", min=1, rich_help_panel=_GIVEN
        ),
    ] = None
    redis: Annotated[
        str | None,
        Option("--redis", help="maxmemory of the cache, if decided.", metavar="SIZE", rich_help_panel=_GIVEN),
    ] = None
    max_connections: Annotated[
        int | None,
        Option(
            "--max-connections",
            help="Connections that the metadata database allows; else PostgreSQL's default of 100.",
            metavar="N",
            min=1,
            rich_help_panel=_GIVEN,
        ),
    ] = None
    asynchronous: Annotated[
        bool,
        Option(
            "--async",
            help="Celery computes charts (GLOBAL_ASYNC_QUERIES), also where the settings do not say so.",
            rich_help_panel=_GIVEN,
        ),
    ] = False
    seed: Annotated[
        int, Option("--seed", help="Of the simulation: the same seed repeats it.", rich_help_panel=_MODEL)
    ] = 1

    def wanted(self) -> Wanted:
        """The same for the plan.

        Raises:
            ConfigError: an option makes no sense, or contradicts another.
        """
        from dashlint.capacity.model import Budget, Fixed
        from dashlint.capacity.plan import Wanted

        _above("--cpus", self.cpus)
        _above("--pod-cpus", self.pod_cpus)
        _above("--core-speed", self.core_speed)
        _not_negative("--query-seconds", self.query_seconds)
        _one_of(("--memory", self.memory), ("--pod-memory", self.pod_memory))
        _one_of(("--cpus", self.cpus), ("--pod-cpus", self.pod_cpus))
        memory, pod_memory = (
            options.size("--memory", self.memory),
            options.size("--pod-memory", self.pod_memory),
        )
        return Wanted(
            Budget(memory, self.cpus, pod_memory, self.pod_cpus),
            Fixed(self.pods, self.workers, self.threads),
            self.query_seconds,
            self.asynchronous,
            redis=options.size("--redis", self.redis),
            max_connections=self.max_connections,
            seed=self.seed,
        )


def _above(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise ConfigError(f"{name} {value:g}: say a number above 0")


def _not_negative(name: str, value: float | None) -> None:
    if value is not None and not 0 <= value < float("inf"):
        raise ConfigError(f"{name} {value:g}: say a number that is not negative")


def _one_of(*given: tuple[str, object]) -> None:
    names = [name for name, value in given if value is not None]
    if len(names) > 1:
        raise ConfigError(f"give either {' or '.join(names)}, not both")


PEOPLE = People()
SERVERS = Servers()
