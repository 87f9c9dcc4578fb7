"""What a fleet costs: processor time and memory per workspace, for many workspaces, with 1 and 2 at a time.

    python benchmarks/fleet.py --workspaces 100 300 1000 --concurrency 1 2

Workspaces hold ``--dashboards`` with 10 charts and 2 datasets each, made by generate.py: as many different
ones as ``--different`` says, each read by several workspaces. One line of CSV per run on stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workspaces", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--different", type=int, default=20)
    parser.add_argument("--dashboards", type=int, default=10)
    options = parser.parse_args()
    many = options.dashboards
    size = ("--dashboards", str(many), "--charts", str(10 * many), "--datasets", str(2 * many))
    print(
        "workspaces,concurrency,wall_seconds,cpu_seconds,cpu_per_workspace,own_cpu_seconds,own_peak_mib,"
        "child_median_mib,child_peak_mib,load",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="dashlint-fleet-") as name:
        folder = Path(name)
        for number in range(options.different):
            made = [sys.executable, str(HERE / "generate.py"), *size, "--seed", str(number)]
            subprocess.run([*made, str(folder / f"{number}.zip")], check=True, stdout=subprocess.DEVNULL)
        for count in options.workspaces:
            for concurrency in options.concurrency:
                measure(folder, count, options.different, concurrency)


def measure(folder: Path, count: int, different: int, concurrency: int) -> None:
    entries = (f'[[workspaces]]\nname = "w{n}"\npath = "{n % different}.zip"\n' for n in range(count))
    inventory = folder / f"{count}.toml"
    inventory.write_text("\n".join(entries), encoding="utf-8")
    out = folder / "report.json"
    command = [sys.executable, "-m", "dashlint", "fleet", str(inventory), "--format", "json"]
    command += ["--concurrency", str(concurrency), "--store", str(folder / f"results-{count}-{concurrency}")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with out.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
        own = 0
        while process.poll() is None:
            own = max(own, held(process.pid))
            time.sleep(0.2)
    wall = time.perf_counter() - begun
    assert process.returncode in (0, 1), process.returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    workspaces = json.loads(out.read_text(encoding="utf-8"))["workspaces"]
    assert all(each["state"] == "done" for each in workspaces)
    children = [each["memory"] / 2**20 for each in workspaces]
    inside = sum(each["cpu"] for each in workspaces)
    values = (
        *(count, concurrency, f"{wall:.1f}", f"{cpu:.1f}", f"{cpu / count:.3f}"),
        *(f"{cpu - inside:.1f}", f"{own / 1024:.0f}"),
        *(f"{statistics.median(children):.0f}", f"{max(children):.0f}", f"{os.getloadavg()[0]:.1f}"),
    )
    print(",".join(map(str, values)), flush=True)


def held(pid: int) -> int:
    """The most KiB that a process held so far, its children apart (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    main()
