"""Weights of dashboards: from options, CSV and JSON; what is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashlint.assets import Dashboard, Origin
from dashlint.capacity.views import ViewsError, from_file, from_options

SALES = Dashboard(
    "11111111-0000-0000-0000-000000000000", 7, "Sales overview", Origin(None, "e"), slug="sales"
)
STOCK = Dashboard("22222222-0000-0000-0000-000000000000", 8, "Stock", Origin(None, "e"))
BOTH = [SALES, STOCK]


def test_options() -> None:
    assert from_options(["Sales*=5"], BOTH) == {SALES.uuid: 5.0, STOCK.uuid: 1.0}
    assert from_options(["8=0", "sales=0.5"], BOTH) == {SALES.uuid: 0.5, STOCK.uuid: 0.0}


@pytest.mark.parametrize(
    "text", ["dashboard,views\nsales,3\nSTOCK,1\n7,4\n", "\ufeffDashboard;Views;x\n7;7;\nStock;1;\n\n"]
)
def test_csv(tmp_path: Path, text: str) -> None:
    path = tmp_path / "views.csv"
    path.write_text(text, encoding="utf-8")
    assert from_file(path, BOTH) == ({SALES.uuid: 7.0, STOCK.uuid: 1.0}, ())


def test_json_and_strangers(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    path.write_text('{"Sales overview": 12, "Gone": 3}', encoding="utf-8")
    assert from_file(path, BOTH) == ({SALES.uuid: 12.0}, ("Gone",))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("v.csv", "title,count\nSales,1\n", "v.csv:1: the first line must name"),
        ("v.csv", "dashboard,views\nSales overview,many\n", "v.csv:2: 'many' is no number"),
        ("v.csv", "dashboard,views\nSales overview\n", "v.csv:2: this line has fewer columns"),
        ("v.csv", "dashboard,views\nSales overview,-1\n", "v.csv:2: -1 cannot be"),
        ("v.csv", "dashboard,views\nOther,1\n", "views of no dashboard"),
        ("v.csv", "", "v.csv:1: the first line"),
        ("v.json", "[1]", "write an object"),
        ("v.json", "{", "is no JSON"),
        ("v.json", '{"Stock": "x"}', "'x' is no number"),
    ],
)
def test_mistakes_in_a_file(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ViewsError) as error:
        from_file(path, BOTH)
    assert said in str(error.value)


@pytest.mark.parametrize("pair", ["Sales", "=3", "Nothing=1", "Stock=x", "Stock=-1", "Stock=inf"])
def test_mistakes_in_options(pair: str) -> None:
    with pytest.raises(ViewsError) as error:
        from_options([pair], BOTH)
    assert pair in str(error.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ViewsError) as error:
        from_file(tmp_path / "none.csv", BOTH)
    assert "No such file" in str(error.value)
