"""Every rule has fixtures, flags what it must, leaves alone what it must, and says what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashlint.cli.inputs import Facts, ServerOptions, analyse, opened, read_config, read_deployment
from dashlint.cli.scan import judged, run
from dashlint.lint.config import Config
from dashlint.lint.registry import load_rules
from dashlint.report.model import Report
from tests.paths import FIXTURES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

RULES = [rule.code for rule in load_rules()[0]]
CASES = sorted(
    case
    for folder in (FIXTURES / "rules").iterdir()
    for case in folder.iterdir()
    if case.is_dir() and case.name.startswith(("flagged", "clean"))
)


def scan_case(case: Path) -> Report:
    """Scans one case with its own rule only; beside the export may lie a configuration,
    a ``superset_config.py`` and a ``catalog`` folder."""
    config = read_config(case / "dashlint.toml", []) if (case / "dashlint.toml").exists() else None

    from dashlint.lint.config import Config

    code = case.resolve().parent.name
    config = (config or Config())._replace(select=(code,))
    catalog = (str(case / "catalog"),) if (case / "catalog").is_dir() else ()
    if code.startswith("DL6"):
        return check_deployment(case, config, catalog)
    superset_config = case / "superset_config.py"
    facts = Facts(
        catalog,
        superset_config=superset_config if superset_config.exists() else None,
        # What a relative time range leaves of the rows depends on the day.
        today="2026-11-21",
    )
    return run([case], ServerOptions(), config, facts)


def check_deployment(case: Path, config: Config, catalog: tuple[str, ...]) -> Report:
    """Checks a case whose files are those of a deployment, but for an ``export`` folder of its dashboards."""
    apart = {"catalog", "dashlint.toml", "export"}
    deployment, problems = read_deployment(
        [path for path in sorted(case.iterdir()) if path.name not in apart]
    )
    export = [case / "export"] if (case / "export").is_dir() else []
    with opened(export, ServerOptions(), deployment) as read:
        analysis, more = analyse(read, config, Facts(catalog, today="2026-11-21"), deployment)
    return judged(analysis, [*problems, *more], config, whole=False)


def describe(report: Report) -> list[str]:
    """What a person would read of each finding."""
    return [
        "\n".join(
            line
            for line in (
                f"{f.severity.value}/{f.confidence.value} {f.rule} {f.asset.kind} {f.asset.name}",
                f"  at {f.location.field or '-'} line {f.location.line}",
                f"  {f.message}",
                f"  -> {f.advice}" if f.advice else "",
                f"  memory {tuple(f.memory)}" if f.memory else "",
                *f.proposal,
            )
            if line
        )
        for f in report.findings
    ]


def test_there_are_rules_and_cases() -> None:
    assert RULES
    assert CASES


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_flagged_and_a_clean_fixture(code: str) -> None:
    names = {case.name.split("-")[0] for case in CASES if case.parent.name == code}
    assert names == {"flagged", "clean"}, f"{code} lacks fixtures under fixtures/rules/{code}"


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")
def test_case(case: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    # Paths in messages are shown as they were given.
    monkeypatch.chdir(case.parent)
    case = Path(case.name)
    report = scan_case(case)
    assert [p for p in report.problems if p.kind == "rule-failed"] == []
    if case.name.startswith("clean"):
        assert describe(report) == []
        assert any(report.counts)
    else:
        assert report.findings, "the rule found nothing"
        assert {f.rule for f in report.findings} == {Path.cwd().name}
        assert describe(report) == snapshot
