"""Fingerprints of what dashboards consist of, to tell which ones a change touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from dashlint.analysis import Analysis
from dashlint.assets import Asset, Dashboard, Dataset

#: Not part of an asset's contents: where it came from, its number in one server, and its text, which repeats
#: it (of a chart also the saved query context, which Explore makes of the rest whenever it is saved).
_APART = frozenset({"origin", "id", "raw", "dataset_id", "database_id", "owners", "chart_ids"})


def contents(analysis: Analysis) -> Mapping[str, str]:
    """For each dashboard's uuid a fingerprint of it, its charts, their datasets and its filters' datasets."""
    known: dict[int, str] = {}

    def one(asset: Asset) -> str:
        if id(asset) not in known:
            known[id(asset)] = _fingerprint(asset)
        return known[id(asset)]

    found = {}
    for dashboard in analysis.workspace.dashboards:
        parts = sorted({one(asset) for asset in _parts(dashboard, analysis)})
        found[dashboard.uuid] = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    return found


def _parts(dashboard: Dashboard, analysis: Analysis) -> Iterator[Asset]:
    yield dashboard
    datasets: dict[Dataset | None, None] = {}
    for chart in analysis.workspace.charts_of(dashboard):
        yield chart
        datasets[analysis.dataset_of(chart)] = None
    for native_filter in dashboard.filters:
        datasets[analysis.target_dataset(dashboard, native_filter)] = None
    for dataset in datasets:
        if dataset is None:
            continue
        yield dataset
        yield from analysis.datasets_read_by(dataset)
        database = analysis.database_of(dataset)
        if database is not None:
            yield database


def _fingerprint(asset: Asset) -> str:
    values: dict[str, Any] = {
        field.name: getattr(asset, field.name) for field in fields(asset) if field.name not in _APART
    }
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(f"{type(asset).__name__} {text}".encode("utf-8", "surrogatepass")).hexdigest()
