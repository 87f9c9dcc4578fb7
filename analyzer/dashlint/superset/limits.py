"""From the row limit that is asked for to the LIMIT that reaches the database."""

from __future__ import annotations

from typing import Any

from dashlint.superset.settings import Settings


def effective(
    row_limit: int | None,
    settings: Settings,
    *,
    server_pagination: bool = False,
    rowcount: bool = False,
    totals: bool = False,
    legacy: bool = False,
    samples: bool = False,
) -> int | None:
    """The LIMIT in rows; None where the statement has none, 0 where the server refuses it.

    Args:
        row_limit: what the browser sends; None or 0 stand for nothing asked.
        settings: version and limits of the server.
        server_pagination: ``form_data.server_pagination`` as the server reads it, for every
            query of the request and whatever the chart type; raises the cap since 6.0.
        rowcount: the row-count query; its limit stands inside the subquery that is counted.
        totals: the query whose sums the contribution step needs: no LIMIT since 6.0.
        legacy: ``explore_json``, which knows no server pagination.
        samples: ``result_type`` samples.

    Source: ``common/query_object_factory.py:_process_row_limit``,
    ``utils/core.py:apply_max_row_limit``, ``viz.py:BaseViz.query_obj``,
    ``common/query_context_processor.py:_prepare_contribution_totals``.
    """
    if row_limit is not None and row_limit < 0:
        return 0  # HTTP 400 (charts/schemas.py: Range(min=0)); databases refuse a legacy chart's
    if totals and not rowcount and settings.at_least("6.0"):
        return None
    default = settings.samples_row_limit if samples else settings.row_limit
    asked = row_limit or default
    raised = server_pagination and not legacy and settings.at_least("6.0")
    cap = settings.table_viz_max_row_server if raised else settings.sql_max_row
    limit = min(cap, asked) if asked else cap
    return limit or None


def asked(value: Any) -> int | None:
    """A row limit as the server's schema reads it: an integer (text of one, too), or nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.lstrip("+-").isdecimal() and len(text) < 20 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value)
