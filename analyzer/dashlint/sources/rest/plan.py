"""The cheapest way to everything that an account may see.

1. The whole instance in one request (``/assets/export/``), where the account may.
2. What is then missing (with 1 refused: everything) in batches of exports.
3. What no export gives, object by object.

Two objects whose files would have the same path collapse into one in an export
(superset/commands/export/models.py: ``seen``). Lists tell what is missing, and batches are repeated for the
rest, so that the second of the two comes with the second batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from dashlint.assets import Problem
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import details
from dashlint.sources.rest.answers import RefusedError
from dashlint.sources.rest.client import Client, ids
from dashlint.sources.rest.collect import KINDS, Collection, Item
from dashlint.sources.rest.failures import NoAnswerError
from dashlint.sources.rest.lists import CHART_DETAILS, read_list
from dashlint.sources.rest.unpack import unpack

#: What is happening, how much of it is done, and of how much (None: not known).
Progress = Callable[[str, int, "int | None"], None]
Rows = Mapping[int, Mapping[str, Any]]

#: Objects per export. The server builds the ZIP within one request, which gunicorn ends after 60 s; the 9
#: dashboards of the examples with their 102 charts took 1.2 s.
BATCH = {"dashboard": 20, "chart": 100, "dataset": 50, "database": 5}
# An export that fails for this many single objects in a row will fail for the rest.
_HOPELESS = 5
# From here on a list (100 charts a request) is cheaper than a page for each chart.
_FEW = 2


class Plan:
    """Fetches into a collection.

    Attributes:
        rows: what lists say, by kind and id; a kind that is not there could not be listed, or was not.
    """

    def __init__(
        self, client: Client, found: Collection, rows: dict[str, Rows], pool: Executor, progress: Progress
    ) -> None:
        self.client = client
        self.found = found
        self.rows = rows
        self._pool = pool
        self._progress = progress

    def ids(self, kind: str) -> Mapping[str, int]:
        """Ids by uuid, as far as lists told them."""
        return {uuid: number for number, uuid in self.uuids(kind).items()}

    def uuids(self, kind: str) -> Mapping[int, str]:
        """Uuids by id, as far as lists and exports told them."""
        known = {item.id: item.uuid for item in self.found.of(kind) if item.id is not None and item.uuid}
        for number, row in self.rows.get(kind, {}).items():
            if isinstance(row.get("uuid"), str):
                known[number] = row["uuid"]
        return known

    def take_export(self, body: bytes) -> int:
        """Take in a ZIP; how many objects were new.

        Raises:
            SourceError: it is no ZIP, or a broken one.
        """
        files, problems = unpack(body, self.client.host)
        self.found.problems += problems
        ids_of = {kind: self.ids(kind) for kind in KINDS}
        return sum([self.found.add_file(path, raw, ids_of) for path, raw in files])

    def fill(
        self, kind: str, numbers: Sequence[int], *, may_export: bool = True, quietly: bool = False
    ) -> None:
        """Fetch objects by export, and one by one where that fails.

        Args:
            kind: of all of them.
            numbers: their ids.
            may_export: False leaves exports out.
            quietly: what the account may not see is told elsewhere.

        Raises:
            SourceError: the server is gone, or no longer takes the login.
        """
        total, size = len(numbers), BATCH[kind]
        pending = [list(numbers[start : start + size]) for start in range(0, total, size)]
        single: list[int] = []
        hopeless = 0
        while pending:
            batch = [number for number in pending.pop(0) if not self._has(kind, number)]
            if not batch:
                continue
            if not may_export or hopeless >= _HOPELESS:
                single += batch
                continue
            self._progress(kind, total - len(single) - len(batch) - sum(map(len, pending)), total)
            try:
                new = self.take_export(self.client.bytes(f"{kind}/export/", patient=False, q=ids(batch)))
            except SourceError as error:
                if not may_go_on(error):
                    raise
                if isinstance(error, RefusedError) and error.status == 403:
                    may_export = False
                if len(batch) > 1 and may_export:
                    middle = len(batch) // 2
                    pending[:0] = [batch[:middle], batch[middle:]]
                else:
                    hopeless += 1
                    single += batch
                continue
            hopeless = 0
            rest = [number for number in batch if not self._has(kind, number)]
            # What an export brings that nobody asked for is no progress.
            if rest and new and len(rest) < len(batch):
                pending.insert(0, rest)
            else:
                single += rest
        if kind == "chart" and len(single) > _FEW:
            self._complete_rows(single)
        self._one_by_one(kind, single, quietly=quietly)

    def _complete_rows(self, numbers: Sequence[int]) -> None:
        """Charts by the page: the list has all of a chart but its query context, which no browser uses."""
        known = self.rows.get("chart", {})
        if all("params" in known.get(number, {}) for number in numbers):
            return
        try:
            fuller = read_list(self.client, "chart", CHART_DETAILS).rows
        except SourceError as error:
            if not may_go_on(error):
                raise
            return
        self.rows["chart"] = {
            **known,
            **{number: {**known.get(number, {}), **row} for number, row in fuller.items()},
        }

    def _has(self, kind: str, number: int) -> bool:
        return self.found.has(kind, number, self.rows.get(kind, {}).get(number, {}).get("uuid"))

    def _one_by_one(self, kind: str, numbers: Sequence[int], *, quietly: bool) -> None:
        refusals: list[SourceError] = []
        read = {
            "dashboard": self._dashboard,
            "chart": self._chart,
            "dataset": self._dataset,
            "database": self._database,
        }[kind]
        for done, result in enumerate(self._pool.map(_caught(read), numbers), 1):
            if isinstance(result, SourceError):
                if not may_go_on(result):
                    raise result
                if not (quietly and result.kind in {"not-found", "permission-denied"}):
                    refusals.append(result)
            else:
                self.found.add(result)
            self._progress(kind, done, len(numbers))
        for name in sorted({error.kind for error in refusals}):
            alike = [error for error in refusals if error.kind == name]
            number = f"{len(alike)} {kind}{'' if len(alike) == 1 else 's'}"
            self.found.problems.append(
                Problem(
                    name,
                    f"{number} of {len(self.rows.get(kind, numbers))} could not be read: {alike[0].message}",
                )
            )

    def row(self, kind: str, number: int | None) -> Mapping[str, Any]:
        """What a list says about an object; empty if nothing."""
        return self.rows.get(kind, {}).get(number, {}) if number is not None else {}

    def _dashboard(self, number: int) -> Item:
        raw = details.dashboard(self._result("dashboard", number), self.row("dashboard", number))
        return Item("dashboard", number, raw["uuid"], raw, "detail")

    def _chart(self, number: int) -> Item:
        row = self.row("chart", number)
        if "params" not in row:
            row = {**row, **self._result("chart", number)}
        raw = details.chart(row)
        return Item("chart", number, raw["uuid"], raw, str(row.get("way") or "detail"), row)

    def _dataset(self, number: int) -> Item:
        row, detail = self.row("dataset", number), self._result("dataset", number)
        raw = details.dataset(detail, row)
        return Item("dataset", number, raw["uuid"], raw, "detail", {**row, **detail})

    def _database(self, number: int) -> Item:
        row, detail = self.row("database", number), self._result("database", number)
        raw = details.database(detail, row)
        return Item("database", number, raw["uuid"], raw, "detail", {**row, **detail})

    def _result(self, kind: str, number: int) -> Mapping[str, Any]:
        path = f"{kind}/{number}"
        found = self.client.json(path).get("result")
        if isinstance(found, Mapping):
            if _is_other(found.get("id"), number, int) or _is_other(
                found.get("uuid"), self.row(kind, number).get("uuid"), str
            ):
                raise RefusedError(
                    "unexpected-answer",
                    f"{self.client.host} answers GET /api/v1/{path} with another {kind}",
                    status=200,
                )
            return found
        raise RefusedError(
            "unexpected-answer", f"{self.client.host} answers GET /api/v1/{path} without a result", status=200
        )


def _is_other(said: Any, meant: Any, kind: type) -> bool:
    return isinstance(said, kind) and isinstance(meant, kind) and said != meant


def counted(number: int, noun: str) -> str:
    """``1 chart``, ``2 charts``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def dashboards_of(chart: Mapping[str, Any]) -> tuple[int, ...]:
    """Ids of the dashboards that a chart's row names, also of those that the account does not see."""
    found = chart.get("dashboards")
    if not isinstance(found, list):
        return ()
    return tuple(d["id"] for d in found if isinstance(d, Mapping) and isinstance(d.get("id"), int))


def _caught(read: Callable[[int], Item]) -> Callable[[int], Item | SourceError]:
    def attempt(number: int) -> Item | SourceError:
        try:
            return read(number)
        except SourceError as error:
            return error

    return attempt


def may_go_on(error: SourceError) -> bool:
    """Whether an error concerns one request, and not the server or the login."""
    if isinstance(error, NoAnswerError):
        return error.kind in {"timeout", "truncated-answer", "connection-broken", "unexpected-answer"}
    if isinstance(error, RefusedError):
        return error.status not in {401, 429}
    return error.kind in {"answer-too-large", "download-too-large", "invalid-zip"}
