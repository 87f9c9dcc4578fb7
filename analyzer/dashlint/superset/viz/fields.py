"""What a form's controls name: columns, metrics, an order, and filters.

Source: ``superset-ui-core/src/query/`` ``extractQueryFields.ts`` and ``processFilters.ts``, the same in 4.1
to 6.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashlint.superset.js import (
    Unbuildable,
    as_list,
    column_label,
    metric_label,
    parse_json,
    spread,
    truthy,
    unique,
)

if TYPE_CHECKING:
    from dashlint.superset.viz.base import Form, QueryDict

#: Keys of form data that name columns, metrics or an order.
FIELDS: Mapping[str, str] = {
    "columns": "columns",
    "all_columns": "columns",
    "groupby": "groupby",
    "series": "groupby",
    "metrics": "metrics",
    "metric": "metrics",
    "metric_2": "metrics",
    "secondary_metric": "metrics",
    "x": "metrics",
    "y": "metrics",
    "size": "metrics",
    "orderby": "orderby",
    "order_by_cols": "orderby",
}
_UNARY = frozenset({"IS NOT NULL", "IS NULL"})


def has_fields(form: Form) -> bool:
    """Whether ``extractQueryFields`` can read a form at all: a metric that is null makes it throw."""
    try:
        query_fields(form, FIELDS)
    except Unbuildable:
        return False
    return True


def query_fields(form: Form, fields: Mapping[str, str]) -> QueryDict:
    """``extractQueryFields``: what a raw query groups by and an aggregated one lists is left out."""
    mode = form.get("query_mode")
    raw, aggregate = mode == "raw", mode == "aggregate"
    columns: list[Any] = []
    metrics: list[Any] = []
    orderby: list[Any] = []
    for key in [key for key in form if key in fields]:
        field, value = fields[key], form[key]
        if value is None:
            continue
        if field == "columns":
            if not aggregate:
                columns += as_list(value)
        elif field == "orderby":
            orderby += as_list(value)
        elif raw:
            continue
        elif field == "groupby":
            columns += as_list(value)
        else:
            metrics += as_list(value)
    query: QueryDict = {"columns": unique([c for c in columns if c != ""], column_label) if columns else []}
    if not raw:
        query["metrics"] = unique(metrics, metric_label) if metrics else []
    if orderby:
        query["orderby"] = [parse_json(item) if isinstance(item, str) else item for item in orderby]
    return query


def adhoc_filters(form: Form, extra: Mapping[str, Any], filters: list[Any], extras: dict[str, Any]) -> None:
    """``processFilters``: simple filters join the list, SQL goes into WHERE or HAVING."""
    own = form.get("adhoc_filters")
    adhoc = spread(own) if truthy(own) else []
    if "adhoc_filters" in extra:
        adhoc += spread(extra["adhoc_filters"])
    where: list[Any] = []
    having: list[Any] = []
    if truthy(form.get("where")):
        where.append(form["where"])
    for item in adhoc:
        if item is None:
            raise Unbuildable("an adhoc filter that is null")
        entry: Mapping[str, Any] = item if item.__class__ is dict or isinstance(item, Mapping) else {}
        clause = entry.get("clause")
        if entry.get("expressionType") == "SIMPLE":
            if clause == "WHERE":
                filters.append(_simple_filter(entry))
        elif clause == "WHERE":
            where.append(entry.get("sqlExpression"))
        else:
            having.append(entry.get("sqlExpression"))
    extras["having"] = " AND ".join(map(_bracketed, having))
    extras["where"] = " AND ".join(map(_bracketed, where))


def _simple_filter(entry: Mapping[str, Any]) -> dict[str, Any]:
    operator = entry.get("operator")
    simple = {"col": entry.get("subject"), "op": operator}
    if not (isinstance(operator, str) and operator in _UNARY):
        simple["val"] = entry.get("comparator")
    return simple


def _bracketed(sql: Any) -> str:
    if isinstance(sql, list):  # a list becomes text, too
        return f"({','.join('' if part is None else str(part) for part in sql)})"
    if not isinstance(sql, str):
        raise Unbuildable("an SQL filter without SQL")
    return f"({sql}\n)" if "--" in sql else f"({sql})"
