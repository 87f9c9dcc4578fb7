"""The other end of :mod:`dashlint.fleet.child`: scans one workspace, as ``dashlint scan`` does.

A job comes as one line of JSON on stdin, the result leaves as JSON on stdout. stdin stays open for as long as
the parent lives.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashlint.cli import choices, inputs, scan, servers
from dashlint.cli.process import GARBAGE_THRESHOLD, leave
from dashlint.fleet.model import (
    DONE,
    FAILED,
    Failure,
    Figures,
    Known,
    Load,
    Result,
    Widest,
    Workspace,
    result_values,
)
from dashlint.lint.model import Severity
from dashlint.report.text import visible

if TYPE_CHECKING:
    from dashlint.assets import Problem
    from dashlint.report.model import DashboardSummary, Report

#: What another try may mend (dashlint.sources.rest.failures and .answers, dashlint.catalog.live.failures).
#: A refused login is not among them: a wrong password is as wrong a minute later, and accounts get locked.
_TRANSIENT = frozenset(
    {
        "connection-broken",
        "connection-refused",
        "proxy-failure",
        "rate-limited",
        "server-error",
        "server-unavailable",
        "timeout",
        "truncated-answer",
        "unknown-host",
        "unreachable",
    }
)
#: Problems of a workspace that are kept; the whole report has all.
_PROBLEMS = 20


def main() -> None:
    """What :mod:`dashlint.fleet.child` starts."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    job = json.loads(sys.stdin.readline())
    # The workspace's own file decides, not the folder somebody happened to stand in.
    os.chdir(job["folder"])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    result = judge(read_workspace(job["workspace"]), job)
    json.dump(result_values(result), sys.stdout)
    leave(0)


def judge(workspace: Workspace, job: Mapping[str, Any]) -> Result:
    """Scans a workspace; the errors that dashlint expects are in the result."""
    from dashlint.catalog.errors import CatalogError
    from dashlint.deployment.errors import DeploymentError
    from dashlint.lint.config import ConfigError
    from dashlint.sources.errors import SourceError

    try:
        report = _report(workspace, job["allow_plugins"])
    except ConfigError as error:
        return _failed(workspace, Failure("configuration", visible(str(error)), 2))
    except (SourceError, CatalogError, DeploymentError) as error:
        kind = getattr(error, "kind", "unusable")
        return _failed(
            workspace, Failure(kind, visible(str(error)), error.exit_code, transient=kind in _TRANSIENT)
        )
    if job["report"] is not None:
        from dashlint.cli.outputs import write_file
        from dashlint.report.json_report import render

        path = Path(job["report"])
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, render(report))
    return result_of(workspace.name, report)


def result_of(name: str, report: Report) -> Result:
    """What is kept of a report. Texts are made harmless: they end up in databases and at terminals."""
    return Result(
        name,
        DONE,
        figures=Figures(
            visible(report.superset),
            report.counts.dashboards,
            report.counts.charts,
            report.counts.datasets,
            report.count_of(Severity.ERROR),
            report.count_of(Severity.WARNING),
            report.count_of(Severity.INFO),
            _heaviest(report.dashboards),
            _widest(report.dashboards),
        ),
        findings=tuple(
            Known(
                f.rule,
                visible(f.asset.uuid),
                visible(f.location.field or ""),
                f.severity.value,
                f.asset.kind,
                visible(f.asset.name),
                visible(f.message),
                fails=report.fails(f),
            )
            for f in report.findings
        ),
        fails=any(map(report.fails, report.findings)),
        problems=tuple(_problems(report.problems)),
        cpu=round(time.process_time(), 3),
        memory=_most_memory(),
    )


def read_workspace(raw: Mapping[str, Any]) -> Workspace:
    """A workspace as JSON brings it: lists become tuples."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Workspace(**values)


def _report(workspace: Workspace, allow_plugins: bool | None) -> Report:
    sources = [Path(path) for path in workspace.paths]
    path = Path(workspace.config) if workspace.config is not None else None
    chosen = choices.Choices(profile=workspace.profile, allow_plugins=allow_plugins)
    config = choices.settled(inputs.read_config(path, sources), chosen)
    server = servers.ServerOptions(
        url=workspace.url,
        username=os.environ.get("DASHLINT_USERNAME") if workspace.url is not None else None,
        provider=workspace.provider,
        ca_bundle=Path(workspace.ca_bundle) if workspace.ca_bundle is not None else None,
        insecure=workspace.insecure,
        dashboards=workspace.dashboards,
        published_only=workspace.published_only,
        timeout=workspace.timeout,
        indexes=workspace.indexes,
    )
    facts = inputs.Facts(
        catalog=workspace.catalog,
        superset_version=workspace.superset_version,
        superset_config=Path(workspace.superset_config) if workspace.superset_config is not None else None,
        timeout=workspace.timeout,
    )
    return scan.run(sources, server, config, facts)


def _failed(workspace: Workspace, failure: Failure) -> Result:
    return Result(workspace.name, FAILED, failure=failure)


def _heaviest(dashboards: Iterable[DashboardSummary]) -> Load | None:
    """The dashboard whose cold load is known or bounded highest; reports order by that already."""
    known = (
        d for d in dashboards if d.memory_on_load.upper is not None or d.memory_on_load.expected is not None
    )
    first = next(known, None)
    if first is None:
        return None
    return Load(visible(first.title), first.memory_on_load.expected, first.memory_on_load.upper)


def _widest(dashboards: Iterable[DashboardSummary]) -> Widest | None:
    found = max(
        (d for d in dashboards if d.widest_filter is not None),
        key=lambda d: d.widest_filter[1] if d.widest_filter is not None else 0,
        default=None,
    )
    if found is None or found.widest_filter is None:
        return None
    name, charts = found.widest_filter
    return Widest(visible(found.title), visible(name), charts)


def _problems(problems: Iterable[Problem]) -> Iterable[str]:
    told = [visible(f"{p.file}: {p.message}" if p.file else p.message) for p in problems]
    yield from told[:_PROBLEMS]
    if len(told) > _PROBLEMS:
        yield f"and {len(told) - _PROBLEMS} more"


def _most_memory() -> int | None:
    """The most bytes that this process held; None where the system does not tell.

    On Linux, ``ru_maxrss`` is at least what the parent held when it started this process (the kernel's
    fs/exec.c:exec_mmap hands it on), so it is asked for ``VmHWM`` there (proc(5)).
    """
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text("ascii"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        found = None
    if found is not None:
        return int(found[1]) * 1024
    peak: int | None = None
    if sys.platform != "win32":
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return peak


def _end_with_parent() -> None:
    """Ends this process when the parent does: nobody would read what it finds."""
    sys.stdin.read()
    os._exit(1)
