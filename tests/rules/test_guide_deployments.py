"""What the rules about caches, units, secrets and dead names say of the guide's deployments."""

from __future__ import annotations

import pytest

from dashlint.lint.config import Config
from dashlint.testing import scan_deployment
from tests.paths import FIXTURES

CODES = (
    "DL602", "DL603", "DL604", "DL607", "DL608", "DL609", "DL610", "DL624", "DL625", "DL626", "DL627",
)  # fmt: skip


def found(name: str) -> set[tuple[str, str, str | None]]:
    """Code, file and field of each finding."""
    folder = FIXTURES / "deployments" / name
    report = scan_deployment(folder, Config(select=CODES))
    assert [problem for problem in report.problems if problem.kind == "rule-failed"] == []
    return {
        (finding.rule, (finding.location.file or "").rpartition("/")[2], finding.location.field)
        for finding in report.findings
    }


@pytest.mark.parametrize("name", ["guide-small-corrected", "guide-medium-corrected", "guide-large-corrected"])
def test_the_corrected_forms_are_clean(name: str) -> None:
    assert found(name) == set()


def test_the_small_one() -> None:
    assert found("guide-small") >= {
        ("DL603", "superset_config.py", "CACHE_CONFIG.CACHE_TYPE"),
        ("DL608", "superset_config.py", "DATA_CACHE_CONFIG"),
    }


def test_the_medium_one() -> None:
    assert found("guide-medium") >= {
        ("DL602", "superset_config.py", "CELERY_TASK_TIME_LIMIT"),
        ("DL603", "superset_config.py", "CACHE_CONFIG.CACHE_TYPE"),
        ("DL603", "superset_config.py", "DATA_CACHE_CONFIG.CACHE_TYPE"),
        ("DL604", "start.sh", "celery.app"),
        ("DL604", "warm_cache.py", "import.get_chart_cache_key"),
        ("DL607", "invalidate.py", "delete#1"),
        ("DL610", "superset_config.py", "CELERY_BROKER_URL"),
    }


def test_the_large_one() -> None:
    assert found("guide-large") >= {
        ("DL603", "superset_config.py", "CACHE_CONFIG.CACHE_TYPE"),
        ("DL603", "superset_config.py", "CACHE_CONFIG.CACHE_REDIS_URL"),
        ("DL608", "superset_config.py", "DATA_CACHE_CONFIG"),
        ("DL627", "superset_config.py", "query_duration"),
        ("DL627", "superset_config.py", "cache_hits"),
        ("DL627", "superset_config.py", "worker_memory"),
    }


def test_no_secret_is_ever_shown() -> None:
    folder = FIXTURES / "rules" / "DL624"
    for case in sorted(folder.glob("flagged*")):
        report = scan_deployment(case, Config(select=("DL6",)))
        shown = repr(report.findings) + str([(f.message, f.advice) for f in report.findings])
        assert report.findings
        assert "hunter2" not in shown
        assert "4bXkW2mJ" not in shown
