"""How fast dashlint is, as ratios: seconds belong to the machine, ratios to the program.

    python benchmarks/run.py                        # everything; some minutes
    python benchmarks/run.py --rounds 1 --at /tmp/exports    # once each; exports are made there once and kept

- A full scan (all rules, JSON report) of 1,000 dashboards, 10,000 charts and 500 datasets, against PyYAML's C
  loader merely parsing the same files; and its peak memory.
- The same for a tenth of it: does the time grow as the number of charts does?
- A scan of one file of the large export, as a hook makes it: the first one, and the next, which finds
  what the first has kept; against the full scan.
- The same full scan by the clock, in one process and in two, and against PyYAML's C loader by the clock. This
  needs two processors with nothing else to do.
- The HTML report of the large export, and ``dashlint diff`` of it with itself: time and peak memory.
- With ``--huge``: 100,000 charts.
- A scan of one file, and ``--version``, against ``python -c "import yaml"``.

Python may keep bytecode, as it does after an installation, and everything has run once before it is measured.
Each measurement is the CPU time (user and system) of a process of its own, if it does not say otherwise; the
fastest of several counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate import generate

DASHLINT = [sys.executable, str(Path(sysconfig.get_path("scripts")) / "dashlint")]
ONE_FILE = Path(__file__).resolve().parents[1] / "fixtures/rules/DL101/clean/dashboards/Tabbed_1.yaml"
SIZES = {
    "large": {"dashboards": 1_000, "charts": 10_000, "datasets": 500},
    "tenth": {"dashboards": 100, "charts": 1_000, "datasets": 50},
}
HUGE = {"dashboards": 10_000, "charts": 100_000, "datasets": 5_000}
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
PARSE = """
import sys, yaml
from pathlib import Path
for path in Path(sys.argv[1]).rglob("*.yaml"):
    with open(path, "rb") as file:
        yaml.load(file.read(), Loader=yaml.CSafeLoader)
"""


class Measured(NamedTuple):
    """CPU seconds and peak MiB of a process, and its seconds by the clock."""

    seconds: float
    mebibytes: float
    clock: float


def measure(command: list[str]) -> Measured:
    """Runs a command once; scans end with 1, since they find something."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stderr is not None
    said = process.stderr.read()
    _pid, status, used = os.wait4(process.pid, 0)
    clock = time.monotonic() - begun
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {code}: {said.decode(errors='replace')}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Measured(used.ru_utime + used.ru_stime, used.ru_maxrss / unit, clock)


def fastest(commands: dict[str, list[str]], rounds: int) -> dict[str, Measured]:
    """The fastest run of each command, in turn, so that a busy minute hits all alike."""
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            now = measure(command)
            before = best.get(name, now)
            best[name] = Measured(
                min(now.seconds, before.seconds),
                max(now.mebibytes, before.mebibytes),
                min(now.clock, before.clock),
            )
    return best


def line(name: str, value: str, target: str = "") -> None:
    print(f"{name:52} {value:>18}  {target}", flush=True)


def whole(at: Path, rounds: int) -> None:
    commands = {}
    for name, size in SIZES.items():
        folder = at / name
        if not folder.exists():
            generate(folder, **size)
        commands[f"parse {name}"] = [sys.executable, "-c", PARSE, str(folder)]
        commands[f"scan {name}"] = [*DASHLINT, "scan", "--jobs", "1", "--format", "json", str(folder)]
    best = fastest(commands, rounds)
    scan, parse = best["scan large"], best["parse large"]
    small, small_parse = best["scan tenth"], best["parse tenth"]
    line("10,000 charts: PyYAML's C loader parses the files", f"{parse.seconds:.2f} s")
    line("10,000 charts: full scan", f"{scan.seconds:.2f} s")
    line("  against parsing", f"{scan.seconds / parse.seconds:.2f} ×", "at most 1.0 ×")
    line("  peak memory", f"{scan.mebibytes:.0f} MiB", "below 1024 MiB")
    line("1,000 charts: full scan", f"{small.seconds:.2f} s")
    line("  against parsing", f"{small.seconds / small_parse.seconds:.2f} ×")
    line("ten times the charts take", f"{scan.seconds / small.seconds:.1f} × the time", "10 × is linear")
    hook(at, rounds, scan)
    processes(at, rounds)
    reports(at, scan)


