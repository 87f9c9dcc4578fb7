"""One pass over a server: which lists to read, what to export, and what to do about the rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor

from dashlint.sources.errors import UNREACHABLE, SourceError
from dashlint.sources.rest import hidden
from dashlint.sources.rest.account import Account
from dashlint.sources.rest.answers import RefusedError
from dashlint.sources.rest.choose import choose
from dashlint.sources.rest.client import Client
from dashlint.sources.rest.collect import KINDS, Collection
from dashlint.sources.rest.lists import CHANGED, CHART_DETAILS, DATABASE_DETAILS, Listing, read_list
from dashlint.sources.rest.plan import Plan, Progress, Rows, may_go_on
from dashlint.sources.rest.pull_cache import KINDS as CACHED
from dashlint.sources.rest.pull_cache import PullCache

_log = logging.getLogger("dashlint")

# How a list that an account may not see is refused.
_CLOSED = frozenset({"permission-denied", "not-found", "server-error"})


class Reading:
    """One pass over a server.

    Attributes:
        refused: the lists that were closed to the account, by kind.
    """

    def __init__(
        self,
        client: Client,
        account: Account,
        pool: Executor,
        progress: Progress,
        cache: PullCache | None = None,
    ) -> None:
        self.client = client
        self.cache = cache
        self.account = account
        self.refused: dict[str, SourceError] = {}
        self._pool = pool
        self._progress = progress
        self._done = 0

    def everything(self) -> Plan:
        """The whole instance.

        Raises:
            SourceError: nothing of it could be read.
        """
        may_export_all = self.account.may("can_export", "ImportExportRestApi") is not False
        # With a cache, what is exported must not be older than what lists say of it.
        export = self._pool.submit(self._assets) if may_export_all and self.cache is None else None
        chart_export = self.account.may("can_export", "Chart") is not False
        more: dict[str, tuple[str, ...]] = {
            "chart": () if chart_export else CHART_DETAILS,
            "database": DATABASE_DETAILS,
        }
        if self.cache is not None:
            more |= {kind: (*more.get(kind, ()), *CHANGED) for kind in CACHED}
        plan = self._plan({kind: more.get(kind, ()) for kind in KINDS})
        body = export.result() if export is not None else None
        if self.cache is not None:
            self.cache.take(plan)
            listed = sum(len(plan.rows.get(kind, ())) for kind in CACHED)
            if may_export_all and self.cache.used * 2 < listed:
                body = self._assets()
        if body is not None:
            try:
                plan.take_export(body)
                self.account = self.account._replace(exports_all=True)
            except SourceError:
                _log.debug("the export of the whole instance cannot be used")
        self._fill(plan, "dashboard")
        learnt = [] if self.account.sees_all_data and "chart" in plan.rows else hidden.learn_charts(plan)
        self._fill(plan, "chart", but=learnt)
        plan.fill("chart", learnt, may_export=False)
        self._fill(plan, "dataset")
        hidden.learn_datasets(plan)
        self._fill(plan, "database")
        hidden.learn_databases(plan)
        if self.cache is not None:
            self.cache.keep(item for kind in CACHED for item in plan.found.of(kind))
        return self._finished(plan)

    def chosen(self, patterns: Sequence[str], *, published_only: bool) -> Plan:
        """Some dashboards, and what they need; the arguments are those of :func:`choose`.

        Raises:
            SourceError: none of them could be read, or none is meant.
        """
        plan = self._plan({"dashboard": (), "database": DATABASE_DETAILS})
        rows = plan.rows.get("dashboard")
        if rows is None:
            raise self.refused["dashboard"]
        numbers = choose(rows, patterns, published_only=published_only)
        self._fill(plan, "dashboard", numbers)
        self._fill(plan, "chart", hidden.list_charts(plan))
        if not self.account.sees_all_data:
            plan.fill("chart", hidden.learn_charts(plan), may_export=False)
        # A chart that was put together names its dataset; one that was exported brought it along.
        self._fill(plan, "dataset", sorted(hidden.missing_datasets(plan)), quietly=True)
        hidden.learn_datasets(plan)
        hidden.learn_databases(plan)
        return self._finished(plan)

    def _finished(self, plan: Plan) -> Plan:
        if not any(plan.found.of(kind) for kind in KINDS):
            raise _nothing(self.client.host, self.account, self.refused)
        plan.found.problems += hidden.problems(plan, self.account, self.refused)
        return plan

    def _plan(self, lists: dict[str, tuple[str, ...]]) -> Plan:
        reading = {
            kind: self._pool.submit(self._list, kind, columns, len(lists)) for kind, columns in lists.items()
        }
        rows: dict[str, Rows] = {}
        collection = Collection()
        for kind, future in reading.items():
            try:
                listing = future.result()
                rows[kind] = listing.rows
                problem = listing.problem(kind, self.client.max_pages)
                if problem is not None:
                    collection.problems.append(problem)
            except SourceError as error:
                if isinstance(error, RefusedError) and error.status == 404 and kind == "dashboard":
                    raise _no_superset(self.client.host) from None
                # What says that this is no Superset, or not its API, is not about one list.
                if not may_go_on(error) or error.kind in {"not-a-superset", "html-instead-of-json"}:
                    raise
                self.refused[kind] = error
        return Plan(self.client, collection, rows, self._pool, self._progress)

    def _list(self, kind: str, columns: tuple[str, ...], total: int) -> Listing:
        found = read_list(self.client, kind, columns)
        self._done += 1
        self._progress("lists", self._done, total)
        return found

    def _assets(self) -> bytes | None:
        """The export of the whole instance; None where it is refused, or too much for the server."""
        try:
            return self.client.bytes("assets/export/", patient=False)
        except SourceError as error:
            # Whatever it is, the lists meet it too if it concerns more than this request.
            _log.debug("no export of the whole instance: %s", error.kind)
            return None

    def _fill(
        self,
        plan: Plan,
        kind: str,
        numbers: list[int] | None = None,
        *,
        but: list[int] | None = None,
        quietly: bool = False,
    ) -> None:
        if numbers is None:
            skipped = set(but or ())
            missing = plan.found.missing(kind, plan.rows.get(kind, {}))
            numbers = [number for number in missing if number not in skipped]
        may_export = self.account.may("can_export", kind.capitalize()) is not False
        plan.fill(kind, numbers, may_export=may_export, quietly=quietly)


def _no_superset(host: str) -> SourceError:
    return SourceError(
        "not-a-superset",
        f"{host} has no list of dashboards at /api/v1/dashboard/: is this a Superset's address, with its "
        "whole path?",
        exit_code=UNREACHABLE,
    )


def _nothing(host: str, account: Account, refused: dict[str, SourceError]) -> SourceError:
    other = next((error for error in refused.values() if error.kind not in _CLOSED), None)
    if other is not None:
        return other
    if refused:
        first = next(iter(refused.values()))
        return SourceError(
            "permission-denied",
            f"{account} may read nothing on {host}: {first.message}",
            exit_code=UNREACHABLE,
        )
    reason = (
        "there are none"
        if account.is_admin
        else "give it access to their data, or use one with the role Admin"
    )
    return SourceError(
        "nothing-visible", f"{account} sees no dashboard, chart or dataset on {host}: {reason}"
    )
