"""Reads what matters here from a ``superset_config.py``, without running it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashlint.assets import Problem
from dashlint.superset.literals import UNKNOWN, read_names
from dashlint.superset.settings import Settings

#: Keys of superset/config.py that hold a whole number, and the field of Settings for each.
_NUMBERS = {
    "ROW_LIMIT": "row_limit",
    "SQL_MAX_ROW": "sql_max_row",
    "SAMPLES_ROW_LIMIT": "samples_row_limit",
    "NATIVE_FILTER_DEFAULT_ROW_LIMIT": "native_filter_default_row_limit",
    "FILTER_SELECT_ROW_LIMIT": "filter_select_row_limit",
    "TABLE_VIZ_MAX_ROW_SERVER": "table_viz_max_row_server",
    "CACHE_DEFAULT_TIMEOUT": "cache_default_timeout",
}
#: All keys that a prediction rests on.
KEYS = (*_NUMBERS, "DATA_CACHE_CONFIG", "DASHBOARD_AUTO_REFRESH_MODE", "FEATURE_FLAGS")


def read(path: Path, settings: Settings) -> tuple[Settings, list[Problem]]:
    """Settings with what a configuration file sets; problems for what could not be known.

    In: the file, and the defaults to start from. A key whose value only the running server
    knows keeps its default, and a problem says so. Raises nothing for a bad file: that is a
    problem, too.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except OSError as error:
        return settings, [
            Problem("unreadable-file", f"the configuration cannot be read: {error.strerror}", file)
        ]
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        return settings, [
            Problem(
                "unreadable-file", "the configuration is not valid Python, so nothing was read", file, line
            )
        ]
    names = read_names(tree)
    problems = [
        Problem(
            "unknown-setting",
            f"what {key} is set to is only known when Superset runs; its default is assumed "
            f"(say it with --setting {key}=…)",
            file,
        )
        for key in KEYS
        if key in names and names[key] is UNKNOWN
    ]
    known = {key: names[key] for key in KEYS if key in names and names[key] is not UNKNOWN}
    for key in list(known):
        reason = _wrong(key, known[key])
        if reason is not None:
            problems.append(Problem("unknown-setting", f"{key} {reason}; its default is assumed", file))
            del known[key]
    return apply(known, settings), problems


def apply(values: Mapping[str, Any], settings: Settings) -> Settings:
    """Settings with single values by the names of superset/config.py. Other names are left out."""
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if _wrong(key, value) is not None:
            continue
        if key in _NUMBERS:
            changes[_NUMBERS[key]] = int(value)
        elif key == "DASHBOARD_AUTO_REFRESH_MODE":
            changes["auto_refresh_mode"] = str(value)
        elif key == "FEATURE_FLAGS":
            flags = {str(name): on for name, on in value.items() if isinstance(on, bool)}
            changes["feature_flags"] = {**settings.feature_flags, **flags}
        elif key == "DATA_CACHE_CONFIG":
            changes |= _cache(value)
        else:
            continue
        changes.setdefault("given", settings.given)
        changes["given"] |= {key}
    return replace(settings, **changes)


def _cache(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value.get("CACHE_TYPE", "NullCache")
    timeout = value.get("CACHE_DEFAULT_TIMEOUT")
    changes: dict[str, Any] = {
        "data_cache_default_timeout": int(timeout) if isinstance(timeout, (int, float)) else None
    }
    # A cache of one's own, or a name that only the server knows, is a cache all the same.
    changes["data_cache_type"] = kind if isinstance(kind, str) else "unknown"
    return changes


def _wrong(key: str, value: Any) -> str | None:
    """Why a value cannot be what a key is set to."""
    if key in _NUMBERS:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        return None if fits else f"is {value!r}, not a number"
    if key in ("DATA_CACHE_CONFIG", "FEATURE_FLAGS"):
        return None if isinstance(value, Mapping) else "is no mapping"
    return None
