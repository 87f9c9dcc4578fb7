"""A Superset on the star schema: datasets of every kind, charts of several types, a dashboard per filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.assets import Chart, Column, Dashboard, Database, Dataset, Metric, Origin, Workspace
from tests.superset.dashboards import layout, node

ORIGIN = Origin("shop", "test")
_TYPES = {
    **dict.fromkeys(("ordered_at", "paid_at", "happened_at"), "TIMESTAMP"),
    **dict.fromkeys(("day", "joined"), "DATE"),
    **dict.fromkeys(
        ("customer_id", "product_id", "store_id", "user_id", "buyer", "quantity", "ms"), "INTEGER"
    ),
    **dict.fromkeys(("id", "place"), "BIGINT"),
    **dict.fromkeys(("amount", "total"), "NUMERIC(10, 2)"),
    "gift": "BOOLEAN",
}
_ORDERS = (
    "id ordered_at paid_at customer_id product_id store_id channel status coupon email zip quantity amount "
    "gift"
)
_JOINED = """
SELECT o.id, o.ordered_at, o.paid_at, o.customer_id, o.channel, o.status, o.coupon AS voucher, o.quantity,
  o.amount, c.country, c.city, c.segment, p.category, s.region
FROM fact_orders o JOIN dim_customer c ON c.id = o.customer_id
JOIN dim_product p ON p.id = o.product_id JOIN dim_store s ON s.id = o.store_id
"""
_CTE = """
WITH paid AS (
  SELECT id, CAST(paid_at AS DATE) AS day, customer_id, lower(email) AS email, coupon, amount, quantity
  FROM fact_orders WHERE status = 'returned'
)
SELECT id, day, customer_id, email, coupon, amount, quantity FROM paid
"""
_CAST = """
SELECT id, CAST(ordered_at AS DATE) AS day, CAST(customer_id AS CHAR(20)) AS customer, coupon, amount
FROM fact_orders
"""
_GROUPED = """
SELECT customer_id, coupon, MIN(ordered_at) AS ordered_at, SUM(amount) AS total FROM fact_orders
GROUP BY customer_id, coupon
"""
_WINDOW = """
SELECT * FROM (SELECT id, customer_id, coupon, ordered_at, amount,
  row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS place FROM fact_orders) ranked
