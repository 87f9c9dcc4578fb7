"""Every fix that a rule proposes: once made, the finding is gone and nothing is left to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashlint.analysis import Analysis
from dashlint.assets import Workspace
from dashlint.cli.fix_check import Check
from dashlint.cli.inputs import Facts, read_config
from dashlint.cli.scan import run
from dashlint.cli.servers import ServerOptions
from dashlint.fix.export import Outcome, fix_targets
from dashlint.fix.units import Allowed
from dashlint.lint.config import Config
from dashlint.lint.model import Finding
from dashlint.lint.registry import load_rules
from dashlint.sources.targets import find_targets
from tests.paths import FIXTURES

RULES = {rule.code: rule for rule in load_rules()[0]}
CASES = sorted(
    case
    for folder in (FIXTURES / "rules").iterdir()
    for case in folder.iterdir()
    # `dashlint fix` edits exports: the files of a deployment (DL6xx) are their authors' own.
    if case.is_dir() and case.name.startswith("flagged") and not folder.name.startswith("DL6")
)


def given(case: Path) -> tuple[Config, Facts]:
    """As the fixtures of the rules are scanned."""
    config = read_config(case / "dashlint.toml", []) if (case / "dashlint.toml").exists() else Config()
    python = case / "superset_config.py"
    facts = Facts(
        (case / "catalog",) if (case / "catalog").is_dir() else (),
        superset_config=python if python.exists() else None,
        today="2026-11-21",
    )
    return config._replace(select=(case.parent.name,)), facts


def fixed(case: Path, *, unsafe: bool) -> Outcome:
    config, facts = given(case)
    targets, _ = find_targets([str(case)])
    outcome = fix_targets(targets, [str(case)], Check(config, facts), Allowed(unsafe, config.select))
    for _, place in outcome.places.changed():
        assert place.on_disk is not None
        Path(place.on_disk).write_bytes(place.data)
    return outcome


def findings(case: Path) -> Sequence[Finding]:
    return run([case], ServerOptions(), *given(case)).findings


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    case: Path = request.param
    return Path(shutil.copytree(case, tmp_path / case.parent.name / case.name))


def all_cases(cases: Sequence[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("copied", cases, ids=lambda c: f"{c.parent.name}/{c.name}", indirect=True)


@all_cases(CASES)
def test_a_fixed_finding_is_gone_and_a_second_run_changes_nothing(copied: Path) -> None:
    before = findings(copied)
    proposed = {finding.identity for finding in before if finding.fix is not None}
    outcome = fixed(copied, unsafe=True)
    assert outcome.refusals == []
    assert {finding.identity for finding in outcome.fixed} >= proposed
    assert {finding.identity for finding in findings(copied)} == {
        finding.identity for finding in before if finding.fix is None
    }
    assert fixed(copied, unsafe=True).changes == []


@all_cases(CASES)
def test_by_default_only_what_is_safe_is_changed(copied: Path) -> None:
    safe = {f.identity for f in findings(copied) if f.fix is not None and f.fix.safety == "safe"}
    outcome = fixed(copied, unsafe=False)
    assert {finding.identity for finding in outcome.fixed} == safe
    assert {change.safety for change in outcome.changes} <= {"safe"}


def test_every_rule_with_a_fix_says_so_and_has_a_fixture_for_it() -> None:
    proposing = {
        case.parent.name for case in CASES if any(finding.fix is not None for finding in findings(case))
    }
    assert proposing == {code for code, rule in RULES.items() if rule.fix}
    for code in proposing:
        text = RULES[code].fix
        assert "safe" in text.lower(), f"{code} does not say whether its fix is safe"


def chart(folder: Path, number: int, dataset: str, *, extra: str = "") -> None:
    (folder / "charts").mkdir(exist_ok=True, parents=True)
    (folder / "charts" / f"c_{number}.yaml").write_text(
        f"slice_name: c{number}\nviz_type: echarts_timeseries_line\n"
        "params:\n  viz_type: echarts_timeseries_line\n  x_axis: ds\n  metrics: [count]\n"
        "  time_grain_sqla: P1M\n  row_limit: 100\n"
        f"query_context: null\n{extra}uuid: 00000000-0000-0000-0000-00000000000{number}\n"
        f"version: 1.0.0\ndataset_uuid: {dataset}\n"
    )


def dataset(folder: Path, uuid: str, *, timeout: str = "null") -> None:
    (folder / "datasets" / "db").mkdir(exist_ok=True, parents=True)
    (folder / "datasets" / "db" / f"{uuid}.yaml").write_text(
        f"table_name: t_{uuid}\nuuid: {uuid}\ncache_timeout: {timeout}\nversion: 1.0.0\n"
        "database_uuid: 00000000-0000-0000-0000-0000000000db\n"
        "metrics:\n- metric_name: count\n  expression: COUNT(*)\n"
        "columns:\n- {column_name: ds, type: TIMESTAMP, is_dttm: true}\n"
    )


def read_timeouts(folder: Path) -> dict[str, int | None]:
    return {
        path.stem: yaml.safe_load(path.read_text()).get("cache_timeout") for path in folder.rglob("*.yaml")
    }


def test_charts_of_a_dataset_that_want_the_same_timeout_get_it_from_the_dataset(tmp_path: Path) -> None:
    case = tmp_path / "DL402" / "export"
    dataset(case, "00000000-0000-0000-0000-0000000000aa")
    for number in (1, 2, 3):
        chart(case, number, "00000000-0000-0000-0000-0000000000aa", extra=f"cache_timeout: {number * 5}\n")
    outcome = fixed(case, unsafe=True)
    assert len(outcome.fixed) == 3
    assert read_timeouts(case) == {
        "00000000-0000-0000-0000-0000000000aa": 600,
        "c_1": None,
        "c_2": None,
        "c_3": None,
    }
    assert findings(case) == ()


def test_a_dataset_stays_as_it_is_where_one_chart_wants_another_timeout(tmp_path: Path) -> None:
    case = tmp_path / "DL402" / "export"
    dataset(case, "00000000-0000-0000-0000-0000000000aa")
    chart(case, 1, "00000000-0000-0000-0000-0000000000aa", extra="cache_timeout: 5\n")
    chart(case, 2, "00000000-0000-0000-0000-0000000000aa", extra="cache_timeout: 5\n")
    chart(case, 3, "00000000-0000-0000-0000-0000000000aa", extra="cache_timeout: 3600\n")
    fixed(case, unsafe=True)
    assert read_timeouts(case) == {
        "00000000-0000-0000-0000-0000000000aa": None,
        "c_1": 600,
        "c_2": 600,
        "c_3": 3600,
    }


def test_a_dataset_timeout_of_inheriting_charts_is_one_edit(tmp_path: Path) -> None:
    case = tmp_path / "DL402" / "export"
    dataset(case, "00000000-0000-0000-0000-0000000000aa", timeout="5")
    for number in (1, 2):
        chart(case, number, "00000000-0000-0000-0000-0000000000aa")
    outcome = fixed(case, unsafe=True)
    assert [(change.field, change.before, change.after) for change in outcome.changes] == [
        ("cache_timeout", 5, 600)
    ]


def test_rules_that_never_come_to_rest_are_stopped(tmp_path: Path) -> None:
    """A rule of somebody else's that always proposes another value."""
    from dashlint.lint.model import Edit, Fix

    case = tmp_path / "DL402" / "export"
    dataset(case, "00000000-0000-0000-0000-0000000000aa")
    chart(case, 1, "00000000-0000-0000-0000-0000000000aa", extra="cache_timeout: 5\n")
    config, facts = given(case)
    check = Check(config, facts)
    rounds = []

    def restless(workspace: Workspace) -> tuple[Analysis, Sequence[Finding]]:
        analysis, _ = check(workspace)
        rounds.append(workspace.charts[0].cache_timeout)
        new = Fix("safe", "more", (Edit(workspace.charts[0], ("cache_timeout",), len(rounds) * 1000),))
        rule = RULES["DL402"]()
        return analysis, [rule.finding(analysis, workspace.charts[0], "x", field="cache_timeout", fix=new)]

    targets, _ = find_targets([str(case)])
    outcome = fix_targets(targets, [str(case)], restless, Allowed())
    assert [change.after for change in outcome.changes] == [1000]


