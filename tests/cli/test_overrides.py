"""Overrides, profiles and personas, as a person uses them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dashlint.cost.capacity import MASTER, Deployment, peak
from dashlint.cost.model import Cost
from dashlint.lint import profiles
from dashlint.lint.config_schema import json_schema
from dashlint.lint.registry import load_rules
from tests.cli.conftest import Run
from tests.paths import FIXTURES, ROOT

CASE = FIXTURES / "rules" / "DL303" / "flagged"
UNUSED = FIXTURES / "rules" / "DL506" / "flagged"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """The same export twice: finance/ and hr/."""
    for name in ("finance", "hr"):
        shutil.copytree(CASE, tmp_path / name)
    return tmp_path


def configure(folder: Path, text: str) -> None:
    (folder / "dashlint.toml").write_text(text, "utf-8")


def found(run: Run, *options: str, source: str = ".") -> list[dict[str, Any]]:
    result = run("scan", source, "--format", "json", "--today", "2026-11-21", *options)
    assert result.code in {0, 1}, result.stderr
    findings: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return findings


def folders(findings: list[dict[str, Any]], rule: str) -> set[str]:
    return {f["location"]["file"].split("/")[0] for f in findings if f["rule"] == rule}


def test_a_path_leaves_a_rule_out_and_changes_a_severity(run: Run, exports: Path) -> None:
    assert folders(found(run), "DL303") == {"finance", "hr"}
    configure(exports, '[[overrides]]\npaths = ["finance/**"]\nignore = ["DL303"]\n')
    assert folders(found(run), "DL303") == {"hr"}
    configure(exports, '[[overrides]]\npaths = ["hr/"]\nseverity = { DL303 = "error" }\n')
    severities = {(f["location"]["file"][:2], f["severity"]) for f in found(run) if f["rule"] == "DL303"}
    assert ("hr", "error") in severities
    assert ("fi", "error") not in severities


def test_options_hold_where_they_are_said_and_the_later_wins(run: Run, exports: Path) -> None:
    configure(
        exports,
        '[[overrides]]\npaths = ["**"]\nrules.DL303.max-rows = 1000000\n'
        '[[overrides]]\npaths = ["hr/**"]\nrules.DL303.max-rows = 1\n',
    )
    assert folders(found(run), "DL303") == {"hr"}


def test_a_rule_that_runs_in_one_place_only(run: Run, exports: Path) -> None:
    configure(exports, 'ignore = ["DL303"]\n[[overrides]]\npaths = ["hr/**"]\nselect = ["DL303"]\n')
    assert folders(found(run), "DL303") == {"hr"}
    assert folders(found(run, "--ignore", "DL3"), "DL303") == set(), "the command line counts more"
    assert folders(found(run, "--select", "DL303"), "DL303") == {"finance", "hr"}


def shared(folder: Path) -> tuple[str, str]:
    """Two dashboards that show the same charts; gives their titles."""
    import yaml

    charts = [yaml.safe_load(path.read_text("utf-8")) for path in (folder / "hr" / "charts").glob("*.yaml")]
    boxes = {
        f"CHART-{n}": {"id": f"CHART-{n}", "type": "CHART", "children": [], "meta": {"uuid": c["uuid"]}}
        for n, c in enumerate(charts)
    }
    layout = {
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": list(boxes)},
        **boxes,
    }
    titles = ("Sales", "Board of directors")
    (folder / "hr" / "dashboards").mkdir()
    for number, title in enumerate(titles):
        content = {
            "dashboard_title": title,
            "uuid": f"0a4c7b5e-1111-4222-8333-44445555666{number}",
            "position": layout,
            "metadata": {},
            "version": "1.0.0",
        }
        path = folder / "hr" / "dashboards" / f"{number}.yaml"
        path.write_text(yaml.safe_dump(content), "utf-8")
    return titles


def test_a_shared_chart_follows_only_if_all_its_dashboards_match(run: Run, exports: Path) -> None:
    shutil.rmtree(exports / "finance")
    title, board = shared(exports)
    for dashboards, expected in (([board], {"hr"}), ([title], {"hr"}), (["board *", title.upper()], set())):
        configure(exports, f"[[overrides]]\ndashboards = {json.dumps(dashboards)}\nignore = ['DL303']\n")
        assert folders(found(run), "DL303") == expected, dashboards


def test_findings_about_the_whole_workspace_follow_too(run: Run, tmp_path: Path) -> None:
    for name in ("finance", "hr"):
        shutil.copytree(UNUSED, tmp_path / name)
    assert folders(found(run, "--select", "DL506"), "DL506") == {"finance", "hr"}
    configure(tmp_path, '[[overrides]]\npaths = ["hr/**"]\nselect = ["DL506"]\n')
    assert folders(found(run), "DL506") == {"hr"}, "it is pedantic, and named for hr alone"


def test_a_file_that_cannot_be_read_is_told_where_no_override_holds(run: Run, exports: Path) -> None:
    (exports / "hr" / "charts" / "broken.yaml").write_text("slice_name: [", "utf-8")
    configure(exports, '[[overrides]]\npaths = ["finance/**"]\nignore = ["DL901"]\n')
    assert folders(found(run), "DL901") == {"hr"}
    configure(exports, '[[overrides]]\npaths = ["hr/charts/*"]\nignore = ["DL901"]\n')
    assert folders(found(run), "DL901") == set()


def test_files_of_a_deployment_are_judged_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "superset_config.py").write_text('SECRET_KEY = "thisISaSECRET_1234"\n', "utf-8")

    def told() -> dict[str, str]:
        result = run("deploy", "superset_config.py", "--format", "json")
        assert result.code in {0, 1}, result.stderr
        assert "matches nothing" not in result.stderr
        return {f["rule"]: f["severity"] for f in json.loads(result.stdout)["findings"]}

    without = told()
    code, severity = next(iter(without.items()))
    assert severity != "info"
    path = '[[overrides]]\npaths = ["superset_config.py"]\n'
    configure(tmp_path, f'{path}severity = {{ {code} = "info" }}\n')
    assert told() == without | {code: "info"}
    configure(tmp_path, f'{path}ignore = ["{code}"]\n')
    assert code not in told()
    configure(tmp_path, f'[[overrides]]\npaths = ["other/**"]\nignore = ["{code}"]\n')
    result = run("deploy", "superset_config.py", "--format", "json")
    assert {f["rule"] for f in json.loads(result.stdout)["findings"]} == set(without)


def test_a_rule_that_fails_on_the_whole_is_told_where_there_are_overrides(
    run: Run, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = next(rule for rule in load_rules()[0] if rule.code == "DL506")

    def fails(*_: object) -> None:
        raise ValueError("on purpose")

    fails.__name__ = "check_workspace"
    monkeypatch.setattr(rule, "check_workspace", fails)
    configure(exports, '[[overrides]]\npaths = ["hr/**"]\nignore = ["DL303"]\n')
    result = run("scan", ".", "--format", "json")
    assert result.code in {0, 1}
    assert "DL506 (unused-dataset) failed on the workspace: ValueError: on purpose" in result.stdout


def test_what_matches_nothing_is_reported(run: Run, exports: Path) -> None:
    configure(
        exports,
        '[[overrides]]\npaths = ["hr/**", "sales/**"]\ndashboards = ["Old *"]\nignore = ["DL303"]\n',
    )
    said = run("scan", ".").stderr
    assert "overrides.1: paths 'sales/**' matches nothing" in said
    assert "overrides.1: dashboards 'Old *' matches nothing" in said
    assert "'hr/**'" not in said
    one = next((exports / "hr" / "charts").glob("*.yaml"))
    assert "matches nothing" not in run("scan", one).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('paths = ["a"]\nignor = ["DL303"]', "did you mean 'ignore'"),
        ('ignore = ["DL303"]', "needs paths or dashboards"),
        ('paths = ["a"]', "needs select, ignore, severity or rules"),
        ('paths = ["!a"]\nignore = ["DL303"]', "cannot exclude"),
        ('paths = ["a"]\nignore = ["DL999"]', "overrides.1.ignore: there is no rule 'DL999'"),
        ('paths = ["a"]\nrules.DL102.budgt = 1', "did you mean 'budget'"),
        ('paths = ["a"]\nrules.DL102.budget = "many"', "overrides.1: options of DL102"),
        ('paths = ["a"]\nseverity = { DL102 = "fatal" }', "overrides.1.severity.DL102"),
    ],
)
def test_what_is_wrong_is_said(run: Run, exports: Path, text: str, said: str) -> None:
    configure(exports, f"[[overrides]]\n{text}\n")
    result = run("scan", ".")
    assert result.code == 2
    assert said in result.stderr
    assert "dashlint.toml" in result.stderr


def test_the_schema_knows_them(exports: Path) -> None:
    import jsonschema

    check = jsonschema.Draft202012Validator(json_schema(load_rules()[0]))
    good = {"paths": ["a"], "rules": {"DL102": {"budget": "2GiB"}}}
    assert check.is_valid({"overrides": [good], "profile": "medium", "persona": "pedantic"})
    assert not check.is_valid({"overrides": [good | {"rules": {"DL102": {"budgt": 1}}}]})
    assert not check.is_valid({"profile": "huge"})


def test_what_a_profile_sets_fits_what_it_assumes() -> None:
    for name, profile in profiles.PROFILES.items():
        budget = {value.rule: value.value for value in profiles.values(name)}
        limit = (profile.memory - MASTER) // profile.workers
        for requests, viewers in (([budget["DL102"]], profile.loads), ([budget["DL307"]], profile.threads)):
            costs = [Cost(one, one, "measured") for one in requests]
            worst = peak(costs, Deployment(viewers, 1, profile.threads)).worker.expected
            assert worst is not None
            assert limit - 2**20 * viewers < worst <= limit, "it fits, and nothing much is left over"


def test_a_profile_is_below_the_configuration(run: Run, exports: Path) -> None:
    def shown(*options: str) -> dict[str, str]:
        lines = run("config", *options).stdout.splitlines()
        return dict(line.split(" = ", 1) for line in lines if " = " in line)

    assert shown()["rules.DL102.budget"] == '"512MiB"'
    configure(exports, 'profile = "large"\n[rules.DL307]\nbudget = "5MiB"\n')
    assert shown()["rules.DL102.budget"] == '"174MiB"'
    assert shown()["rules.DL307.budget"] == '"5MiB"'
    assert shown("--profile", "small")["rules.DL102.budget"] == '"576MiB"'
    words = " ".join(run("config", "--profile", "small").stdout.split())
    assert "[profile small: 1728 MiB that a worker has beside itself, for 3 loads at once]" in words
    assert "[--profile]" in words
    result = run("scan", ".", "--profile", "huge")
    assert (result.code, "small, medium, large" in result.stderr) == (2, True)


def test_config_shows_overrides(run: Run, exports: Path) -> None:
    configure(exports, '[[overrides]]\ndashboards = ["Board *"]\nrules.DL102.budget = "2GiB"\n')
    words = " ".join(run("config").stdout.split())
    assert 'overrides.1.rules.DL102.budget = "2GiB" Holds for dashboards Board *. [dashlint.toml]' in words


def test_the_regular_persona_is_told_how_much_it_does_not_see(run: Run, tmp_path: Path) -> None:
    regular = run("scan", UNUSED, "--format", "json")
    assert "DL506" not in {f["rule"] for f in json.loads(regular.stdout)["findings"]}
    assert "pedantic finding" in regular.stderr
    assert "hidden: --persona pedantic shows" in regular.stderr
    assert "hidden" not in run("scan", UNUSED, "--quiet").stderr
    for options in (
        ["--pedantic"],
        ["--persona", "pedantic"],
        ["--select", "DL506"],
        ["--select", "ALL,DL506"],
    ):
        result = run("scan", UNUSED, "--format", "json", *options)
        seen = [f for f in json.loads(result.stdout)["findings"] if f["rule"] == "DL506"]
        assert seen, options
        assert all(f["location"]["line"] for f in seen)
    assert "DL506" not in run("scan", UNUSED, "--format", "json", "--select", "DL5").stdout
    assert run("scan", UNUSED, "--pedantic", "--persona", "regular").code == 2


def test_a_suppression_of_a_hidden_finding_is_not_unused(run: Run, tmp_path: Path) -> None:
    findings = json.loads(run("scan", UNUSED, "--format", "json", "--pedantic").stdout)["findings"]
    asset = next(f["asset"]["uuid"] for f in findings if f["rule"] == "DL506")
    configure(tmp_path, f'[[suppress]]\nrule = "DL506"\nasset = "{asset}"\nreason = "kept"\n')
    assert "matches no finding" not in run("scan", UNUSED, "--config", "dashlint.toml").stderr


def test_nothing_that_costs_memory_is_pedantic(run: Run) -> None:
    example = FIXTURES / "exports" / "harbour-and-pine"
    catalog = FIXTURES / "exports" / "harbour-and-pine-catalog"
    options = ("--catalog", str(catalog))
    everything = found(run, *options, "--pedantic", source=str(example))
    shown = found(run, *options, source=str(example))
    hidden = [finding for finding in everything if finding not in shown]
    assert {f["rule"] for f in hidden} == {"DL304", "DL502", "DL506"}
    assert all(f["memory"] is None and f["severity"] == "info" for f in hidden)


def test_the_documentation_says_what_profiles_set() -> None:
    text = (ROOT / "docs" / "adapting.md").read_text("utf-8")
    assert profiles.table() in text
