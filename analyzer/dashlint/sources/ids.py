"""Numeric ids of assets in an export, which writes them down only here and there.

Scopes, cross-filters and refresh settings of a dashboard speak of charts by the numbers that they had in the
instance that was exported. Layouts tie numbers to uuids; where they do not (``meta.uuid`` can be null),
file names do: Superset names a chart's file ``<slug of its name>_<id>.yaml``
(superset/utils/file.py:get_filename).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashlint.records import NamedTuple

_NUMBERED = re.compile(r"(?:(?P<slug>.+)_)?(?P<id>[0-9]{1,18})")
#: ``dict`` first, because an abstract class takes longer to ask.
_MAPPING = (dict, Mapping)
_NO_SLUG = re.compile(r"[^A-Za-z0-9_.-]")


class Named(NamedTuple):
    """What is known of a chart before it has an id."""

    uuid: str | None
    name: str | None
    path: str
    slice_id: Any


def chart_ids(charts: Sequence[Named], positions: Iterable[Mapping[str, Any]]) -> list[int | None]:
    """The ids of the charts of one root, None where nothing tells.

    Args:
        charts: the charts.
        positions: the layouts of the root's dashboards, as stored.
    """
    by_uuid: dict[str, int] = {}
    titles: dict[int, str | None] = {}
    for chart_id, uuid, title in _layout_charts(positions):
        titles.setdefault(chart_id, title)
        if uuid:
            by_uuid.setdefault(uuid, chart_id)
    taken = set(by_uuid.values())
    return [_chart_id(chart, by_uuid, titles, taken) for chart in charts]


def _chart_id(
    chart: Named, by_uuid: Mapping[str, int], titles: Mapping[int, str | None], taken: set[int]
) -> int | None:
    known = by_uuid.get(chart.uuid or "")
    if known is None:
        known = id_in_name(chart.path, chart.name)
    if known is not None:
        return known
    # A chart may have been renamed since; a layout's word for the number makes up for that.
    number = _number(chart.path)
    if number in titles and number not in taken:
        return number
    # Charts keep the number of the instance where they were first saved, so the title must fit.
    first = chart.slice_id
    fits = _is_id(first) and first in titles and first not in taken and titles[first] == chart.name
    return int(first) if fits else None


def id_in_name(path: str, name: str | None) -> int | None:
    """The id at the end of a file's name, if the file is named as Superset would name it."""
    stem = _stem(path)
    match = _NUMBERED.fullmatch(stem)
    if match is None or name is None:
        return None
    return int(match["id"]) if (match["slug"] or "") == slug_of(name) else None


def slug_of(name: str) -> str:
    """A name as Superset writes it into a file's name (werkzeug.utils.secure_filename)."""
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return _NO_SLUG.sub("", "_".join(name.replace("/", " ").split())).strip("._")


def _number(path: str) -> int | None:
    match = _NUMBERED.fullmatch(_stem(path))
    return int(match["id"]) if match else None


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _layout_charts(
    positions: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[int, str | None, str | None]]:
    """Id, uuid and title of every chart in layouts, those that no path from the root reaches included."""
    for position in positions:
        for node in position.values():
            if not isinstance(node, _MAPPING) or node.get("type") != "CHART":
                continue
            meta = node.get("meta")
            if isinstance(meta, _MAPPING) and _is_id(meta.get("chartId")):
                uuid, title = meta.get("uuid"), meta.get("sliceName")
                yield (
                    meta["chartId"],
                    uuid if isinstance(uuid, str) else None,
                    title if isinstance(title, str) else None,
                )


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
