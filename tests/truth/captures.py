"""What a browser sent, and the export of the same dashboard: see ``data/README.md``."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dashlint.assets import Chart, Column, Dashboard, Database, Dataset, Metric, NativeFilter, Origin
from dashlint.superset.settings import Settings

DATA = Path(__file__).parent / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.json")))
#: ``data/README.md`` tells the server's configuration.
SETTINGS = Settings(
    version="6.1",
    data_cache_type="SimpleCache",
    data_cache_default_timeout=600,
    given=frozenset({"DATA_CACHE_CONFIG"}),
)


class Sent(NamedTuple):
    """One captured request and where it happened."""

    phase: str
    number: int
    raw: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.raw["kind"])

    @property
    def slice_id(self) -> Any:
        return self.raw.get("slice_id")


class Capture:
    """One dashboard: its export as assets, and the captured requests."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.raw: Mapping[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
        self._files = dict(_files(DATA / "exports" / f"{name}.zip"))

    def requests(self, *kinds: str) -> Iterator[Sent]:
        for phase in self.raw["phases"]:
            for index, raw in enumerate(phase["requests"]):
                if not kinds or raw["kind"] in kinds:
                    yield Sent(phase["phase"], index, raw)

    @cached_property
    def dashboard(self) -> Dashboard:
        raw = next(iter(self._of("dashboards").values()))
        return Dashboard(
            uuid=raw["uuid"],
            id=self.raw["id"],
            title=raw["dashboard_title"],
            origin=self._origin,
            position=raw["position"],
            metadata=raw["metadata"],
            raw=raw,
        )

    @cached_property
    def charts(self) -> Mapping[int, Chart]:
        """The charts by the numbers that they have in the layout and in the requests."""
        ids = {
            node["meta"]["uuid"]: node["meta"]["chartId"]
            for node in self.dashboard.position.values()
            if isinstance(node, dict) and node.get("type") == "CHART"
        }
        found = {}
        for raw in self._of("charts").values():
            chart_id = ids[raw["uuid"]]
            found[chart_id] = Chart(
                uuid=raw["uuid"],
                id=chart_id,
                name=raw["slice_name"],
                viz_type=raw["viz_type"],
                origin=self._origin,
                params=raw["params"],
                cache_timeout=raw.get("cache_timeout"),
                dataset_uuid=raw.get("dataset_uuid"),
                raw=raw,
            )
        return found

    @cached_property
    def datasets(self) -> Mapping[str, Dataset]:
        return {raw["uuid"]: self._dataset(raw) for raw in self._of("datasets").values()}

    @cached_property
    def databases(self) -> Mapping[str, Database]:
        return {
            raw["uuid"]: Database(
                uuid=raw["uuid"],
                id=None,
                name=raw["database_name"],
                origin=self._origin,
                cache_timeout=raw.get("cache_timeout"),
                raw=raw,
            )
            for raw in self._of("databases").values()
        }

    @cached_property
    def filters(self) -> Mapping[str, NativeFilter]:
        return {item.id: item for item in self.dashboard.filters}

    @cached_property
    def _origin(self) -> Origin:
        return Origin(None, self.name)

    def _of(self, folder: str) -> Mapping[str, Any]:
        return {path: raw for path, raw in self._files.items() if path.split("/")[1] == folder}

    def _dataset(self, raw: Mapping[str, Any]) -> Dataset:
        return Dataset(
            uuid=raw["uuid"],
            id=None,
            name=raw["table_name"],
            origin=self._origin,
            columns=tuple(
                Column(c["column_name"], c.get("type"), bool(c.get("is_dttm")), c.get("expression"))
                for c in raw["columns"]
            ),
            metrics=tuple(Metric(m["metric_name"], m["expression"]) for m in raw["metrics"]),
            sql=raw.get("sql"),
            main_dttm_col=raw.get("main_dttm_col"),
            cache_timeout=raw.get("cache_timeout"),
            database_uuid=raw.get("database_uuid"),
            raw=raw,
        )


def _files(path: Path) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".yaml"):
                yield name, yaml.safe_load(archive.read(name))


@cache
def capture(name: str) -> Capture:
    return Capture(name)
