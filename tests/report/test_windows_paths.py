"""Paths as Windows writes them, in what other systems read."""

from __future__ import annotations

import json
import ntpath
import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from dashlint.assets import Location, Problem
from dashlint.lint import repository
from dashlint.report import json_report, places, sarif
from dashlint.report.model import Counts, Report
from dashlint.report.places import Place
from dashlint.sources.folder import Folder

HERE = r"C:\Work\Repo"


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules that take paths apart, with Windows' rules for it."""
    for module in (repository, places):
        monkeypatch.setattr(module, "PurePath", PureWindowsPath)
    monkeypatch.setattr(repository, "os", SimpleNamespace(path=ntpath))
    monkeypatch.setattr(repository, "Path", SimpleNamespace(cwd=lambda: HERE))
    monkeypatch.setattr(repository, "_root", lambda here: here)
    forget()
    yield
    forget()


def forget() -> None:
    repository._relative.cache_clear()
    places._split_archive.cache_clear()


@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize(
    ("file", "place"),
    [
        (r"exports\a b.yaml", Place("exports/a b.yaml", inside=True)),
        (r"..\Repo\exports\a.yaml", Place("exports/a.yaml", inside=True)),
        (r"c:\work\REPO\a.yaml", Place("a.yaml", inside=True)),
        (r"exports\prod.zip/charts/a.yaml", Place("exports/prod.zip", inside=True, member="charts/a.yaml")),
        (r"D:\exports\a.yaml", Place("D:/exports/a.yaml", inside=False)),
        (r"\\server\share\a.yaml", Place("//server/share/a.yaml", inside=False)),
    ],
)
def test_places_have_slashes(file: str, place: Place) -> None:
    assert places.place_of(Location(file)) == place


def test_addresses_of_files_elsewhere() -> None:
    drive = sarif._physical(Place("D:/ex ports/a.yaml", inside=False))
    assert drive == {"artifactLocation": {"uri": "file:///D:/ex%20ports/a.yaml"}}
    share = sarif._physical(Place("//server/share/a.yaml", inside=False))
    assert share == {"artifactLocation": {"uri": "file://server/share/a.yaml"}}


def test_json_has_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be compared, or become a comment, on another system."""
    monkeypatch.setattr(json_report, "_SEPARATOR", "\\")
    problem = Problem("unreadable-file", r"a\b", r"exports\a.yaml", 3)
    report = Report(
        "", assumed_version=True, counts=Counts(0, 0, 0), dashboards=(), findings=(), problems=(problem,)
    )
    read = json.loads(json_report.render(report))
    assert read["problems"] == [
        {"kind": "unreadable-file", "message": r"a\b", "file": "exports/a.yaml", "line": 3, "column": None}
    ]
    assert json_report.portable({"file": None}) == {"file": None}


def test_files_of_a_folder_have_its_separators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    r"""After \\?\, Windows takes a slash for a letter."""
    (tmp_path / r"charts\a.yaml").write_bytes(b"a: 1")
    folder = Folder(str(tmp_path), ".")
    with monkeypatch.context() as patched:
        patched.setattr(os, "sep", "\\")
        assert folder.on_disk("charts/a.yaml") == f"{tmp_path}/charts\\a.yaml"
        assert folder.read("charts/a.yaml") == b"a: 1"
        assert folder.shown("charts/a.yaml") == r"charts\a.yaml"
