"""Strategies for whole exports: databases, datasets, charts of every type, dashboards that show them.

References between them are right or dangling, identities may stand twice, and any value may be another than
it should. Some assets are those of real exports, with changes.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from dashlint.superset.controls import controls
from dashlint.superset.settings import VERSIONS
from dashlint.superset.viz import _CHART_DATA, legacy
from tests.fuzz import values
from tests.fuzz.values import Values, hostile, listed, mostly, optional, texts

ROOT = Path(__file__).resolve().parents[2]
TYPES = sorted({*_CHART_DATA, *legacy.BUILDERS, *legacy.OLD_BUILDERS, "of_a_plugin", ""})
FORM_KEYS = {
    viz_type: sorted({key for version in VERSIONS for key, _ in controls(viz_type, version)})
    for viz_type in TYPES
}
ENGINES = (
    *("postgresql://u:p@h/d", "mysql+pymysql://h/d", "clickhousedb://h/d", "bigquery://p", "snowflake://a/d"),
    *("mssql+pyodbc://h/d", "sqlite:////tmp/x.db", "trino://h/c/s", "druid://h", "nothing", "://", ""),
)
STATEMENTS = (
    "SELECT ds, amount, country FROM sales.orders WHERE ds > '{{ from_dttm }}'",
    "SELECT * FROM {{ dataset(1) }} AS x JOIN b USING (c)",
    "WITH a AS (SELECT 1 AS total UNION ALL SELECT * FROM a) SELECT total FROM a ORDER BY 1",
    "SELECT {% for c in filter_values('country') %}'{{ c }}',{% endfor %} 1",
    "SELECT (((", "; SELECT 1; SELECT 2", "DELETE FROM orders", "-- nothing", "{{ 1 / 0 }}", "SELECT '\x00'",
)  # fmt: skip
_COUNT = 4


def uuid(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


def uuids(kind: int) -> st.SearchStrategy[str]:
    """Identities of one kind; the last belongs to nothing."""
    return st.integers(1, _COUNT).map(lambda number: uuid(kind, number))


CHARTS, DATASETS, DATABASES, DASHBOARDS = range(1, 5)
FOLDERS = {CHARTS: "charts", DATASETS: "datasets", DATABASES: "databases", DASHBOARDS: "dashboards"}


def _control(key: str) -> Values:
    """Right values of a control, judged by its name."""
    if key == "adhoc_filters" or key.startswith("adhoc_filters"):
        return values.adhoc_filters
    if "metrics" in key:
        return listed(values.metrics)
    if "metric" in key or key in {"x", "y", "size", "secondary_metric"}:
        return values.metrics
    if "columns" in key or "groupby" in key or key in {"series", "entity", "x_axis", "source", "target"}:
        return listed(values.columns) | values.columns
    if "limit" in key or "length" in key or "size" in key or "radius" in key:
        return values.numbers
    if "range" in key:
        return values.time_ranges
    return texts | st.booleans() | values.numbers | listed(texts)


@st.composite
def charts(draw: st.DrawFn, number: int) -> dict[str, Any]:
    viz_type = draw(st.sampled_from(TYPES))
    keys = [*FORM_KEYS[viz_type], "adhoc_filters", "row_limit", "metrics", "groupby", "time_range", "cols"]
    chosen = draw(st.lists(st.sampled_from(keys), max_size=8, unique=True))
    params: Any = {"viz_type": viz_type, "datasource": "1__table"}
    params |= {key: draw(mostly(_control(key))) for key in chosen}
    if draw(st.integers(0, 4)) == 0:
        params["extra_form_data"] = draw(mostly(values.extra_form_data))
    return {
        "slice_name": draw(texts) or f"chart {number}",
        "viz_type": viz_type,
        "params": draw(st.sampled_from((params, params, json.dumps(params)))),
        "query_context": draw(st.sampled_from((None, json.dumps({"queries": [{}], "form_data": params})))),
        "cache_timeout": draw(mostly(values.numbers)),
        "uuid": uuid(CHARTS, number),
        "dataset_uuid": draw(uuids(DATASETS)),
        "version": "1.0.0",
    }


@st.composite
def datasets(draw: st.DrawFn, number: int) -> dict[str, Any]:
    return {
        "table_name": draw(st.sampled_from(("orders", "customers", "sales.orders", "x y", "orders"))),
        "schema": draw(st.sampled_from(("sales", "public", None, ""))),
        "sql": draw(st.sampled_from((None, *STATEMENTS))),
        "main_dttm_col": draw(st.sampled_from(("ds", "gone", None))),
        "always_filter_main_dttm": draw(mostly(st.booleans())),
        "fetch_values_predicate": draw(st.sampled_from((None, "ds > '2020-01-01'", "{{"))),
        "template_params": draw(st.sampled_from((None, "{}", '{"a": [1]}', "{"))),
        "extra": draw(mostly(st.sampled_from((None, {}, '{"certification": {}}')))),
        "columns": [
            {
                "column_name": name,
                "is_dttm": name == "ds",
                "type": draw(mostly(st.sampled_from(("DATE", "TIMESTAMP", "BIGINT", "VARCHAR(20)", None)))),
                "expression": draw(st.sampled_from((None, None, "amount * 2", "CASE", "{{ a }}"))),
                "python_date_format": draw(st.sampled_from((None, "%Y-%m-%d", "epoch_s", "%"))),
            }
            for name in values.COLUMNS[:4]
        ],
        "metrics": [
            {"metric_name": name, "expression": draw(values.expressions)} for name in values.METRICS[:2]
        ],
        "cache_timeout": draw(mostly(values.numbers)),
        "offset": draw(mostly(values.numbers)),
        "uuid": uuid(DATASETS, number),
        "database_uuid": draw(uuids(DATABASES)),
        "version": "1.0.0",
    }


@st.composite
def databases(draw: st.DrawFn, number: int) -> dict[str, Any]:
    return {
        "database_name": draw(texts) or f"database {number}",
        "sqlalchemy_uri": draw(st.sampled_from(ENGINES)),
        "extra": draw(mostly(st.just({"metadata_cache_timeout": {}, "allows_virtual_table_explore": True}))),
        "cache_timeout": draw(mostly(values.numbers)),
        "uuid": uuid(DATABASES, number),
        "version": "1.0.0",
    }


def _node(key: str, kind: str, children: list[str], **meta: Any) -> dict[str, Any]:
    return {"id": key, "type": kind, "children": children, "parents": [], "meta": meta}


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    """Tabs, tabs within tabs, rows and charts; some charts twice, and some that are not there."""
    nodes: dict[str, Any] = {"DASHBOARD_VERSION_KEY": "v2"}
    tabs = draw(st.integers(0, 3))
    rows = []
    for place in range(draw(st.integers(1, 4))):
        shown = draw(st.lists(st.integers(1, _COUNT + 1), max_size=3))
        keys = [f"CHART-{place}-{at}" for at in range(len(shown))]
        for key, number in zip(keys, shown, strict=True):
            nodes[key] = _node(
                key, "CHART", [], chartId=number, uuid=uuid(CHARTS, number), width=4, height=50
            )
        row = f"ROW-{place}"
        nodes[row] = _node(row, draw(st.sampled_from(("ROW", "COLUMN"))), keys)
        rows.append(row)
    top, below = ("TABS-1", [f"TAB-{n}" for n in range(tabs)]) if tabs else ("GRID_ID", rows)
    for at, tab in enumerate(below if tabs else ()):
        nodes[tab] = _node(tab, "TAB", rows[at :: max(1, tabs)], text=draw(texts))
    nodes[top] = _node(top, "TABS" if tabs else "GRID", below)
    nodes["ROOT_ID"] = _node("ROOT_ID", "ROOT", [top])
    return nodes


scopes = mostly(
    optional(
        rootPath=listed(st.sampled_from(("ROOT_ID", "TABS-1", "TAB-0", "TAB-1", "ROW-0"))),
        excluded=listed(st.integers(1, _COUNT + 1)),
        selectedLayers=listed(st.sampled_from(("chart-1-layer-2", "chart-x", ""))),
    )
)


@st.composite
def filters(draw: st.DrawFn, number: int, kind: str) -> Any:
    """A native filter, or a chart customization."""
    raw = draw(
        optional(
            type=st.sampled_from((kind, f"{kind}_DIVIDER" if kind != "NATIVE_FILTER" else "DIVIDER")),
            filterType=st.sampled_from(
                (
                    *(
                        "filter_select",
                        "filter_range",
                        "filter_time",
                        "filter_timegrain",
                        "filter_timecolumn",
                    ),
                    *("chart_customization_dynamic_groupby", "filter_of_a_plugin"),
                )
            ),
            name=texts,
            targets=listed(
                mostly(
                    optional(
                        datasetUuid=uuids(DATASETS),
                        column=optional(name=st.sampled_from(values.COLUMNS)),
                    )
                ),
                2,
            ),
            scope=scopes,
            chartsInScope=listed(st.integers(1, _COUNT)),
            cascadeParentIds=listed(st.sampled_from([f"{kind}-{n}" for n in range(3)])),
            requiredFirst=st.booleans(),
            controlValues=optional(
                enableEmptyFilter=st.booleans(),
                defaultToFirstItem=st.booleans(),
                searchAllOptions=st.booleans(),
                multiSelect=st.booleans(),
                enableSingleValue=values.numbers,
            ),
            defaultDataMask=optional(
                extraFormData=values.extra_form_data, filterState=optional(value=listed(texts) | texts)
            ),
            adhoc_filters=values.adhoc_filters,
            time_range=values.time_ranges,
            granularity_sqla=st.sampled_from(values.COLUMNS),
            sortMetric=st.sampled_from(values.METRICS),
        )
    )
    return {"id": f"{kind}-{number}", **raw} if isinstance(raw, dict) else raw


@st.composite
def dashboards(draw: st.DrawFn, number: int) -> dict[str, Any]:
    chart_keys = [str(n) for n in range(1, _COUNT + 1)]
    cross = {
        "crossFilters": optional(scope=scopes | st.just("global"), chartsInScope=listed(st.integers(1, 5)))
    }
    metadata = {
        "native_filter_configuration": [
            draw(filters(n, "NATIVE_FILTER")) for n in range(draw(st.integers(0, 3)))
        ],
        "chart_customization_config": [
            draw(filters(n, "CHART_CUSTOMIZATION")) for n in range(draw(st.integers(0, 1)))
        ],
        "chart_configuration": draw(
            mostly(st.dictionaries(st.sampled_from(chart_keys), mostly(optional(**cross)), max_size=2))
        ),
        "global_chart_configuration": draw(mostly(optional(scope=scopes))),
        "cross_filters_enabled": draw(mostly(st.booleans())),
        "refresh_frequency": draw(mostly(st.sampled_from((0, 10, 300, 86_400)))),
        "timed_refresh_immune_slices": draw(mostly(listed(st.integers(1, 5)))),
        "color_scheme": draw(texts),
    }
    return {
        "dashboard_title": draw(texts) or f"dashboard {number}",
        "slug": draw(texts),
        "published": draw(mostly(st.booleans())),
        "css": draw(texts),
        "position": draw(layouts()),
        "metadata": draw(st.sampled_from((metadata, metadata, json.dumps(metadata)))),
        "uuid": uuid(DASHBOARDS, number),
        "version": "1.0.0",
    }


MADE = {CHARTS: charts, DATASETS: datasets, DATABASES: databases, DASHBOARDS: dashboards}


class Export(dict[str, Any]):
    """The files of an export, decoded, by their paths; shown short where a test fails."""

    def __repr__(self) -> str:
        return f"{super().__repr__():.3000}"


@cache
def real_exports() -> tuple[Export, ...]:
    """Real exports, decoded; of those with hundreds of files some of each kind."""
    found = []
    for path in sorted((ROOT / "tests" / "data" / "exports").glob("**/*.zip")):
        with zipfile.ZipFile(path) as archive:
            found.append({n.partition("/")[2]: archive.read(n) for n in archive.namelist()})
    company = ROOT / "fixtures" / "exports" / "harbour-and-pine"
    files = sorted(company.rglob("*.yaml"))
    found.append({file.relative_to(company).as_posix(): file.read_bytes() for file in files})
    return tuple(
        Export({name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in _some(export).items()})
        for export in found
        if _some(export)
    )


def _some(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The six largest files of each kind."""
    return {
        name: files[name]
        for folder in FOLDERS.values()
        for name in sorted((n for n in files if n.startswith(folder)), key=lambda n: -len(files[n]))[:6]
    }


