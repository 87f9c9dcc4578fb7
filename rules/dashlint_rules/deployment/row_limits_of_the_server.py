"""Row limits far above Superset's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.settings import known, number

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, SupersetConfig

#: superset/config.py of 6.1.0, rows, and what each limit is for.
_LIMITS: Mapping[str, tuple[int, str]] = {
    "SQL_MAX_ROW": (100_000, "a chart or a query of SQL Lab may ask for"),
    "ROW_LIMIT": (50_000, "a chart without a row limit asks for"),
    "TABLE_VIZ_MAX_ROW_SERVER": (500_000, "a table with server pagination may ask for"),
    "SAMPLES_ROW_LIMIT": (1_000, "a sample of a dataset holds"),
    "NATIVE_FILTER_DEFAULT_ROW_LIMIT": (1_000, "a filter offers at most"),
    "FILTER_SELECT_ROW_LIMIT": (10_000, "a list of suggestions holds"),
}
#: Limits of lists, which have one column.
_LISTS = frozenset({"NATIVE_FILTER_DEFAULT_ROW_LIMIT", "FILTER_SELECT_ROW_LIMIT"})


class RowLimitsOfTheServer(Rule):
    """A row limit of superset_config.py is above Superset's own, or another one keeps it from having effect.

    ## Why
    A limit is what one request may hold in memory at the worst, and nothing else bounds it: Superset has
    no limit in bytes for charts. Requests that run at once add up.

    ## Example
    ```python
    SQL_MAX_ROW = 1_000_000  # 10 columns of it are more than 1 GiB
    ROW_LIMIT = 200_000  # SQL_MAX_ROW cuts it to 100000
    ```

    ## Use instead
    Superset's own limits for everybody, and a greater `row_limit` in the charts that need one (it cannot go
    above SQL_MAX_ROW). Exports of more rows: SQL Lab's asynchronous queries.

    ## Source
    superset/config.py of 6.1.0 for the defaults; superset/utils/core.py:apply_max_row_limit
    (the smaller of both counts); bytes by the measured memory model (docs/memory-model.md) for 5 BIGINT and
    5 VARCHAR columns, of filters for 1 VARCHAR.
    """

    code = "DL619"
    severity = Severity.INFO
    effort = Effort.LINE
    remedy = "lower the server's row limits"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each limit that is raised, and one where a limit has no effect."""
        for config in deployment.configs:
            for name, (default, what) in _LIMITS.items():
                yield from self._raised(config, name, default, what)
            yield from self._without_effect(config)

    def _raised(self, config: SupersetConfig, name: str, default: int, what: str) -> Iterator[Finding]:
        from dashlint.cost.memory import ColumnShape, estimate

        given = config.settings.get(name)
        rows = known(given)
        if given is None or rows is None or rows <= default:
            return
        chart = [ColumnShape("BIGINT")] * 5 + [ColumnShape("VARCHAR")] * 5
        columns = chart[-1:] if name in _LISTS else chart
        most, usual = (estimate(count, columns).rss_peak for count in (rows, default))
        # Less than what a chart of Superset's own ROW_LIMIT takes is nothing that a worker is not made for.
        usual_chart = estimate(_LIMITS["ROW_LIMIT"][0], chart).rss_peak
        if most <= usual_chart or (name == "ROW_LIMIT" and self._cut(config, rows) is not None):
            return
        shape = "1 text" if name in _LISTS else "5 numbers and 5 texts"
        yield self.deployment_finding(
            given.location,
            f"{name} is {rows:,}: as many rows {what}, and in a result of {shape} they take about "
            f"{size(most)} of a worker (Superset's own {default:,}: {size(usual)})",
            advice=f"{name} = {default}, and more only where a chart needs it",
        )

    def _without_effect(self, config: SupersetConfig) -> Iterator[Finding]:

        given = config.settings.get("ROW_LIMIT")
        rows = known(given)
        most = self._cut(config, rows)
        if given is None or rows is None or most is None:
            return
        of = "" if "SQL_MAX_ROW" in config.settings else ", its default"
        yield self.deployment_finding(
            given.location,
            f"ROW_LIMIT is {rows:,} and SQL_MAX_ROW {most:,}{of}: charts get {most:,} rows",
            field="ROW_LIMIT.SQL_MAX_ROW",
            advice=f"ROW_LIMIT = {most} or less",
        )

    @staticmethod
    def _cut(config: SupersetConfig, rows: int | None) -> int | None:
        """The SQL_MAX_ROW that a ROW_LIMIT is cut to; None where it is not, or nobody knows."""
        most = number(config, "SQL_MAX_ROW", _LIMITS["SQL_MAX_ROW"][0]) if config.complete else None
        # 0 is no number of rows that anybody means.
        return most if rows and most and rows > most else None
