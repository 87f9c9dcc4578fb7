"""A fleet as JSON, version 1: fields are only ever added. Bytes are integers, null is unknown."""

from __future__ import annotations

import json
from typing import Any

from dashlint.fleet.model import Known, Result, result_values
from dashlint.fleet.overview import Overview


def render(shown: Overview) -> str:
    """One JSON document, two spaces deep, with a newline at the end."""
    document = {
        "version": 1,
        "dashlint": shown.run.dashlint,
        "run": {"id": shown.run.id, "started": shown.run.started.isoformat()},
        "summary": {
            "workspaces": len(shown.results),
            "done": len(shown.done),
            "failed": len(shown.failed),
            "waiting": shown.waiting,
            "dashboards": shown.counted("dashboards"),
            "charts": shown.counted("charts"),
            "findings": {
                "error": shown.counted("errors"),
                "warning": shown.counted("warnings"),
                "info": shown.counted("infos"),
            },
            "new": sum(1 for _ in shown.new()),
        },
        "workspaces": [_workspace(result) for result in shown.results],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _workspace(result: Result) -> dict[str, Any]:
    values = result_values(result)
    del values["findings"]
    return {
        "name": values.pop("workspace"),
        **values,
        "findings": [_finding(finding) for finding in result.findings],
    }


def _finding(finding: Known) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "asset": {"kind": finding.kind, "uuid": finding.asset, "name": finding.name},
        "field": finding.field,
        "new": finding.new,
        "fails": finding.fails,
    }
