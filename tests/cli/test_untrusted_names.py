"""Whatever an export's names and SQL hold, every command shows it, and nothing else happens.

The formats of `scan` have tests of their own with random texts (tests/report/test_untrusted.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.report.forges import commands_in, rendered_by_github, rendered_by_others

#: One of each kind: escapes of terminals, line ends, marks of direction, commands of CI systems, markup,
#: links, formulas of spreadsheets.
NASTY = (
    "=HYPERLINK(1)\x1b]0;owned\x07\x1b[31m\r\n::error::z ##vso[task.x] \u202eabc\u2066\u200b\u2028\x85\ufeff"
    "<script>alert(1)</script> <img src=x onerror=y> [a](http://e.xy) @org/team `|* ]]> </details> {{0}} %0A"
)
CHART, OTHER, DASHBOARD, DATASET, DATABASE = (f"{n:08d}-0000-4000-8000-000000000000" for n in range(1, 6))


def chart(uuid: str, **params: Any) -> dict[str, Any]:
    return {
        "slice_name": f"chart {NASTY}",
        "viz_type": "table",
        "params": {
            "viz_type": "table",
            "query_mode": "aggregate",
            "groupby": [f"column {NASTY}"],
            "metrics": [
                {"expressionType": "SQL", "sqlExpression": f"MAX('{NASTY}')", "label": f"metric {NASTY}"}
            ],
            "adhoc_filters": [],
            "row_limit": 100_000,
            **params,
        },
        "uuid": uuid,
        "dataset_uuid": DATASET,
        "version": "1.0.0",
    }


def node(key: str, kind: str, children: list[str], **meta: Any) -> dict[str, Any]:
    return {"id": key, "type": kind, "children": children, "parents": ["ROOT_ID"], "meta": meta}


def export(folder: Path, row_limit: int) -> Path:
    """A dashboard with two charts and a filter, whose every text is nasty."""
    position = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": node("ROOT_ID", "ROOT", ["TABS-1"]),
        "TABS-1": node("TABS-1", "TABS", ["TAB-1", "TAB-2"]),
        "TAB-1": node("TAB-1", "TAB", ["CHART-1"], text=f"tab {NASTY}"),
        "TAB-2": node("TAB-2", "TAB", ["CHART-2"], text=f"tab 2 {NASTY}"),
        "CHART-1": node("CHART-1", "CHART", [], uuid=CHART, chartId=1, sliceName=f"name {NASTY}"),
        "CHART-2": node("CHART-2", "CHART", [], uuid=OTHER, chartId=2),
    }
    native_filter = {
        "id": "NATIVE_FILTER-1",
        "name": f"filter {NASTY}",
        "filterType": "filter_select",
        "type": "NATIVE_FILTER",
        "targets": [{"column": {"name": f"column {NASTY}"}, "datasetUuid": DATASET}],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "defaultDataMask": {"filterState": {"value": [NASTY]}},
        "controlValues": {},
        "cascadeParentIds": [],
    }
    files = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets"},
        "charts/A_1.yaml": chart(CHART, row_limit=row_limit),
        "charts/B_2.yaml": chart(OTHER),
        "dashboards/D_1.yaml": {
            "dashboard_title": f"dashboard {NASTY}",
            "slug": NASTY,
            "uuid": DASHBOARD,
            "position": position,
            "metadata": {"native_filter_configuration": [native_filter], "refresh_frequency": 0},
            "version": "1.0.0",
        },
        "datasets/T.yaml": {
            "table_name": f"dataset {NASTY}",
            "schema": NASTY,
            "sql": f'SELECT "{NASTY}" FROM "{NASTY}" WHERE x = \'{NASTY}\' AND ((',
            "uuid": DATASET,
            "database_uuid": DATABASE,
            "columns": [
                {"column_name": f"column {NASTY}", "type": NASTY, "groupby": True, "filterable": True}
            ],
            "metrics": [],
            "version": "1.0.0",
        },
        "databases/B.yaml": {
            "database_name": f"database {NASTY}",
            "sqlalchemy_uri": f"postgresql://{NASTY}@h/db",
            "uuid": DATABASE,
            "version": "1.0.0",
        },
    }
    for name, values in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
    (folder / "charts" / "Broken_3.yaml").write_text("slice_name: [\n" + json.dumps(NASTY), encoding="utf-8")
    return folder


def is_plain(text: str) -> None:
    """Nothing but line feeds steers, turns the direction or is a command."""
    steering = {
        hex(ord(c)): text[max(0, i - 40) : i + 10]
        for i, c in enumerate(text)
        if c != "\n" and (unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} or "\u202a" <= c <= "\u202e")
    }
    assert steering == {}
    assert not re.search("[\u2066-\u2069\ufeff]", text)
    assert commands_in(text) == []
    assert "##vso[" not in text


def is_json(text: str) -> None:
    json.loads(text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", text)


def is_markdown(text: str) -> None:
    is_plain(text)
    for rendered in (rendered_by_github, rendered_by_others):
        page = rendered(text)
        assert not {"script", "img"} & set(page.tags)
        assert page.tags.count("a") == len(re.findall(r"\]\(https://dashlint\.github\.io/", text))
        assert not re.search(r"@\w", page.prose)


def is_svg(text: str) -> None:
    root = ET.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"script", "image", "foreignObject", "a"}
    assert not [key for element in root.iter() for key in element.attrib if key.lower().startswith("on")]


def is_log(text: str) -> None:
    """One command for each line: what else a name says is its data."""
    commands = commands_in(text)
    assert len(commands) == len(text.splitlines())
    assert {command.name for command in commands} <= {"error", "warning", "notice"}


def is_dot(text: str) -> None:
    """Names stand in quotes."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert "HYPERLINK" not in outside
    assert '"' not in outside
    assert "\x1b" not in text


