"""SQL against what the captured server ran: ``response[].query``, its first statement."""

from __future__ import annotations

from datetime import datetime

from dashlint.chart_sql.compiling import Surroundings, statements
from dashlint.superset import queries
from tests.truth.captures import NAMES, SETTINGS, Sent, capture
from tests.truth.compiled import normal
from tests.truth.test_queries import predict

#: When the dashboards were recorded; relative ranges depend on it.
RECORDED = datetime(2026, 11, 22, 12)
#: Recordings keep so many characters of a statement; longer ones are not compared.
KEPT = 600


def test_every_statement_that_was_kept_whole() -> None:
    compared = 0
    different = []
    for name in NAMES:
        captured = capture(name)
        for sent in captured.requests("chart", "legacy"):
            chart = captured.charts[sent.slice_id]
            dataset = captured.workspace.dataset_of(chart)
            legacy = sent.kind == "legacy"
            assert dataset is not None
            built = queries.build(chart, dataset, SETTINGS) if legacy else predict(captured, sent)[0]
            for query, theirs in zip(built, _kept(sent), strict=False):
                if theirs is None:
                    continue
                where = Surroundings("sqlite", SETTINGS, RECORDED)
                ours = statements(query, dataset, where, legacy=legacy)[0]
                compared += 1
                if ours.error or normal(ours.sql, "sqlite") != normal(theirs, "sqlite"):
                    different.append(f"{name} {sent.phase} {chart.name}:\n{ours.error or ours.sql}\n{theirs}")
    assert not different, "\n\n".join(different)
    assert compared > 440


def _kept(sent: Sent) -> list[str | None]:
    """The first statement of each query's answer; None where it is not there, or was cut."""
    texts = [answer.get("query") for answer in sent.raw.get("response", ())]
    return [text.split(";\n\n")[0] if text and len(text) < KEPT else None for text in texts]
