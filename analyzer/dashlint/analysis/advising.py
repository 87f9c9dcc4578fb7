"""What would serve the queries of charts: the questions that rules ask of an analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashlint.assets import Chart, Dashboard, Database, Dataset

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.analysis.alike import Alike
    from dashlint.analysis.partitions import AllPartitions
    from dashlint.analysis.predicates import Predicate
    from dashlint.analysis.redundant_indexes import RedundantIndex
    from dashlint.analysis.unserved_joins import UnservedJoin
    from dashlint.catalog.materialized import ViewSql
    from dashlint.catalog.wanted import Proposal, Wanted


class Advising:
    """Proposals for the tables, views and filters of one analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._of_dashboards: dict[Dashboard, tuple[Proposal, ...]] = {}

    def proposals(self, wanted: Sequence[Wanted], dataset: Dataset) -> tuple[Proposal, ...]:
        """What to create in a dataset's database so that queries which ask so find their rows."""
        from dashlint.catalog.advice import propose

        return propose(wanted, self._analysis.engine_of(dataset))

    def for_dashboard(self, dashboard: Dashboard) -> tuple[Proposal, ...]:
        """What to create so that the conditions of a dashboard's filters and charts find their rows.

        As few as serve most charts, for each of its databases.
        """
        if dashboard not in self._of_dashboards:
            self._of_dashboards[dashboard] = self._for_dashboard(dashboard)
        return self._of_dashboards[dashboard]

    def _for_dashboard(self, dashboard: Dashboard) -> tuple[Proposal, ...]:
        from dashlint.analysis.wishes import wanted_of

        by_database: dict[Database | None, list[Predicate]] = {}
        for predicate in self._analysis.predicates(dashboard, clicks=False):
            by_database.setdefault(self._analysis.database_of(predicate.dataset), []).append(predicate)
        return tuple(
            proposal
            for predicates in by_database.values()
            for proposal in self.proposals(wanted_of(predicates), predicates[0].dataset)
        )

    def alike(self, dataset: Dataset, *, most: float) -> Alike | None:
        """Charts that groups of a dataset would answer; these have at most ``most`` (0 to 1) of its rows."""
        from dashlint.analysis.alike import alike

        return alike(self._analysis, dataset, most=most)

    def view_of(self, found: Alike) -> ViewSql | None:
        """The statements for a materialized view of such groups, where the engine has them."""
        from dashlint.analysis.grouped import view_of

        return view_of(self._analysis, found)

    def all_partitions(self, chart: Chart) -> tuple[AllPartitions, ...]:
        """Partitioned tables that a chart reads whole."""
        if self._analysis.catalogs is None:
            return ()
        from dashlint.analysis.partitions import all_partitions

        return all_partitions(self._analysis, chart)

    def redundant_indexes(self) -> tuple[RedundantIndex, ...]:
        """Indexes on filtered columns that other indexes cover."""
        from dashlint.analysis.redundant_indexes import redundant_indexes

        return redundant_indexes(self._analysis)

    def unserved_joins(
        self, dataset: Dataset, *, min_rows: int, min_comparisons: int
    ) -> tuple[UnservedJoin, ...]:
        """Joins in a virtual dataset that an index would help."""
        if self._analysis.catalog_of(dataset) is None:
            return ()
        from dashlint.analysis.unserved_joins import unserved_joins

        return unserved_joins(self._analysis, dataset, min_rows=min_rows, min_comparisons=min_comparisons)
