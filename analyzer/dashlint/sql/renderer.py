"""One rendering: the environment, the names in it, and the notes taken on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from dashlint.assets import Column, Dataset
from dashlint.deadline import OutOfTimeError, in_time
from dashlint.limits import limits, option
from dashlint.sql.dialects import quoted
from dashlint.sql.macros import (
    FILTER_MACROS,
    KEY_MACROS,
    KNOWN_NAMES,
    PARTITION_NAMESPACES,
    SERVER_MACROS,
    USER_MACROS,
    FilterLike,
    FilterState,
    Ranges,
    context,
    to_datetime,
    where_in,
)
from dashlint.sql.model import RenderedSql
from dashlint.sql.placeholders import CLOCK_NAMES, undefined_type
from dashlint.sql.sandbox import Budget, Environment, LimitError, template_error

#: ``dataset(…)`` within the SQL of a dataset within…: Superset has no limit, a stack has.
MAX_NESTING = 8


@dataclass
class _Notes:
    """What the templates of one rendering depend on (dicts: sets in order)."""

    macros: dict[str, None] = field(default_factory=dict)
    dynamic: dict[str, None] = field(default_factory=dict)
    users: dict[str, None] = field(default_factory=dict)
    clock: dict[str, None] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    undefined: dict[str, None] = field(default_factory=dict)
    key_parts: dict[str, None] = field(default_factory=dict)


class Renderer:
    """Renders one text, and those that it refers to."""

    def __init__(
        self,
        *,
        filters: Iterable[FilterLike],
        time_range: str | None,
        engine: str | None,
        datasets: Callable[[int], Dataset | None] | None,
        query: Mapping[str, Any],
        assume_filters: bool,
        ranges: Ranges | None = None,
        types: Mapping[str, str | None] | None = None,
    ) -> None:
        self._engine = engine
        self._datasets = datasets
        self._query = query
        self._assume = assume_filters
        self._state = FilterState(filters, time_range, assume=assume_filters, ranges=ranges, types=types)
        self._notes = _Notes()
        self._path: list[int] = []
        self._environment = Environment(undefined_type(self._note_undefined), Budget())
        self._environment.add_filter("where_in", where_in)
        self._environment.add_filter("to_datetime", to_datetime)

    def render(self, sql: str, dataset: Dataset | None, params: Mapping[str, Any]) -> RenderedSql:
        text, error, line = sql, None, None
        seconds = limits().template_seconds
        try:
            text = in_time(seconds, self._render, sql, dataset, params)
        except OutOfTimeError:
            error = (
                f"the template was not rendered to its end: it takes more than {seconds} "
                f"second{'s' if seconds != 1 else ''} ({option('template_seconds')} in the configuration)"
            )
        except LimitError as limit:
            error = f"the template was not rendered to its end: {limit}"
        except Exception as failure:  # noqa: BLE001  a template can raise anything
            reason, line = template_error(failure)
            error = f"the Jinja template fails: {reason}"
        notes = self._notes
        return RenderedSql(
            text,
            has_template=True,
            template=sql,
            error=error,
            error_line=line,
            macros=tuple(notes.macros),
            dynamic=tuple(notes.dynamic),
            user_dependent=tuple(notes.users),
            time_dependent=tuple(notes.clock),
            filter_columns=tuple(notes.columns),
            undefined=tuple(notes.undefined),
            key_parts=tuple(notes.key_parts),
            removed_filters=tuple(self._state.removed),
        )

    def _render(self, sql: str, dataset: Dataset | None, params: Mapping[str, Any]) -> str:
        tree = self._environment.parse(sql)
        names = context(
            self._state,
            engine=self._engine,
            dataset=dataset,
            query=self._query,
            template_params=params,
            dataset_sql=self._dataset_sql,
            metric_sql=lambda key, dataset_id=None: self._metric_sql(dataset, params, key, dataset_id),
        )
        self._inspect(tree, names)
        return self._environment.build(tree).render(names)

    # --- macros that need other datasets ----------------------------------------------------------

    def _dataset_sql(
        self,
        dataset_id: int,
        include_metrics: bool = False,  # noqa: FBT001, FBT002  Superset's signature
        columns: list[str] | None = None,
    ) -> str:
        """``dataset(id)``: a subquery over the other dataset (``dataset_macro`` there)."""
        found = self._find(dataset_id)
        alias = f"dataset_{dataset_id}"
        if found is None:
            self._notes.dynamic[f"dataset({dataset_id})"] = None
            return f"dashlint_{alias} AS {alias}"
        if dataset_id in self._path or len(self._path) >= MAX_NESTING:
            raise LimitError(f"dataset {dataset_id} refers to itself")
        self._path.append(dataset_id)
        try:
            wanted = columns or [column.name for column in found.columns]
            selected = [self._selected(found, found.column_by_name.get(name), name) for name in wanted]
            grouped = ""
            if include_metrics:
                selected += [f"{m.expression} AS {self._quoted(m.name)}" for m in found.metrics]
                grouped = " GROUP BY " + ", ".join(self._quoted(name) for name in wanted) if wanted else ""
            if found.is_virtual:
                inner = self._render((found.sql or "").strip("\t\r\n; "), found, found.template_params)
                source = f"({inner}\n) AS virtual_table"
            else:
                parts = (found.catalog, found.schema, found.name)
                source = ".".join(self._quoted(part) for part in parts if part)
            return f"(\nSELECT {', '.join(selected) or '*'} FROM {source}{grouped}\n) AS {alias}"
        finally:
            self._path.pop()

    def _metric_sql(
        self, own: Dataset | None, params: Mapping[str, Any], key: str, dataset_id: int | None
    ) -> str:
        """``metric(key, id)``: a saved metric's expression (``metric_macro`` there)."""
        found = self._find(dataset_id) if dataset_id else own
        if found is None:
            self._notes.dynamic[f"metric({key!r})"] = None
            return f"dashlint_metric_{len(self._notes.dynamic)}"
        metric = found.metric_by_name.get(key)
        if metric is None:
            raise ValueError(f"metric {key!r} not found in {found.name}")
        if len(self._path) >= MAX_NESTING:
            raise LimitError(f"metric {key!r} refers to itself")
        self._path.append(-1)
        try:
            return self._render(metric.expression, found, params)
        finally:
            self._path.pop()

    def _find(self, dataset_id: Any) -> Dataset | None:
        try:
            return self._datasets(int(dataset_id)) if self._datasets else None
        except (TypeError, ValueError):
            return None

    def _quoted(self, name: str) -> str:
        return quoted(name, self._engine)

    def _selected(self, dataset: Dataset, column: Column | None, name: str) -> str:
        if column is not None and column.expression:
            expression = self._render(column.expression, dataset, dataset.template_params)
            return f"{expression} AS {self._quoted(name)}"
        return f"{self._quoted(name)} AS {self._quoted(name)}"

    # --- notes --------------------------------------------------------------------------------------

    def _note_undefined(self, name: str) -> None:
        self._notes.dynamic[name] = None

    def _inspect(self, tree: nodes.Template, names: Mapping[str, Any]) -> None:
        """Note the macros of all branches, also of those that this rendering does not enter."""
        free = find_undeclared_variables(tree)
        notes = self._notes
        unknown = free - set(names) - set(self._environment.globals)
        for name in sorted(unknown):
            notes.undefined[name] = None
        for name in sorted(free & KNOWN_NAMES & set(names)):
            notes.macros[name] = None
        for node in tree.find_all((nodes.Name, nodes.Getattr)):
            dotted = _dotted(node)
            if dotted and dotted[0] in unknown and dotted[-1] in CLOCK_NAMES:
                notes.clock[".".join(dotted)] = None
        spaces = {space for engine_spaces in PARTITION_NAMESPACES.values() for space in engine_spaces}
        for call in tree.find_all(nodes.Call):
            dotted = _dotted(call.node)
            if not dotted or dotted[0] not in free:
                continue
            name, text = ".".join(dotted), _call_text(".".join(dotted), call)
            if name in SERVER_MACROS or dotted[0] in spaces:
                notes.dynamic[text] = None
            if name in KEY_MACROS and _enters_key(name, call):
                notes.key_parts[text] = None
                if name in USER_MACROS:
                    notes.users[name] = None
            if name in FILTER_MACROS and call.args and isinstance(call.args[0], nodes.Const):
                notes.columns[str(call.args[0].value)] = None
            for argument in call.kwargs:
                if (
                    name in FILTER_MACROS
                    and argument.key == "column"
                    and isinstance(argument.value, nodes.Const)
                ):
                    notes.columns[str(argument.value.value)] = None


