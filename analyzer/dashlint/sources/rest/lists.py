"""The list pages: which objects an account sees, their ids and uuids, and what exports leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.assets import Problem
from dashlint.sources.rest.answers import RefusedError
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
#: Tells whether an object is still the same.
CHANGED = ("changed_on_utc",)

# Lists cannot be sorted by id, and two objects changed in the same second may change places between two
# pages. When one was lost so, the list is read again in another order (each API's order_columns).
_ORDERS: Mapping[str, tuple[str | None, ...]] = {
    "dashboard": (None, "dashboard_title"),
    "chart": (None, "slice_name"),
    "dataset": (None, "table_name"),
    "database": (None, "database_name"),
}


class Listing(NamedTuple):
    """What a list holds: rows by id, and how many the server says there are.

    ``cut`` tells that more pages may have followed than may be read.
    """

    rows: Mapping[int, Mapping[str, Any]]
    total: int
    cut: bool = False

    @property
    def lost(self) -> int:
        """How many rows did not come, though the server counts them."""
        return max(0, self.total - len(self.rows))

    def by_uuid(self) -> dict[str, int]:
        return {row["uuid"]: number for number, row in self.rows.items() if isinstance(row.get("uuid"), str)}

    def problem(self, kind: str, max_pages: int) -> Problem | None:
        """What of the list is missing; None where nothing is."""
        if self.cut:
            return Problem(
                "too-many-pages",
                f"the list of {kind}s goes on after {max_pages} pages with {len(self.rows)} {kind}s, where "
                f"reading it stopped (the server counts {self.total}): --max-pages N allows more",
            )
        if not self.lost:
            return None
        return Problem(
            "incomplete-list",
            f"the server counts {self.total} {kind}s, but {self.lost} of them came on no page, in "
            "whatever order: somebody may be changing them, so read once more",
        )


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
    total, cut = 0, False
    restriction = f",filters:!((col:dashboards,opr:rel_m_m,value:{of_dashboard}))" if of_dashboard else ""
    for order in _ORDERS[kind]:
        sort = f",order_column:{order},order_direction:asc" if order else ""
        pages = _Pages(client, kind, (*COLUMNS[kind], *more), restriction + sort)
        for found in pages:
            rows.update((row["id"], row) for row in found)
        total = len(rows) if pages.count is None else pages.count
        cut = pages.cut
        if cut or (len(rows) >= total and pages.steady):
            break
    return Listing(dict(sorted(rows.items())), total, cut)


class _Pages:
    """The pages of a list, in one order.

    Attributes:
        count: how many rows there are, as the server last said; None where it does not.
        steady: whether it always said the same.
        cut: whether as many pages were read as may be.
    """

    def __init__(self, client: Client, kind: str, columns: tuple[str, ...], rest: str) -> None:
        self.count: int | None = None
        self.steady = True
        self.cut = False
        self._client, self._kind, self._columns, self._rest = client, kind, columns, rest

    def __iter__(self) -> Iterator[list[Mapping[str, Any]]]:
        came, known = 0, set[int]()
        for number in range(self._client.max_pages):
            rows = self._page(number, first=number == 0)
            yield rows
            # By count: a page may be short where FAB_API_MAX_PAGE_SIZE is smaller.
            came += len(rows)
            new = {row["id"] for row in rows} - known
            # No row, or none that is new: this server has no more pages, whatever it counts.
            if not new or (self.count is not None and self.steady and came >= self.count):
                return
            known |= new
        self.cut = True

    def _page(self, number: int, *, first: bool) -> list[Mapping[str, Any]]:
        answer = self._client.json(f"{self._kind}/", q=page(self._columns, number, PAGE_SIZE, self._rest))
        result, count = answer.get("result"), answer.get("count")
        if not isinstance(result, list):
            raise RefusedError(
                "unexpected-answer",
                f"{self._client.host} answers GET /api/v1/{self._kind}/ without a list of results",
                status=200,
            )
        count = count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
        self.steady = self.steady and (first or count == self.count)
        self.count = count
        return [row for row in result if _has_id(row)]


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int) and not isinstance(row["id"], bool)
