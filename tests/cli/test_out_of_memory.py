"""A machine with less memory than an input takes: a sentence and exit code 3, whatever is read."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest

from dashlint_rules.datasets.unparsable_sql import UnparsableSql
from tests.cli.conftest import Run
from tests.sources.exports import shop, write, zipped

resource = pytest.importorskip("resource", reason="limits of a process are POSIX")

#: Runs dashlint with so much address space; the limit is set when everything it needs is loaded.
LIMITED = """
import resource, sys
from dashlint.cli.main import main
import dashlint.sources.yaml_slow, dashlint.sources.archive, dashlint.sources.folder, dashlint.analysis
import dashlint.report.terminal, zipfile, json, decimal
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
most = used + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
sys.argv = ["dashlint", *sys.argv[2:]]
main()
"""
SENTENCE = (
    "dashlint: error: the input needs more memory than there is: name fewer exports at once, "
    "or lower the limits in the configuration\n"
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")


def scanned(more_mib: int, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(more_mib), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def small_values(count: int, *, plain: bool) -> bytes:
    """A dataset with columns without end, for the fast reader or for PyYAML."""
    head = "table_name: t\nuuid: u\n" + ("" if plain else "a: yes\n") + "columns:\n"
    return (head + "".join(f"- column_name: c{number}\n" for number in range(count))).encode()


@pytest.mark.parametrize("reader", ["fast reader", "PyYAML"])
@pytest.mark.parametrize("place", ["ZIP", "folder"])
def test_many_small_values_in_many_files_end_in_a_sentence(tmp_path: Path, place: str, reader: str) -> None:
    """No file is beyond a limit, and all together are far beyond what there is."""
    content = small_values(20_000, plain=reader == "fast reader")
    files = shop({f"datasets/shop/d{number}_{number}.yaml": content for number in range(30)})
    path = tmp_path / "export.zip"
    if place == "ZIP":
        path.write_bytes(zipped(files, zipfile.ZIP_STORED))
    else:
        path = write(tmp_path / "export", files)
    done = scanned(60, "scan", path)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", SENTENCE)


def test_enough_memory_is_enough(tmp_path: Path) -> None:
    assert scanned(60, "scan", write(tmp_path / "export", shop())).returncode in {0, 1}


def test_it_is_no_failure_of_a_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> None:
    def check(*_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(UnparsableSql, "check_dataset", check)
    outcome = run("scan", write(tmp_path / "export", shop()))
    assert (outcome.code, outcome.stdout, outcome.stderr) == (3, "", SENTENCE)