def test_guesses_are_acted_on_only_where_their_rule_is_named(copied_guess: Path) -> None:
    config, facts = given(copied_guess)
    targets, _ = find_targets([str(copied_guess)])

    def changes(*named: str) -> int:
        allowed = Allowed(unsafe=True, named=named)
        return len(fix_targets(targets, [str(copied_guess)], Check(config, facts), allowed).changes)

    assert [finding.confidence.value for finding in findings(copied_guess)] == ["low"]
    assert changes() == changes("DL3", "ALL") == 0
    assert changes("DL304") == changes("no-time-filter") == 1


@pytest.fixture
def copied_guess(tmp_path: Path) -> Path:
    """DL304 without row counts."""
    case = tmp_path / "DL304" / "export"
    shutil.copytree(FIXTURES / "rules" / "DL304" / "flagged", case)
    shutil.rmtree(case / "catalog")
    return case


def test_parts_that_are_json_in_a_text_are_mended_there(tmp_path: Path) -> None:
    """Charts of old exports, and dashboards of tools that keep the names of the REST API."""
    pie = Path(shutil.copytree(FIXTURES / "rules" / "DL302" / "flagged", tmp_path / "DL302" / "export"))
    for path in (pie / "charts").iterdir():
        value = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**value, "params": json.dumps(value["params"])}))
    mixed = Path(shutil.copytree(FIXTURES / "rules" / "DL203" / "flagged", tmp_path / "DL203" / "export"))
    for path in (mixed / "dashboards").iterdir():
        value = yaml.safe_load(path.read_text())
        for name in ("metadata", "position"):
            value[{"metadata": "json_metadata", "position": "position_json"}[name]] = json.dumps(
                value.pop(name)
            )
        path.write_text(yaml.safe_dump(value))
    for case in (pie, mixed):
        assert findings(case)
        outcome = fixed(case, unsafe=True)
        assert outcome.changes
        assert outcome.refusals == []
        assert findings(case) == ()
    (board,) = (mixed / "dashboards").iterdir()
    metadata = json.loads(yaml.safe_load(board.read_text())["json_metadata"])
    assert metadata["native_filter_configuration"][0]["scope"]["excluded"] == [2]


