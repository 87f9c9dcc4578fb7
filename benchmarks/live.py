"""How much a scan of a running Superset asks of it, against `superset-cli` and `sup`, which pull the same.

    python benchmarks/live.py --superset-cli /path/to/superset-cli --sup /path/to/sup
    python benchmarks/live.py                   # dashlint alone

A real Superset 6.1 with its own examples (tests/live) stands behind a proxy on loopback that counts. Each
measurement is a process of its own, several times in turn; the median of the seconds counts, start to end:
most of them are the server's. `superset-cli` is of PyPI's package preset-cli, `sup` of superset-sup, each in
an environment of its own. `sup` logs in at Preset only: preset_gate.py stands in for that and gives it a
token, so that it asks nothing of this server to log in. It has a command for each kind of asset; all three
make up what the others read, but for charts after the 50th that are on no dashboard.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.preset_gate import open_gate
from tests.live.superset_server import SupersetServer, start
from tests.sources_rest.faulty import FaultyProxy

DASHLINT = (sys.executable, "-m", "dashlint", "scan", "--format", "json", "--fail-on", "never")


class Pull(NamedTuple):
    """One run: seconds from its start to its end, requests, and bytes of answers (not compressed)."""

    seconds: float
    requests: int
    bytes: int


#: What is measured, and how.
Measurement = tuple[str, Callable[[], Pull]]


def measured(proxy: FaultyProxy, environment: dict[str, str], *commands: Sequence[str]) -> Pull:
    """What ``commands`` take, one after the other."""
    proxy.asked.clear()
    proxy.bytes_sent = 0
    begun = time.monotonic()
    for command in commands:
        result = subprocess.run(
            command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
        )
        if result.returncode != 0:
            raise SystemExit(f"{command[0]} ended with {result.returncode}: {result.stderr[-500:]}")
    return Pull(time.monotonic() - begun, len(proxy.asked), proxy.bytes_sent)


def change_one_chart(server: SupersetServer, run: int) -> None:
    """As somebody does who saves a chart."""
    with server.session() as session:
        number = session.get("/api/v1/chart/").json()["result"][0]["id"]
        session.put(f"/api/v1/chart/{number}", json={"cache_timeout": 600 + run}).raise_for_status()


def dashlint_pulls(
    server: SupersetServer, proxy: FaultyProxy, folder: str, run: int
) -> Iterator[Measurement]:
    secret = {"DASHLINT_PASSWORD": server.password, "XDG_CACHE_HOME": f"{folder}/user"}
    # Tables' indexes, which the others do not ask for, are left out.
    scan = (*DASHLINT, "--url", proxy.url, "--username", server.username, "--no-indexes")
    kept = (*scan, "--cache", f"{folder}/pulls")
    if run == 0:
        measured(proxy, secret, kept)  # also what the server does once after its start

    def changed() -> Pull:
        change_one_chart(server, run)
        return measured(proxy, secret, kept)

    yield "scan", lambda: measured(proxy, secret, scan)
    with server.session() as session:
        token = {**secret, "DASHLINT_TOKEN": str(session.headers["Authorization"]).removeprefix("Bearer ")}
    anonymous = (*DASHLINT, "--url", proxy.url, "--no-indexes")
    yield "scan, given a token as sup is", lambda: measured(proxy, token, anonymous)
    yield "scan --cache, first", lambda: measured(proxy, secret, (*scan, "--cache", f"{folder}/{run}"))
    yield "scan --cache, nothing changed", lambda: measured(proxy, secret, kept)
    yield "scan --cache, one chart changed", changed


def superset_cli_pull(server: SupersetServer, proxy: FaultyProxy, program: str, target: Path) -> Pull:
    target.mkdir()
    login = ("-u", server.username, "-p", server.password)
    return measured(proxy, {}, (program, *login, proxy.url, "export-assets", "--overwrite", str(target)))


def sup_pull(server: SupersetServer, proxy: FaultyProxy, program: str, target: Path) -> Pull:
    target.mkdir()
    with server.session() as session:
        login = str(session.headers["Authorization"])
    with open_gate(proxy.url, login, target) as environment:
        commands = [
            (program, kind, "pull", str(target / "assets"), "--porcelain")
            for kind in ("dataset", "chart", "dashboard")
        ]
        return measured(proxy, environment, *commands)


def measure(server: SupersetServer, programs: dict[str, str], runs: int) -> dict[str, list[Pull]]:
    """Measurements by their names. ``programs``: those of the others, as far as they are there."""
    others = {"superset-cli export-assets": superset_cli_pull, "sup dataset, chart, dashboard pull": sup_pull}
    found: dict[str, list[Pull]] = {}
    with contextlib.closing(FaultyProxy(server.url)) as proxy, tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            for name, pull in dashlint_pulls(server, proxy, folder, run):
                found.setdefault(name, []).append(pull())
            for number, (name, other) in enumerate(others.items()):
                if program := programs.get(name.split()[0]):
                    target = Path(folder, f"other-{number}-{run}")
                    found.setdefault(name, []).append(other(server, proxy, program, target))
    return found


def print_table(found: dict[str, list[Pull]]) -> None:
    medians = {name: statistics.median(p.seconds for p in pulls) for name, pulls in found.items()}
    yardsticks = [name for name in found if not name.startswith("scan")]
    print(f"{'':36}{'requests':>9}{'bytes':>11}{'seconds':>9}", *(f"{y.split()[0]:>13}" for y in yardsticks))
    for name, pulls in found.items():
        ratios = (f"{medians[name] / medians[yardstick]:11.2f} ×" for yardstick in yardsticks)
        print(f"{name:36}{pulls[-1].requests:>9}{pulls[-1].bytes:>11,}{medians[name]:>9.2f}", *ratios, end="")
        print(f"   ({', '.join(f'{pull.seconds:.1f}' for pull in pulls)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--superset-cli", help="the program of preset-cli")
    parser.add_argument("--sup", help="the program of superset-sup")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write all figures there")
    options = parser.parse_args()
    programs = {"superset-cli": options.superset_cli, "sup": options.sup}
    server = start()
    try:
        found = measure(server, programs, options.runs)
    finally:
        server.stop()
    print_table(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
