"""How long reading an export takes, against PyYAML's C loader merely parsing the same files.

    python benchmarks/read_exports.py                     # 1,000 dashboards, 10,000 charts, 500 datasets
    python benchmarks/read_exports.py --dashboards 100 --charts 1000 --datasets 50
    python benchmarks/read_exports.py --at /tmp/export    # generated there once, and kept

Each measurement runs in its own process, several times in turn; the fastest of each counts. The ratio is what
matters: the seconds belong to the machine. CPU time, so that other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate import generate

PYYAML = """
import sys, time, yaml
from pathlib import Path
paths = [str(p) for p in Path(sys.argv[1]).rglob("*.yaml")]
start = time.process_time()
for path in paths:
    with open(path, "rb") as file:
        yaml.load(file.read(), Loader=yaml.CSafeLoader)
print(time.process_time() - start)
"""
READ = """
import sys, time, resource
start = time.process_time()
from dashlint.sources import read
workspace = read(sys.argv[1])
print(time.process_time() - start)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
assert workspace.charts and not workspace.problems, workspace.problems[:3]
"""
LOCATE = """
import sys, time
from dashlint.sources import read
workspace = read(sys.argv[1])
start = time.process_time()
for asset in (*workspace.charts, *workspace.datasets, *workspace.dashboards):
    assert asset.origin.location("uuid").line
for chart in workspace.charts:
    chart.origin.location("params.row_limit")
print(time.process_time() - start)
"""


def measure(program: str, path: Path) -> tuple[float, float | None]:
    """CPU seconds, and MiB where the program tells."""
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
    )
    return float(result.stdout), float(result.stderr) if result.stderr.strip() else None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dashboards", type=int, default=1_000)
    parser.add_argument("--charts", type=int, default=10_000)
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at", type=Path, help="where the export is, or shall be kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        at = given.at or Path(temporary)
        folder, archive = at / "folder", at / "export.zip"
        sizes = {"dashboards": given.dashboards, "charts": given.charts, "datasets": given.datasets}
        for target in (folder, archive):
            if not target.exists():
                generate(target, **sizes)
        programs = {
            "PyYAML's C loader, folder": (PYYAML, folder),
            "dashlint reads the folder": (READ, folder),
            "dashlint reads the ZIP": (READ, archive),
            "a line for every asset, two for charts": (LOCATE, folder),
        }
        best: dict[str, float] = {}
        memory: dict[str, float] = {}
        for _ in range(given.rounds):
            for name, (program, path) in programs.items():
                seconds, mebibytes = measure(program, path)
                best[name] = min(seconds, best.get(name, seconds))
                if mebibytes is not None:
                    memory[name] = mebibytes
        base = best["PyYAML's C loader, folder"]
        for name, seconds in best.items():
            tail = f"  {memory[name]:6.0f} MiB" if name in memory else ""
            print(f"{name:40} {seconds:7.2f} s  {seconds / base:5.2f} ×{tail}")


if __name__ == "__main__":
    main()
