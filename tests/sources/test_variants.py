"""What people's files really look like: each oddity is read, or reported in one sentence with its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Problem, Workspace
from dashlint.sources import SourceError, read
from tests.sources.exports import CHART_UUID, Content, chart, dashboard, database, dataset, shop, write


def read_shop(folder: Path, more: Mapping[str, Content] = {}) -> Workspace:
    """The small export, with some of its files replaced or added."""
    return read(write(folder, shop(more)))


def with_chart(folder: Path, **values: Any) -> Workspace:
    return read_shop(folder, {"charts/Sales_7.yaml": chart(**values)})


def only(workspace: Workspace, folder: Path) -> Problem:
    """The one problem there is, with its file as seen from the folder."""
    [problem] = workspace.problems
    assert problem.file is not None
    assert problem.message.count("\n") == 0
    return problem._replace(file=Path(problem.file).relative_to(folder).as_posix())


def test_a_small_export_is_read_whole(tmp_path: Path) -> None:
    workspace = read_shop(tmp_path)
    [found] = workspace.dashboards
    [shown] = workspace.charts_of(found)
    assert (found.title, found.slug, found.published, found.id) == ("Shop", "shop", True, 1)
    assert (shown.name, shown.viz_type, shown.id, shown.params) == ("Sales", "table", 7, {"row_limit": 100})
    orders = workspace.dataset_of(shown)
    assert orders is not None
    assert [(c.name, c.type, c.is_temporal) for c in orders.columns] == [
        ("ds", "DATE", True),
        ("amount", None, False),
    ]
    assert orders.metric_by_name["count"].expression == "COUNT(*)"
    place = workspace.database_of(orders)
    assert place is not None
    assert (place.engine, place.has_password) == ("postgresql", False)
    assert workspace.problems == ()
    assert workspace.superset_version is None


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, None),
        ("", None),
        ('{"queries": [{"row_limit": 5}]}', {"queries": [{"row_limit": 5}]}),
        ({"queries": [{"row_limit": 5}]}, {"queries": [{"row_limit": 5}]}),
        (json.dumps('{"queries": []}'), {"queries": []}),
    ],
    ids=["null", "empty", "text", "mapping", "text of text"],
)
def test_query_context(tmp_path: Path, stored: Any, expected: Any) -> None:
    workspace = with_chart(tmp_path, query_context=stored)
    assert workspace.charts[0].query_context == expected
    assert workspace.problems == ()


@pytest.mark.parametrize(
    "stored", [{"row_limit": "500000"}, '{"row_limit": "500000"}'], ids=["mapping", "text"]
)
def test_params_keep_the_types_of_their_values(tmp_path: Path, stored: Any) -> None:
    assert with_chart(tmp_path, params=stored).charts[0].params == {"row_limit": "500000"}


@pytest.mark.parametrize("limit", [0, None, "0", -1, 1.5])
def test_odd_limits_are_left_to_the_rules(tmp_path: Path, limit: Any) -> None:
    workspace = with_chart(tmp_path, params={"row_limit": limit})
    assert workspace.charts[0].params == {"row_limit": limit}
    assert workspace.problems == ()


def test_params_that_are_no_json_leave_the_chart(tmp_path: Path) -> None:
    workspace = with_chart(tmp_path, params="{'row_limit': 5}")
    assert workspace.charts[0].params == {}
    problem = only(workspace, tmp_path)
    assert problem.kind == "invalid-json"
    assert (problem.file, problem.line, problem.column) == ("charts/Sales_7.yaml", 3, 1)
    assert problem.message.startswith("params is text that is not JSON (expecting property name")


@pytest.mark.parametrize("stored", [[1], 5, True, "[1]", "5"])
def test_params_that_are_no_mapping(tmp_path: Path, stored: Any) -> None:
    workspace = with_chart(tmp_path, params=stored)
    assert workspace.charts[0].params == {}
    assert only(workspace, tmp_path).kind == "invalid-value"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (60, 60),
        ("60", 60),
        (" 60 ", 60),
        (60.0, 60),
        (0, 0),
        (-1, -1),
        (None, None),
        ("", None),
        ("{{ t }}", None),
    ],
)
def test_cache_timeouts(tmp_path: Path, stored: Any, expected: int | None) -> None:
    workspace = with_chart(tmp_path, cache_timeout=stored)
    assert workspace.charts[0].cache_timeout == expected
    assert workspace.problems == ()


@pytest.mark.parametrize("stored", ["an hour", 1.5, [60], {"a": 1}, True])
def test_cache_timeouts_that_are_no_numbers(tmp_path: Path, stored: Any) -> None:
    workspace = with_chart(tmp_path, cache_timeout=stored)
    assert workspace.charts[0].cache_timeout is None
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.line) == ("invalid-value", 6)
    assert "not a whole number" in problem.message


def test_names_that_yaml_takes_for_numbers(tmp_path: Path) -> None:
    workspace = with_chart(tmp_path, slice_name=2024)
    assert workspace.charts[0].name == "2024"


def test_a_chart_without_its_dataset_and_a_dashboard_without_its_chart_are_kept(tmp_path: Path) -> None:
    files = shop()
    del files["datasets/shop/orders.yaml"]
    files["dashboards/Shop_1.yaml"] = dashboard((7, CHART_UUID), (8, "55555555-5555-4555-8555-555555555555"))
    workspace = read(write(tmp_path, files))
    assert workspace.dataset_of(workspace.charts[0]) is None
    assert [p.chart for p in workspace.placements(workspace.dashboards[0])] == [workspace.charts[0], None]
    assert workspace.problems == ()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("uuid", "the chart has no uuid, and Superset would not import it"),
        ("viz_type", "the chart has no viz_type, and Superset would not import it"),
        ("slice_name", "the chart has no slice_name, and Superset would not import it"),
    ],
)
def test_a_chart_that_lacks_what_superset_needs(tmp_path: Path, key: str, message: str) -> None:
    raw = chart()
    del raw[key]
    workspace = read_shop(tmp_path, {"charts/Sales_7.yaml": raw})
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.message, problem.file) == ("invalid-asset", message, "charts/Sales_7.yaml")
    assert len(workspace.charts) == 1


def test_columns_and_metrics_that_are_none(tmp_path: Path) -> None:
    raw = dataset(columns=[{"column_name": "a"}, "b", {"type": "INT"}], metrics="count")
    workspace = read_shop(tmp_path, {"datasets/shop/orders.yaml": raw})
    assert [c.name for c in workspace.datasets[0].columns] == ["a"]
    assert workspace.datasets[0].metrics == ()
    assert {p.kind for p in workspace.problems} == {"invalid-value", "invalid-asset"}
    assert len(workspace.problems) == 3


@pytest.mark.parametrize(
    ("content", "kind", "line", "message"),
    [
        (
            "slice_name: [a\nviz_type: table\n",
            "unreadable-file",
            2,
            "it cannot be read as YAML: did not find expected",
        ),
        ("", "invalid-asset", None, "it lies among the charts but is empty, so it is left out"),
        ("# nothing\n", "invalid-asset", None, "it lies among the charts but is empty, so it is left out"),
        ("- slice_name: a\n", "invalid-asset", None, "it lies among the charts but holds a list"),
        ("just text\n", "invalid-asset", None, "it lies among the charts but holds text"),
        (
            "name: x\n",
            "invalid-asset",
            None,
            "it lies among the charts but lacks the keys by which a chart",
        ),
        (
            b"\x00\x01\xff\xfe\x80slice_name",
            "unreadable-file",
            None,
            "it cannot be read as YAML: it is not text",
        ),
        (
            "slice_name: a\n---\nslice_name: b\n",
            "unreadable-file",
            2,
            "it cannot be read as YAML: but found another",
        ),
    ],
    ids=["broken", "empty", "comment", "list", "text", "other keys", "binary", "two documents"],
)
def test_files_that_should_be_charts(
    tmp_path: Path, content: Content, kind: str, line: int | None, message: str
) -> None:
    workspace = read_shop(tmp_path, {"charts/Broken_9.yaml": content})
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.file, problem.line) == (kind, "charts/Broken_9.yaml", line)
    assert problem.message.startswith(message)
    assert len(workspace.charts) == 1


def test_other_peoples_yaml_is_left_alone(tmp_path: Path) -> None:
    workspace = read_shop(
        tmp_path,
        {
            ".pre-commit-config.yaml": "repos: []\n",
            ".github/workflows/ci.yaml": "on: push\n",
            "k8s/deployment.yaml": "kind: Deployment\n---\nkind: Service\n",
            "k8s/values.yaml": "table_name: x\n",
            "models/schema.yml": "models:\n- name: x\n  tests: [unique: {table_name: '{{ x }}'}]\n",
            "helm/charts/app/templates/d.yaml": "{{- if .x }}\na: {{ .Values.viz_type }}\n{{- end }}\n",
            "charts/app/values.yaml": "replicas: {{ x }}\n",
            "node_modules/x/charts/a.yaml": chart(),
            ".venv/charts/a.yaml": chart(),
            "rls.yaml": "- name: a\n",
            "broken.yaml": "a: [b\n",
            "charts/README.md": "slice_name: [",
            "queries/q.yaml": "label: a\nsql: SELECT 1\ndatabase_uuid: x\n",
            "themes/t.yaml": "theme_name: a\njson_data: {}\n",
            "tags.yaml": "tags:\n- tag_name: a\n",
        },
    )
    assert workspace.problems == ()
    assert (len(workspace.dashboards), len(workspace.charts)) == (1, 1)


def test_a_file_in_a_subfolder_that_begins_like_an_asset_but_is_none(tmp_path: Path) -> None:
    workspace = read_shop(tmp_path, {"charts/team/x.yaml": "slice_name: x\n", "charts/team/y.yaml": "a: 1\n"})
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.file) == ("invalid-asset", "charts/team/x.yaml")


def test_a_broken_file_that_begins_like_an_asset_is_reported_wherever_it_lies(tmp_path: Path) -> None:
    workspace = read_shop(tmp_path, {"old/x.yaml": "dashboard_title: a\nposition: [\n"})
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.file, problem.line) == ("unreadable-file", "old/x.yaml", 3)


def test_extra_keys_comments_and_the_other_suffix(tmp_path: Path) -> None:
    files = shop()
    del files["charts/Sales_7.yaml"]
    files["charts/sales.yml"] = (
        "# ours\n_note: a\nslice_name: Sales # as agreed\nviz_type: table\n"
        f"uuid: {CHART_UUID}\nparams: {{row_limit: 5}}\n"
    )
    workspace = read(write(tmp_path, files))
    assert workspace.charts[0].raw["_note"] == "a"
    assert workspace.charts[0].params == {"row_limit": 5}
    # The number comes from the layout, since this file's name tells none.
    assert workspace.charts[0].id == 7
    assert workspace.problems == ()


def test_json_is_yaml(tmp_path: Path) -> None:
    path = tmp_path / "chart.json"
    path.write_text(json.dumps(chart()))
    assert read(path).charts[0].params == {"row_limit": 100}


@pytest.mark.parametrize(
    "data",
    [
        "slice_name: Größe\nviz_type: table\nuuid: a\n".encode("utf-16"),
        "slice_name: Größe\nviz_type: table\nuuid: a\n".encode("utf-8-sig"),
        "slice_name: Größe\r\nviz_type: table\r\nuuid: a\r\n".encode(),
        "slice_name: Größe\rviz_type: table\ruuid: a\r".encode(),
        "slice_name: Größe\nviz_type: table\nuuid: a".encode(),
    ],
    ids=["utf-16", "utf-8 with mark", "crlf", "cr", "no last line break"],
)
def test_encodings_and_line_breaks(tmp_path: Path, data: bytes) -> None:
    workspace = read(write(tmp_path, {"charts/a.yaml": data}))
    assert workspace.charts[0].name == "Größe"
    assert workspace.charts[0].uuid == "a"
    assert workspace.problems == ()


def test_an_encoding_that_is_only_guessed_is_reported(tmp_path: Path) -> None:
    data = "slice_name: Größe – €\nviz_type: table\nuuid: a\n".encode("cp1252")
    workspace = read(write(tmp_path, {"charts/a.yaml": data}))
    assert workspace.charts[0].name == "Größe – €"
    problem = only(workspace, tmp_path)
    assert problem.kind == "wrong-encoding"
    assert problem.message == "it is not UTF-8, and was read as Windows-1252: save it as UTF-8"


def test_very_long_sql(tmp_path: Path) -> None:
    sql = 'SELECT 1 -- it\'s "long"\n' + "UNION ALL SELECT 'x: y', {{ a }} # b\n" * 40_000
    assert len(sql) > 1_000_000
    workspace = read_shop(tmp_path, {"datasets/shop/orders.yaml": dataset(sql=sql)})
    assert workspace.datasets[0].sql == sql
    assert workspace.problems == ()


def test_the_same_uuid_twice_in_one_root(tmp_path: Path) -> None:
    workspace = read_shop(tmp_path, {"charts/Copy_8.yaml": chart(slice_name="Copy")})
    assert [c.name for c in workspace.charts] == ["Copy", "Sales"]
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.file) == ("duplicate-uuid", "charts/Sales_7.yaml")
    assert problem.message == f"it has the same uuid as {tmp_path / 'charts/Copy_8.yaml'}; both are kept"


def test_the_same_uuid_in_two_roots_is_no_problem(tmp_path: Path) -> None:
    for stage in ("dev", "prod"):
        write(tmp_path / stage, shop({"charts/Sales_7.yaml": chart(slice_name=stage)}))
    workspace = read(tmp_path)
    assert workspace.problems == ()
    assert {d.origin.root: workspace.charts_of(d)[0].name for d in workspace.dashboards} == {
        str(tmp_path / "dev"): "dev",
        str(tmp_path / "prod"): "prod",
    }


def test_old_chart_types_are_what_an_import_makes_of_them(tmp_path: Path) -> None:
    old = {"viz_type": "line", "params": {"line_interpolation": "step-after"}}
    found = with_chart(tmp_path, **old).charts[0]
    assert (found.viz_type, found.stored_viz_type) == ("echarts_timeseries_step", "line")
    assert found.params == {"line_interpolation": "step-after"}


def test_an_old_chart_type_that_browsers_still_draw_stays(tmp_path: Path) -> None:
    assert with_chart(tmp_path, viz_type="bubble", params={}).charts[0].viz_type == "bubble"


@pytest.mark.parametrize(
    ("kind", "values", "version"),
    [
        ("dashboard", {"theme_uuid": None}, "6.0.0"),
        ("dashboard", {"metadata": {"chart_customization_config": []}, "theme_uuid": None}, "6.1.0"),
        ("dataset", {"folders": None}, "6.0.0"),
        ("dataset", {"currency_code_column": None}, "6.1.0"),
        ("dataset", {"columns": [{"column_name": "a", "datetime_format": None}]}, "6.1.0"),
        ("database", {"impersonate_user": False}, "5.0.0"),
    ],
)
def test_the_oldest_version_that_can_have_written_it(
    tmp_path: Path, kind: str, values: dict[str, Any], version: str
) -> None:
    makers = {"dashboard": dashboard, "dataset": dataset, "database": database}
    workspace = read(write(tmp_path, {f"{kind}s/a.yaml": makers[kind](**values)}))
    assert workspace.superset_version == version


def test_overrides_of_superset_cli(tmp_path: Path) -> None:
    workspace = read_shop(
        tmp_path,
        {
            "charts/Sales_7.overrides.yaml": {"params": {"row_limit": 5}, "cache_timeout": 60},
            "charts/Gone.overrides.yaml": {"cache_timeout": 60},
        },
    )
    assert workspace.charts[0].params == {"row_limit": 5}
    assert workspace.charts[0].cache_timeout == 60
    problem = only(workspace, tmp_path)
    assert (problem.kind, problem.file) == ("stray-overrides", "charts/Gone.overrides.yaml")


def test_nothing_but_broken_files_says_what_is_broken(tmp_path: Path) -> None:
    write(tmp_path, {"charts/a.yaml": "slice_name: [\n", "charts/b.yaml": ""})
    with pytest.raises(SourceError) as caught:
        read(tmp_path)
    assert caught.value.exit_code == 3
    assert caught.value.kind == "nothing-usable"
    assert caught.value.message == (
        f"nothing in {tmp_path} could be used: {tmp_path / 'charts/a.yaml'}, line 2: "
        "it cannot be read as YAML: did not find expected node content (and 1 more problem)"
    )
