"""A SELECT's clauses as one text, with the limit in the engine's way (SQLAlchemy 1.4's compilers)."""

from __future__ import annotations

from dashlint.chart_sql.engine import EngineSpec
from dashlint.chart_sql.model import Item, Refused, Select

#: Whose compilers write an OFFSET beside every LIMIT.
_ALWAYS_OFFSET = frozenset({"sqlite", "shillelagh", "superset", "gsheets", "d1"})
_TOP = frozenset({"mssql", "sybase"})
_FETCH_FIRST = frozenset({"db2", "ibm_db_sa", "ibmi"})


def written(select: Select, spec: EngineSpec) -> str:
    """The statement.

    Raises:
        Refused: the engine cannot skip rows of this statement.
    """
    top = f"TOP {select.limit} " if select.limit and not select.offset and spec.name in _TOP else ""
    lines = [
        f"SELECT {top}{', '.join(map(_item, select.items))}",
        f"FROM {select.source}{select.joined}",
    ]
    if select.where:
        lines.append("WHERE " + "\n  AND ".join(select.where))
    if select.group_by:
        lines.append("GROUP BY " + ", ".join(select.group_by))
    if select.having:
        lines.append("HAVING " + "\n  AND ".join(select.having))
    if select.order_by:
        lines.append("ORDER BY " + ", ".join(select.order_by))
    text = "\n".join(lines)
    text = text if top else _limited(text, select, spec)
    return f"{select.prefix}\n{text}" if select.prefix else text


def _item(item: Item) -> str:
    return item.sql if item.label is None else f"{item.sql} AS {item.label}"


def _limited(text: str, select: Select, spec: EngineSpec) -> str:
    limit, offset, name = select.limit, select.offset, spec.name
    if limit is None and not offset:
        return text
    if name == "oracle":
        return _rownum(text, select)
    if name in _TOP:
        if not select.order_by:
            raise Refused("SQL Server skips rows only in an order, and the query has none")
        fetch = f" FETCH FIRST {limit} ROWS ONLY" if limit is not None else ""
        return f"{text}\nOFFSET {offset} ROWS{fetch}"
    if name in _FETCH_FIRST:
        skip = f"OFFSET {offset} ROWS " if offset else ""
        return f"{text}\n{skip}FETCH FIRST {limit} ROWS ONLY"
    parts = [] if limit is None else [f"LIMIT {limit}"]
    if offset or (name in _ALWAYS_OFFSET and limit is not None):
        parts.append(f"OFFSET {offset}")
    return f"{text}\n{' '.join(parts)}"


def _rownum(text: str, select: Select) -> str:
    """Oracle's dialect counts rows around the statement."""
    names = ", ".join(item.label or item.sql for item in select.items)
    if not select.offset:
        return f"SELECT {names}\nFROM (\n{text}\n)\nWHERE ROWNUM <= {select.limit}"
    inner = f"SELECT {names}, ROWNUM AS ora_rn\nFROM (\n{text}\n)"
    if select.limit is not None:
        inner += f"\nWHERE ROWNUM <= {select.limit + select.offset}"
    return f"SELECT {names}\nFROM (\n{inner}\n)\nWHERE ora_rn > {select.offset}"
