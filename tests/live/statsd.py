"""What a real Superset sends as StatsD: a listener on loopback, and everything that makes it speak."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.live.superset_client import SupersetSession

#: Numbers in names: how often a query was looked for again, statuses of HTTP.
_LINE = re.compile(r"(?P<name>[^:|@#]+):(?P<value>[-+0-9.eE]+)\|(?P<kind>c|g|ms|s|h)")


class Listener:
    """Takes StatsD lines on a free UDP port of loopback, and hands them on to ``forward`` if given."""

    def __init__(self, forward: int | None = None) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._forward = forward
        self.port: int = self._socket.getsockname()[1]
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        while True:
            try:
                data = self._socket.recv(65_536)
            except OSError:
                return
            if not data:
                return
            self.lines += data.decode().split("\n")
            if self._forward is not None:
                self._socket.sendto(data, ("127.0.0.1", self._forward))

    def close(self) -> None:
        """Ends the listener."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(10)
        self._socket.close()


def names(lines: Iterable[str]) -> dict[str, str]:
    """The kind (``c``, ``g``, ``ms``) of each name, sorted by name."""
    found: dict[str, str] = {}
    for line in lines:
        match = _LINE.match(line)
        if match:
            found[match["name"]] = match["kind"]
    return dict(sorted(found.items()))


def values(lines: Iterable[str], name: str) -> list[float]:
    """The values sent under a name."""
    matches = (_LINE.match(line) for line in lines)
    return [float(match["value"]) for match in matches if match and match["name"] == name]


def configuration(snippet: str, folder: Path) -> Path:
    """A configuration for the Superset of the tests: ``snippet``, and the package that it needs.

    Superset does not bring ``statsd`` along. Its environment here is shared and stays as it is: the package
    of ours goes into a folder of its own.
    """
    found = importlib.util.find_spec("statsd")
    assert found is not None
    assert found.origin is not None
    packages = folder / "packages"
    shutil.copytree(
        Path(found.origin).parent, packages / "statsd", ignore=shutil.ignore_patterns("__pycache__")
    )
    path = folder / "more_config.py"
    # superset/config.py has looked for the package before it reads a configuration; so it looks again.
    begin = f"import sys\n\nsys.path.insert(0, {str(packages)!r})\n"
    again = "import importlib\nimport superset.stats_logger\n\nimportlib.reload(superset.stats_logger)\n"
    path.write_text(f"{begin}{again}\n{snippet}", encoding="utf-8")
    return path


def drive(session: SupersetSession) -> list[str]:
    """Makes Superset emit what it emits: dashboards, charts cached and not, failures, SQL Lab.

    Returns what was asked and answered, for messages.
    """
    asked: list[str] = []

    def ask(method: str, path: str, **more: Any) -> Any:
        answer = session.request(method, path, **more)
        asked.append(f"{method} {path} {answer.status_code}")
        return answer

    dashboards = ask("GET", "/api/v1/dashboard/?q=(page_size:3)").json()["result"]
    for dashboard in dashboards:
        number = dashboard["id"]
        ask("GET", f"/superset/dashboard/{number}/")
        for part in ("", "/charts", "/datasets", "/tabs"):
            ask("GET", f"/api/v1/dashboard/{number}{part}")
        ask("POST", f"/api/v1/dashboard/{number}/filter_state", json={"value": "{}"})
    ask("POST", "/superset/log/?explode=events", data={"events": json.dumps([{"event_name": "load_chart"}])})
    ask("GET", "/health")
    # A chart as a browser asks for it: not cached, cached, forced; and one whose column is not there.
    datasets = ask("GET", "/api/v1/dataset/?q=(page_size:2)").json()["result"]
    for dataset in datasets:
        query = question(dataset["id"])
        ask("POST", "/api/v1/chart/data", json=query)
        ask("POST", "/api/v1/chart/data", json=query)
        ask("POST", "/api/v1/chart/data", json={**query, "force": True})
    ask("POST", "/api/v1/chart/data", json=question(datasets[0]["id"], columns=["no_such_column"]))
    broken = question(datasets[0]["id"])
    broken["queries"][0]["extras"] = {"where": "no_such_function(1) > 0"}
    ask("POST", "/api/v1/chart/data", json=broken)
    ask("POST", "/api/v1/chart/data", json={"queries": "none"})
    for chart in ask("GET", "/api/v1/chart/?q=(page_size:3)").json()["result"]:
        ask("GET", f"/api/v1/chart/{chart['id']}")
        ask("GET", f"/api/v1/chart/{chart['id']}/data/")
        ask("PUT", "/api/v1/chart/warm_up_cache", json={"chart_id": chart["id"]})
    # SQL Lab.
    databases = ask("GET", "/api/v1/database/").json()["result"]
    for sql in ("SELECT 1 AS one", "SELECT no_such_column", "SELECT 1 FROM no_such_table"):
        ask(
            "POST",
            "/api/v1/sqllab/execute/",
            json={
                "database_id": databases[0]["id"],
                "sql": sql,
                "runAsync": False,
                "client_id": f"c{len(asked)}",
            },
        )
    ask("GET", "/api/v1/sqllab/")
    ask("GET", "/api/v1/database/999/table/none/")
    ask("GET", "/api/v1/me/")
    return asked


def question(dataset: int, columns: list[str] | None = None) -> dict[str, Any]:
    """A chart's request for the number of rows of a dataset."""
    count = {"expressionType": "SQL", "sqlExpression": "COUNT(*)", "label": "n"}
    query: dict[str, Any] = {"columns": columns or [], "metrics": [count], "row_limit": 10, "filters": []}
    return {
        "datasource": {"id": dataset, "type": "table"},
        "force": False,
        "queries": [query],
        "result_format": "json",
        "result_type": "full",
    }
