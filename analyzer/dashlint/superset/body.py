"""A predicted request as the browser writes it: the body of ``POST /api/v1/chart/data``.

Only what decides about the server's cache entry has to be the browser's own: the datasource, the fields of
each query object (``common/query_object.py:cache_key``), and of the form data what the server makes
queries and timeouts of (``slice_id``, ``server_pagination``, tooltips, currencies:
``common/query_context_factory.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets import Dashboard, Dataset
from dashlint.superset import form_data as forms
from dashlint.superset import masks
from dashlint.superset.js import UNDEFINED, Unbuildable
from dashlint.superset.query import Query, Request
from dashlint.superset.settings import Settings
from dashlint.superset.steps import UnknownStepError, detailed
from dashlint.superset.viz.base import Env, Form, base_query
from dashlint.superset.viz.series import halves, mixed_base

#: Where requests were compared with what a browser sent, to the letter.
COMPARED = "6.1"


class NotExactError(ValueError):
    """The request cannot be rebuilt so that its cache keys are surely the browser's; the message says why."""


def body(
    request: Request, dashboard: Dashboard, dataset: Dataset | None, settings: Settings
) -> dict[str, Any]:
    """What the browser posts.

    Args:
        request: of a dashboard's event; of kind ``chart`` or ``filter_options``.
        dashboard: whose event it is.
        dataset: what it asks.
        settings: of the Superset that is asked.

    Raises:
        NotExactError: a part of it is not known.
    """
    if settings.version != COMPARED:
        raise NotExactError(f"requests were compared with the browser's on {COMPARED} only")
    if request.kind not in ("chart", "filter_options"):
        raise NotExactError("it posts form data to explore_json, which needs a browser's session")
    if request.confidence != "high":
        raise NotExactError("its request is not known for sure")
    if request.cell is not None:
        raise NotExactError("it is a cell of a matrix of charts")
    if dataset is None or dataset.id is None or not request.queries:
        raise NotExactError("its dataset or query is not known")
    chart = request.chart
    if chart is None:
        form: Form = {"native_filter_id": request.native_filter.id if request.native_filter else None}
        written = [_query(query, form, None) for query in request.queries]
    else:
        form = forms.complete(chart, settings)
        form["slice_id"] = request.chart_id or chart.id
        written = [
            _query(query, form, _steps(query, index, form, settings))
            for index, query in enumerate(request.queries)
        ]
    _check(written, dataset)
    # The server looks for the chart's timeout by this, and for what else it adds to queries.
    form.update(datasource=f"{dataset.id}__table", dashboardId=dashboard.id)
    return {
        "datasource": {"id": dataset.id, "type": "table"},
        "force": False,
        "queries": written,
        "form_data": _defined(form),
        "result_format": "json",
        "result_type": "full",
    }


def _steps(query: Query, index: int, form: Form, settings: Settings) -> list[dict[str, Any]] | None:
    names = query.raw.get("post_processing")
    if not names:
        return None if names is None else []
    env = Env(settings, {})
    try:
        if form.get("viz_type") == "mixed_timeseries":
            half = halves(form)[index]
            return detailed(names, half, mixed_base(form, half, env))
        return detailed(names, form, base_query(form, env))
    except UnknownStepError as error:
        raise NotExactError(f"the options of its post-processing step are not known: {error}") from None
    except (Unbuildable, AttributeError, IndexError, TypeError, ValueError):
        raise NotExactError("its post-processing cannot be rebuilt") from None


def _query(query: Query, form: Form, steps: list[dict[str, Any]] | None) -> dict[str, Any]:
    written: dict[str, Any] = _defined(query.raw)
    written["extras"] = {"having": "", "where": "", **written.get("extras", {})}
    layers = form.get("annotation_layers")
    written["annotation_layers"] = layers if isinstance(layers, list) else []
    for key in ("applied_time_extras", "url_params", "custom_params", "custom_form_data"):
        written[key] = {}
    if steps is not None:
        written["post_processing"] = steps
    return {key: value for key, value in written.items() if value is not None}


def _defined(value: Any) -> Any:
    """A copy without what JSON does not carry, numbers as JavaScript writes them."""
    if isinstance(value, Mapping):
        return {key: _defined(part) for key, part in value.items() if part is not UNDEFINED}
    if isinstance(value, (list, tuple)):
        return [None if part is UNDEFINED else _defined(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _check(written: list[dict[str, Any]], dataset: Dataset) -> None:
    """Refuses what only the page or a person decides."""
    values = list(_texts(written))
    if any(value.startswith((masks.PLACEHOLDER, masks.FIRST_OPTION)) for value in values):
        raise NotExactError("it waits for the first option of a filter, whose value nobody knows before")
    templated = [
        dataset.sql,
        dataset.fetch_values_predicate,
        *(column.expression for column in dataset.columns),
        *(metric.expression for metric in dataset.metrics),
        *values,
    ]
    if any("{{" in text or "{%" in text for text in templated if text):
        raise NotExactError("its SQL is a template, which may read the page's address, filters or user")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []
