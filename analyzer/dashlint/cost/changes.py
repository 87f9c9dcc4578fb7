"""Changes to a chart that save memory, as other queries: what they save is told by the same model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashlint.records import NamedTuple, replace
from dashlint.superset.controls import controls
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings

#: Rows of a table that people scroll through; more are for a download. The samples pane of Superset itself
#: stops there (superset/config.py: SAMPLES_ROW_LIMIT).
ROWS = 1_000
#: Columns that fit a screen of 1920 pixels at 96 pixels each, as DL305 has it.
COLUMNS = 20
#: The page that Superset's table proposes (plugin-chart-table/src/controlPanel.tsx: server_page_length).
PAGE = 10
#: Series, as DL306 has it.
SERIES = 10
_PAGED = {"table": "4.1", "ag-grid-table": "6.0"}


class Change(NamedTuple):
    """A change: what to do, what people then see of the chart, and the queries that it would send."""

    kind: str
    what: str
    effect: str
    queries: tuple[Query, ...]


def changes(viz_type: str, queries: Sequence[Query], settings: Settings) -> Iterator[Change]:
    """What could be changed about a chart, most harmless first. Figures that people read stay as they are;
    where rows, columns or series are left out, ``effect`` says so.
    """
    if not queries:
        return
    first, rest = queries[0], tuple(queries[1:])
    if first.metrics is None and viz_type in ("table", "ag-grid-table", "handlebars"):
        if any(query.is_rowcount for query in queries):
            return
        since = _PAGED.get(viz_type)
        if since is not None and settings.at_least(since):
            yield Change(
                "pagination",
                "turn on server pagination",
                "the same rows, page by page",
                paged(queries),
            )
        if first.effective_limit is None or first.effective_limit > ROWS:
            yield Change(
                "row_limit",
                f"lower the row limit to {ROWS:,}",
                f"shows the first {ROWS:,} rows only",
                (replace(first, row_limit=ROWS, effective_limit=ROWS), *rest),
            )
        if len(first.columns) > COLUMNS:
            yield Change(
                "columns",
                f"select {COLUMNS} of the {len(first.columns)} columns",
                f"shows {COLUMNS} columns (counted with the first {COLUMNS})",
                (replace(first, columns=first.columns[:COLUMNS]), *rest),
            )
        return
    if not first.metrics:
        return
    if first.series_columns and not first.series_limit:
        effect = f"shows the {SERIES} largest series only"
        fewer = tuple(with_series_limit(query, SERIES) for query in queries)
        yield Change("series_limit", f"set a series limit of {SERIES}", effect, fewer)
        return
    proposed = dict(controls(viz_type, settings.version)).get("row_limit")
    most = proposed if isinstance(proposed, int) and 0 < proposed < ROWS else ROWS
    fewer = tuple(limited(query, most) if query.metrics and query.columns else query for query in queries)
    if fewer != tuple(queries) and viz_type not in COMPUTED:
        effect = (
            f"shows the first {most:,} groups only; sums and shares of what it shows leave the others out"
        )
        yield Change("row_limit", f"lower the row limit to {most:,}", effect, fewer)


#: Types whose picture is computed from the rows: with fewer of them its figures would be wrong.
COMPUTED = ("box_plot", "histogram", "histogram_v2")


def with_series_limit(query: Query, most: int) -> Query:
    """The query with a series limit, where it has series and none."""
    return replace(query, series_limit=most) if query.series_columns and not query.series_limit else query


def paged(queries: Sequence[Query]) -> tuple[Query, ...]:
    """The queries of a raw table with server pagination: the first page, and one that counts the rows."""
    first, rest = queries[0], queries[1:]
    page = replace(first, row_limit=PAGE, effective_limit=PAGE)
    return (page, replace(first, is_rowcount=True, post_processing=()), *rest)


def limited(query: Query, most: int) -> Query:
    """The query with a row limit of at most so many rows."""
    if query.effective_limit is not None and query.effective_limit <= most:
        return query
    return replace(query, row_limit=most, effective_limit=most)
