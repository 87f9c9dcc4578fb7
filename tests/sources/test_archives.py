"""ZIPs and folders that are damaged, hostile or merely odd."""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import pytest

from dashlint.limits import limited
from dashlint.sources import SourceError, read
from tests.sources.exports import CHART_UUID, DATA, chart, shop, write, zipped

LARGE = (
    "it has more than 1 MiB, which is the most that is read of one file "
    "(limits.file-mib in the configuration)"
)
MANY = (
    "the folder holds more than 50 YAML files, and what comes after them is not read: "
    "name a part of it, or raise limits.files in the configuration"
)


def save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not a ZIP file: it is empty, so export it again"),
        (b"<!DOCTYPE html><html>", "is not a ZIP file: it holds a web page, perhaps Superset's login page"),
        (b"\n<html><body>Login", "is not a ZIP file: it holds a web page"),
        (b'{"message": "Forbidden"}', "is not a ZIP file: it holds JSON, perhaps an error message"),
        (b"hello", "is not a ZIP file: name an export's ZIP, its folder, or a YAML file in it"),
    ],
    ids=["empty", "page", "page after a blank", "json", "text"],
)
def test_what_is_no_zip(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = save(tmp_path / "export.zip", data)
    with pytest.raises(SourceError, match=re.escape(f"{path} {sentence}")) as caught:
        read(path)
    assert (caught.value.kind, caught.value.exit_code) == ("not-a-zip", 3)


def test_a_zip_that_is_cut_short(tmp_path: Path) -> None:
    data = (DATA / "chart.zip").read_bytes()
    path = save(tmp_path / "export.zip", data[: len(data) // 2])
    with pytest.raises(SourceError, match="is cut short or damaged: download or copy it once more") as caught:
        read(path)
    assert (caught.value.kind, caught.value.exit_code) == ("damaged-zip", 3)


def test_a_zip_with_one_damaged_member(tmp_path: Path) -> None:
    data = bytearray(zipped(shop(), zipfile.ZIP_STORED))
    place = data.index(b"table_name: orders")
    data[place : place + 5] = b"xxxxx"
    workspace = read(save(tmp_path / "export.zip", bytes(data)))
    [problem] = workspace.problems
    assert problem.kind == "unreadable-file"
    assert problem.file == f"{tmp_path}/export.zip/datasets/shop/orders.yaml"
    assert problem.message.startswith("its part of the ZIP is damaged")
    assert len(workspace.charts) == 1


def test_a_zip_by_any_other_name(tmp_path: Path) -> None:
    path = save(tmp_path / "download", zipped(shop()))
    assert len(read(path).charts) == 1


def test_other_archives_say_what_to_do(tmp_path: Path) -> None:
    path = save(tmp_path / "export.tar.gz", b"\x1f\x8b\x08\x00")
    with pytest.raises(SourceError, match="is packed, but not as a ZIP: unpack it and name the folder"):
        read(path)


def test_old_json_exports_say_what_to_do(tmp_path: Path) -> None:
    path = save(tmp_path / "dashboards.json", b'{"dashboards": [{"__Dashboard__": {}}]}')
    with pytest.raises(SourceError, match="is a JSON export of an old Superset") as caught:
        read(path)
    assert caught.value.kind == "old-export"


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped({"charts/a.yaml": chart()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(signature) + offset
        data[place : place + 2] = struct.pack("<H", struct.unpack("<H", data[place : place + 2])[0] | 1)
    with pytest.raises(
        SourceError, match="it is encrypted: unpack the ZIP with its password and name the folder"
    ):
        read(save(tmp_path / "export.zip", bytes(data)))


@pytest.mark.parametrize(
    "name", ["../charts/a.yaml", "/charts/a.yaml", "x/../../charts/a.yaml", "C:/charts/a.yaml"]
)
def test_paths_that_lead_out_of_the_zip_are_not_read(tmp_path: Path, name: str) -> None:
    workspace = read(
        save(tmp_path / "export.zip", zipped({"charts/b.yaml": chart(), name: chart(slice_name="out")}))
    )
    assert [c.name for c in workspace.charts] == ["Sales"]
    [problem] = workspace.problems
    assert problem.kind == "unsafe-path"
    assert problem.message == "its path leads out of the ZIP, so it is not read"


def test_zips_made_on_windows_and_on_a_mac(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): content for name, content in shop().items()}
    files["__MACOSX/charts/._Sales_7.yaml"] = b"\x00\x05\x16\x07slice_name"
    workspace = read(save(tmp_path / "export.zip", zipped(files)))
    assert (len(workspace.dashboards), len(workspace.charts)) == (1, 1)
    assert workspace.problems == ()


def test_a_zip_in_a_zip_is_named_and_left(tmp_path: Path) -> None:
    data = zipped({**shop(), "more.zip": zipped(shop())})
    workspace = read(save(tmp_path / "export.zip", data))
    assert len(workspace.charts) == 1
    assert [p.kind for p in workspace.problems] == ["nested-zip"]


def test_a_bomb_is_refused_by_what_it_announces(tmp_path: Path) -> None:
    bomb = b"slice_name: a\nviz_type: b\nx: '" + b" " * 5_000_000 + b"'\n"
    data = zipped({**shop(), "charts/bomb.yaml": bomb})
    workspace = read(save(tmp_path / "export.zip", data))
    [problem] = workspace.problems
    assert problem.kind == "too-large"
    assert problem.message == (
        "it grows more than 200 times when unpacked, as no export does, so it is not read "
        "(limits.growth in the configuration)"
    )
    assert len(workspace.charts) == 1


def test_a_bomb_that_announces_less_than_it_holds(tmp_path: Path) -> None:
    bomb = b"slice_name: a\nviz_type: b\nx: '" + b" " * 5_000_000 + b"'\n"
    data = bytearray(zipped({"charts/a.yaml": chart(), "charts/bomb.yaml": bomb}))
    size = struct.pack("<I", len(bomb))
    while size in data:
        place = data.index(size)
        data[place : place + 4] = struct.pack("<I", 1000)
    workspace = read(save(tmp_path / "export.zip", bytes(data)))
    assert len(workspace.charts) == 1
    assert [p.kind for p in workspace.problems] == ["unreadable-file"]


def test_too_much_in_all(tmp_path: Path) -> None:
    text = {
        f"charts/{i}.yaml": f"slice_name: a\nviz_type: b\nuuid: u{i}\nx: {os.urandom(300_000).hex()}\n"
        for i in "12345"
    }
    places = {
        "the ZIP": save(tmp_path / "export.zip", zipped(text)),
        "the folder": write(tmp_path / "x", text),
    }
    for place, path in places.items():
        with limited(total_mib=2):
            workspace = read(path)
            for shown in workspace.charts:
                assert shown.origin.location("slice_name").line == 1, "it can be read once more"
        assert len(workspace.charts) == 3
        assert [p.kind for p in workspace.problems] == ["too-large", "too-large"]
        assert workspace.problems[0].message == (
            f"{place} holds more than 2 MiB, and this file is beyond that "
            "(limits.total-mib in the configuration)"
        )


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    files = shop({"charts/large.yaml": b"slice_name: a\nx: " + os.urandom(600_000).hex().encode()})
    for path in (write(tmp_path / "x", files), save(tmp_path / "export.zip", zipped(files))):
        with limited(file_mib=1):
            workspace = read(path)
        assert [(p.kind, p.message) for p in workspace.problems] == [
            (
                "too-large",
                LARGE,
            )
        ]
        assert len(workspace.charts) == 1


def test_more_files_than_anybody_has(tmp_path: Path) -> None:
    files = {f"charts/{i}.yaml": f"slice_name: a\nviz_type: b\nuuid: u{i}\n" for i in range(60)}
    with limited(files=50):
        workspace = read(write(tmp_path / "x", files))
        assert len(workspace.charts) == 50
        assert [(p.kind, p.message) for p in workspace.problems] == [
            (
                "too-large",
                MANY,
            )
        ]
        with pytest.raises(SourceError, match=r"holds more than 50 files, and is not read: .* limits\.files"):
            read(save(tmp_path / "export.zip", zipped(files)))
    assert len(read(tmp_path / "export.zip").charts) == 60


def entry(name: bytes, content: bytes, *, offset: int | None = None) -> bytes:
    """A stored file as a ZIP holds it: its own head, or, with an ``offset``, its line in the list."""
    fields = (zlib.crc32(content), len(content), len(content), len(name))
    if offset is None:
        return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, *fields, 0) + name + content
    numbers = (*fields, 0, 0, 0, 0, 0, offset)
    return struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, *numbers) + name


def test_files_that_share_their_bytes_count_each(tmp_path: Path) -> None:
    """Overlapping entries: a ZIP of 700 kB that says it holds 2,000 files of 600 kB."""
    content = b"slice_name: a\nviz_type: b\nuuid: u\nx: " + os.urandom(300_000).hex().encode() + b"\n"
    first = entry(b"charts/00000.yaml", content)
    listed = b"".join(entry(b"charts/%05d.yaml" % i, content, offset=0) for i in range(2000))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 2000, 2000, len(listed), len(first), 0)
    path = save(tmp_path / "export.zip", first + listed + end)
    with limited(total_mib=16):
        workspace = read(path)
    assert len(workspace.charts) == 1, "the others lie under another name"
    kinds = Counter(p.kind for p in workspace.problems)
    assert kinds["too-large"] == 2000 - 16 * 1024 * 1024 // len(content)
    assert kinds["unreadable-file"] == 1999 - kinds["too-large"]


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    secret = save(tmp_path / "secret.yaml", b"slice_name: secret\nviz_type: b\nuuid: s\n")
    path = tmp_path / "export.zip"
    path.write_bytes(zipped(shop()))
    with zipfile.ZipFile(path, "a") as target:
        link = zipfile.ZipInfo("charts/link.yaml")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        target.writestr(link, str(secret))
    workspace = read(path)
    assert [c.name for c in workspace.charts] == ["Sales"]
    [problem] = workspace.problems
    assert (
        problem.message
        == "it lies among the charts but holds text and not the keys of an asset, so it is left out"
    )


def test_two_members_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("charts/a.yaml", "slice_name: first\nviz_type: b\nuuid: a\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            target.writestr("charts/a.yaml", "slice_name: last\nviz_type: b\nuuid: a\n")
    workspace = read(path)
    assert [c.name for c in workspace.charts] == ["last"]
    assert [p.kind for p in workspace.problems] == ["duplicate-file"]


def test_links_that_go_in_circles_or_nowhere(tmp_path: Path) -> None:
    write(tmp_path / "export", shop())
    (tmp_path / "export" / "charts" / "again").symlink_to(tmp_path / "export")
    (tmp_path / "export" / "charts" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    workspace = read(tmp_path)
    assert len(workspace.charts) == 1
    [problem] = workspace.problems
    assert (problem.kind, problem.message) == ("unreadable-file", "it is a link to a file that is not there")


def test_a_linked_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", shop())
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "export").symlink_to(tmp_path / "elsewhere")
    assert len(read(tmp_path / "here").charts) == 1


def test_files_and_folders_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, shop({"datasets/secret/x.yaml": "a: 1\n", "charts/secret.yaml": "a: 1\n"}))
    # Tests may run as root, who may open everything.
    real_open, real_scandir = os.open, os.scandir

    def refusing_open(path: str, *args: int, **kwargs: int) -> int:
        if str(path).endswith("secret.yaml"):
            raise PermissionError(13, "Permission denied", path)
        return real_open(path, *args, **kwargs)

    def refusing_scandir(path: str) -> object:
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied", path)
        return real_scandir(path)

    monkeypatch.setattr(os, "open", refusing_open)
    monkeypatch.setattr(os, "scandir", refusing_scandir)
    workspace = read(tmp_path)
    assert {(p.kind, p.message) for p in workspace.problems} == {
        ("unreadable-file", "it cannot be opened: permission denied"),
        ("unreadable-folder", "the folder cannot be opened: permission denied"),
    }
    assert workspace.charts[0].uuid == CHART_UUID


def test_names_that_are_no_text_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    name = os.fsencode(str(tmp_path / "charts")) + b"/caf\xe9_\x1b7.yaml"
    Path(os.fsdecode(name)).write_bytes(b"slice_name: a\nviz_type: b\nuuid: c\n")
    file = read(tmp_path).charts[0].origin.file
    assert file == f"{tmp_path}/charts/caf\N{REPLACEMENT CHARACTER}_\N{REPLACEMENT CHARACTER}7.yaml"


def test_a_member_without_a_name(tmp_path: Path) -> None:
    """Found by fuzzing: Python's own question whether it is a folder fails."""
    data = bytearray(zipped(shop({"zzz": b"nothing"}), zipfile.ZIP_STORED))
    for signature, length, name in ((b"PK\x03\x04", 26, 30), (b"PK\x01\x02", 28, 46)):
        at = data.index(b"zzz") if name == 30 else data.rindex(b"zzz")
        start = data.rindex(signature, 0, at)
        assert at == start + name
        # The name becomes a part of the extra field, which follows it.
        data[start + length : start + length + 4] = struct.pack("<HH", 0, 3)
    path = save(tmp_path / "export.zip", bytes(data))
    assert "" in zipfile.ZipFile(path).namelist()
    workspace = read(path)
    assert ([c.name for c in workspace.charts], workspace.problems) == (["Sales"], ())
