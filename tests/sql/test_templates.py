from __future__ import annotations

import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashlint.assets import Column, Dataset, Metric, Origin
from dashlint.limits import limited
from dashlint.sql.templates import render, variants


class Filter(NamedTuple):
    col: str
    op: str
    val: Any


CHOSEN = (
    Filter("country", "IN", ["DE", "O'Fr"]),
    Filter("name", "LIKE", "a%"),
    Filter("ts", "TEMPORAL_RANGE", "2024-03-01 : 2024-04-01"),
)
IN_COUNTRY = "SELECT * FROM t WHERE a IN {{ filter_values('country')|where_in }}"
JOINED = (
    "{% if filter_values('country') %}AND c IN "
    "({{ \"'\" + \"','\".join(filter_values('country')) + \"'\" }}){% endif %}"
)


def dataset(number: int, name: str, **more: Any) -> Dataset:
    return Dataset(uuid=name, id=number, name=name, origin=Origin(None, "here"), **more)


# The expected texts are what Superset 6.1.0's process_template gave for the same filters.
@pytest.mark.parametrize(
    ("template", "filters", "expected"),
    [
        (IN_COUNTRY, CHOSEN, "SELECT * FROM t WHERE a IN ('DE', 'O''Fr')"),
        (IN_COUNTRY, (), "SELECT * FROM t WHERE a IN ()"),
        ("{{ filter_values('nope')|where_in(default_to_none=True) }}", (), "None"),
        ("{{ filter_values('nope','dflt') }}", (), "['dflt']"),
        (JOINED, CHOSEN, "AND c IN ('DE','O'Fr')"),
        (JOINED, (), ""),
        ("{{ get_filters('name') }}", CHOSEN, "[{'op': 'LIKE', 'col': 'name', 'val': 'a%'}]"),
        (
            "{{ get_time_filter('ts').time_range }} {{ get_time_filter('ts', strftime='%Y').from_expr }}",
            CHOSEN,
            "2024-03-01 : 2024-04-01 2024",
        ),
        (
            "{{ get_time_filter('ts', default='2020-01-01 : 2020-02-01', strftime='%Y-%m').from_expr }}",
            (),
            "2020-01",
        ),
        ("{{ from_dttm }} {{ columns }} {{ groupby }} {{ row_limit }}", (), "None [] None 10000"),
        ('{{ ["Joe\'s", None, 1.5]|where_in }}', (), "('Joe''s', NULL, 1.5)"),
        ("{{ ('2024-05-06'|to_datetime('%Y-%m-%d')).strftime('%d/%m') }}", (), "06/05"),
        ("{{ url_param('a','b') }} {{ cache_key_wrapper('k') }}", (), "b k"),
        ("a\n{# comment #}\nb\n{% raw %}{{ x }}{% endraw %}\n", (), "a\n\nb\n{{ x }}"),
    ],
)
def test_renders_what_superset_renders(template: str, filters: tuple[Filter, ...], expected: str) -> None:
    rendered = render(template, filters=filters, assume_filters=False)
    assert (rendered.error, rendered.text) == (None, expected)


def test_a_column_without_a_filter_gets_a_placeholder_unless_told_otherwise() -> None:
    chosen, unfiltered = variants(JOINED)
    assert chosen.text == "AND c IN ('dashlint_value_country')"
    assert unfiltered.text == ""
    assert chosen.filter_columns == unfiltered.filter_columns == ("country",)


def test_text_without_jinja_has_one_variant_and_is_left_alone() -> None:
    (only,) = variants("SELECT '{' FROM t")
    assert (only.text, only.has_template) == ("SELECT '{' FROM t", False)