def is_mermaid(text: str) -> None:
    """Names stand in quotes, where Mermaid takes them for HTML."""
    outside = re.sub(r'"[^"]*"', "", text)
    assert "HYPERLINK" not in outside
    assert '"' not in outside
    assert "<script" not in text
    assert "\x1b" not in text


CALLS: list[tuple[list[str], Callable[[str], None]]] = [
    *((["scan", "NEW", *more], is_plain) for more in ([], ["--verbose"], ["--quiet"], ["--plan"])),
    (["scan", "NEW", "--plan", "--format", "json"], is_json),
    (["scan", "NEW", "--plan", "--format", "markdown"], is_markdown),
    (["scan", "NEW", "--format", "github"], is_log),
    (["trace", "NEW", "--event", "all"], is_plain),
    (["trace", "NEW", "--event", "all", "--format", "json"], is_json),
    (["cost", "NEW"], is_plain),
    (["cost", "NEW", "--format", "json"], is_json),
    (["capacity", "NEW", "--viewers", "10"], is_plain),
    (["capacity", "NEW", "--viewers", "10", "--format", "json"], is_json),
    (["capacity", "NEW", "--viewers", "10", "--format", "markdown"], is_markdown),
    (["diff", "OLD", "NEW"], is_plain),
    (["diff", "OLD", "NEW", "--format", "json"], is_json),
    (["diff", "OLD", "NEW", "--format", "markdown"], is_markdown),
    (["diff", "OLD", "NEW", "--format", "github"], is_log),
    (["graph", "NEW", "--format", "json"], is_json),
    (["graph", "NEW", "--format", "svg"], is_svg),
    (["graph", "NEW", "--format", "dot"], is_dot),
    (["graph", "NEW", "--format", "mermaid"], is_mermaid),
    (["warm", "NEW"], is_plain),
    (["warm", "NEW", "--format", "json"], is_json),
    (["fix", "NEW", "--diff"], is_plain),
    (["config", "NEW"], is_plain),
]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("untrusted")
    return {"OLD": str(export(root / "old", 100)), "NEW": str(export(root / "new", 90_000))}


@pytest.mark.parametrize(("call", "fits"), CALLS, ids=[" ".join(call) for call, _ in CALLS])
def test_names_are_shown_and_do_nothing(
    call: list[str], fits: Callable[[str], None], exports: dict[str, str], tmp_path: Path
) -> None:
    words = [exports.get(word, word) for word in call]
    done = subprocess.run(
        [sys.executable, "-m", "dashlint", *words], cwd=tmp_path, capture_output=True, check=False
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode in {0, 1}, err
    assert "Traceback" not in err
    fits(out)
    is_plain(err)
