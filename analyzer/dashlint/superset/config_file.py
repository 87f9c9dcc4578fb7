"""Reads a ``superset_config.py`` for what predictions depend on, without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dashlint.assets import Problem
from dashlint.superset.config_ast import Evaluated, evaluate
from dashlint.superset.config_expr import unsure
from dashlint.superset.settings import Settings

#: Key of ``superset/config.py`` → field of :class:`Settings`. All are whole numbers.
NUMBERS: Mapping[str, str] = {
    "ROW_LIMIT": "row_limit",
    "SQL_MAX_ROW": "sql_max_row",
    "SAMPLES_ROW_LIMIT": "samples_row_limit",
    "NATIVE_FILTER_DEFAULT_ROW_LIMIT": "native_filter_default_row_limit",
    "FILTER_SELECT_ROW_LIMIT": "filter_select_row_limit",
    "TABLE_VIZ_MAX_ROW_SERVER": "table_viz_max_row_server",
    "CACHE_DEFAULT_TIMEOUT": "cache_default_timeout",
}
#: All keys that a prediction may rest on.
KEYS = (*NUMBERS, "DATA_CACHE_CONFIG", "DASHBOARD_AUTO_REFRESH_MODE", "FEATURE_FLAGS")
_REFRESH_MODES = ("fetch", "force")
#: Entries of ``DATA_CACHE_CONFIG`` that a prediction rests on.
_PARTS = ("CACHE_TYPE", "CACHE_DEFAULT_TIMEOUT")


def read(path: Path, settings: Settings) -> tuple[Settings, list[Problem]]:
    """The settings with what the file says, and what of it could not be known.

    A key whose value only the running server knows keeps its default, does not count as
    given, and a problem says so. Raises nothing for a bad file: that is a problem, too.
    """
    file = str(path)
    try:
        found = evaluate(path.read_text(encoding="utf-8-sig"))
    except SyntaxError as error:
        sentence = f"{path.name} is no valid Python ({error.msg}), so Superset's defaults are assumed"
        return settings, [Problem("unreadable-file", sentence, file, error.lineno, error.offset)]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        sentence = f"{path.name} cannot be read ({reason}), so Superset's defaults are assumed"
        return settings, [Problem("unreadable-file", sentence, file)]
    problems = [Problem("unknown-setting", sentence, file, line) for sentence, line in _doubts(found)]
    for key in KEYS:
        value = found.values.get(key)
        if key not in found.values or unsure(value):
            continue
        try:
            settings = apply({key: value}, settings)
        except ValueError as error:
            sentence = f"{error}; its default is assumed"
            problems.append(Problem("unknown-setting", sentence, file, found.lines.get(key)))
    return settings, problems


def _doubts(found: Evaluated) -> Iterator[tuple[str, int | None]]:
    for module, at in found.star_imports:
        doubt = f"what `from {module} import *` sets is not known"
        yield f"{doubt}: name what matters with --setting KEY=VALUE", at
    for key in KEYS:
        if key not in found.values:
            continue
        value, line = found.values[key], found.lines.get(key)
        if unsure(value):
            doubt = f"what {key} is set to is only known when Superset runs; its default is assumed"
            yield f"{doubt} (say it with --setting {key}=…)", line
            continue
        if key in found.assumed:
            names = " and ".join(found.assumed[key])
            doubt = f"{key} depends on the environment ({names}), and the default written there is assumed"
            yield f"{doubt} (say it with --setting {key}=…)", line
        if key == "DATA_CACHE_CONFIG" and isinstance(value, Mapping):
            parts = [part for part in _PARTS if unsure(value.get(part))]
            if parts:
                yield f"in {key}, only the running Superset knows {' and '.join(parts)}", line


def apply(values: Mapping[str, Any], settings: Settings) -> Settings:
    """Settings with single values by the names of ``superset/config.py``.

    Names that no prediction rests on are left out. ``FEATURE_FLAGS`` add to those known.

    Raises:
        ValueError: a value that Superset could not work with; one sentence that names the key.
    """
    changes: dict[str, Any] = {}
    given = set(settings.given)
    for key, value in values.items():
        if key in NUMBERS:
            changes[NUMBERS[key]] = _whole(key, value)
        elif key == "DATA_CACHE_CONFIG":
            cache = _data_cache(value)
            changes |= cache
            if "data_cache_type" not in cache:
                continue
        elif key == "DASHBOARD_AUTO_REFRESH_MODE":
            if value not in _REFRESH_MODES:
                raise ValueError(f"{key} is {value!r}, but Superset knows only 'fetch' and 'force'")
            changes["auto_refresh_mode"] = value
        elif key == "FEATURE_FLAGS":
            changes["feature_flags"] = {**settings.feature_flags, **_flags(value)}
        else:
            continue
        given.add(key)
    return settings.with_values(**changes, given=frozenset(given))


def _whole(key: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{key} is {value!r}, not a whole number")  # noqa: TRY004 - see the docstring
    return value


def _data_cache(value: Any) -> dict[str, Any]:
    """The cache's type and timeout, as far as they are known."""
    if not isinstance(value, Mapping):
        raise ValueError("DATA_CACHE_CONFIG is no mapping")  # noqa: TRY004 - see apply
    known: dict[str, Any] = {"data_cache_default_timeout": None}
    timeout, kind = value.get("CACHE_DEFAULT_TIMEOUT"), value.get("CACHE_TYPE")
    if timeout is not None and not unsure(timeout):
        known["data_cache_default_timeout"] = _whole("CACHE_DEFAULT_TIMEOUT", timeout)
    if not unsure(kind):
        # A path such as flask_caching.backends.rediscache.RedisCache counts by its last part.
        known["data_cache_type"] = "NullCache" if kind is None else str(kind).rpartition(".")[2]
    return known


def _flags(value: Any) -> dict[str, bool]:
    if not isinstance(value, Mapping):
        raise ValueError("FEATURE_FLAGS is no mapping")  # noqa: TRY004 - see apply
    return {str(flag): bool(on) for flag, on in value.items() if not unsure(on)}
