"""Plans for a server, written to one that is only pretended; tests/live does the same with a real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashlint.analysis import Analysis
from dashlint.assets import Workspace
from dashlint.cli.fix_check import Check
from dashlint.cli.inputs import Facts
from dashlint.fix import server_apply
from dashlint.fix.server_apply import StoppedError
from dashlint.fix.server_plan import Plan, make_plan
from dashlint.fix.units import Allowed, units
from dashlint.fix.write import NotWrittenError
from dashlint.lint.config import Config
from dashlint.sources import read
from dashlint.sources.errors import SourceError
from dashlint.sources.rest.writing import Stored
from tests.paths import FIXTURES

URL = "http://superset.example.com"


class Pretended:
    """Objects by kind and id; every change moves the clock."""

    def __init__(self, workspace: Workspace) -> None:
        self.objects: dict[tuple[str, int], dict[str, Any]] = {}
        self.clock: dict[tuple[str, int], int] = {}
        self.refuses: set[tuple[str, int]] = set()
        for chart in workspace.charts:
            assert chart.id
            self.objects["chart", chart.id] = {
                "params": json.dumps(dict(chart.params), indent=1),
                "query_context": json.dumps(chart.query_context) if chart.query_context else None,
                "cache_timeout": chart.cache_timeout,
                "slice_name": chart.name,
            }
        for board in workspace.dashboards:
            assert board.id
            self.objects["dashboard", board.id] = {"json_metadata": json.dumps(dict(board.metadata))}

    def read(self, kind: str, number: int) -> Stored:
        return Stored(dict(self.objects[kind, number]), str(self.clock.get((kind, number), 0)))

    def put(self, kind: str, number: int, values: Mapping[str, Any]) -> None:
        if (kind, number) in self.refuses:
            raise SourceError("permission-denied", "no", exit_code=4)
        self.objects[kind, number].update(values)
        self.clock[kind, number] = self.clock.get((kind, number), 0) + 1


def prepared(*rules: str) -> tuple[Pretended, Analysis, Plan]:
    """A server that holds the fixtures of the first rule, and the plan to mend what the rules find."""
    workspace = read(str(FIXTURES / "rules" / rules[0] / "flagged"))
    analysis, findings = Check(Config(select=rules), Facts(today="2026-11-21"))(workspace)
    server = Pretended(workspace)
    return (
        server,
        analysis,
        make_plan(units(findings, analysis, Allowed(unsafe=True, named=rules)), analysis, server),
    )


def test_only_what_is_planned_changes_and_it_can_be_put_back(tmp_path: Path) -> None:
    server, _, plan = prepared("DL302")
    before = json.loads(json.dumps({str(k): v for k, v in server.objects.items()}))
    assert plan.refusals == []
    assert {edit.kind for edit in plan.edits} == {"chart"}
    file = tmp_path / "back.json"
    assert server_apply.apply(plan.edits, server, URL, file) == []
    for key, value in server.objects.items():
        old = before[str(key)]
        changed = {name for name in value if value[name] != old[name]}
        assert changed == ({"params"} if key[0] == "chart" else set())
        if changed:
            # Everything else of the text is as it was.
            limit = json.loads(old["params"])["row_limit"]
            assert value["params"] == old["params"].replace(f'"row_limit": {limit}', '"row_limit": 100')
    assert len(server_apply.roll_back(file, URL, server, lambda _: True)) == len(plan.edits)
    assert {str(key): value for key, value in server.objects.items()} == before
    assert server_apply.roll_back(file, URL, server, lambda _: True) == []


def test_words_about_when_are_no_change_of_the_object(tmp_path: Path) -> None:
    """ "10 minutes ago" becomes "11 minutes ago" while the fix runs."""
    server, _, plan = prepared("DL302")
    detail = server.objects["chart", plan.edits[0].id]
    detail["description"] = "as it was"
    reads = iter(range(1_000))
    plain = server.read

    def read_later(kind: str, number: int) -> Stored:
        stored = plain(kind, number)
        return stored._replace(detail={**stored.detail, "created_on_humanized": f"{next(reads)} minutes ago"})

    server.read = read_later  # type: ignore[method-assign]
    assert server_apply.apply(plan.edits, server, URL, tmp_path / "back.json") == []
    server.put = lambda kind, number, values: server.objects[kind, number].update(values, description="new")  # type: ignore[method-assign]
    server.clock.clear()
    again = [replace(plan.edits[0], before=plan.edits[0].fields)]
    told = server_apply.apply(again, server, URL, tmp_path / "again.json")
    assert [line.partition(": ")[2] for line in told] == [
        "the server itself changed description along with it"
    ]


def test_the_scope_of_a_filter_on_a_server() -> None:
    server, _, plan = prepared("DL203")
    (edit,) = plan.edits
    assert set(edit.fields) == {"json_metadata"}
    metadata = json.loads(edit.fields["json_metadata"])
    assert metadata["native_filter_configuration"][0]["scope"]["excluded"] == [2]
    assert json.loads(server.objects["dashboard", edit.id]["json_metadata"]) != metadata


def two_charts() -> tuple[Pretended, Plan]:
    server, _, plan = prepared("DL402")
    assert len(plan.edits) >= 2
    return server, plan


def test_a_conflict_stops_before_the_object_and_tells_what_was_done(tmp_path: Path) -> None:
    server, plan = two_charts()
    second = plan.edits[1]
    server.put(second.kind, second.id, {"slice_name": "mine"})
    with pytest.raises(StoppedError) as error:
        server_apply.apply(plan.edits, server, URL, tmp_path / "back.json")
    assert "was changed since it was read: nothing of it was touched" in str(error.value)
    assert f"1 object was written before (--rollback {tmp_path / 'back.json'})" in str(error.value)
    assert server.objects[second.kind, second.id]["cache_timeout"] == second.before["cache_timeout"]
    done = [entry["done"] for entry in json.loads((tmp_path / "back.json").read_text())["objects"]]
    assert done == [True] + [False] * (len(plan.edits) - 1)
    (entry,) = server_apply.roll_back(tmp_path / "back.json", URL, server, lambda _: True)
    assert entry.id == plan.edits[0].id


def test_a_refusal_leaves_a_way_back_for_what_was_done(tmp_path: Path) -> None:
    server, plan = two_charts()
    server.refuses.add((plan.edits[1].kind, plan.edits[1].id))
    with pytest.raises(SourceError):
        server_apply.apply(plan.edits, server, URL, tmp_path / "back.json")
    back = server_apply.roll_back(tmp_path / "back.json", URL, server, lambda _: True)
    assert [entry.id for entry in back] == [plan.edits[0].id]


def test_nothing_is_changed_where_the_way_back_cannot_be_kept(tmp_path: Path) -> None:
    server, plan = two_charts()
    (tmp_path / "back.json").write_text("of an earlier run")
    with pytest.raises(NotWrittenError, match="exists already"):
        server_apply.apply(plan.edits, server, URL, tmp_path / "back.json")
    assert server.clock == {}


def test_a_rollback_touches_nothing_that_was_changed_since(tmp_path: Path) -> None:
    server, plan = two_charts()
    server_apply.apply(plan.edits, server, URL, tmp_path / "back.json")
    first = plan.edits[0]
    server.put(first.kind, first.id, {"cache_timeout": 77})
    clock = dict(server.clock)
    with pytest.raises(StoppedError, match="neither as the fix left it nor as it was before"):
        server_apply.roll_back(tmp_path / "back.json", URL, server, lambda _: True)
    assert server.clock == clock


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a file that"),
        (
            '{"version": 1, "url": "http://superset.example.com", "objects": [{"kind": "chart"}]}',
            "is not a file",
        ),
        ('{"version": 2, "url": "http://superset.example.com", "objects": []}', "of version 2"),
        (
            '{"version": 1, "url": "http://other.example.com", "objects": []}',
            "is of http://other.example.com",
        ),
    ],
)
def test_a_file_that_is_no_way_back(tmp_path: Path, content: str, message: str) -> None:
    server, _ = two_charts()
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(StoppedError, match=message):
        server_apply.roll_back(tmp_path / "x.json", URL, server, lambda _: True)


def test_what_changed_while_it_was_checked_is_not_planned() -> None:
    server, analysis, plan = prepared("DL302")
    for edit in plan.edits:
        server.put(edit.kind, edit.id, {"params": '{"row_limit": 3}'})
    findings = plan.fixed
    again = make_plan(units(findings, analysis, Allowed(unsafe=True)), analysis, server)
    assert again.edits == []
    assert all("was changed while it was being checked" in text for text in again.refusals)


def test_objects_that_are_managed_elsewhere_are_left_alone() -> None:
    server, analysis, plan = prepared("DL302")
    for value in server.objects.values():
        value["is_managed_externally"] = True
    again = make_plan(units(plan.fixed, analysis, Allowed(unsafe=True)), analysis, server)
    assert again.edits == []
    assert all("managed outside of Superset" in text for text in again.refusals)


def test_the_saved_request_that_the_server_holds_is_kept_in_step() -> None:
    """Lists of charts come without query_context: it is read when the plan is made."""
    server, analysis, plan = prepared("DL302")
    number = plan.edits[0].id
    params = json.loads(server.objects["chart", number]["params"])
    context = {"form_data": params, "queries": [{"row_limit": params["row_limit"]}]}
    server.objects["chart", number]["query_context"] = json.dumps(context)
    assert all(chart.query_context is None for chart in analysis.workspace.charts)
    again = make_plan(units(plan.fixed, analysis, Allowed(unsafe=True)), analysis, server)
    edit = next(edit for edit in again.edits if edit.id == number)
    new = json.loads(edit.fields["query_context"])
    assert new["queries"][0]["row_limit"] == new["form_data"]["row_limit"] == 100


def test_two_fixes_of_one_chart_are_done_one_after_the_other() -> None:
    _, analysis, plan = prepared("DL302")
    (unit, *_) = units(plan.fixed, analysis, Allowed(unsafe=True))
    twice = make_plan([unit, replace(unit)], analysis, Pretended(analysis.workspace))
    assert len(twice.edits) == 1
    assert twice.later == 1
