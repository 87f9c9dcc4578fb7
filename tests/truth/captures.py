"""What a browser sent, and the export of the same dashboard: see ``data/README.md``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from dashlint.assets import Chart, Dashboard, Dataset, NativeFilter, Workspace
from dashlint.sources import read
from dashlint.superset.settings import Settings, modelled_version

DATA = Path(__file__).parent / "data"
NAMES = tuple(sorted(path.stem for path in DATA.glob("*.json")))
#: More of them, by release: ``made_up/6.1.0/NAME``, ``made_up/6.1.0-matrixify/NAME``.
BY_RELEASE = tuple(sorted(str(path.relative_to(DATA).with_suffix("")) for path in DATA.glob("*/*/*.json")))
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

    def requests(self, *kinds: str) -> Iterator[Sent]:
        for phase in self.raw["phases"]:
            for index, raw in enumerate(phase["requests"]):
                if not kinds or raw["kind"] in kinds:
                    yield Sent(phase["phase"], index, raw)

    @property
    def settings(self) -> Settings:
        """What the server was configured with; a folder may name the release and a feature flag."""
        if "/" not in self.name:
            return SETTINGS
        release, _, flag = self.name.split("/")[1].partition("-")
        flags = {flag.upper(): True} if flag else {}
        return SETTINGS.with_values(version=modelled_version(release), feature_flags=flags)

    @cached_property
    def workspace(self) -> Workspace:
        path = DATA / self.name
        return read([str(path.parent / "exports" / f"{path.name}.zip")])

    @property
    def dashboard(self) -> Dashboard:
        (dashboard,) = self.workspace.dashboards
        return dashboard

    @cached_property
    def charts(self) -> Mapping[int, Chart]:
        """The charts by the numbers that they have in the layout and in the requests."""
        return {
            place.chart_id: place.chart
            for place in self.workspace.placements(self.dashboard)
            if place.chart is not None and place.chart_id is not None
        }

    @cached_property
    def filters(self) -> Mapping[str, NativeFilter]:
        return {item.id: item for item in self.dashboard.filters}

    def target(self, native_filter: NativeFilter) -> Dataset | None:
        """The dataset that a filter's options come from."""
        target = native_filter.target
        return self.workspace.target_dataset(self.dashboard, target) if target is not None else None


@cache
def capture(name: str) -> Capture:
    return Capture(name)
