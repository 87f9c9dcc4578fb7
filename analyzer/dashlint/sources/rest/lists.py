"""The list pages: which objects an account sees, their ids and uuids, and what exports leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.sources.rest.client import Client, page

#: More is cut down to this (Flask-AppBuilder's FAB_API_MAX_PAGE_SIZE).
PAGE_SIZE = 100

#: What to ask each list for. A name that a version does not know is left out of its answer silently.
COLUMNS = {
    "dashboard": (
        "id",
        "uuid",
        "slug",
        "dashboard_title",
        "published",
        "owners.first_name",
        "owners.last_name",
    ),
    "chart": ("id", "uuid", "slice_name", "datasource_id", "datasource_type", "dashboards.id"),
    "dataset": ("id", "uuid", "table_name", "database.id", "database.uuid", "database.database_name"),
    "database": ("id", "uuid", "database_name", "backend"),
}
#: With these, charts and databases need no request of their own.
CHART_DETAILS = ("params", "viz_type", "cache_timeout")
DATABASE_DETAILS = ("extra",)

# Lists cannot be sorted by id, and two objects changed in the same second may change places between two
# pages. When one was lost so, the list is read again in another order (each API's order_columns).
_ORDERS: Mapping[str, tuple[str | None, ...]] = {
    "dashboard": (None, "dashboard_title"),
    "chart": (None, "slice_name"),
    "dataset": (None, "table_name"),
    "database": (None, "database_name"),
}


class Listing(NamedTuple):
    """What a list holds: rows by id, and how many the server says there are."""

    rows: Mapping[int, Mapping[str, Any]]
    total: int

    @property
    def lost(self) -> int:
        """How many rows did not come, though the server counts them."""
        return max(0, self.total - len(self.rows))

    def by_uuid(self) -> dict[str, int]:
        return {row["uuid"]: number for number, row in self.rows.items() if isinstance(row.get("uuid"), str)}


def read_list(
    client: Client, kind: str, more: tuple[str, ...] = (), *, of_dashboard: int | None = None
) -> Listing:
    """All rows of a list that the account may see.

    Args:
        client: the server.
        kind: ``dashboard``, ``chart``, ``dataset`` or ``database``.
        more: further columns.
        of_dashboard: only the charts of this dashboard.

    Raises:
        SourceError: the list is refused, or does not come.
    """
    rows: dict[int, Mapping[str, Any]] = {}
    count = 0
    restriction = f",filters:!((col:dashboards,opr:rel_m_m,value:{of_dashboard}))" if of_dashboard else ""
    for order in _ORDERS[kind]:
        sort = f",order_column:{order},order_direction:asc" if order else ""
        for total, found in _pages(client, kind, (*COLUMNS[kind], *more), restriction + sort):
            rows.update((row["id"], row) for row in found)
            count = total
        if len(rows) >= count:
            break
    return Listing(dict(sorted(rows.items())), count)


def _pages(
    client: Client, kind: str, columns: tuple[str, ...], rest: str
) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    number, seen = 0, 0
    while True:
        answer = client.json(f"{kind}/", q=page(columns, number, PAGE_SIZE, rest))
        result, count = answer.get("result"), answer.get("count")
        rows = [row for row in result if _has_id(row)] if isinstance(result, list) else []
        total = count if isinstance(count, int) else len(rows)
        yield total, rows
        # By count: a page may be short where FAB_API_MAX_PAGE_SIZE is smaller.
        seen += len(rows)
        number += 1
        if not rows or seen >= total:
            return


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int) and not isinstance(row["id"], bool)