WHERE place = 1
"""
_NEWEST = "SELECT id, coupon, email, ordered_at, amount FROM fact_orders ORDER BY id DESC LIMIT 50000"
_UNION = """
SELECT 'order' AS what, id, ordered_at, customer_id AS user_id, amount FROM fact_orders
UNION ALL SELECT 'event' AS what, id, happened_at, user_id, ms FROM fact_events
"""


class Source(NamedTuple):
    """A dataset: its name, columns, SQL, main time column and calculated columns."""

    name: str
    columns: str
    sql: str | None = None
    time: str | None = None
    calculated: Mapping[str, tuple[str, str]] = {}


def _sources(engine: str) -> tuple[Source, ...]:
    postgres = engine == "postgresql"
    month = "date_trunc('month', paid_at)" if postgres else "DATE_FORMAT(paid_at, '%Y-%m-01')"
    cast = _CAST if not postgres else _CAST.replace("CHAR(20)", "VARCHAR")
    calculated = {
        "paid_month": (month, "TIMESTAMP"),
        "coupon_upper": ("upper(coupon)", "VARCHAR"),
        "worth": ("amount * quantity", "NUMERIC"),
    }
    return (
        Source("fact_orders", _ORDERS, time="ordered_at", calculated=calculated),
        Source("fact_events", "id happened_at day user_id kind page ms", time="happened_at"),
        Source("dim_customer", "id name country segment city joined zip", time="joined"),
        Source("dim_store", "id name region"),
        Source(
            "joined",
            "id ordered_at paid_at customer_id channel status voucher quantity amount country city segment "
            "category region",
            _JOINED,
            "ordered_at",
        ),
        Source("cte", "id day customer_id email coupon amount quantity", _CTE, "day"),
        Source("cast", "id day customer coupon amount", cast, "day"),
        Source("grouped", "customer_id coupon ordered_at total", _GROUPED, "ordered_at"),
        Source("window", "id customer_id coupon ordered_at amount place", _WINDOW, "ordered_at"),
        Source("newest", "id coupon email ordered_at amount", _NEWEST, "ordered_at"),
        Source("both", "what id ordered_at user_id amount", _UNION, "ordered_at"),
        Source("v_orders", "id ordered_at paid_at voucher buyer quantity amount mail", time="ordered_at"),
        Source("v_big_orders", "id ordered_at code buyer mail amount", time="ordered_at"),
    )


#: Per dataset the filters that are tried on each of its charts: column, and the values that are set.
_FILTERS: Mapping[str, tuple[tuple[str, list[Any]], ...]] = {
    "fact_orders": (
        ("customer_id", [5]), ("customer_id", [100_000, 100_001]), ("product_id", [17]),
        ("product_id", [17, 18, 19, 20]), ("store_id", [7]), ("store_id", [299]), ("channel", ["web"]),
        ("channel", ["phone"]), ("status", ["returned"]), ("status", ["done"]), ("status", ["disputed"]),
        ("status", ["open", "disputed"]), ("coupon", ["C77"]), ("coupon", ["C1", "C2", "C3"]),
        ("coupon", ["<NULL>"]), ("coupon", ["C1", "<NULL>"]), ("email", ["user77@example.com"]),
        ("zip", ["920000"]), ("gift", [True]), ("gift", [False]), ("quantity", [60]), ("quantity", [1]),
        ("coupon_upper", ["C77"]), ("id", [4711]), ("worth", [1234.5]),
    ),
    "fact_events": (
        ("user_id", [77]), ("kind", ["error"]), ("kind", ["view"]), ("kind", ["search", "error"]),
        ("page", ["/page/0"]), ("page", ["/page/2900"]), ("ms", [5]),
    ),
    "dim_customer": (
        ("country", ["DE"]), ("country", ["AX"]), ("segment", ["VIP"]), ("city", ["City 7"]),
        ("zip", ["910007"]), ("id", [9]),
    ),
    "dim_store": (("region", ["Region 3"]),),
    "joined": (
        ("customer_id", [100_000]), ("voucher", ["C77"]), ("channel", ["phone"]), ("status", ["disputed"]),
        ("country", ["AX"]), ("country", ["DE"]), ("city", ["City 7"]), ("category", ["Category 7"]),
        ("region", ["Region 3"]), ("quantity", [60]),
    ),
    "cte": (("customer_id", [9]), ("email", ["user77@example.com"]), ("coupon", ["C77"])),
    "cast": (("customer", ["77"]), ("coupon", ["C77"])),
    "grouped": (("customer_id", [100_000]), ("coupon", ["C77"])),
    "window": (("customer_id", [100_000]), ("coupon", ["C77"])),
    "newest": (("coupon", ["C77"]), ("email", ["user77@example.com"])),
    "both": (("user_id", [100_000]), ("what", ["order"])),
    "v_orders": (("voucher", ["C77"]), ("buyer", [100_000]), ("mail", ["user77@example.com"])),
    "v_big_orders": (("code", ["C77"]), ("buyer", [100_000]), ("mail", ["user77@example.com"])),
}  # fmt: skip
_RANGES: Mapping[str, tuple[tuple[str, Any, Any], ...]] = {
    "fact_orders": (("amount", 990, None), ("amount", 100, 110), ("quantity", 55, 60), ("amount", 10, 900)),
    "fact_events": (("ms", 4950, None), ("ms", None, 100.5)),
    "joined": (("amount", 995, None),),
    "grouped": (("total", 5000, None),),
}
_TIMES = ("Last day", "Last week", "Last month", "Last year", "2023-02-01 : 2023-02-10", "No filter")


#: Datasets with a chart that has a time range of its own, on a column that no time filter sets.
_OWN_RANGES = ("fact_orders", "joined", "v_orders")


def workspace(engine: str, *, own_ranges: bool = False) -> Workspace:
    """Everything; dashboards are named after what is set on them.

    ``own_ranges`` adds charts with a time range of their own, for the rule that is about these.
    """
    database = Database("db", 1, "Shop", ORIGIN, uri=f"{engine}://u@h/shop", backend=None)
    datasets: list[Dataset] = []
    charts: list[Chart] = []
    dashboards: list[Dashboard] = []
    for number, source in enumerate(_sources(engine), 1):
        dataset = _dataset(source, number, database)
        datasets.append(dataset)
        own = list(_charts(source, dataset, len(charts)))
        charts += own
        for name, filters in _settings(source, dataset):
            dashboards.append(_dashboard(f"{source.name}: {name}", own, filters, len(dashboards) + 1))
        saved = list(_saved(source, dataset, len(charts)))
        charts += saved
        if saved:
            dashboards.append(_dashboard(f"{source.name}: saved", saved, [], len(dashboards) + 1))
        if own_ranges and source.name in _OWN_RANGES:
            charts.append(_ranged(source, dataset, len(charts) + 1))
            dashboards.append(_dashboard(f"{source.name}: range", charts[-1:], [], len(dashboards) + 1))
    return Workspace(tuple(dashboards), tuple(charts), tuple(datasets), (database,))


def _dataset(source: Source, number: int, database: Database) -> Dataset:
    columns = [
        Column(name, _TYPES.get(name, "VARCHAR"), is_temporal=_TYPES.get(name) in ("TIMESTAMP", "DATE"))
        for name in source.columns.split()
    ]
    columns += [
        Column(name, kind, is_temporal=kind == "TIMESTAMP", expression=sql)
        for name, (sql, kind) in source.calculated.items()
    ]
    return Dataset(
        f"d{number}", number, source.name, ORIGIN, tuple(columns), (Metric("count", "COUNT(*)"),),
        schema="public" if database.engine == "postgresql" and source.sql is None else None,
        sql=source.sql, main_dttm_col=source.time, database_uuid="db", database_id=1,
    )  # fmt: skip


def _charts(source: Source, dataset: Dataset, first: int) -> Iterator[Chart]:
    names = source.columns.split()
    kinds: dict[str, dict[str, Any]] = {
        "big_number_total": {"metric": "count"},
        "table": {"query_mode": "aggregate", "groupby": names[1:2], "metrics": ["count"], "row_limit": 100},
    }
    raw = {"query_mode": "raw", "all_columns": names[:4], "row_limit": 1000}
    time = {"granularity_sqla": source.time} if source.time else {}
    for number, (viz_type, params) in enumerate([*kinds.items(), ("table", raw)], first + 1):
        filters = []
        if source.time:
            filters.append(
                {"expressionType": "SIMPLE", "clause": "WHERE", "subject": source.time,
                 "operator": "TEMPORAL_RANGE", "comparator": "No filter"}
            )  # fmt: skip
        yield Chart(
            f"c{number}", number, f"{source.name} {viz_type} {number - first}", viz_type, ORIGIN,
            params={**params, **time, "adhoc_filters": filters},
            dataset_uuid=dataset.uuid, dataset_id=dataset.id,
        )  # fmt: skip


#: Filters that are saved with a chart: column, operator and value, or SQL.
_SAVED: tuple[tuple[str, str, Any], ...] = (
    ("email", "LIKE", "user77%"), ("email", "LIKE", "user%"), ("email", "ILIKE", "user77%"),
    ("email", "LIKE", "%77@example.com"), ("quantity", ">", 58.5), ("quantity", ">", 58),
    ("coupon", "IS NULL", None),
    ("coupon", "==", "C77"), ("coupon", "!=", "C77"), ("email", "NOT IN", ["user1@example.com"]),
    ("gift", "IS TRUE", None), ("zip", "==", "920000"),
    ("", "SQL", "coupon = 'C77' OR email = 'user77@example.com'"),
    ("", "SQL", "coupon = 'C77' OR coupon = 'C78'"),
    ("", "SQL", "product_id + 1 = 18"), ("", "SQL", "product_id = 17 + 1 -- the next one"),
    ("", "SQL", "customer_id = 100000 AND upper(email) = 'USER77@EXAMPLE.COM'"),
    ("", "SQL", "paid_at >= '2023-02-01' AND paid_at < '2023-02-03'"),
    ("", "SQL", "coalesce(product_id, 0) = 17"),
)  # fmt: skip


def _saved(source: Source, dataset: Dataset, first: int) -> Iterator[Chart]:
    if source.name != "fact_orders":
        return
    for number, (column, operator, value) in enumerate(_SAVED, first + 1):
        simple = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column, "operator": operator,
                  "comparator": value}  # fmt: skip
        custom = {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": value}
        yield Chart(
            f"c{number}", number, f"saved {column} {operator} {value}", "big_number_total", ORIGIN,
            params={"metric": "count", "adhoc_filters": [custom if operator == "SQL" else simple]},
            dataset_uuid=dataset.uuid, dataset_id=dataset.id,
        )  # fmt: skip


def _ranged(source: Source, dataset: Dataset, number: int) -> Chart:
    own = {"expressionType": "SIMPLE", "clause": "WHERE", "subject": "paid_at", "operator": "TEMPORAL_RANGE",
           "comparator": "2025-06-01 : 2025-06-08"}  # fmt: skip
    return Chart(
        f"c{number}", number, f"{source.name} paid in a week", "big_number_total", ORIGIN,
        params={"metric": "count", "granularity_sqla": "paid_at", "adhoc_filters": [own]},
        dataset_uuid=dataset.uuid, dataset_id=dataset.id,
    )  # fmt: skip


def _settings(source: Source, dataset: Dataset) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    made = []
    for column, values in _FILTERS[source.name]:
        found = [{"col": column, "op": "IN", "val": values}]
        one = _filter("filter_select", column, dataset, {"filters": found}, values)
        made.append(one)
        yield f"{column} in {values}", [one]
    for column, low, high in _RANGES.get(source.name, ()):
        found = [{"col": column, "op": ">=", "val": low}] if low is not None else []
        found += [{"col": column, "op": "<=", "val": high}] if high is not None else []
        one = _filter("filter_range", column, dataset, {"filters": found}, [low, high])
        made.append(one)
        yield f"{column} from {low} to {high}", [one]
    if source.time:
        for words in _TIMES:
            one = _filter("filter_time", None, dataset, {"time_range": words}, words)
            yield f"time {words}", [one]
            # In company: each of some filters beside a month.
            if words in ("Last month", "Last year"):
                for other in made[::3]:
                    yield f"time {words} and {other['name']}", [one, other]


def _filter(
    kind: str, column: str | None, dataset: Dataset, extra: Mapping[str, Any], value: Any
) -> dict[str, Any]:
    name = f"{column or 'time'} {value}"
    target = {"datasetUuid": dataset.uuid, "column": {"name": column}} if column else {}
    return {
        "id": f"NATIVE_FILTER-{name}", "type": "NATIVE_FILTER", "filterType": kind, "name": name,
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []}, "targets": [target],
        "defaultDataMask": {"extraFormData": extra, "filterState": {"value": value}},
    }  # fmt: skip


def _dashboard(title: str, charts: list[Chart], filters: list[dict[str, Any]], number: int) -> Dashboard:
    nodes = {f"CHART-{c.id}": node("CHART", chartId=c.id, uuid=c.uuid) for c in charts}
    position = layout(
        **nodes,
        ROOT_ID=node("ROOT", "GRID_ID"),
        GRID_ID=node("GRID", "ROW-1"),
        **{"ROW-1": node("ROW", *nodes)},
    )
    return Dashboard(
        f"dash{number}", number, title, ORIGIN, position=position,
        metadata={"native_filter_configuration": filters, "cross_filters_enabled": False},
    )  # fmt: skip
