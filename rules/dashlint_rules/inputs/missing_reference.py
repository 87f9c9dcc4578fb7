"""References to assets that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Chart, Dashboard, Dataset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class MissingReference(Rule):
    """A dashboard shows a chart, or a chart reads a dataset, that is not there.

    ## Why
    An import of such an export fails or leaves an empty place on the dashboard, and nothing can
    be said about what the missing chart costs. Superset itself writes such exports: two datasets
    whose file names are equal collapse into one file (4.1, 5.0: same name in two schemas of one
    database; all versions: two databases whose names have the same slug).

    ## Example
    `charts/revenue_12.yaml` with a `dataset_uuid` that no file in `datasets/` carries.

    ## Use instead
    Export the dashboard again with everything that it needs, or take the dead reference out.

    ## Source
    superset/commands/export/models.py:ExportModelsCommand.run (a path already written is skipped);
    superset/commands/importers/v1/utils.py.
    """

    code = "DL902"
    severity = Severity.ERROR
    effort = Effort.SETTING
    remedy = "bring back, or take out, what dashboards and charts refer to"

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each chart of the layout that is missing."""
        if not _knows(analysis.workspace.charts, dashboard):
            analysis.lacks("charts", dashboard.title)
            return
        for placement in analysis.placements(dashboard):
            if placement.chart is not None:
                continue
            meta = placement.node.meta
            name = meta.get("sliceNameOverride") or meta.get("sliceName") or placement.node.id
            by = (
                f"uuid {placement.node.chart_uuid}"
                if placement.node.chart_uuid
                else f"id {placement.chart_id}"
            )
            yield self.finding(
                analysis,
                dashboard,
                f"its layout shows the chart “{name}” ({by}), which is not there",
                field=f"position.{placement.node.id}.meta.chartId",
                advice="export the dashboard again with its charts, or take the chart out of the layout",
            )

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding for a chart whose dataset is missing."""
        if chart.dataset_uuid is None and chart.dataset_id is None:
            return
        if analysis.dataset_of(chart) is not None:
            return
        if not _knows(analysis.workspace.datasets, chart):
            analysis.lacks("datasets", chart.name)
            return
        yield self.finding(
            analysis,
            chart,
            f"reads the dataset {chart.dataset_uuid or chart.dataset_id}, which is not there",
            field="dataset_uuid",
            advice="export the chart again with its dataset",
        )

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """A finding for a dataset whose database is missing."""
        if dataset.database_uuid is None and dataset.database_id is None:
            return
        if analysis.database_of(dataset) is not None:
            return
        if not _knows(analysis.workspace.databases, dataset):
            analysis.lacks("databases", dataset.name)
            return
        yield self.finding(
            analysis,
            dataset,
            f"belongs to the database {dataset.database_uuid or dataset.database_id}, which is not there",
            field="database_uuid",
            advice="export the dataset again with its database",
        )


def _knows(assets: Iterable[Asset], user: Asset) -> bool:
    """Whether the user's root holds assets of that kind at all: a lone file names what it cannot bring."""
    return any(asset.origin.root == user.origin.root for asset in assets)
