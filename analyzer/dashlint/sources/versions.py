"""Which Superset wrote an export, as far as its contents tell.

Keys that a version was the first to export (superset/models and superset/connectors: ``export_fields``, and
superset/commands/*/export.py, of 4.1.4, 5.0.0, 6.0.0 and 6.1.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashlint.sources.kinds import DASHBOARD, DATABASE, DATASET

_KEYS = {
    DASHBOARD: (("theme_uuid", "6.0.0"),),
    DATASET: (("currency_code_column", "6.1.0"), ("folders", "6.0.0")),
    DATABASE: (("configuration_method", "6.1.0"), ("impersonate_user", "5.0.0")),
}


def oldest_version(assets: Iterable[tuple[str, Mapping[str, Any]]]) -> str | None:
    """The oldest Superset that can have written all of this; None when nothing tells.

    Args:
        assets: the kind of each, and what it says.
    """
    hints = {hint for kind, raw in assets for hint in _hints(kind, raw)}
    return max(hints, default=None)


def _hints(kind: str, raw: Mapping[str, Any]) -> Iterable[str]:
    for key, version in _KEYS.get(kind, ()):
        if key in raw:
            yield version
    if kind == DASHBOARD:
        metadata = raw.get("metadata")
        if isinstance(metadata, Mapping) and "chart_customization_config" in metadata:
            yield "6.1.0"
    elif kind == DATASET:
        columns = raw.get("columns")
        first = columns[0] if isinstance(columns, list) and columns else None
        if isinstance(first, Mapping) and "datetime_format" in first:
            yield "6.1.0"
