"""What each format tells the program that reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Location, Problem
from dashlint.cost.model import Cost
from dashlint.lint.model import AssetRef, Confidence, Finding, Severity
from dashlint.report import formats
from dashlint.report.identity import fingerprints
from dashlint.report.markdown import LIMIT
from dashlint.report.model import Report
from tests.report.conftest import SALES, STOCK, UNKNOWN, dashboard, finding, on_server, report, rules
from tests.report.forges import commands_in, rendered_by_github
from tests.report.schemas import parse_code_quality, parse_junit, parse_sarif

TWO = (dashboard(), dashboard(STOCK, "Stock"))


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository; dashlint runs in a folder of it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "bi").mkdir()
    monkeypatch.chdir(tmp_path / "bi")
    return tmp_path


def sarif(made: Report) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = parse_sarif(formats.render("sarif", made))["results"]
    return results


# --- JSON ---


@pytest.mark.parametrize("findings", [[], [finding(), finding("Größe \n\ud800"), finding("Third")]])
def test_json_is_written_finding_by_finding(findings: list[Finding]) -> None:
    made = report(*findings, dashboards=TWO)
    pieces = list(formats.pieces("json", made))
    assert all(piece.count('"rule":') <= 1 for piece in pieces)
    whole = "".join(pieces)
    assert whole == formats.render("json", made)
    again = json.dumps(json.loads(whole), indent=2, ensure_ascii=False) + "\n"
    assert whole == again.encode("utf-8", "backslashreplace").decode("utf-8")


# --- SARIF ---


def test_a_sarif_result_names_rule_level_place_and_identity() -> None:
    (result,) = sarif(report(finding(severity=Severity.INFO)))
    assert result["ruleId"] == "DL301"
    assert result["level"] == "note"
    assert result["message"] == {
        "text": "chart “All orders”: it is sent without a row limit\n→ set a row limit"
    }
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "bi/charts/All_orders_7.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 3},
    }
    assert location["logicalLocations"][0]["name"] == "All orders"
    assert list(result["partialFingerprints"]) == ["dashlint/v1"]


def test_sarif_relates_the_dashboards_that_show_an_asset() -> None:
    (result,) = sarif(report(finding(dashboards=(SALES, STOCK)), dashboards=TWO))
    related = result["relatedLocations"]
    assert [r["id"] for r in related] == [1, 2]
    assert [r["message"]["text"] for r in related] == [
        "dashboard “Sales”",
        "dashboard “Stock”",
    ]
    uris = [r["physicalLocation"]["artifactLocation"]["uri"] for r in related]
    assert uris == ["bi/dashboards/3d2e.yaml", "bi/dashboards/7a1b.yaml"]
    own = AssetRef("dashboard", SALES, 1, "Sales")
    assert "relatedLocations" not in sarif(report(finding(asset=own)))[0]


def test_sarif_describes_every_rule_that_ran_and_those_that_findings_name() -> None:
    made = report(finding(), finding(rule="XY1", name="of-a-pack"), rules=rules("DL301", "DL206"))
    run = parse_sarif(formats.render("sarif", made))
    described = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(described) == ["DL206", "DL301", "XY1"]
    limit = described["DL301"]
    assert limit["shortDescription"]["text"] == "A chart's query is sent without a row limit of its own."
    assert limit["fullDescription"]["text"].startswith("Where a request carries no limit")
    assert "## Use instead\n```yaml" in limit["help"]["markdown"]
    assert limit["defaultConfiguration"] == {"level": "warning"}
    assert limit["properties"] == {
        "tags": ["superset", "charts"],
        "precision": "high",
        "problem.severity": "warning",
    }
    assert described["DL206"]["defaultConfiguration"] == {"level": "error"}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_tells_what_could_not_be_used_and_what_was_not_known() -> None:
    problem = Problem("invalid-json", "params are no JSON", "charts/a b.yaml", 4)
    made = report(finding(rule="XY1"), problems=[problem], notes=("no row counts for 3 tables",))
    run = parse_sarif(formats.render("sarif", made))
    driver = run["tool"]["driver"]
    assert [kind["id"] for kind in driver["notifications"]] == ["invalid-json", "note"]
    for described in (*driver["notifications"], *driver["rules"]):
        # GitHub's demands, by the SARIF validator of Microsoft (GH2012).
        assert {"shortDescription", "fullDescription", "help"} <= set(described)
    (invocation,) = run["invocations"]
    first, second = invocation["toolExecutionNotifications"]
    assert first["descriptor"] == {"id": "invalid-json"}
    assert first["message"]["text"] == "params are no JSON"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bi/charts/a%20b.yaml"
    assert place["region"] == {"startLine": 4}
    assert (second["level"], second["message"]["text"]) == ("note", "no row counts for 3 tables")


# --- identity and places ---


def test_a_fingerprint_survives_lines_messages_and_folders(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = finding()
    after = finding(
        location=Location("moved/b.yaml", 99, 1, "params.row_limit"),
        message="now with other numbers",
        severity=Severity.ERROR,
        asset=before.asset._replace(name="Renamed"),
    )
    assert fingerprints([before]) == fingerprints([after])
    other = finding(location=Location("charts/All_orders_7.yaml", 12, 3, "params.server_page_length"))
    assert fingerprints([before]) != fingerprints([other])
    broken = finding(rule="DL901", asset=AssetRef("file", "charts/a.yaml", None, "charts/a.yaml"))
    in_folder = fingerprints([broken])
    monkeypatch.chdir(repository)
    at_root = broken._replace(asset=AssetRef("file", "bi/charts/a.yaml", None, "bi/charts/a.yaml"))
    assert fingerprints([at_root]) == in_folder


def test_fingerprints_of_one_identity_differ() -> None:
    assert len(set(fingerprints([finding(), finding(message="again")]))) == 2


@pytest.mark.parametrize(
    ("file", "uri", "path"),
    [
        ("charts/a.yaml", "bi/charts/a.yaml", "bi/charts/a.yaml"),
        ("../other/a.yaml", "other/a.yaml", "other/a.yaml"),
        ("{repository}/bi/x/../a#1.yaml", "bi/a%231.yaml", "bi/a#1.yaml"),
        ("a:b/ü.yaml", "bi/a%3Ab/%C3%BC.yaml", "bi/a:b/ü.yaml"),
        ("/elsewhere/a b.yaml", "file:///elsewhere/a%20b.yaml", "/elsewhere/a b.yaml"),
    ],
)
def test_paths_begin_at_the_root_of_the_repository(repository: Path, file: str, uri: str, path: str) -> None:
    made = report(finding(location=Location(file.format(repository=repository), 5)))
    (result,) = sarif(made)
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"] == uri
    assert ("uriBaseId" in artifact) == (not uri.startswith("file:"))
    (command,) = commands_in(formats.render("github", made))
    assert command.properties["file"] == path
    (issue,) = parse_code_quality(formats.render("gitlab", made))
    assert issue["location"] == {"path": path, "lines": {"begin": 5}}


def test_a_member_of_a_zip_is_shown_at_the_zip() -> None:
    made = report(finding(location=Location("export.zip/dump/charts/a.yaml", 5, 2)))
    (result,) = sarif(made)
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "bi/export.zip", "uriBaseId": "%SRCROOT%"}
    }
    (command,) = commands_in(formats.render("github", made))
    assert command.properties == {"file": "bi/export.zip", "title": "DL301 missing-row-limit"}
    assert "(bi/export.zip/dump/charts/a.yaml:5)" in command.data
    (issue,) = parse_code_quality(formats.render("gitlab", made))
    assert issue["location"] == {"path": "bi/export.zip", "lines": {"begin": 1}}
    assert issue["description"].endswith("(bi/export.zip/dump/charts/a.yaml:5)")


def test_assets_of_a_server_are_named_where_no_file_can_be() -> None:
    made = report(
        on_server(dashboards=(SALES, STOCK)), dashboards=[summary._replace(file=None) for summary in TWO]
    )
    (result,) = sarif(made)
    (location,) = result["locations"]
    assert location == {
        "logicalLocations": [
            {"name": "All orders", "fullyQualifiedName": "chart/uuid of All orders", "kind": "chart"}
        ]
    }
    assert [r["logicalLocations"][0]["name"] for r in result["relatedLocations"]] == [
        "Sales",
        "Stock",
    ]
    (command,) = commands_in(formats.render("github", made))
    assert command.properties == {"title": "DL301 missing-row-limit"}
    (issue,) = parse_code_quality(formats.render("gitlab", made))
    assert issue["location"] == {"path": "superset/chart/7", "lines": {"begin": 1}}
    for failure in parse_junit(formats.render("junit", made)).iter("failure"):
        assert (failure.text or "").splitlines() == [
            "warning: chart “All orders”: it is sent without a row limit",
            "  → set a row limit",
        ]
    assert "chart “All orders” (id 7): it is sent" in formats.render("markdown", made)


# --- GitHub ---


def test_github_gets_the_worst_ten_of_a_kind_and_a_count() -> None:
    heavy = [finding(f"chart {n}", memory=Cost(None, n * 2**20, "row_limit")) for n in range(30)]
    unsure = finding("unsure", severity=Severity.ERROR, confidence=Confidence.LOW, memory=None)
    sure = finding("sure", severity=Severity.ERROR, memory=None)
    commands = commands_in(formats.render("github", report(*heavy, unsure, sure)))
    errors = [command for command in commands if command.name == "error"]
    warnings = [command for command in commands if command.name == "warning"]
    assert ["“sure”" in errors[0].data, "“unsure”" in errors[1].data] == [True, True]
    assert len(warnings) == 10
    assert [
        f"chart {n}" in command.data for n, command in zip(range(29, 20, -1), warnings, strict=False)
    ] == [True] * 9
    assert warnings[9].properties == {"title": "dashlint: 21 more warnings"}
    assert "9 of 30 warnings" in warnings[9].data


def test_ten_of_a_kind_are_all_shown() -> None:
    commands = commands_in(formats.render("github", report(*(finding(str(n)) for n in range(10)))))
    assert {command.properties["file"] for command in commands} == {"bi/charts/All_orders_7.yaml"}
    assert len(commands) == 10


# --- JUnit ---


def test_a_dashboard_is_a_suite_and_a_rule_is_a_test() -> None:
    made = report(
        finding(dashboards=(SALES, STOCK)),
        finding("Orders by day"),
        finding("Lost", rule="DL506", name="unused-dataset", dashboards=()),
        dashboards=TWO,
        rules=rules("DL301", "DL206"),
    )
    root = parse_junit(formats.render("junit", made))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["Sales", "Stock", "Not on any dashboard", "The input itself"]
    tests = {
        (test.get("classname"), test.get("name")): test.find("failure") for test in root.iter("testcase")
    }
    failed = {place for place, failure in tests.items() if failure is not None}
    assert failed == {
        ("dashlint.Sales", "DL301 missing-row-limit"),
        ("dashlint.Stock", "DL301 missing-row-limit"),
        ("dashlint.Not on any dashboard", "DL506 unused-dataset"),
    }
    assert ("dashlint.Stock", "DL206 dead-target") in tests, "what passes has to be there to be seen as fixed"
    failure = tests["dashlint.Sales", "DL301 missing-row-limit"]
    assert failure is not None
    assert failure.get("message") == "chart “All orders”: it is sent without a row limit (and 1 more finding)"
    assert (failure.text or "").count("bi/charts/All_orders_7.yaml:12") == 2
    sales = suites["Sales"]
    assert [sales.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "0"]
    assert [root.get(key) for key in ("tests", "failures")] == ["8", "3"]


@pytest.mark.parametrize(("fail_on", "failures"), [("info", 3), ("warning", 2), ("error", 1), ("never", 0)])
def test_junit_fails_where_the_exit_code_does(fail_on: str, failures: int) -> None:
    graded = [
        finding(severity=severity, rule=f"DL30{n}")
        for n, severity in enumerate((Severity.INFO, Severity.WARNING, Severity.ERROR))
    ]
    root = parse_junit(formats.render("junit", report(*graded, fail_on=fail_on)))
    assert len(list(root.iter("failure"))) == failures
    assert len(list(root.iter("system-out"))) == 3 - failures


def test_dashboards_of_one_title_are_told_apart() -> None:
    root = parse_junit(
        formats.render(
            "junit", report(dashboards=[dashboard(), dashboard(STOCK, "Sales")], rules=rules("DL301"))
        )
    )
    assert [suite.get("name") for suite in root][:2] == [f"Sales ({SALES})", f"Sales ({STOCK})"]


def test_a_dot_in_a_title_makes_no_package() -> None:
    made = report(dashboards=[dashboard(title="Sales v1.2")], rules=rules("DL301"))
    test = next(parse_junit(formats.render("junit", made)).iter("testcase"))
    assert test.get("classname") == "dashlint.Sales v1·2"


def test_what_could_not_be_read_is_a_skipped_test() -> None:
    twice = [Problem("invalid-json", f"params of {name} are no JSON", "charts/a.yaml") for name in "ab"]
    root = parse_junit(formats.render("junit", report(problems=twice)))
    skipped = {test.get("name"): test.find("skipped") for test in root[-1]}
    assert list(skipped) == ["invalid-json bi/charts/a.yaml", "invalid-json bi/charts/a.yaml (2)"]
    assert root[-1].get("skipped") == "2"


# --- Markdown ---


def test_markdown_begins_with_counts_and_figures() -> None:
    made = report(
        finding(dashboards=(SALES, STOCK)),
        finding(severity=Severity.ERROR),
        dashboards=[dashboard(), dashboard(STOCK, "Stock", memory_on_load=UNKNOWN, widest_filter=None)],
        suppressed=2,
    )
    lines = formats.render("markdown", made).splitlines()
    assert lines[0] == "## dashlint: 1 error, 1 warning"
    assert lines[2] == "2 dashboards, 12 charts, 3 datasets · Superset 6.1.0 · 2 findings suppressed"
    assert lines[6].replace("\u2060", "") == (
        "| Sales | 8 of 12 | 9 | \\~50 MiB, at most 300 MiB | Country: 10 | 1 error, 1 warning |"
    )
    assert lines[7] == "| Stock | 8 of 12 | 9 | unknown | – | 1 warning |"


def test_markdown_folds_findings_below_their_most_costly_dashboard() -> None:
    made = report(
        finding(dashboards=(SALES, STOCK)),
        finding("Lost", dashboards=()),
        dashboards=TWO,
        problems=[Problem("x", "broken")],
    )
    page = formats.render("markdown", made)
    titles = [line.split("</b>")[0] for line in page.splitlines() if line.startswith("<details>")]
    assert titles[:2] == ["<details><summary><b>Sales", "<details><summary><b>Not on any dashboard"]
    assert "1 problem: not everything could be used" in titles[2]
    assert "→ set a row limit" in rendered_by_github(page).text
    assert "`bi/charts/All_orders_7.yaml:12`" in page


def test_nothing_found_is_said() -> None:
    page = formats.render("markdown", report())
    assert page.startswith("## dashlint: no findings\n")
    assert "<details>" not in page


def test_a_page_stays_below_githubs_limit_and_counts_the_rest() -> None:
    long = [finding(f"chart {n}", message="m" * 1000) for n in range(1500)]
    problems = [Problem("x", f"problem {n}") for n in range(3000)]
    page = formats.render("markdown", report(*long, problems=problems))
    shown = page.count("- **warning**")
    assert LIMIT / 2 < len(page.encode()) < 2**20
    assert f"There is no room here for {1500 - shown} warnings more" in page.replace(",", "")
    assert "… and 2,900 more" in page
    assert page.count("<details>") == page.count("</details>") == 2


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "markdown"])
def test_a_finding_that_is_not_sure_says_so(name: str) -> None:
    assert "(low confidence)" in formats.render(name, report(finding(confidence=Confidence.LOW)))
    assert "confidence)" not in formats.render(name, report(finding()))


@pytest.mark.parametrize("name", formats.MODULES)
def test_an_empty_report_is_valid(name: str) -> None:
    text = formats.render(name, report(dashboards=[]))
    if name == "junit":
        assert parse_junit(text).get("failures") == "0"
    elif name == "sarif":
        assert parse_sarif(text)["results"] == []
    elif name == "gitlab":
        assert json.loads(text) == []
    elif name == "github":
        assert text == ""
    else:
        assert text.endswith("\n")