@st.composite
def _changed(draw: st.DrawFn, files: Export) -> Export:
    """Real files with one to four values that are hostile, gone, or those of another place."""
    files = copy.deepcopy(files)
    for _ in range(draw(st.integers(1, 4))):
        holder: Any = files
        key: Any = draw(st.sampled_from(sorted(files)))
        while isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 5)):
            holder = holder[key]
            key = draw(
                st.sampled_from(sorted(holder, key=str))
                if isinstance(holder, dict)
                else st.integers(0, len(holder) - 1)
            )
        how = draw(st.integers(0, 5))
        if how == 0 and len(files) > 1:
            del holder[key]
        elif how == 1:
            holder[key] = copy.deepcopy(files[draw(st.sampled_from(sorted(files)))])
        else:
            holder[key] = draw(hostile)
    return files


@st.composite
def _made(draw: st.DrawFn) -> Export:
    files = Export({"metadata.yaml": {"version": "1.0.0", "type": "assets"}})
    for kind, folder in FOLDERS.items():
        least = 0 if draw(st.integers(0, 9)) == 9 else 1
        for number in range(1, draw(st.integers(least, _COUNT - 1)) + 1):
            # The number of a file name is the asset's id; a copy has the same identity.
            files[f"{folder}/a_{number}.yaml"] = draw(MADE[kind](number))
            if not draw(st.integers(0, 9)):
                files[f"{folder}/copy_{number}.yaml"] = draw(MADE[kind](number))
    return draw(_changed(files)) if draw(st.booleans()) else files


def workspaces() -> st.SearchStrategy[Export]:
    """Exports as described above: two made up for one real one."""
    real = st.sampled_from(range(len(real_exports()))).flatmap(lambda at: _changed(real_exports()[at]))
    return _made() | _made() | real


def as_bytes(content: Any) -> bytes:
    """A file as Superset would write it; what YAML cannot hold is written as JSON."""
    try:
        return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()
    except (yaml.YAMLError, UnicodeEncodeError):
        return json.dumps(content).encode()


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The export as a folder."""
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """The export as a ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"export/{name}", data)
    path.write_bytes(buffer.getvalue())
    return path
