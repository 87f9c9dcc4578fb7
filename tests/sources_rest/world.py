"""A small Superset for a stub to serve: what an instance holds, and what an account may see of it.

Answers as 6.1.0 was seen to give them (tests/live checks the same code against the real one).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import yaml

from tests.sources_rest.stub import Reply, Request, Stub

FORBIDDEN = Reply({"message": "Forbidden"}, 403)
GONE = Reply({"message": "Not found"}, 404)
FATAL = Reply({"message": "Fatal error"}, 500)
KINDS = ("dashboard", "chart", "dataset", "database")
EXPORTS = [
    ["can_export", view] for view in ("ImportExportRestApi", "Dashboard", "Chart", "Dataset", "Database")
]
FOLDERS = {"dashboard": "dashboards", "chart": "charts", "dataset": "datasets", "database": "databases"}


def uuid(kind: str, number: int) -> str:
    return f"{KINDS.index(kind)}0000000-0000-4000-8000-{number:012d}"


class World:
    """``closed`` are endpoints that answer 403, ``hidden`` objects that the account may not see, ``broken``
    those at which an export fails. ``ids_in_names`` is 6.0's way to name files of datasets."""

    def __init__(self, stub: Stub, *, version: str = "6.1.0", ids_in_names: bool = True) -> None:
        self.stub = stub
        self.ids_in_names = ids_in_names
        self.objects: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.closed: set[str] = set()
        self.hidden: set[tuple[str, int]] = set()
        self.broken: set[tuple[str, int]] = set()
        self.roles: dict[str, list[list[str]]] = {"Admin": EXPORTS}
        self.shuffled = False
        stub.answers |= {
            "GET /version": Reply({"version_string": version}),
            "GET /api/v1/me/roles/": lambda _: self._or_closed(
                "me/roles/", Reply({"result": {"username": "ann", "roles": self.roles}})
            ),
            "GET /api/v1/assets/export/": lambda _: self._assets(),
        }
        for kind in KINDS:
            stub.answers[f"GET /api/v1/{kind}/"] = self._lister(kind)
            stub.answers[f"GET /api/v1/{kind}/export/"] = self._exporter(kind)

    # What there is

    def database(self, number: int, name: str) -> None:
        self._add("database", number, database_name=name, sqlalchemy_uri="postgresql://u:XXXXXXXXXX@h/d")

    def dataset(self, number: int, name: str, *, database: int = 1, columns: Iterable[str] = ("ds",)) -> None:
        parts = [{"column_name": c, "is_dttm": c == "ds", "type": "TEXT"} for c in columns]
        self._add("dataset", number, table_name=name, database=database, columns=parts, schema="public")

    def chart(self, number: int, name: str, *, dataset: int = 1, **params: Any) -> None:
        self._add("chart", number, slice_name=name, viz_type="table", dataset=dataset, params=params)

    def dashboard(
        self, number: int, title: str, charts: Iterable[int], *, published: bool = True, **more: Any
    ) -> None:
        # A layout that lacks nothing; `unplaced` charts belong to the dashboard all the same.
        unplaced = more.pop("unplaced", ())
        placed = list(charts)
        position: dict[str, Any] = {
            "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
            "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [f"CHART-{n}" for n in placed]},
        }
        for n in placed:
            meta = {"chartId": n, "uuid": uuid("chart", n)}
            position[f"CHART-{n}"] = {"id": f"CHART-{n}", "type": "CHART", "children": [], "meta": meta}
        values = {
            "dashboard_title": title,
            "published": published,
            "slug": more.pop("slug", None),
            "position": position,
            "metadata": more.pop("metadata", {}),
            "charts": [*placed, *unplaced],
        }
        self._add("dashboard", number, **values)

    def _add(self, kind: str, number: int, **values: Any) -> None:
        self.objects[kind][number] = {"id": number, "uuid": uuid(kind, number), **values}

    def visible(self, kind: str) -> dict[int, dict[str, Any]]:
        return {n: o for n, o in self.objects[kind].items() if (kind, n) not in self.hidden}

    # What the server says

    def _or_closed(self, endpoint: str, reply: Reply) -> Reply:
        return FORBIDDEN if endpoint in self.closed else reply

    def _lister(self, kind: str) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            if f"{kind}/" in self.closed:
                return FORBIDDEN
            q = request.query["q"]
            page, size = (int(re.search(rf"{key}:(\d+)", q)[1]) for key in ("page", "page_size"))  # type: ignore[index]
            assert size == 100
            rows = [self._row(kind, o) for o in self.visible(kind).values()]
            of = re.search(r"rel_m_m,value:(\d+)", q)
            if of:
                rows = [r for r in rows if {"id": int(of[1])} in r["dashboards"]]
            if self.shuffled and "order_column" not in q and page > 0:
                # Two rows changed places between two pages.
                rows = [rows[0], *rows[1:-1]]
                rows.insert(size, rows[0])
            start = page * size
            columns = re.search(r"columns:!\(([^)]*)\)", q)[1].split(",")  # type: ignore[index]
            known = {c.partition(".")[0] for c in columns}
            found = [{k: v for k, v in r.items() if k in known} for r in rows[start : start + size]]
            return Reply({"count": len(self.visible(kind)) if not of else len(rows), "result": found})

        return answer

    def _row(self, kind: str, o: dict[str, Any]) -> dict[str, Any]:
        if kind == "chart":
            number = o["id"]
            on = [{"id": n} for n, d in self.objects["dashboard"].items() if number in d["charts"]]
            return {
                **{key: o[key] for key in ("id", "uuid", "slice_name", "viz_type")},
                "params": json.dumps(o["params"]),
                "datasource_id": o["dataset"],
                "datasource_type": "table",
                "dashboards": on,
            }
        if kind == "dataset":
            there = {"id": o["database"], "uuid": uuid("database", o["database"])}
            return {**{key: o[key] for key in ("id", "uuid", "table_name")}, "database": there}
        if kind == "dashboard":
            owners = [{"first_name": "Ann", "last_name": "Other"}]
            keys = ("id", "uuid", "dashboard_title", "published", "slug")
            return {**{key: o[key] for key in keys}, "owners": owners}
        return {**{key: o[key] for key in ("id", "uuid", "database_name")}, "backend": "postgresql"}

    def _exporter(self, kind: str) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            if f"{kind}/export/" in self.closed:
                return FORBIDDEN
            numbers = [int(n) for n in re.findall(r"\d+", request.query["q"])]
            if any(n not in self.visible(kind) for n in numbers):
                return GONE
            wanted = [(kind, n) for n in numbers]
            for step in KINDS:  # each brings along what it needs
                wanted += [
                    (step_below, n) for k, m in wanted if k == step for step_below, n in self._below(k, m)
                ]
            if any(w in self.broken or w in self.hidden for w in wanted):
                return FATAL
            return Reply(self._zip(wanted))

        return answer

    def _below(self, kind: str, number: int) -> list[tuple[str, int]]:
        o = self.objects[kind][number]
        if kind == "dashboard":
            return [("chart", n) for n in o["charts"]]
        if kind == "chart":
            return [("dataset", o["dataset"])]
        return [("database", o["database"])] if kind == "dataset" else []

    def _assets(self) -> Reply:
        everything = [(kind, n) for kind in KINDS for n in self.visible(kind)]
        if any(w in self.broken for w in everything):
            return FATAL
        return self._or_closed("assets/export/", Reply(self._zip(everything)))

    def _zip(self, wanted: list[tuple[str, int]]) -> bytes:
        buffer = io.BytesIO()
        seen = set()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("export_x/metadata.yaml", "version: 1.0.0\n")
            for kind, number in wanted:
                path = self._path(kind, number)
                if path not in seen:  # the second of the same name is left out without a word
                    seen.add(path)
                    archive.writestr(f"export_x/{path}", yaml.safe_dump(self._file(kind, number)))
        return buffer.getvalue()

    def _path(self, kind: str, number: int) -> str:
        o = self.objects[kind][number]
        title = next(o[k] for k in ("dashboard_title", "slice_name", "table_name", "database_name") if k in o)
        slug = re.sub(r"\W+", "_", title).strip("_")
        if kind == "dataset":
            slug = f"{self._path('database', o['database'])[10:-5]}/{slug}"
        has_id = kind in {"dashboard", "chart"} or (kind == "dataset" and self.ids_in_names)
        return f"{FOLDERS[kind]}/{slug}{f'_{number}' if has_id else ''}.yaml"

    def _file(self, kind: str, number: int) -> dict[str, Any]:
        o = dict(self.objects[kind][number])
        for key in ("id", "charts"):
            o.pop(key, None)
        if "dataset" in o:
            o["dataset_uuid"] = uuid("dataset", o.pop("dataset"))
        if "database" in o:
            o["database_uuid"] = uuid("database", o.pop("database"))
        return {**o, "version": "1.0.0"}

    # Pages of single objects

    def with_pages(self) -> None:
        """Let the objects that are there now have their pages."""
        for number, o in self.objects["dashboard"].items():
            detail = {
                **{k: o[k] for k in ("id", "uuid", "dashboard_title", "published", "slug")},
                "position_json": json.dumps(o["position"]),
                "json_metadata": json.dumps(o["metadata"]),
            }
            charts = [self.objects["chart"][n] for n in o["charts"] if n in self.objects["chart"]]
            told = [
                {
                    "id": c["id"],
                    "slice_name": c["slice_name"],
                    "form_data": {
                        **c["params"],
                        "viz_type": c["viz_type"],
                        "datasource": f"{c['dataset']}__table",
                    },
                }
                for c in charts
            ]
            datasets = [self._dataset_of_dashboard(n) for n in sorted({c["dataset"] for c in charts})]
            path = f"dashboard/{number}"
            self._page("dashboard", number, path, detail)
            self._page("dashboard", number, f"{path}/charts", told)
            self._page("dashboard", number, f"{path}/datasets", datasets)
        for number, o in self.objects["chart"].items():
            row = self._row("chart", o)
            self._page("chart", number, f"chart/{number}", {**row, "query_context": None})
        for number, o in self.objects["dataset"].items():
            there = {"id": o["database"], "database_name": "warehouse", "backend": "postgresql"}
            self._page("dataset", number, f"dataset/{number}", {**o, "database": there})
        for number, o in self.objects["database"].items():
            self._page("database", number, f"database/{number}", {**o, "backend": "postgresql"})

    def _dataset_of_dashboard(self, number: int) -> dict[str, Any]:
        o = self.objects["dataset"][number]
        names = [c["column_name"] for c in o["columns"]]
        return {
            **{k: o[k] for k in ("id", "table_name", "schema")},
            "columns": o["columns"][:1],
            "column_names": names,
            "granularity_sqla": [["ds", "ds"]],
            "metrics": [],
            "database": {"id": o["database"], "name": "warehouse", "backend": "postgresql"},
        }

    def _page(self, kind: str, number: int, path: str, result: Any) -> None:
        def answer(_request: Request) -> Reply:
            if kind in self.closed:
                return FORBIDDEN
            return GONE if (kind, number) in self.hidden else Reply({"result": result})

        self.stub.answers[f"GET /api/v1/{path}"] = answer


def small(stub: Stub, **options: Any) -> World:
    """Two dashboards, four charts, three datasets, one database."""
    world = World(stub, **options)
    world.database(1, "warehouse")
    for number, name in ((1, "orders"), (2, "customers"), (3, "stock")):
        world.dataset(number, name, columns=("ds", "country", name))
    for number, dataset in ((1, 1), (2, 1), (3, 2), (4, 3)):
        world.chart(number, f"Chart {number}", dataset=dataset, row_limit=number)
    target = {"datasetUuid": uuid("dataset", 1), "column": {"name": "country"}}
    filters = [{"id": "NATIVE_FILTER-1", "name": "Country", "targets": [target]}]
    world.dashboard(1, "Sales", [1, 2, 3], slug="sales", metadata={"native_filter_configuration": filters})
    world.dashboard(2, "Stock of today", [3, 4], published=False)
    return world
