"""The metrics that PromQL expressions ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

#: Metrics of exporters that do not run in tests, with their documentation.
DOCUMENTED_BY: dict[str, str] = json.loads(
    (Path(__file__).parent / "data" / "documented.json").read_text(encoding="utf-8")
)
DOCUMENTED = frozenset(DOCUMENTED_BY)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|\b(?:by|on|without)\s*\([^)]*\)')
_NAME = re.compile(r"[a-z_:][a-z0-9_:]*(?!\s*\(|[a-z0-9_:])", re.IGNORECASE)
_WORDS = frozenset({"and", "or", "unless", "offset", "m", "by", "on"})


def expressions(files: Mapping[str, str]) -> dict[str, str]:
    """The expressions of the alerts and of the panels, by their names."""
    rules = yaml.safe_load(files["alerts.yml"])["groups"]
    panels = json.loads(files["grafana-dashboard.json"])["panels"]
    found = {rule["alert"]: rule["expr"] for group in rules for rule in group["rules"]}
    return found | {f"{p['title']}/{t['refId']}": t["expr"] for p in panels for t in p["targets"]}


def metrics_of(texts: Iterable[str]) -> set[str]:
    """Names of metrics: what is left of an expression without labels, ranges, functions and keywords."""
    bare = (re.sub(r"offset\s+\w+", "", _TEXT.sub(" ", _TEXT.sub(" ", text))) for text in texts)
    return {name for text in bare for name in _NAME.findall(text) if name not in _WORDS}


def metrics_in(files: Mapping[str, str]) -> set[str]:
    """All that alerts and panels ask for."""
    return metrics_of(expressions(files).values())
