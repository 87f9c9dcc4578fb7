"""`dashlint monitor`: a folder, never over other files, and mistakes in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CATALOG = FIXTURES / "exports" / "harbour-and-pine-catalog"
SETTINGS = FIXTURES / "company" / "superset_config.py"
FACTS = ("--catalog", CATALOG, "--superset-config", SETTINGS, "--today", "2026-11-21")


def test_thresholds_follow_the_dashboards(run: Run) -> None:
    result = run("monitor", EXPORT, *FACTS, "--limit", "4GiB", "--workers", "4", "--threads", "8")
    assert (result.code, result.stderr) == (0, "")
    assert Path("monitoring/README.md").read_text() == Path(result.stdout.splitlines()[0]).read_text()
    rules = yaml.safe_load(Path("monitoring/alerts.yml").read_text())
    alerts = {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"]}
    threshold = alerts["SupersetMemoryNearLimit"]["annotations"]["threshold"]
    assert "All orders on Sales overview" in threshold
    assert (
        "a load with 12 requests"
        in alerts["SupersetDashboardLoadsFastBurnBudget"]["annotations"]["threshold"]
    )
    assert "/ 32 > 0.8" in alerts["SupersetThreadsBusy"]["expr"]
    smaller = run(
        "monitor", EXPORT, *FACTS, "--limit", "4GiB", "--dashboard", "Daily trading", "--output", "other"
    )
    assert smaller.code == 0
    assert threshold not in Path("other/alerts.yml").read_text()


def test_files_that_are_there_stay(run: Run) -> None:
    Path("monitoring").mkdir()
    Path("monitoring/alerts.yml").write_text("mine")
    result = run("monitor", EXPORT, *FACTS)
    assert result.code == 2
    assert "--output monitoring: alerts.yml is there already; " in result.stderr
    assert "name another folder, or replace what is there with --force" in result.stderr
    assert [path.name for path in Path("monitoring").iterdir()] == ["alerts.yml"]
    assert Path("monitoring/alerts.yml").read_text() == "mine"
    assert run("monitor", EXPORT, *FACTS, "--force").code == 0
    assert Path("monitoring/alerts.yml").read_text() != "mine"


def test_what_will_fire_at_once_is_told(run: Run) -> None:
    result = run("monitor", EXPORT, "--limit", "512MiB", "--workers", "4")
    assert result.code == 0
    assert "4 workers take about 1.2 GiB at rest, more than --limit 512 MiB" in result.stderr
    assert "whether chart data are cached was not told" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "mars"], "--for mars: known are kubernetes, compose, hosts"),
        (["--without", "rabbit"], "--without rabbit: known are redis, postgres, celery, gunicorn"),
        (["--limit", "much"], "--limit: expected a size such as 512MiB"),
        (["--limit", "0"], "--limit: expected"),
        (["--metadata-pool", "5"], "--metadata-pool 5: write it as pool_size+max_overflow"),
        (["--namespace", 'a"} or up{'], "--namespace"),
        (["--output", "file"], "--output file: that is a file; name a folder"),
        (["--dashboard", "none"], "no dashboard is called 'none'"),
    ],
)
def test_mistakes(run: Run, words: list[str], said: str) -> None:
    Path("file").write_text("")
    result = run("monitor", EXPORT, *words)
    assert result.code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("monitoring").exists()
