"""What a person may name: files, folders, parts of exports, several at once, and what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashlint.assets import Workspace
from dashlint.sources import SourceError, read
from tests.sources.exports import CHART_UUID, chart, dashboard, dataset, shop, write, zipped

OTHER_UUID = "66666666-6666-4666-8666-666666666666"
OTHER_DASHBOARD = "77777777-7777-4777-8777-777777777777"


def two_dashboards(folder: Path) -> Path:
    return write(
        folder,
        shop(
            {
                "charts/Other_8.yaml": chart(slice_name="Other", uuid=OTHER_UUID),
                "dashboards/Other_2.yaml": dashboard(
                    (8, OTHER_UUID), dashboard_title="Other", uuid=OTHER_DASHBOARD, slug=None
                ),
            }
        ),
    )


def focused(workspace: Workspace) -> set[str]:
    assert workspace.focused is not None
    return {str(getattr(asset, "title", None) or getattr(asset, "name", None)) for asset in workspace.focused}


def test_a_chart_brings_the_dashboards_that_use_it(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    workspace = read(tmp_path / "charts/Sales_7.yaml")
    assert len(workspace.charts) == 2
    assert set(workspace.focus or ()) == {str(tmp_path / "charts/Sales_7.yaml")}
    assert focused(workspace) == {"Sales", "Shop"}


def test_a_dataset_brings_its_charts_and_their_dashboards(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    workspace = read(tmp_path / "datasets/shop/orders.yaml")
    assert focused(workspace) == {"orders", "Sales", "Other", "Shop"} | {"Other"}


def test_a_dashboard_brings_its_charts(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    workspace = read(tmp_path / "dashboards/Other_2.yaml")
    assert focused(workspace) == {"Other", "orders"}


def test_several_files_of_one_root_are_one_reading(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    workspace = read([tmp_path / "charts/Sales_7.yaml", tmp_path / "charts/Other_8.yaml"])
    assert len(workspace.charts) == 2
    assert focused(workspace) == {"Sales", "Other", "Shop"}
    assert workspace.problems == ()


def test_metadata_of_an_export_touches_nothing(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    assert read(tmp_path / "metadata.yaml").focused == frozenset()


def test_overrides_stand_for_the_file_that_they_override(tmp_path: Path) -> None:
    write(two_dashboards(tmp_path), {"charts/Sales_7.overrides.yaml": {"cache_timeout": 5}})
    workspace = read(tmp_path / "charts/Sales_7.overrides.yaml")
    assert focused(workspace) == {"Sales", "Shop"}


@pytest.mark.parametrize("part", ["charts", "datasets", "datasets/shop", "dashboards", "databases"])
def test_a_part_of_an_export_is_read_with_the_whole(tmp_path: Path, part: str) -> None:
    two_dashboards(tmp_path)
    workspace = read(tmp_path / part)
    assert (len(workspace.dashboards), len(workspace.charts), len(workspace.datasets)) == (2, 2, 1)
    assert workspace.focus is not None
    assert all(Path(file).is_relative_to(tmp_path / part) for file in workspace.focus)


def test_a_whole_export_beside_a_file_is_in_focus(tmp_path: Path) -> None:
    two_dashboards(tmp_path / "a")
    write(tmp_path / "b", shop())
    workspace = read([tmp_path / "a/charts/Sales_7.yaml", tmp_path / "b"])
    assert {Path(file).relative_to(tmp_path).as_posix() for file in workspace.focus or ()} == {
        "a/charts/Sales_7.yaml",
        "b/dashboards/Shop_1.yaml",
        "b/charts/Sales_7.yaml",
        "b/datasets/shop/orders.yaml",
        "b/databases/shop.yaml",
    }


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    workspace = read([tmp_path, tmp_path / "charts", tmp_path / "charts/Sales_7.yaml", tmp_path])
    assert (len(workspace.dashboards), len(workspace.charts)) == (2, 2)
    assert workspace.problems == ()


def test_only_the_export_is_read_around_a_file(tmp_path: Path) -> None:
    two_dashboards(tmp_path)
    write(tmp_path, {"other/charts/x.yaml": chart(uuid="x"), "secret.yaml": "a: [\n"})
    workspace = read(tmp_path / "charts/Sales_7.yaml")
    assert len(workspace.charts) == 2
    assert workspace.problems == ()


def test_a_file_without_a_root_is_read_alone(tmp_path: Path) -> None:
    write(tmp_path, {"mine.yaml": chart(), "other.yaml": chart(uuid=OTHER_UUID)})
    workspace = read(tmp_path / "mine.yaml")
    assert [c.uuid for c in workspace.charts] == [CHART_UUID]
    assert set(workspace.focus or ()) == {str(tmp_path / "mine.yaml")}


def test_files_are_shown_as_they_were_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_dashboards(tmp_path / "bi/export")
    monkeypatch.chdir(tmp_path)
    for named in ("bi", "bi/", "./bi", "bi/export", "bi/export/charts/Sales_7.yaml"):
        workspace = read(named)
        assert {c.origin.file for c in workspace.charts} == {
            "bi/export/charts/Sales_7.yaml",
            "bi/export/charts/Other_8.yaml",
        }
        assert {c.origin.root for c in workspace.charts} == {"bi/export"}
    monkeypatch.chdir(tmp_path / "bi/export")
    assert set(read("charts/Sales_7.yaml").focus or ()) == {"charts/Sales_7.yaml"}
    assert read(".").charts[0].origin.file == "charts/Other_8.yaml"
    assert read(".").charts[0].origin.root == "."
    monkeypatch.chdir(tmp_path / "bi/export/charts")
    assert set(read("Sales_7.yaml").focus or ()) == {"Sales_7.yaml"}
    assert {d.origin.file for d in read("Sales_7.yaml").datasets} == {"../datasets/shop/orders.yaml"}


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip", "charts/nowhere.yaml"])
def test_what_does_not_exist_is_wrong_usage(tmp_path: Path, name: str) -> None:
    write(tmp_path, shop())
    with pytest.raises(SourceError, match="does not exist") as caught:
        read([tmp_path, tmp_path / name])
    assert (caught.value.kind, caught.value.exit_code) == ("no-such-path", 2)


@pytest.mark.parametrize("address", ["https://me:secret@superset.example.com", Path("http://me:secret@host")])
def test_an_address_is_no_path(address: str | Path) -> None:
    with pytest.raises(SourceError, match="give it with --url") as caught:
        read(address)
    assert caught.value.exit_code == 2
    assert "secret" not in str(caught.value)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path)
    assert caught.value.exit_code == 3
    assert caught.value.message == (
        f"{tmp_path}: no Superset dashboard, chart, dataset or database in it: "
        "name an export's ZIP, its folder, or a YAML file in it"
    )


def test_a_folder_of_zips_says_to_name_them(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(zipped(shop()))
    with pytest.raises(SourceError, match=r"no Superset .* in it, but 1 ZIP: name the ZIP itself"):
        read(tmp_path)


def test_a_file_of_another_program(tmp_path: Path) -> None:
    write(tmp_path, {"deployment.yaml": "kind: Deployment\n"})
    with pytest.raises(SourceError, match="no Superset dashboard, chart, dataset or database in it"):
        read(tmp_path / "deployment.yaml")


def test_a_broken_file_beside_good_ones(tmp_path: Path) -> None:
    write(tmp_path, shop())
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    workspace = read([tmp_path / "broken.zip", tmp_path / "charts/Sales_7.yaml"])
    assert len(workspace.charts) == 1
    assert [p.kind for p in workspace.problems] == ["damaged-zip"]


def test_a_single_broken_file_says_where(tmp_path: Path) -> None:
    write(tmp_path, {"x.yaml": "slice_name: a\nb: [\n"})
    with pytest.raises(SourceError, match=r"x\.yaml, line 3: it cannot be read as YAML"):
        read(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("layout", "root_of_chart"),
    [
        (["charts/a.yaml", "datasets/shop/orders.yaml"], ""),
        (["bi/prod/charts/a.yaml", "bi/prod/datasets/orders.yaml"], "bi/prod"),
        # superset-cli's folder for each dashboard
        (["dashboards/Shop/dashboard.yaml", "dashboards/Shop/charts/a.yaml"], "dashboards/Shop"),
        # Superset's own examples
        (["sales/dashboard.yaml", "sales/dataset.yaml", "sales/charts/a.yaml"], "sales"),
        # a database that is called like a folder of ours
        (["datasets/charts/orders.yaml", "charts/a.yaml"], ""),
        # everything in one folder
        (["bi/shop_dashboard.yaml", "bi/orders_dataset.yaml", "bi/a_chart.yaml"], "bi"),
    ],
)
def test_roots(tmp_path: Path, layout: list[str], root_of_chart: str) -> None:
    def content(path: str) -> dict[str, Any]:
        if "dashboard" in Path(path).name:
            return dashboard((7, CHART_UUID))
        return dataset() if "orders" in path or "dataset" in Path(path).name else chart()

    write(tmp_path, {path: content(path) for path in layout})
    workspace = read(tmp_path)
    expected = str(tmp_path / root_of_chart)
    origins = [a.origin for a in workspace.charts]
    origins += [a.origin for a in workspace.datasets] + [a.origin for a in workspace.dashboards]
    assert {origin.root for origin in origins} == {expected}
    assert workspace.problems == ()
    # A chart's file alone leads to the same root, where there is more than the file's own folder.
    [path] = [p for p in layout if content(p)["uuid"] == CHART_UUID]
    around = read(tmp_path / path)
    assert around.charts[0].origin.root == expected
    if "charts/" in path:
        assert len(around.datasets) == len(workspace.datasets)
        assert len(around.dashboards) == len(workspace.dashboards)
