"""Strategies for values as they stand in exports: right ones, nearly right ones, and hostile ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Values = st.SearchStrategy[Any]

#: Of the columns and metrics that the datasets of these workspaces have; the last are dangling.
COLUMNS = ("ds", "amount", "country", "a b", "total", "gone", "")
METRICS = ("count", "revenue", "gone")

_TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "NaN",
        "null",
        "true",
        "[]",
        "{}",
        '"',
        "'",
        "`",
        ";",
        "--",
        "\\",
        "%",
        "%s",
    ),
    *("{{ ds }}", "{{", "{% for i in range(9) %}x{% endfor %}", "{{ filter_values('a') }}", "{# #}"),
    *(
        "\x1b[31m",
        "\u202e",
        "\u2028",
        "\ufeff",
        "\ud800",
        "\x00",
        "ü",
        "a\nb",
        "=1+1",
        "<script>",
        "x" * 3_000,
    ),
    *("Last week", "No filter", "2020-01-01 : 2021-01-01", "100 years ago : now", "1 day ago", "P1D", "PT1S"),
    *(
        "DATEADD(DATETIME('now'), -999999999, year) : now",
        "9999-12-31T23:59:59 : ",
        "0001-01-01 : 0000-00-00",
    ),
    *("SELECT 1", "SUM(amount)", "COUNT(DISTINCT", "((((", "a AND b OR NOT c = 'd'", "1; DROP TABLE x"),
    *("ROOT_ID", "GRID_ID", "TABS-1", "TAB-1", "NATIVE_FILTER-1", "global", "__timestamp", "constructor"),
    *("SIMPLE", "SQL", "WHERE", "HAVING", "IN", "TEMPORAL_RANGE", "IS NULL", "aggregate", "raw"),
)
_NUMBERS = (
    0,
    1,
    -1,
    2,
    7,
    100,
    10_000,
    50_000,
    2**31,
    2**63,
    -(2**64),
    10**200,
    10**400,
    0.5,
    -0.0,
    1e-300,
    1e308,
)
_ODD_NUMBERS = (float("nan"), float("inf"), float("-inf"))

texts: st.SearchStrategy[str] = st.sampled_from(_TEXTS) | st.text(max_size=12)
scalars: Values = (
    st.none()
    | st.booleans()
    | st.sampled_from(_NUMBERS)
    | st.sampled_from(_ODD_NUMBERS)
    | st.integers()
    | st.floats()
    | texts
)
#: What a key holds that nobody has meant so.
hostile: Values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def mostly(right: Values) -> Values:
    """The right values, and one time in eight something else."""
    return st.integers(0, 7).flatmap(lambda chance: right if chance else hostile)


def optional(**keys: Values) -> Values:
    """A mapping that has some of these keys, mostly with the right values."""
    return st.fixed_dictionaries({}, optional={key: mostly(value) for key, value in keys.items()})


def listed(values: Values, most: int = 3) -> Values:
    """Short lists."""
    return st.lists(values, max_size=most)


expressions = st.sampled_from(
    (
        *("SUM(amount)", "COUNT(*)", "amount > 0", "CASE WHEN ds IS NULL THEN 1 ELSE amount / 0 END"),
        *("{{ ds }}", "country = 'DE' OR country IN ('FR', NULL)", "SUM(SUM(amount)) OVER (ORDER BY ds)"),
        *("lower(country) LIKE '%a'", "ds >= now() - INTERVAL '1 day'", "(SELECT 1)", "gone + 1", "'"),
    )
)
numbers = st.sampled_from((0, 1, 10, 100, 1_000, 10_000, 100_000, "100", "10000", None))
columns = mostly(
    st.sampled_from(COLUMNS)
    | optional(
        label=texts, sqlExpression=expressions, expressionType=st.just("SQL"), timeGrain=st.just("P1D")
    )
)
metrics = mostly(
    st.sampled_from(METRICS)
    | optional(
        expressionType=st.sampled_from(("SIMPLE", "SQL")),
        column=optional(column_name=st.sampled_from(COLUMNS), type=st.just("BIGINT")),
        aggregate=st.sampled_from(("SUM", "COUNT", "COUNT_DISTINCT", "MAX")),
        sqlExpression=expressions,
        label=texts,
    )
)
operators = st.sampled_from(
    ("==", "IN", "NOT IN", ">", "LIKE", "ILIKE", "IS NULL", "TEMPORAL_RANGE", "REGEX")
)
time_ranges = st.sampled_from(("Last week", "No filter", "Last 90 days", "2020-01-01 : 2021-01-01", "", None))
adhoc_filters = listed(
    mostly(
        optional(
            expressionType=st.sampled_from(("SIMPLE", "SQL")),
            clause=st.sampled_from(("WHERE", "HAVING")),
            subject=st.sampled_from(COLUMNS),
            operator=operators,
            operatorId=st.sampled_from(("EQUALS", "IN", "TEMPORAL_RANGE")),
            comparator=time_ranges | texts | listed(scalars),
            sqlExpression=expressions,
        )
    )
)
query_filters = listed(
    mostly(optional(col=st.sampled_from(COLUMNS), op=operators, val=texts | listed(scalars)))
)
extra_form_data = optional(filters=query_filters, time_range=time_ranges, granularity_sqla=st.just("ds"))
