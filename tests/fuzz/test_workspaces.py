"""Whole exports, made up and real ones with changes: each command comes to an end of its own."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import commands, whole
from tests.fuzz.workspaces import Export, pack, write

#: `DASHLINT_FUZZ_EXAMPLES=5000 pytest tests/fuzz` looks for longer, and each time at others.
EXAMPLES = os.environ.get("DASHLINT_FUZZ_EXAMPLES")


def runs(examples: int) -> settings:
    """The same examples each time, unless more of them are asked for."""
    return settings(
        max_examples=int(EXAMPLES) if EXAMPLES else examples,
        derandomize=not EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


exports = whole.exports


@given(exports, exports, whole.calls, whole.places)
@runs(40)
def test_every_command_ends_by_itself(export: Export, other: Export, lines: list[str], place: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        whole.run(Path(name), export, other, lines, place)


def report(path: Path) -> dict[str, Any]:
    """What a scan says; nothing where there was nothing usable."""
    outcome = commands.check("scan {} --today 2026-01-05 --persona pedantic --format json", path, path)
    found: dict[str, Any] = json.loads(outcome.stdout) if outcome.stdout else {"findings": []}
    return found


def findings(found: dict[str, Any], root: str) -> list[str]:
    """What was found, without where the export lay."""
    return sorted(json.dumps(finding, sort_keys=True).replace(root, "") for finding in found["findings"])


@given(exports, st.randoms(use_true_random=False))
@runs(10)
def test_a_folder_and_its_zip_say_the_same_in_any_order(export: Export, random: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = whole.encoded(export)
        one = report(write(folder / "folder" / "export", files))
        names = sorted(files)
        random.shuffle(names)
        other = report(pack(folder / "export.zip", {path: files[path] for path in names}))
        root = f"{folder}/folder/export/"
        assert findings(one, root) == findings(other, f"{folder}/export.zip/export/")


#: Each is a file that is there and says nothing.
UNREADABLE = (
    b"slice_name: [",
    b"\0",
    b"viz_type: *a",
    b"- x",
    b"slice_name: a\nviz_type: " + b"[" * 1_000,
    b"\xff",
)


@given(exports, st.sampled_from(UNREADABLE))
@runs(10)
def test_a_file_that_cannot_be_read_changes_nothing_about_the_others(export: Export, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "export"
        write(folder, whole.encoded(export))
        before = findings(report(folder), str(folder))
        (folder / "charts").mkdir(exist_ok=True)
        (folder / "charts" / "zz_99.yaml").write_bytes(data)
        after = findings(report(folder), str(folder))
        assert [one for one in after if "charts/zz_99.yaml" not in one] == before
