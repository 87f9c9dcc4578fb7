"""Raw tables that select every column of a wide dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from dashlint.analysis import Analysis
from dashlint.assets import Chart
from dashlint.lint.amounts import cost_phrase, saves
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Option, Rule, RuleOptions
from dashlint.records import replace

_TABLES = ("table", "ag-grid-table", "handlebars")


class WideRawTable(Rule):
    """A raw table selects (nearly) every column of a wide dataset.

    ## Why
    Memory grows with rows × columns, and on columnar warehouses each column is read and billed
    by itself. Nobody reads thirty columns side by side.

    ## Example
    A table in raw mode whose `all_columns` lists all 42 columns of `orders`.

    ## Use instead
    The columns that people read; details of one row belong to drill to detail.

    ## Source
    superset-frontend/plugins/plugin-chart-table/src/buildQuery.ts (raw mode selects `all_columns`).
    """

    code = "DL305"
    severity = Severity.INFO
    effort = Effort.SETTING
    remedy = "select the columns that people read"
    applies_to = "Chart types: table, ag-grid-table, handlebars, in raw mode."

    class Options(RuleOptions):
        """What counts as wide."""

        min_columns: Annotated[
            int,
            Option(
                "Fewer columns than this are never reported.",
                source="about what fits a 1920-pixel screen at 96 pixels a column.",
                ge=2,
            ),
        ] = 20
        share: Annotated[
            float,
            Option(
                "Share of the dataset's columns that counts as every column.",
                source="nine in ten: one column left out does not make a choice.",
                ge=0,
                le=1,
            ),
        ] = 0.9

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """A finding when a raw query selects that many columns."""
        if chart.viz_type not in _TABLES:
            return
        dataset = analysis.dataset_of(chart)
        queries = analysis.queries(chart)
        if dataset is None or not queries or queries[0].metrics is not None:
            return
        selected = len(queries[0].columns)
        available = len(dataset.columns)
        if selected < self.options.min_columns or selected < available * self.options.share:
            return
        memory = analysis.query_cost(queries[0], dataset)
        most = self.options.min_columns
        fewer = [replace(queries[0], columns=queries[0].columns[:most]), *queries[1:]]
        saving = analysis.saving(chart, fewer)
        yield self.finding(
            analysis,
            chart,
            f"the raw table selects {selected} of the {available} columns of “{dataset.name}”, "
            f"{cost_phrase(memory)}",
            field="params.all_columns",
            advice="select the columns that people read"
            + (f": {most} of them" + phrase if (phrase := saves(saving)) else ""),
            memory=memory,
            saving=saving,
        )