@pytest.mark.parametrize(("version", "safety"), [(None, "unsafe"), ("6.0", "unsafe"), ("6.1", "safe")])
def test_a_default_is_completed_safely_only_where_it_filters_anyway(version: str | None, safety: str) -> None:
    case = FIXTURES / "rules" / "DL208" / "flagged"
    report = run([case], ServerOptions(), Config(select=("DL208",)), Facts(superset_version=version))
    assert {finding.fix.safety for finding in report.findings if finding.fix} == {safety}


class _Lists(yaml.SafeDumper):
    """Lists further in than their key, as other tools write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        super().increase_indent(flow, False)  # noqa: FBT003


#: How a file may be written that says the same: what PyYAML is told, and what is done to its text.
WRITTEN: dict[str, tuple[dict[str, Any], Callable[[str], bytes]]] = {
    "flow": ({"default_flow_style": True}, str.encode),
    "leaves in flow": ({"default_flow_style": None}, str.encode),
    "double quotes": ({"default_style": '"'}, str.encode),
    "indented lists": ({"Dumper": _Lists, "indent": 4}, str.encode),
    "Windows": ({}, lambda text: text.replace("\n", "\r\n").encode("utf-8-sig")),
    "comments": ({}, lambda text: text.replace("\n", "  # said so: yes\n\n").encode()),
    "UTF-16": ({}, lambda text: text.encode("utf-16")),
    "JSON": ({}, lambda text: json.dumps(yaml.safe_load(text), indent=2).encode()),
}
FIXED = [case for case in CASES if RULES[case.parent.name].fix and case.name == "flagged"]


@pytest.mark.parametrize("style", WRITTEN)
@all_cases(FIXED)
def test_however_a_file_is_written_it_is_mended_as_it_stands(copied: Path, style: str) -> None:
    options, finish = WRITTEN[style]
    before = {}
    for path in copied.rglob("*.yaml"):
        value = yaml.safe_load(path.read_bytes())
        path.write_bytes(finish(yaml.dump(value, **{"Dumper": yaml.SafeDumper, "width": 10_000, **options})))
        before[path] = path.read_bytes()
    proposed = {finding.identity for finding in findings(copied) if finding.fix is not None}
    outcome = fixed(copied, unsafe=True)
    assert outcome.refusals == []
    assert not proposed & {finding.identity for finding in findings(copied)}
    for path, old in before.items():
        new = path.read_bytes()
        assert bool(new != old) == any(change.file == str(path) for change in outcome.changes)
        # What is left of the old text when the changes are taken away, but for the values that were replaced.
        kept = sum(
            block.size for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        )
        assert kept >= len(old) - 12 * sum(change.file == str(path) for change in outcome.changes)
