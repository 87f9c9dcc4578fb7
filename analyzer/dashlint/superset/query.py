"""The requests that a browser sends and the queries in them, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashlint.assets import Chart, NativeFilter
from dashlint.records import NamedTuple, dataclass, field, replace


class QueryFilter(NamedTuple):
    """One entry of a query object's ``filters``: column label, operator, value.

    ``source`` tells what put it there: ``chart`` (saved with the chart) or the id of the
    native filter or of the emitting chart.
    """

    col: str
    op: str
    val: Any = None
    source: str = "chart"


class QueryColumn(NamedTuple):
    """A selected column. ``name`` is a dataset column, ``sql`` an adhoc expression.

    ``time_grain`` is set where the column is the base axis (ISO 8601 duration or None).
    """

    label: str
    name: str | None = None
    sql: str | None = None
    time_grain: str | None = None
    is_base_axis: bool = False


class QueryMetric(NamedTuple):
    """A selected metric: a saved metric's ``name``, or aggregate + column, or SQL."""

    label: str
    name: str | None = None
    sql: str | None = None
    aggregate: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One query object of a request, and what the server makes of its limits.

    ``metrics`` is None where the browser sends none (raw mode: no GROUP BY); an empty
    tuple groups by all columns. ``row_limit`` is what is sent (None: nothing);
    ``effective_limit`` is the LIMIT that reaches the database (None: no LIMIT).
    ``time_offsets`` each cost one more SQL statement. ``post_processing`` are operation
    names in order. ``timeseries`` is the deprecated ``is_timeseries``. ``columns`` are what
    the server selects; ``sent_columns`` is set where the browser's own ``columns`` differ:
    it sends the deprecated ``groupby``, the server adds the time (``__timestamp``) or others.
    """

    columns: tuple[QueryColumn, ...] = ()
    metrics: tuple[QueryMetric, ...] | None = ()
    filters: tuple[QueryFilter, ...] = ()
    row_limit: int | None = None
    effective_limit: int | None = None
    row_offset: int = 0
    series_limit: int = 0
    series_columns: tuple[QueryColumn, ...] = ()
    series_limit_metric: QueryMetric | None = None
    orderby: tuple[tuple[str, bool], ...] = ()
    order_desc: bool = True
    is_rowcount: bool = False
    is_timeseries: bool = False
    post_processing: tuple[str, ...] = ()
    time_offsets: tuple[str, ...] = ()
    time_range: str | None = None
    granularity: str | None = None
    time_grain: str | None = None
    where: str = ""
    having: str = ""
    group_others: bool = False
    role: str = "main"
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    sent_columns: tuple[QueryColumn, ...] | None = None

    @property
    def statement_key(self) -> tuple[object, ...]:
        """Equal for two queries of one dataset that run the same SQL."""
        return (
            self.columns,
            self.metrics,
            tuple((f.col, f.op, repr(f.val)) for f in self.filters),
            self.effective_limit,
            self.row_offset,
            self.series_limit,
            self.series_columns,
            self.series_limit_metric,
            self.orderby,
            self.order_desc,
            self.is_rowcount,
            self.is_timeseries,
            self.time_offsets,
            self.time_range,
            self.granularity,
            self.time_grain,
            self.where,
            self.having,
            self.group_others,
        )

    def without_limit(self) -> Query:
        """The same query as if no LIMIT reached the database."""
        return replace(self, effective_limit=None)

    @property
    def groups(self) -> bool:
        """Whether the SQL has a GROUP BY or aggregates at all (``need_groupby``)."""
        return self.metrics is not None


class CacheTimeout(NamedTuple):
    """How long a result is kept: ``seconds`` and where that comes from.

    ``seconds`` is -1 where caching is off, 0 where entries never expire. ``origin`` is one
    of ``chart``, ``dataset``, ``database``, ``data-cache-config``, ``config``.
    """

    seconds: int
    origin: str


@dataclass(frozen=True, eq=False)
class Request:
    """One HTTP request of an event. ``kind``: chart, filter_options, legacy, annotation.

    ``force`` bypasses the cache. ``waits_for`` are ids of filters whose first value it
    needs. ``confidence`` is lower where a chart type is unknown. ``because`` is the chain of
    facts that makes the browser send it, most general first. ``round`` counts waves: 0 goes
    first, 1 when something in wave 0 has answered, and so on. ``before_apply`` marks what
    picking a filter's value sends before Apply is pressed. ``chart_id`` is the id by which the
    dashboard knows the chart; it is there even where the workspace lacks the chart itself.
    ``cell`` is set for one cell of a chart that is a matrix of charts: the headers of its row and
    column (:mod:`dashlint.superset.matrixify`).
    ``layers`` are requests, sent by themselves as well, whose queries the server runs for this one,
    too: those of the layers of a ``deck_multi`` chart (viz.py:DeckGLMultiLayer.get_data).

    :meth:`planned` makes a request whose queries are built when somebody first looks at them:
    most of those that are predicted are only counted.
    """

    kind: str
    queries: tuple[Query, ...]
    chart: Chart | None = None
    native_filter: NativeFilter | None = None
    cache_timeout: CacheTimeout | None = None
    force: bool = False
    confidence: str = "high"
    waits_for: tuple[str, ...] = ()
    round: int = 0
    because: tuple[str, ...] = ()
    extra_statements: tuple[str, ...] = field(default_factory=tuple)
    before_apply: bool = False
    chart_id: int | None = None
    cell: tuple[str, str] | None = None
    layers: tuple[Request, ...] = ()

    @classmethod
    def planned(cls, make: Callable[[], tuple[tuple[Query, ...], tuple[str, ...]]], **known: Any) -> Request:
        """A request whose ``queries`` and ``extra_statements`` come from ``make``."""
        request = cls.__new__(cls)
        # What is not named here has its default on the class.
        request.__dict__.update(known, _make=make)
        return request

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for what is not in the instance: before the queries are made.
        make = self.__dict__.get("_make")
        if make is None or name not in ("queries", "extra_statements"):
            raise AttributeError(name)
        self.__dict__["queries"], self.__dict__["extra_statements"] = make()
        del self.__dict__["_make"]  # it holds the visit that led to the request
        return self.__dict__[name]


class Event(NamedTuple):
    """Something that happens in a browser (``load``, ``tab:Sales``, …) and its requests.

    ``notes`` are sentences on what keeps requests from being sent.
    """

    name: str
    requests: tuple[Request, ...]
    notes: tuple[str, ...] = ()
