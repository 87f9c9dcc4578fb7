"""Reports for the tests: made by hand, and that of one dashboard of the bundled example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashlint.assets import Location, Problem
from dashlint.cost.model import UNKNOWN, Cost
from dashlint.lint import registry
from dashlint.lint.model import AssetRef, Confidence, Finding, Severity
from dashlint.report.model import Counts, DashboardSummary, Report

SALES = "3d2e8f4b-61a5-4c8d-9b6e-8a4f7c5d9f43"
STOCK = "7a1b2c3d-0001-4c8d-9b6e-8a4f7c5d9f44"


def finding(title: str = "All orders", **changes: Any) -> Finding:
    """A finding about a chart of the dashboard “Sales”."""
    usual = Finding(
        rule="DL301",
        name="missing-row-limit",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message="it is sent without a row limit",
        asset=AssetRef("chart", f"uuid of {title}", 7, title),
        location=Location("charts/All_orders_7.yaml", 12, 3, "params.row_limit"),
        dashboards=(SALES,),
        advice="set a row limit",
        memory=Cost(None, 73_400_320, "row_limit"),
    )
    return usual._replace(**changes)


def on_server(title: str = "All orders", **changes: Any) -> Finding:
    """The same, read from a server."""
    return finding(title, location=Location(None, None, None, "params.row_limit"), **changes)


def dashboard(uuid: str = SALES, title: str = "Sales", **changes: Any) -> DashboardSummary:
    """A dashboard in figures."""
    usual = DashboardSummary(
        uuid=uuid,
        id=1,
        title=title,
        file=f"dashboards/{uuid[:4]}.yaml",
        charts=12,
        charts_on_load=8,
        queries_on_load=9,
        memory_on_load=Cost(52_428_800, 314_572_800, "statistics"),
        widest_filter=("Country", 10),
    )
    return usual._replace(**changes)


def report(
    *findings: Finding,
    dashboards: Sequence[DashboardSummary] | None = None,
    problems: Sequence[Problem] = (),
    **changes: Any,
) -> Report:
    """A report of one dashboard, unless others are given; without rules, as one that was read from JSON."""
    shown = tuple(dashboards) if dashboards is not None else (dashboard(),)
    return Report(
        superset="6.1.0",
        assumed_version=False,
        counts=Counts(len(shown), 12, 3),
        dashboards=shown,
        findings=findings,
        problems=tuple(problems),
    )._replace(**changes)


def rules(*codes: str) -> tuple[Any, ...]:
    """Built-in rules, as a run has them."""
    return tuple(rule() for rule in registry.load_rules()[0] if rule.code in codes)


__all__ = ["SALES", "STOCK", "UNKNOWN", "dashboard", "finding", "on_server", "report", "rules"]
