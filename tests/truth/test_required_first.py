"""What DL207 tells of cascades that come first, against what browsers sent."""

from __future__ import annotations

from collections import Counter

import pytest

from dashlint.analysis import Analysis
from dashlint_rules.filters.required_first_cascade import RequiredFirstCascade
from tests.truth.captures import capture

RELEASES = ("4.1.4", "5.0.0", "6.0.0", "6.1.0")


@pytest.mark.parametrize("release", RELEASES)
def test_charts_take_the_first_item_of_each_whole_list(release: str) -> None:
    captured = capture(f"made_up/{release}/first_items_in_a_chain")
    (load,) = (p for p in captured.raw["phases"] if p["phase"] == "load")
    options = [r for r in load["requests"] if r["kind"] == "filter_options"]
    charts = [r for r in load["requests"] if r["kind"] == "chart"]
    assert len(options) + len(charts) in (7, 8, 9)
    # Each chart once, and with values of which no row has all three.
    assert Counter(r["slice_id"] for r in charts) == dict.fromkeys(captured.charts, 1)
    for request in charts:
        chosen = [f["val"] for f in request["queries"][0]["filters"]]
        assert chosen == [["East Asia & Pacific"], ["Afghanistan"], ["ABW"]]
    asked = Counter(captured.filters[r["native_filter_id"]].name for r in options)
    again = {name for name, times in asked.items() if times > 1}
    assert again == {"Country", "Code"}

    analysis = Analysis(captured.workspace, captured.settings)
    (finding,) = RequiredFirstCascade().check_dashboard(captured.dashboard, analysis)
    assert finding.asset.name == "Region"
    assert "hold back 2 charts" in finding.message
    assert finding.message.endswith("asked for again (“Country”, “Code”)")
