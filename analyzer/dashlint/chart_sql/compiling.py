"""The statements of one query: its own, and one for each time offset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from dashlint.assets import Dataset
from dashlint.chart_sql import source as sources
from dashlint.chart_sql.checks import check
from dashlint.chart_sql.compiler import Compiler
from dashlint.chart_sql.conditions import Conditions, is_stand_in, stand_in
from dashlint.chart_sql.engine import EngineSpec, spec_of
from dashlint.chart_sql.expressions import Expressions
from dashlint.chart_sql.listed import Written, with_sources
from dashlint.chart_sql.model import Refused, Statement
from dashlint.chart_sql.offsets import shifted
from dashlint.chart_sql.prepared import Prepared, Raw, ends_of, prepare
from dashlint.sql import templates
from dashlint.sql.model import RenderedSql
from dashlint.superset.query import Query, QueryFilter
from dashlint.superset.settings import Settings
from dashlint.superset.time_range import Bounds


class Surroundings(NamedTuple):
    """What a query runs in: the engine's SQLAlchemy name, settings, the server's clock, other datasets."""

    engine: str | None
    settings: Settings
    now: datetime
    datasets: Callable[[int], Dataset | None] = lambda _: None


def statements(
    query: Query, dataset: Dataset, surroundings: Surroundings, *, legacy: bool = False
) -> tuple[Statement, ...]:
    """The SQL that reaches the database for one query, in the engine's dialect.

    Args:
        query: a query of :func:`dashlint.superset.queries.build` or ``filter_options``.
        dataset: what it reads.
        surroundings: engine, settings, clock, other datasets.
        legacy: whether the chart posts form data (``explore_json``).

    Returns:
        The query's own statement, then one for each time offset. Row-level security and
        SQL_QUERY_MUTATOR are the server's own affair: they are not in the text.
    """
    try:
        prepared = prepare(query, dataset, surroundings.settings, surroundings.now, legacy=legacy)
        if not legacy:
            check(query, prepared, dataset)
    except Refused as refused:
        return (Statement("main", "", error=str(refused)),)
    main = _Work(prepared, query.raw, dataset, surroundings).statement("main")
    if main.error is not None:
        return (main,)
    found = [main]
    for offset in query.time_offsets:
        try:
            moved = shifted(prepared, offset, dataset, surroundings.settings, surroundings.now)
        except Refused as refused:
            found.append(Statement(offset, "", error=str(refused)))
            continue
        found.append(_Work(moved, query.raw, dataset, surroundings).statement(offset))
    return tuple(found)


def conditions(
    query: Query, dataset: Dataset, surroundings: Surroundings, *, legacy: bool = False
) -> tuple[Written, ...]:
    """What the WHERE of a query's own statement is made of, each part with the filter behind it.

    Takes what :func:`statements` takes. Empty where Superset refuses the query.
    """
    try:
        prepared = prepare(query, dataset, surroundings.settings, surroundings.now, legacy=legacy)
        filters, ranges, own = (
            _Work(prepared, query.raw, dataset, surroundings).compiler(whole=False).conditions()
        )
    except Refused:
        return ()
    found = [Written(sql, "time-range", None, prepared.range_words) for sql in ranges]
    found += with_sources(query, iter(filters))
    return (*found, Written(own, "sql")) if own else tuple(found)


class _Work:
    """One statement in the making, and what is not known in it."""

    def __init__(self, query: Prepared, raw: Raw, dataset: Dataset, surroundings: Surroundings) -> None:
        self._query = query
        self._raw = raw
        self._dataset = dataset
        self._surroundings = surroundings
        self._spec: EngineSpec = spec_of(surroundings.engine, sha=surroundings.settings.at_least("6.1"))
        self._unknown: dict[str, None] = {}
        self._removed: dict[str, None] = {}

    def statement(self, role: str) -> Statement:
        try:
            sql = self._sql()
        except Refused as refused:
            return Statement(role, "", tuple(self._unknown), str(refused))
        return Statement(role, sql, tuple(self._unknown))

    def _sql(self) -> str:
        return self.compiler().statement()

    def compiler(self, *, whole: bool = True) -> Compiler:
        """What writes the statement; without its source where only the conditions around it are wanted."""
        expressions = Expressions(self._dataset, self._spec, self._render)
        conditions = Conditions(expressions, self._note, self._resolve)
        sql = self._dataset.sql or ""
        if not whole and "remove_filter" not in sql:
            source = sources.Source("")
        elif self._dataset.is_virtual:
            # The server renders it first of all: it decides which filters the query keeps.
            source = sources.virtual(self._render(sql), self._spec)
        else:
            source = sources.table(self._dataset, self._spec)
        return Compiler(
            self._query,
            self._dataset,
            source,
            expressions,
            conditions,
            self._surroundings.settings,
            self._removed,
        )

    def _note(self, sentence: str) -> None:
        self._unknown[sentence] = None

    def _resolve(self, time_range: str) -> Bounds:
        return ends_of(time_range, self._raw, self._surroundings.now)

    # Templates

    def _render(self, text: str) -> str:
        if not templates.has_template(text):
            return text
        settings = self._surroundings.settings
        if settings.knows("FEATURE_FLAGS") and not settings.flag("ENABLE_TEMPLATE_PROCESSING"):
            raise Refused("ENABLE_TEMPLATE_PROCESSING is off: the braces reach the database as they are")
        rendered = templates.render(
            text,
            filters=tuple(self._filters()),
            time_range=self._query.time_range or "No filter",
            template_params=self._dataset.template_params,
            engine=self._surroundings.engine,
            dataset=self._dataset,
            datasets=self._surroundings.datasets,
            query=self._variables(),
            assume_filters=False,
            ranges=self,
        )
        self._remember(rendered)
        if rendered.error is not None:
            raise Refused(rendered.error)
        return rendered.text

    def _remember(self, rendered: RenderedSql) -> None:
        self._removed.update(dict.fromkeys(rendered.removed_filters))
        for call in rendered.dynamic:
            self._note(f"only the server knows {call}")

    def _filters(self) -> Iterator[QueryFilter]:
        for entry in self._query.filters:
            column = entry.get("col")
            if isinstance(column, str) and entry.get("op"):
                value = entry.get("val")
                values = [self._known(v) for v in value] if isinstance(value, list) else self._known(value)
                yield QueryFilter(column, str(entry["op"]), values)

    def _known(self, value: Any) -> Any:
        return stand_in(value, self._note) if is_stand_in(value) else value

    def _variables(self) -> dict[str, object]:
        """What a template can read of the query (``get_sqla_query``: ``template_kwargs``)."""
        query = self._query
        bounds = query.bounds
        return {
            "columns": list(query.columns),
            "filter": list(query.filters),
            "from_dttm": bounds.since.isoformat() if bounds.since else None,
            "to_dttm": bounds.until.isoformat() if bounds.until else None,
            "metrics": None if query.metrics is None else list(query.metrics),
            "row_limit": query.limit,
            "row_offset": query.offset,
            "time_column": query.granularity,
            "time_grain": query.grain,
        }

    # What templates ask of time ranges (dashlint.sql.macros.Ranges)

    def ends(self, time_range: str) -> tuple[datetime | None, datetime | None]:
        bounds = self._resolve(time_range)
        for words in (bounds.unknown_since, bounds.unknown_until):
            if words is not None:
                self._note(f"only the server can resolve {words!r}, which the dataset's SQL asks for")
        return bounds.since, bounds.until

    def written(self, moment: datetime, type_text: str | None) -> str | None:
        return self._spec.moment(moment, type_text, None) if type_text else None