def hook(at: Path, rounds: int, scan: Measured) -> None:
    """One file of the large export of each kind, without and with what an earlier run has kept."""
    root = next((at / "large").rglob("dashboards")).parent
    for kind in ("dashboards", "charts", "datasets"):
        file = min((root / kind).rglob("*.yaml"))
        command = [*DASHLINT, "scan", "--format", "json", str(file)]
        with tempfile.TemporaryDirectory() as kept:
            ENVIRONMENT["DASHLINT_CACHE_DIR"] = kept
            first = measure(command)
            again = fastest({kind: command}, rounds)[kind]
        del ENVIRONMENT["DASHLINT_CACHE_DIR"]
        line(f"one of the {kind} of the large export, first", f"{first.seconds:.2f} s")
        ratio = f"{again.seconds:.2f} s  {again.seconds / scan.seconds:.2f} ×"
        line("  again, against the full scan", ratio, "at most 0.3 ×")


def processes(at: Path, rounds: int) -> None:
    """The full scan by the clock."""
    folder = str(at / "large")
    scan = [*DASHLINT, "scan", "--format", "json", folder, "--jobs"]
    best = fastest(
        {
            "parse": [sys.executable, "-c", PARSE, folder],
            "one": [*scan, "1"],
            "two": [*scan, "2"],
        },
        rounds,
    )
    one, two, parse = best["one"], best["two"], best["parse"].clock
    line("10,000 charts by the clock: C loader parses the files", f"{parse:.2f} s")
    line("  full scan in one process", f"{one.clock:.2f} s  {one.clock / parse:.2f} ×")
    line("  full scan in two processes", f"{two.clock:.2f} s  {two.clock / parse:.2f} ×")
    line("  two are faster", f"{one.clock / two.clock:.2f} ×")
    line("  and take more CPU time", f"{two.seconds / one.seconds:.2f} ×")


def reports(at: Path, scan: Measured) -> None:
    large = str(at / "large")
    for name, command in {
        "HTML report of the large export": [
            *DASHLINT,
            "scan",
            large,
            "--jobs",
            "1",
            "--format",
            "json",
            "--output",
            f"html={at}/x.html",
        ],
        "diff of the large export with itself": [*DASHLINT, "diff", large, large, "--format", "json"],
    }.items():
        found = measure(command)
        line(name, f"{found.seconds:.1f} s  {found.seconds / scan.seconds:.1f} ×", "against the full scan")
        line("  peak memory", f"{found.mebibytes:.0f} MiB")


def huge(at: Path) -> None:
    folder = at / "huge"
    if not folder.exists():
        generate(folder, **HUGE)
    found = measure([*DASHLINT, "scan", "--format", "json", str(folder)])
    line("100,000 charts: full scan", f"{found.seconds:.0f} s")
    line("  peak memory", f"{found.mebibytes:.0f} MiB", "below 1536 MiB")


def start(rounds: int) -> None:
    scan = [*DASHLINT, "scan", str(ONE_FILE)]
    best = fastest(
        {
            "yaml": [sys.executable, "-c", "import yaml"],
            "--version": [*DASHLINT, "--version"],
            "one file, text": scan,
            "one file, JSON": [*scan, "--format", "json"],
            "one file, with colours": [*scan, "--color", "always"],
        },
        rounds,
    )
    base = best.pop("yaml").seconds
    line('python -c "import yaml"', f"{base * 1000:.0f} ms")
    for name, measured in best.items():
        ratio = f"{measured.seconds * 1000:.0f} ms  {measured.seconds / base:.1f} ×"
        line(f"  {name}", ratio, "" if "colours" in name else "at most 3 ×")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each large scan runs")
    parser.add_argument("--at", type=Path, help="where the exports are, or shall be kept")
    parser.add_argument("--huge", action="store_true", help="100,000 charts as well; some minutes")
    parser.add_argument("--only", choices=("start", "whole"), help="one half of it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = f"{temporary}/bytecode"
        ENVIRONMENT["XDG_CACHE_HOME"] = f"{temporary}/cache"  # nothing is kept from earlier runs
        measure([*DASHLINT, "scan", str(ONE_FILE)])
        if given.only != "whole":
            start(given.rounds * 5)
        if given.only != "start":
            whole(given.at or Path(temporary), given.rounds)
        if given.huge:
            huge(given.at or Path(temporary))


if __name__ == "__main__":
    main()