def test_jinja_is_not_imported_for_text_without_it() -> None:
    code = (
        "import sys; from dashlint.sql.templates import render; render('SELECT 1'); "
        "sys.exit('jinja2' in sys.modules or 'sqlglot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_user_macros_enter_the_cache_key_unless_they_are_told_not_to() -> None:
    rendered = render("{{ current_username() }} {{ current_user_id(add_to_cache_keys=False) }}")
    assert rendered.user_dependent == ("current_username",)
    assert rendered.key_parts == ("current_username()",)
    assert rendered.dynamic == ("current_username()", "current_user_id(add_to_cache_keys=False)")


def test_macros_are_found_in_branches_that_are_not_taken() -> None:
    rendered = render("{% if false %}{{ current_user_email() }}{{ filter_values(column='x') }}{% endif %}")
    assert rendered.text == ""
    assert rendered.user_dependent == ("current_user_email",)
    assert rendered.filter_columns == ("x",)


def test_the_clock_in_the_cache_key_is_told() -> None:
    rendered = render("WHERE ts > '{{ cache_key_wrapper(now()) }}' AND y = {{ datetime.today().year }}")
    assert rendered.time_dependent == ("now", "datetime.today")
    assert rendered.key_parts == ("cache_key_wrapper(now())",)
    assert rendered.text == "WHERE ts > '2024-01-01 00:00:00' AND y = 2024"


def test_undefined_names_are_placeholders_and_listed() -> None:
    rendered = render("SELECT {{ my_columns() }} FROM {{ my.table }} {% if extra %}WHERE x{% endif %}")
    assert rendered.text == "SELECT dashlint_my_columns FROM dashlint_my_table "
    assert rendered.undefined == ("extra", "my", "my_columns")
    assert rendered.error is None


def test_template_parameters_are_used_and_macros_win_over_them() -> None:
    rendered = render("{{ a }} {{ row_limit }}", template_params={"a": 1, "row_limit": 7})
    assert (rendered.text, rendered.undefined) == ("1 7", ())
    assert render("{{ url_param('x', 'y') }}", template_params={"url_param": 1}).text == "y"


def test_partition_macros_exist_where_superset_has_them() -> None:
    template = "{{ presto.latest_partition('a.b') }}"
    assert render(template, engine="trino").text == "2024-01-01"
    assert render(template, engine="trino").undefined == ()
    assert render(template, engine="postgresql").undefined == ("presto",)


def test_other_datasets_are_written_out() -> None:
    orders = dataset(
        7,
        "orders",
        schema="sales",
        columns=(Column("id"), Column("net", expression="total - {{ 'vat' }}")),
        metrics=(Metric("revenue", "SUM({{ metric('base', 7) }})"), Metric("base", "total")),
    )
    lookup = {7: orders, 8: dataset(8, "loop", sql="SELECT * FROM {{ dataset(8) }}")}.get
    rendered = render("SELECT {{ metric('revenue', 7) }} FROM {{ dataset(7) }}", datasets=lookup)
    assert rendered.text == (
        'SELECT SUM(total) FROM (\nSELECT "id" AS "id", total - vat AS "net" FROM "sales"."orders"\n)'
        " AS dataset_7"
    )
    assert "refers to itself" in str(render("{{ dataset(8) }}", datasets=lookup).error)
    unknown = render("SELECT * FROM {{ dataset(9) }}", datasets=lookup)
    assert (unknown.text, unknown.dynamic) == (
        "SELECT * FROM dashlint_dataset_9 AS dataset_9",
        ("dataset(9)",),
    )


def test_lines_of_the_text_lead_back_to_the_template() -> None:
    rendered = render("SELECT a,\n{%- for i in range(3) %}\n  x{{ i }},\n{%- endfor %}\n  b\nFROM t")
    lines = rendered.text.splitlines()
    assert rendered.source_line(lines.index("FROM t") + 1) == 6
    assert rendered.source_line(1) == 1
    assert render("a").source_line(1) == 1


@pytest.mark.parametrize(
    ("template", "line"),
    [("SELECT 1\n{{ 1 / 0 }}", 2), ("a\nb {% for %}", 2), ("{{ x", 1), ("{% include 'y' %}", 1)],
)
def test_failures_are_one_sentence_with_the_line(template: str, line: int) -> None:
    rendered = render(template)
    assert rendered.error is not None
    assert rendered.error.startswith("the Jinja template fails: ")
    assert "\n" not in rendered.error
    assert (rendered.error_line, rendered.text) == (line, template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ undefined_thing.__class__ }}",
        "{{ filter_values.__globals__ }}",
        "{{ filter_values.__self__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ '{0.__class__}'.format('x') }}",
        "{{ self.__init__ }}",
    ],
)
def test_templates_do_not_reach_pythons_internals(template: str) -> None:
    rendered = render(template)
    assert "unsafe" in str(rendered.error)


