"""Datasets that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class UnusedDataset(Rule):
    """No chart and no filter uses a dataset.

    ## Why
    It costs no memory, but somebody has to keep it in step with the warehouse, and its SQL is
    read by whoever looks for the right dataset.

    ## Example
    `orders_v2_test`, a virtual dataset that was tried out once.

    ## Use instead
    Delete it, or leave it out of the repository.

    ## Source
    The references of charts (`dataset_uuid`) and native filters (`targets`) in the same export.
    """

    code = "DL506"
    severity = Severity.INFO
    effort = Effort.AGREEMENT
    remedy = "delete datasets that nothing uses"
    pedantic = True
    persona = "Tidiness: a dataset that nothing uses sends no query and takes no memory."

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each dataset, in roots that hold charts at all."""
        workspace = analysis.workspace
        roots_with_charts = {chart.origin.root for chart in workspace.charts}
        mentioned = {other for d in workspace.datasets for other in analysis.datasets_read_by(d)}
        for dataset in workspace.datasets:
            # A dataset or database export holds no charts: there, nothing can be said.
            if dataset.origin.root not in roots_with_charts:
                continue
            if workspace.charts_by_dataset.get(dataset) or workspace.dashboards_using(dataset):
                continue
            if dataset in mentioned:
                continue
            yield self.finding(
                analysis,
                dataset,
                "no chart and no filter here uses it",
                field="table_name",
                advice="delete it, if it is not used for exploring",
            )
