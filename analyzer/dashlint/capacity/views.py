"""How often each dashboard is opened: from options, or from a file of views."""

from __future__ import annotations

import csv
import fnmatch
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dashlint import json_text
from dashlint.assets import Dashboard


class ViewsError(ValueError):
    """A weight or a file of views that cannot be used; the message says which, where, and what to write."""


class Views(NamedTuple):
    """Views (in any unit) by UUID of the dashboard, and names that belong to none that was read."""

    by_uuid: dict[str, float]
    strangers: tuple[str, ...] = ()


def from_options(pairs: Iterable[str], dashboards: Sequence[Dashboard]) -> dict[str, float]:
    """``["Sales*=5"]``: five times as often as a dashboard that is not named, which counts 1.

    Raises:
        ViewsError: a pair is malformed, or no dashboard is called so.
    """
    found = {one.uuid: 1.0 for one in dashboards}
    for pair in pairs:
        name, equals, text = pair.rpartition("=")
        if not equals or not name:
            raise ViewsError(f"--weight {pair}: write it as DASHBOARD=NUMBER, such as 'Sales*=5'")
        meant = [one for one in dashboards if _is_called(one, name)]
        if not meant:
            raise ViewsError(f"--weight {pair}: no dashboard is called {name!r}")
        for one in meant:
            found[one.uuid] = _number(text, f"--weight {pair}")
    return found


def from_file(path: Path, dashboards: Sequence[Dashboard]) -> Views:
    """Views from CSV (columns ``dashboard`` and ``views``) or JSON (an object of the same).

    Dashboards are named by id, UUID, slug or title; what is there several times adds up.

    Raises:
        ViewsError: it cannot be read, or names no dashboard that was read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ViewsError(f"--views {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ViewsError(f"--views {path}: it is not UTF-8 text") from None
    rows = _json(text, path) if path.suffix.lower() == ".json" else _csv(text, path)
    found: dict[str, float] = {}
    strangers: list[str] = []
    for name, views in rows:
        meant = [one for one in dashboards if _is_called(one, name, patterns=False)]
        for one in meant:
            found[one.uuid] = found.get(one.uuid, 0.0) + views
        if not meant:
            strangers.append(name)
    if not any(found.values()):
        raise ViewsError(f"--views {path}: it has views of no dashboard that was read")
    return Views(found, tuple(strangers))


def _csv(text: str, path: Path) -> Iterable[tuple[str, float]]:
    lines = text.splitlines()
    delimiter = ";" if lines and ";" in lines[0] and "," not in lines[0] else ","
    reader = csv.reader(lines, delimiter=delimiter)
    header = [cell.strip().lower() for cell in next(reader, [])]
    if "dashboard" not in header or "views" not in header:
        raise ViewsError(f"--views {path}:1: the first line must name the columns dashboard and views")
    name, views = header.index("dashboard"), header.index("views")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = f"--views {path}:{reader.line_num}"
        if len(cells) <= max(name, views):
            raise ViewsError(f"{where}: this line has fewer columns than the first one")
        yield cells[name].strip(), _number(cells[views], where)


def _json(text: str, path: Path) -> Iterable[tuple[str, float]]:
    try:
        found = json_text.decode(text)
    except ValueError as error:
        raise ViewsError(f"--views {path}: it is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ViewsError(f'--views {path}: write an object, such as {{"Sales overview": 120}}')
    for name, views in found.items():
        if isinstance(views, bool) or not isinstance(views, int | float):
            raise ViewsError(f"--views {path}: {name}: {views!r} is no number")
        yield name, _number(str(views), f"--views {path}: {name}")


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ViewsError(f"{where}: {text.strip()!r:.60} is no number") from None
    if value < 0 or not math.isfinite(value):
        raise ViewsError(f"{where}: {text.strip():.60} cannot be a number of views")
    return value


def _is_called(one: Dashboard, name: str, *, patterns: bool = True) -> bool:
    known = [str(given).lower() for given in (one.id, one.uuid, one.slug, one.title) if given is not None]
    wanted = name.lower()
    return any(fnmatch.fnmatchcase(given, wanted) if patterns else given == wanted for given in known)
