"""Queries of made-up charts against those that each version's own front end builds.

``front_end/record.py`` tells how ``data/front_end/VERSION.json.gz`` came to be.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from dashlint.assets import Chart, Origin
from dashlint.superset import queries
from dashlint.superset.settings import VERSIONS, Settings
from tests.truth.captures import DATA
from tests.truth.fields import Difference, differences

FLAGS = {"AG_GRID_TABLE_ENABLED": True, "CHART_PLUGINS_EXPERIMENTAL": True}


def recorded(version: str) -> list[dict[str, Any]]:
    text = gzip.decompress((DATA / "front_end" / f"{version}.json.gz").read_bytes())
    charts: list[dict[str, Any]] = json.loads(text)
    return charts


@pytest.mark.parametrize("version", VERSIONS)
def test_queries_are_those_of_the_front_end(version: str) -> None:
    settings = Settings(version=version, feature_flags=FLAGS)
    found: list[Difference] = []
    compared = 0
    for number, case in enumerate(recorded(version)):
        where = f"{version} #{number} {case['viz_type']}"
        chart = Chart("c", 1, "c", case["viz_type"], Origin(None, "test"), params=case["params"])
        built = queries.build(chart, None, settings, case["extra"], own_state=case["own_state"])
        if len(built) != len(case["queries"]):
            found.append(Difference(where, "queries", case.get("error", len(case["queries"])), len(built)))
            continue
        for captured, ours in zip(case["queries"], built, strict=True):
            found += differences(where, captured, ours)
            compared += 1
    assert compared > 400
    assert not found, "\n".join(
        f"{d.where} {d.field}: {d.captured!r}, predicted {d.predicted!r}" for d in found
    )
