"""Statements that a real Superset ran on PostgreSQL, given back to the charts that sent them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dashlint.analysis import Analysis
from dashlint.incidents.candidates import gather
from dashlint.incidents.matching import Match, Matcher
from dashlint.incidents.model import Observed
from dashlint.sources import read
from tests.live.test_compiled_sql import BUNDLED, SETTINGS, _import, asker, server, warehouse
from tests.truth.compiled import Asker

__all__ = ["asker", "server", "warehouse"]

#: A condition of a filter, for datasets that have its column.
FILTER = {"col": "country_code", "op": "IN", "val": ["DE", "FR"]}


def test_statements_are_given_to_their_charts(asker: Asker, warehouse: str, tmp_path: Path) -> None:
    """Every seventh chart of the example's dashboards, as it is and filtered by country."""
    assert warehouse
    _import(asker, BUNDLED)
    analysis = Analysis(read(BUNDLED), SETTINGS, None, None)
    matcher = Matcher(gather(analysis).candidates)
    ids = asker.datasets()
    right = shared = 0
    wrong: list[str] = []
    for chart in analysis.workspace.charts[::7]:
        dataset = analysis.dataset_of(chart)
        for query in analysis.queries(chart):
            if dataset is None or not dataset.column_by_name:
                continue
            sent: list[dict[str, Any]] = [dict(query.raw)]
            if "country_code" in dataset.column_by_name:
                sent.append({**query.raw, "filters": [*query.raw.get("filters", ()), FILTER]})
            for raw in sent:
                run = asker.run(ids[dataset.uuid], raw)
                # Only time offsets make more than one statement; a semicolon in a comment is none's end.
                for sql in run if query.time_offsets else ["; ".join(run)]:
                    found = matcher.match(Observed(sql, 1.0))
                    owners = [c.sender.uuid for c in found.candidates] if isinstance(found, Match) else []
                    right += owners == [chart.uuid]
                    shared += len(owners) > 1 and chart.uuid in owners
                    if chart.uuid not in owners:
                        wrong.append(f"{chart.name}: {found}\n{sql}")
    assert not wrong, "\n\n".join(wrong)
    assert right > 15
    assert shared <= right / 5
