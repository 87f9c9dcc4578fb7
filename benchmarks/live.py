"""How much a scan of a running Superset asks of it, against `superset-cli export-assets` of the same.

    python benchmarks/live.py --superset-cli /path/to/superset-cli
    python benchmarks/live.py                   # dashlint alone

A real Superset 6.1 with its own examples (tests/live) stands behind a proxy on loopback that counts. Each
measurement is a process of its own, several times in turn; the median of the seconds counts, start to end:
most of them are the server's. `superset-cli` is of PyPI's package preset-cli, in an environment of its own.
`sup` (superset-sup) logs in at Preset only, so it cannot be pointed at this server.
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

from tests.live.superset_server import SupersetServer, start
from tests.sources_rest.faulty import FaultyProxy

DASHLINT = (sys.executable, "-m", "dashlint", "scan", "--format", "json", "--fail-on", "never")


class Pull(NamedTuple):
    """One run: seconds from its start to its end, requests, and bytes of answers (not compressed)."""

    seconds: float
    requests: int
    bytes: int


def measured(proxy: FaultyProxy, command: Sequence[str], environment: dict[str, str]) -> Pull:
    proxy.asked.clear()
    proxy.bytes_sent = 0
    begun = time.monotonic()
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}
    )
    seconds = time.monotonic() - begun
    if result.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {result.returncode}: {result.stderr[-500:]}")
    return Pull(seconds, len(proxy.asked), proxy.bytes_sent)


def change_one_chart(server: SupersetServer, run: int) -> None:
    """As somebody does who saves a chart."""
    with server.session() as session:
        number = session.get("/api/v1/chart/").json()["result"][0]["id"]
        session.put(f"/api/v1/chart/{number}", json={"cache_timeout": 600 + run}).raise_for_status()


def measure(server: SupersetServer, superset_cli: str | None, runs: int) -> dict[str, list[Pull]]:
    found: dict[str, list[Pull]] = {}
    with contextlib.closing(FaultyProxy(server.url)) as proxy, tempfile.TemporaryDirectory() as folder:
        secret = {"DASHLINT_PASSWORD": server.password, "XDG_CACHE_HOME": f"{folder}/user"}
        # Tables' indexes, which superset-cli does not ask for, are left out.
        scan = (*DASHLINT, "--url", proxy.url, "--username", server.username, "--no-indexes")
        kept = ("--cache", f"{folder}/pulls")

        def pulls(run: int) -> Iterator[tuple[str, Callable[[], Pull]]]:
            yield "scan", lambda: measured(proxy, scan, secret)
            yield (
                "scan --cache, first",
                lambda: measured(proxy, (*scan, "--cache", f"{folder}/{run}"), secret),
            )
            yield "scan --cache, nothing changed", lambda: measured(proxy, (*scan, *kept), secret)

            def changed() -> Pull:
                change_one_chart(server, run)
                return measured(proxy, (*scan, *kept), secret)

            yield "scan --cache, one chart changed", changed
            if superset_cli:
                login = ("-u", server.username, "-p", server.password)
                command = (
                    superset_cli,
                    *login,
                    proxy.url,
                    "export-assets",
                    "--overwrite",
                    f"{folder}/cli{run}",
                )
                Path(f"{folder}/cli{run}").mkdir()
                yield "superset-cli export-assets", lambda: measured(proxy, command, {})

        measured(proxy, (*scan, *kept), secret)  # also what the server does once after its start
        for run in range(runs):
            for name, pull in pulls(run):
                found.setdefault(name, []).append(pull())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--superset-cli", help="the program of preset-cli")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write all figures there")
    options = parser.parse_args()
    server = start()
    try:
        found = measure(server, options.superset_cli, options.runs)
    finally:
        server.stop()
    medians = {name: statistics.median(p.seconds for p in pulls) for name, pulls in found.items()}
    against = medians.get("superset-cli export-assets")
    print(f"{'':34}{'requests':>9}{'bytes':>10}{'seconds':>9}{'ratio':>8}")
    for name, pulls in found.items():
        ratio = f"{medians[name] / against:.2f} ×" if against else ""
        print(
            f"{name:34}{pulls[-1].requests:>9}{pulls[-1].bytes:>10,}{medians[name]:>9.2f}{ratio:>8}"
            f"   ({', '.join(f'{pull.seconds:.1f}' for pull in pulls)})"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
