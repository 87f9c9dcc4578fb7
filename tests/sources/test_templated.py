"""YAML that is itself a Jinja template, and Jinja that belongs to a query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Workspace
from dashlint.sources import read
from dashlint.sources.templated import recover, unescape
from tests.sources.exports import chart, dataset, write

# The example that superset-cli's own repository shows, shortened.
TEMPLATE = """\
{% if country %}
slice_name: {{ functions.demo.hello_world() }} Count in {{ country }}
{% else %}
slice_name: Total count
{% endif %}
viz_type: big_number_total
params:
  {% if country %}
  adhoc_filters:
  - clause: WHERE
    comparator: null
    expressionType: SQL
    sqlExpression: country = '{{ country }}'
  {% else %}
  adhoc_filters: []
  {% endif %}
  datasource: 27__table
  metric: {{ metric }}
cache_timeout: {{ timeout }}
uuid: 3f966611-8afc-4841-abdc-fa4361ff69f8
dataset_uuid: fe3bd066-ab04-4ab8-a89a-30bf3d8423b4
"""


def read_one(folder: Path, path: str, content: Any) -> Workspace:
    return read(write(folder, {path: content}))


def test_a_template_is_read_as_far_as_it_can_be(tmp_path: Path) -> None:
    workspace = read_one(tmp_path, "charts/a.yaml", TEMPLATE)
    [found] = workspace.charts
    assert found.uuid == "3f966611-8afc-4841-abdc-fa4361ff69f8"
    assert found.name == "Total count"
    assert found.params["datasource"] == "27__table"
    assert found.params["metric"] == "{{ metric }}"
    assert found.cache_timeout is None
    [problem] = workspace.problems
    assert problem.kind == "templated-file"
    assert problem.file == str(tmp_path / "charts/a.yaml")
    assert problem.message.startswith("it is a Jinja template: its statements are left out")


def test_every_line_stays_where_it_was() -> None:
    recovered = recover(TEMPLATE)
    assert recovered.count("\n") == TEMPLATE.count("\n")
    for before, after in zip(TEMPLATE.split("\n"), recovered.split("\n"), strict=True):
        assert after == before or "{%" in before or "{{" in before
    assert (
        recovered.split("\n")[1] == "slice_name: '{{ functions.demo.hello_world() }} Count in {{ country }}'"
    )


@pytest.mark.parametrize(
    "line",
    [
        "{% include 'common.yaml' %}",
        "{%- set x = 1 -%}",
        "{# a comment\nover two lines #}",
        "{% macro a(b) %}{% endmacro %}",
        "{% set x = {\n  'a': 1,\n} %}",
        "extra: {{ x }}",
        "extra: {{ x['a'] }} and more",
        "extra: {% if a %}1{% else %}2{% endif %}",
        "extra:\n- {{ x }}\n- key: {{ y }}",
        "extra: [{{ x }}, 1]",
        "extra: {a: {{ x }}}",
        "{% if a %}extra: 1{% endif %}",
    ],
)
def test_statements_and_expressions(tmp_path: Path, line: str) -> None:
    content = f"slice_name: Sales\n{line}\nviz_type: table\nuuid: abc\nparams:\n  row_limit: 5\n"
    workspace = read_one(tmp_path, "charts/a.yaml", content)
    [found] = workspace.charts
    assert (found.name, found.viz_type, found.uuid, found.params) == (
        "Sales",
        "table",
        "abc",
        {"row_limit": 5},
    )
    assert [p.kind for p in workspace.problems] == ["templated-file"]
    assert found.origin.location("uuid").line == content.split("\n").index("uuid: abc") + 1


SQL = "{% if a %}\nSELECT '{{ b }}' AS c -- {# d #}\n{% endif %}\n"


@pytest.mark.parametrize(
    "sql",
    [
        "sql: |\n  {% if a %}\n  SELECT '{{ b }}' AS c -- {# d #}\n  {% endif %}\n",
        "sql: \"{% if a %}\\nSELECT '{{ b }}' AS c -- {# d #}\\n{% endif %}\\n\"\n",
    ],
    ids=["block", "quoted"],
)
@pytest.mark.parametrize("more", ["", "cache_timeout: {{ x }}\n"], ids=["ordinary", "in a template"])
def test_jinja_in_sql_stays_as_it_is(tmp_path: Path, sql: str, more: str) -> None:
    content = "table_name: orders\n" + sql + more + "columns: []\nuuid: abc\n"
    workspace = read_one(tmp_path, "datasets/a.yaml", content)
    assert workspace.datasets[0].sql == SQL
    assert [p.kind for p in workspace.problems] == (["templated-file"] if more else [])


def test_jinja_in_quoted_values_is_no_template(tmp_path: Path) -> None:
    raw = chart(params={"adhoc_filters": [{"sqlExpression": "a = '{{ b }}' {% if c %}{% endif %}"}]})
    workspace = read_one(tmp_path, "charts/a.yaml", raw)
    assert workspace.charts[0].params == raw["params"]
    assert workspace.problems == ()


@pytest.mark.parametrize(
    ("original", "escaped"),
    [
        # What superset-cli's jinja_escaper makes of the original (preset-io/backend-sdk, export.py).
        ("SELECT {{ a }}", "SELECT {{ '{{' }} a {{ '}}' }}"),
        (
            "{% if a %}x{% endif %}",
            "{{ '{% if' }} a {{ '%}' }}x{{ '{% endif %}' }}",
        ),
        ("{{ a }}{{ b }}", "{{ '{{' }} a {{ '}}' }}{{ '{{' }} b {{ '}}' }}"),
        ("{{ a }} {{ b }}", "{{ '{{' }} a {{ '}} {{' }} b {{ '}}' }}"),
        ("{%- else -%}", "{{ '{%- else' }} -{{ '%}' }}"),
        ("nothing {'a': 1}", "nothing {'a': 1}"),
    ],
)
def test_jinja_that_superset_cli_escaped_is_what_it_was(original: str, escaped: str) -> None:
    assert unescape(escaped) == original
    assert unescape({"a": [escaped], "b": 1}) == {"a": [original], "b": 1}


def test_files_of_superset_cli_say_what_superset_says(tmp_path: Path) -> None:
    raw = dataset(
        sql="SELECT '{{ '{{' }} a {{ '}}' }}' FROM b\n{{ '{% if' }} c {{ '%}' }} d {{ '{% endif %}' }}\n"
    )
    context = '{"queries": [{"where": "{{ \'{{\' }} e {{ \'}}\' }}"}]}'
    write(tmp_path, {"datasets/shop/orders.yaml": raw, "charts/a.yaml": chart(query_context=context)})
    workspace = read(tmp_path)
    assert workspace.datasets[0].sql == "SELECT '{{ a }}' FROM b\n{% if c %} d {% endif %}\n"
    assert workspace.charts[0].query_context == {"queries": [{"where": "{{ e }}"}]}
    assert workspace.problems == ()
