"""What a file or an answer says, decoded, to assets.

Shared by exports and the REST API where their shapes agree: keys that the API calls ``position_json`` and
``json_metadata`` are taken for ``position`` and ``metadata``. Values that make no sense are reported and read
as if they were not there; nothing raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashlint.assets import Chart, Column, Dashboard, Database, Dataset, Metric, Origin
from dashlint.limits import limits, option
from dashlint.sources.legacy_viz import imported_type
from dashlint.sources.masking import mask_database

#: Takes a problem's kind, its sentence, and the field that it is about.
Report = Callable[[str, str, "str | None"], None]

_NOTHING: Mapping[str, Any] = {}
_TEXT = {str}
_TRUE = (True, "true", "True")
_FALSE = (False, "false", "False")


def chart(
    raw: Mapping[str, Any],
    origin: Origin,
    report: Report,
    *,
    id: int | None,
    imported: bool = True,
    kept: Mapping[str, Any] | None = None,
) -> Chart:
    """A chart from its mapping.

    Args:
        raw: what was read.
        origin: where.
        report: takes what makes no sense.
        id: its number in its instance, if known.
        imported: whether old chart types become what an import makes of them.
        kept: what stands for ``raw`` afterwards, where that would take too much memory.
    """
    params = mapping(raw.get("params"), "params", report)
    stored_type = text(raw.get("viz_type")) or text(params.get("viz_type")) or ""
    if not stored_type:
        report("invalid-asset", "the chart has no viz_type, and Superset would not import it", None)
    if raw.get("query_context"):
        # Only looked at for what is wrong with it.
        mapping(raw["query_context"], "query_context", report)
    return Chart(
        uuid=_uuid(raw, "chart", report),
        id=id,
        name=_name(raw, "slice_name", "chart", report),
        viz_type=imported_type(stored_type, params) if imported else stored_type,
        origin=origin,
        params=params,
        cache_timeout=integer(raw.get("cache_timeout"), "cache_timeout", report),
        dataset_uuid=text(raw.get("dataset_uuid")),
        stored_viz_type=stored_type,
        raw=raw if kept is None else kept,
    )


def dashboard(raw: Mapping[str, Any], origin: Origin, report: Report, *, id: int | None) -> Dashboard:
    """A dashboard from its mapping; the arguments are those of :func:`chart`."""
    published = raw.get("published")
    return Dashboard(
        uuid=_uuid(raw, "dashboard", report),
        id=id,
        title=_name(raw, "dashboard_title", "dashboard", report),
        origin=origin,
        slug=text(raw.get("slug")),
        published=published if isinstance(published, bool) else None,
        position=_either(raw, "position", "position_json", report),
        metadata=_either(raw, "metadata", "json_metadata", report),
        raw=raw,
    )


def dataset(
    raw: Mapping[str, Any],
    origin: Origin,
    report: Report,
    *,
    id: int | None,
    kept: Mapping[str, Any] | None = None,
) -> Dataset:
    """A dataset from its mapping; the arguments are those of :func:`chart`."""
    return Dataset(
        uuid=_uuid(raw, "dataset", report),
        id=id,
        name=_name(raw, "table_name", "dataset", report),
        origin=origin,
        columns=_columns(raw.get("columns"), report),
        metrics=_metrics(raw.get("metrics"), report),
        catalog=text(raw.get("catalog")),
        schema=text(raw.get("schema")),
        sql=text(raw.get("sql")),
        main_dttm_col=text(raw.get("main_dttm_col")),
        cache_timeout=integer(raw.get("cache_timeout"), "cache_timeout", report),
        database_uuid=text(raw.get("database_uuid")),
        fetch_values_predicate=text(raw.get("fetch_values_predicate")),
        always_filter_main_dttm=raw.get("always_filter_main_dttm") in _TRUE,
        offset=integer(raw.get("offset"), "offset", report) or 0,
        currency_code_column=text(raw.get("currency_code_column")),
        template_params=mapping(raw.get("template_params"), "template_params", report),
        extra=mapping(raw.get("extra"), "extra", report),
        raw=raw if kept is None else kept,
    )


def database(raw: Mapping[str, Any], origin: Origin, report: Report, *, id: int | None) -> Database:
    """A database from its mapping, without its secrets; the arguments are those of :func:`chart`."""
    masked, has_password = mask_database(raw)
    return Database(
        uuid=_uuid(raw, "database", report),
        id=id,
        name=_name(raw, "database_name", "database", report),
        origin=origin,
        uri=text(masked.get("sqlalchemy_uri")),
        backend=text(masked.get("backend")),
        cache_timeout=integer(raw.get("cache_timeout"), "cache_timeout", report),
        extra=mapping(masked.get("extra"), "extra", report),
        impersonate_user=raw.get("impersonate_user") in _TRUE,
        has_password=has_password,
        raw=masked,
    )


def text(value: Any) -> str | None:
    """A value as text, since YAML takes a name such as 2024 for a number; None for what is no scalar."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def integer(value: Any, field: str, report: Report) -> int | None:
    """A whole number, which may be stored as text; None for nothing and for what is no number."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped or "{{" in stripped:
            return None  # a template's value is not known
        try:
            return int(stripped)
        except ValueError:
            pass
    elif isinstance(value, float) and value.is_integer():
        return int(value)
    shown = f"{value!r:.40}" if isinstance(value, str | float | bool) else f"a {_form(value)}"
    report(
        "invalid-value", f"{field} is {shown}, not a whole number, and is read as if it were not set", field
    )
    return None


def mapping(value: Any, field: str, report: Report) -> Mapping[str, Any]:
    """A mapping, which may be stored as JSON text; empty for nothing and for what is neither.

    Keys are text, as Superset stores them: its importers write ``json.dumps`` of what YAML says, where keys
    may be numbers or null (commands/chart/importers/v1/utils.py:import_chart).
    """
    if isinstance(value, Mapping):
        if set(map(type, value)) <= _TEXT:
            return value
        return {key if isinstance(key, str) else _json_key(key): item for key, item in value.items()}
    if value is None:
        return _NOTHING
    if isinstance(value, str):
        if not value.strip():
            return _NOTHING
        decoded = _json(value, field, report)
        # Some tools encode twice.
        if isinstance(decoded, str):
            decoded = _json(decoded, field, report)
        if decoded is None or isinstance(decoded, Mapping):
            return decoded or _NOTHING
        value = decoded
    report(
        "invalid-value", f"{field} is a {_form(value)}, not a mapping, and is read as if it were empty", field
    )
    return _NOTHING


def _json_key(key: Any) -> str:
    import json

    return json.dumps(key)


def _json(value: str, field: str, report: Report) -> Any:
    import json

    try:
        if value.count(",") < limits().values:
            return json.loads(value)
        why = f"it holds more than {limits().values:,} values ({option('values')} in the configuration)"
    except json.JSONDecodeError as error:
        why = f"{error.msg} at its character {error.pos + 1}".lower()
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError:
        why = "it holds a number with too many digits"
    report(
        "invalid-json", f"{field} is text that is not JSON ({why}), and is read as if it were empty", field
    )
    return None


def _form(value: Any) -> str:
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else "single value"


def _either(raw: Mapping[str, Any], name: str, api_name: str, report: Report) -> Mapping[str, Any]:
    return mapping(raw[name], name, report) if name in raw else mapping(raw.get(api_name), api_name, report)


def _uuid(raw: Mapping[str, Any], kind: str, report: Report) -> str:
    value = text(raw.get("uuid"))
    if value is None:
        report("invalid-asset", f"the {kind} has no uuid, and Superset would not import it", None)
    return value or ""


def _name(raw: Mapping[str, Any], key: str, kind: str, report: Report) -> str:
    value = text(raw.get(key))
    if value is None:
        report("invalid-asset", f"the {kind} has no {key}, and Superset would not import it", None)
    return value or ""


def _columns(raw: Any, report: Report) -> tuple[Column, ...]:
    found = []
    for index, item in _items(raw, "columns", report):
        name = text(item.get("column_name"))
        if name is None:
            report("invalid-asset", "a column has no column_name, and is left out", f"columns[{index}]")
            continue
        found.append(
            Column(
                name,
                text(item.get("type")),
                item.get("is_dttm") in _TRUE,
                text(item.get("expression")),
                text(item.get("verbose_name")),
                item.get("groupby") not in _FALSE,
                item.get("filterable") not in _FALSE,
                item.get("is_active") not in _FALSE,
                text(item.get("python_date_format")),
            )
        )
    return tuple(found)


def _metrics(raw: Any, report: Report) -> tuple[Metric, ...]:
    found = []
    for index, item in _items(raw, "metrics", report):
        name = text(item.get("metric_name"))
        if name is None:
            report("invalid-asset", "a metric has no metric_name, and is left out", f"metrics[{index}]")
            continue
        currency = item.get("currency")
        found.append(
            Metric(
                name,
                text(item.get("expression")) or "",
                text(item.get("verbose_name")),
                currency if isinstance(currency, Mapping) else None,
            )
        )
    return tuple(found)


def _items(raw: Any, field: str, report: Report) -> list[tuple[int, Mapping[str, Any]]]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        report(
            "invalid-value", f"{field} is a {_form(raw)}, not a list, and is read as if it were empty", field
        )
        return []
    found = [(index, item) for index, item in enumerate(raw) if isinstance(item, Mapping)]
    if len(found) != len(raw):
        report("invalid-value", f"{field} holds entries that are no mappings; they are left out", field)
    return found
