"""SQL that a request runs besides its queries, and that no cache keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashlint.assets import Chart, Dataset
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings


def uncached(
    chart: Chart, dataset: Dataset | None, queries: Sequence[Query], settings: Settings
) -> tuple[str, ...]:
    """One word for each further statement of the request, which runs on every request.

    ``totals``: shares (a contribution step) beside a totals query make the server compute the
    totals once more, also when everything else comes from the cache (6.0 and later).
    ``currency``: a currency format set to AUTO asks for the distinct currencies, without a
    LIMIT, unless the result itself holds them (6.1).

    Source: ``common/query_context_processor.py:ensure_totals_available``,
    ``common/query_actions.py:_detect_currency``.
    """
    found: list[str] = []
    if settings.at_least("6.0") and _needs_totals(queries):
        found.append("totals")
    code = dataset.currency_code_column if dataset is not None else None
    if code and settings.at_least("6.1") and _detects_currency(chart.params):
        found += ["currency" for query in queries if not _holds(query, code)]
    return tuple(found)


def _needs_totals(queries: Sequence[Query]) -> bool:
    shares = any("contribution" in query.post_processing for query in queries)
    return shares and any(
        not query.columns and query.metrics and not query.post_processing for query in queries
    )


def _holds(query: Query, code: str) -> bool:
    """Whether the result still has the currency column: a pivot takes it away."""
    selected = any(column.label == code for column in query.columns)
    return selected and not query.is_rowcount and "pivot" not in query.post_processing


def _detects_currency(params: Mapping[str, Any]) -> bool:
    formats = [params.get("currency_format")]
    columns = params.get("column_config")
    if isinstance(columns, Mapping):
        formats += [c.get("currencyFormat") for c in columns.values() if isinstance(c, Mapping)]
    return any(isinstance(one, Mapping) and one.get("symbol") == "AUTO" for one in formats)
