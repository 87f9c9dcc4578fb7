"""All assets of one or more exports, or of one server, indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Generic, TypeVar

from dashlint.assets.chart import Chart
from dashlint.assets.dashboard import Dashboard
from dashlint.assets.dataset import Database, Dataset
from dashlint.assets.filters import FilterTarget
from dashlint.assets.layout import LayoutNode
from dashlint.assets.origin import Problem
from dashlint.records import NamedTuple, dataclass

Asset = Dashboard | Chart | Dataset | Database
_A = TypeVar("_A", Dashboard, Chart, Dataset, Database)


class Placement(NamedTuple):
    """A place in a dashboard's layout and the chart that belongs there.

    ``chart`` is None when the workspace holds no such chart. ``chart_id`` is the id that
    scopes speak of; it is the layout's, even where the chart's own id is another.
    """

    node: LayoutNode
    chart: Chart | None
    chart_id: int | None


class _Index(Generic[_A]):
    """Assets of one kind by uuid and by id, within their root and over all roots."""

    def __init__(self, assets: Iterable[_A]) -> None:
        self._by_uuid: dict[tuple[str, str], _A] = {}
        self._any_uuid: dict[str, _A] = {}
        self._by_id: dict[tuple[str, int], _A] = {}
        for asset in assets:
            root = asset.origin.root
            if asset.uuid:
                self._by_uuid.setdefault((root, asset.uuid), asset)
                self._any_uuid.setdefault(asset.uuid, asset)
            if asset.id is not None:
                self._by_id.setdefault((root, asset.id), asset)

    def find(self, root: str, uuid: str | None, asset_id: int | None) -> _A | None:
        if uuid:
            # The same uuid in two roots is two states of one asset (dev and prod folders in
            # git): each root is read by itself, and another root only fills a gap.
            return self._by_uuid.get((root, uuid)) or self._any_uuid.get(uuid)
        return self._by_id.get((root, asset_id)) if asset_id is not None else None


@dataclass(frozen=True, eq=False)
class Workspace:
    """What was read. Assets keep the order of their source.

    ``focus`` are the files that the user named, when a report shall be limited to what
    they touch; None for everything. ``superset_version`` is the server's, or the oldest
    that an export's contents allow; None when nothing tells.
    """

    dashboards: tuple[Dashboard, ...] = ()
    charts: tuple[Chart, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    databases: tuple[Database, ...] = ()
    problems: tuple[Problem, ...] = ()
    superset_version: str | None = None
    url: str | None = None
    focus: frozenset[str] | None = None

    @cached_property
    def _charts(self) -> _Index[Chart]:
        return _Index(self.charts)

    @cached_property
    def _datasets(self) -> _Index[Dataset]:
        return _Index(self.datasets)

    @cached_property
    def _databases(self) -> _Index[Database]:
        return _Index(self.databases)

    def dataset_of(self, chart: Chart) -> Dataset | None:
        known = self._dataset_of
        if chart not in known:
            known[chart] = self._datasets.find(chart.origin.root, chart.dataset_uuid, chart.dataset_id)
        return known[chart]

    @cached_property
    def _dataset_of(self) -> dict[Chart, Dataset | None]:
        # Nothing is asked more often, by each rule for each chart.
        return {}

    def database_of(self, dataset: Dataset) -> Database | None:
        return self._databases.find(dataset.origin.root, dataset.database_uuid, dataset.database_id)

    def target_dataset(self, dashboard: Dashboard, target: FilterTarget) -> Dataset | None:
        return self._datasets.find(dashboard.origin.root, target.dataset_uuid, target.dataset_id)

    def chart(self, root: str, *, uuid: str | None = None, id: int | None = None) -> Chart | None:
        return self._charts.find(root, uuid, id)

    def dataset(self, root: str, *, uuid: str | None = None, id: int | None = None) -> Dataset | None:
        return self._datasets.find(root, uuid, id)

    def place(self, dashboard: Dashboard, node: LayoutNode) -> Placement:
        """The chart at a CHART node: by its uuid, else by its id within the same root."""
        chart = self.chart(dashboard.origin.root, uuid=node.chart_uuid)
        if chart is None and node.chart_id is not None:
            chart = self.chart(dashboard.origin.root, id=node.chart_id)
        chart_id = node.chart_id if node.chart_id is not None else (chart.id if chart else None)
        return Placement(node, chart, chart_id)

    def placements(self, dashboard: Dashboard) -> tuple[Placement, ...]:
        """Every CHART node that the layout's root reaches, in the order of the layout."""
        return self._placements(dashboard)

    @cached_property
    def _placements(self) -> Callable[[Dashboard], tuple[Placement, ...]]:
        known: dict[Dashboard, tuple[Placement, ...]] = {}

        def placements(dashboard: Dashboard) -> tuple[Placement, ...]:
            if dashboard not in known:
                known[dashboard] = tuple(self.place(dashboard, node) for node in dashboard.layout.charts)
            return known[dashboard]

        return placements

    def charts_of(self, dashboard: Dashboard) -> tuple[Chart, ...]:
        """The charts of a dashboard that the workspace holds, each once."""
        return tuple(dict.fromkeys(p.chart for p in self.placements(dashboard) if p.chart is not None))

    @cached_property
    def _dashboards_of(self) -> dict[Asset, tuple[Dashboard, ...]]:
        users: dict[Asset, dict[Dashboard, None]] = {}
        for dashboard in self.dashboards:
            for chart in self.charts_of(dashboard):
                users.setdefault(chart, {})[dashboard] = None
                dataset = self.dataset_of(chart)
                if dataset is not None:
                    users.setdefault(dataset, {})[dashboard] = None
            for native_filter in dashboard.filters:
                target = native_filter.target
                found = self.target_dataset(dashboard, target) if target else None
                if found is not None:
                    users.setdefault(found, {})[dashboard] = None
        for dataset in self.datasets:
            database = self.database_of(dataset)
            if database is not None:
                users.setdefault(database, {}).update(users.get(dataset, {}))
        return {asset: tuple(found) for asset, found in users.items()}

    def dashboards_using(self, asset: Asset) -> tuple[Dashboard, ...]:
        """The dashboards that show a chart, read a dataset or reach a database."""
        if isinstance(asset, Dashboard):
            return (asset,)
        return self._dashboards_of.get(asset, ())

    @cached_property
    def charts_by_dataset(self) -> dict[Dataset, tuple[Chart, ...]]:
        found: dict[Dataset, list[Chart]] = {}
        for chart in self.charts:
            dataset = self.dataset_of(chart)
            if dataset is not None:
                found.setdefault(dataset, []).append(chart)
        return {dataset: tuple(charts) for dataset, charts in found.items()}

    @cached_property
    def focused(self) -> frozenset[Asset] | None:
        """The assets that a report is limited to; None for all.

        A dashboard's file brings its charts and their datasets; a chart's or dataset's file
        brings what it is and the dashboards that use it; a database's file likewise.
        """
        if self.focus is None:
            return None
        chosen: dict[Asset, None] = {}
        for dashboard in self.dashboards:
            if dashboard.origin.file in self.focus:
                chosen[dashboard] = None
                for chart in self.charts_of(dashboard):
                    chosen[chart] = None
                    dataset = self.dataset_of(chart)
                    if dataset is not None:
                        chosen[dataset] = None
        others: tuple[Asset, ...] = (*self.charts, *self.datasets, *self.databases)
        for asset in others:
            if asset.origin.file in self.focus:
                chosen[asset] = None
                if isinstance(asset, Dataset):
                    chosen.update(dict.fromkeys(self.charts_by_dataset.get(asset, ())))
                chosen.update(dict.fromkeys(self.dashboards_using(asset)))
        return frozenset(chosen)