GROWING = "{% set n = namespace(v=START) %}{% for i in range(60) %}{% set n.v = STEP %}{% endfor %}{{ n.v }}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'x' * 10**9 }}",
        "{{ [0] * 10**9 }}",
        "{{ 'x'.center(10**9) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (10**9, 1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ ('x' * 9999)|replace('x', 'y' * 9999) }}",
        "{{ ('y' * 99999).join('x' * 99999) }}",
        "{{ 10**100000 }}",
        "{{ range(10**12) }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set l = [1] %}{% for i in range(60) %}{% set _ = l.extend(l) %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% macro m(x) %}{% for i in range(99) %}{{ x }}{% endfor %}{% endmacro %}{{ m('a' * 99999) }}",
        "{% for i in range(99999) %}" + "a" * 9000 + "{% endfor %}",
        "{% for i in range(99999) %}{{ 'a' * 400000 }}{% endfor %}",
        "{% set x %}{% for i in range(99999) %}" + "a" * 9000 + "{% endfor %}{% endset %}",
        "{{ range(100000)|map('string')|map('center', 99999)|join }}",
        "{% set x = 'a' * 499000 %}" + "".join(f"{{% set v{i} = x|upper %}}" for i in range(3000)),
        "{{ ([[1] * 700] * 700)|sum(start=[])|length }}",
        GROWING.replace("START", "'a'").replace("STEP", "n.v ~ n.v"),
        GROWING.replace("START", "'a'").replace("STEP", "n.v + n.v"),
        GROWING.replace("START", "[1]").replace("STEP", "[n.v, n.v]"),
        GROWING.replace("START", "9").replace("STEP", "n.v * n.v"),
        GROWING.replace("START", "{}").replace("STEP", "{'a': n.v, 'b': n.v}"),
    ],
)
def test_templates_that_ask_for_too_much_are_stopped(template: str) -> None:
    assert "not rendered to its end" in str(render(template).error)


@pytest.mark.parametrize(
    "template",
    [
        "{% set l = range(100000)|list %}{% for i in range(99000) %}{{ (-1 in l) or '' }}{% endfor %}",
        "{% set n = namespace(v=[]) %}{% for i in range(90000) %}{% set n.v = [n.v] %}{% endfor %}{{ n.v }}",
        "{{ " + "~".join("a" * 30_000) + " }}",
    ],
)
def test_templates_that_take_too_long_are_stopped(template: str) -> None:
    with limited(template_seconds=1):
        assert render(template).error == (
            "the template was not rendered to its end: it takes more than 1 second "
            "(limits.template-seconds in the configuration)"
        )


def test_lists_of_lists_are_still_added_up() -> None:
    assert render("{{ [[1, 2], [3]]|sum(start=[]) }}").text == "[1, 2, 3]"


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in x %}" * 100 + "{% endfor %}" * 100,
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    ],
)
def test_endless_recursion_is_told(template: str) -> None:
    assert "nested too deeply" in str(render(template).error)


WORDS = "{{ }} {% %} {# #} ' \" ( ) [ ] | . , ~ + * - = x foo 1 SELECT if else endif for in endfor set"
CALLS = "('a') filter_values where_in from_dttm now() current_username() range(3) loop dataset(1)"
PIECES = st.sampled_from([f" {word} " for word in WORDS.split()] + CALLS.split())


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60).map(lambda t: "{{ " + t + " }}"))
def test_rendering_never_raises(template: str) -> None:
    for rendered in variants(template):
        assert isinstance(rendered.text, str)
        assert rendered.source_line(1) in {None, 1} or rendered.has_template
