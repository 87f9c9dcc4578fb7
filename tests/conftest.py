"""What all tests share: in CI nothing is skipped silently, and one worker owns the live Superset."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: nothing fails for being slow (benchmarks measure that).
settings.register_profile("dashlint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dashlint")

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
LIVE = Path(__file__).parent / "live"


def _fail_instead_of_skipping(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"In CI no test may be skipped, but this one was. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("optional") is None:
        _fail_instead_of_skipping(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_instead_of_skipping(report)
    return report


# Before pytest-xdist, which reads the groups in its own hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One Superset is enough: with several workers, all tests that talk to it run on the same one."""
    for item in items:
        if LIVE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("live"))