def _dotted(node: nodes.Node) -> tuple[str, ...]:
    """The names of ``a.b.c``; calls on the way do not count (``a().b`` is ``a.b``)."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        inner = _dotted(node.node)
        return (*inner, node.attr) if inner else ()
    if isinstance(node, nodes.Call):
        return _dotted(node.node)
    return ()


def _call_text(name: str, call: nodes.Call) -> str:
    """A call as a person would write it, as far as its arguments are plain."""
    arguments: list[str] = []
    named = [(f"{keyword.key}=", keyword.value) for keyword in call.kwargs]
    for prefix, argument in (*(("", argument) for argument in call.args), *named):
        dotted = ".".join(_dotted(argument))
        if isinstance(argument, nodes.Const):
            arguments.append(prefix + repr(argument.value))
        else:
            arguments.append(prefix + (f"{dotted}()" if isinstance(argument, nodes.Call) else dotted or "…"))
    return f"{name}({', '.join(arguments)})"


def _enters_key(name: str, call: nodes.Call) -> bool:
    """Whether the call adds its value to the cache key (``add_to_cache_keys`` is not False)."""
    place = {"url_param": 2, "cache_key_wrapper": None}.get(name, 0)
    if place is not None and len(call.args) > place:
        flag = call.args[place]
        return not isinstance(flag, nodes.Const) or bool(flag.value)
    for argument in call.kwargs:
        if argument.key == "add_to_cache_keys" and isinstance(argument.value, nodes.Const):
            return bool(argument.value.value)
    return True
