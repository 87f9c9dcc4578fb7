"""A chart's saved request, kept in step with its parameters.

A chart has ``params``, from which the browser makes its requests, and often a ``query_context``: the request
as it was when the chart was saved, which alerts, reports, warm-ups and ``GET /chart/{id}/data`` use
(superset/charts/data/api.py:get_data; superset/commands/chart/warm_up_cache.py). Its ``form_data`` are the
parameters once more; of its ``queries``, what changes is told by the same builders that predict requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashlint.assets import Chart
from dashlint.fix.errors import CannotEditError
from dashlint.fix.yaml_edit import YamlEdit, put
from dashlint.superset import form_data
from dashlint.superset.js import Unbuildable
from dashlint.superset.settings import Settings
from dashlint.superset.viz import Env, lookup

_RESAVE = "its saved query_context cannot be kept in step: change it in Explore and save it there"
#: Steps after the query are predicted in outline only, so they are compared and never written.
_OUTLINED = "post_processing"


def mirrored(chart: Chart, edits: Sequence[YamlEdit], settings: Settings) -> Iterator[YamlEdit]:
    """What has to change in the saved request of a chart along with its parameters.

    Args:
        chart: the chart before the change.
        edits: those of the chart.
        settings: version and flags by which the queries are built.

    Raises:
        CannotEditError: the saved request is of a form that is not understood.
    """
    ours = [edit for edit in edits if edit.path[0] == "params"]
    context = chart.query_context
    if not context:
        return
    form = context.get("form_data")
    if isinstance(form, Mapping):
        # The form data of a saved chart hold its timeout, too (superset/models/slice.py: Slice.form_data).
        for edit in edits:
            if edit.path == ("cache_timeout",) and "cache_timeout" in form:
                yield YamlEdit(("query_context", "form_data", "cache_timeout"), edit.value)
        for edit in ours:
            yield YamlEdit(("query_context", "form_data", *edit.path[1:]), edit.value)
    saved = context.get("queries")
    if not ours or not isinstance(saved, list) or lookup(chart.viz_type, settings).legacy:
        return
    params: Any = dict(chart.params)
    for edit in ours:
        params = put(params, edit.path[1:], edit.value)
    before, after = _queries(chart, chart.params, settings), _queries(chart, params, settings)
    if before != after:
        yield from _in_queries(saved, before, after)


def _in_queries(
    saved: list[Any], before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> Iterator[YamlEdit]:
    """What of the saved queries changes as the built ones do."""
    if len(saved) != len(before) or not all(isinstance(query, Mapping) for query in saved):
        raise CannotEditError(_RESAVE)
    if len(after) == len(before):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            for key, value in _differences(old, new):
                yield YamlEdit(("query_context", "queries", index, key), value)
    elif len(before) == 1 and len(after) == 2:
        # Server pagination: one page, and the number of rows.
        page = {**saved[0], **dict(_differences(before[0], after[0]))}
        count = {**page, **dict(_differences(after[0], after[1]))}
        yield YamlEdit(("query_context", "queries"), [*saved, count])
        for key, value in _differences(before[0], after[0]):
            yield YamlEdit(("query_context", "queries", 0, key), value)
    else:
        raise CannotEditError(_RESAVE)


def _queries(chart: Chart, params: Mapping[str, Any], settings: Settings) -> list[dict[str, Any]]:
    from dataclasses import replace

    form = form_data.complete(replace(chart, params=params), settings)
    try:
        return lookup(chart.viz_type, settings).build(form, Env(settings, {}))
    except (Unbuildable, RecursionError):
        raise CannotEditError(_RESAVE) from None


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if old.keys() - new.keys() or old.get(_OUTLINED) != new.get(_OUTLINED):
        raise CannotEditError(_RESAVE)
    for key, value in new.items():
        if key != _OUTLINED and (key not in old or old[key] != value):
            # The builders compute as JavaScript does, where every number is a float.
            yield key, int(value) if isinstance(value, float) and value.is_integer() else value
