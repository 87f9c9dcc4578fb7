"""A chart that is made a matrix of charts (6.1): which cells it has, and what each one asks for.

A chart whose form data say so is drawn as a grid of charts. It still asks for its own data first,
which nobody gets to see; once they are there, each cell asks for its own with a request of its own.

- ``packages/superset-ui-core/src/chart/types/matrixify``: ``isMatrixifyEnabled`` and
  ``getMatrixifyConfig`` tell whether there is a grid. Nothing on a dashboard asks for the feature
  flag ``MATRIXIFY``: it only shows the controls in Explore
  (``src/explore/components/ControlPanelsContainer``).
- ``…/src/chart/components/Matrixify/MatrixifyGridGenerator``: the cells and their form data.
- ``…/src/chart/components/SuperChart`` draws the grid in place of the chart,
  ``…/src/chart/components/StatefulChart`` asks for a cell: never with ``force``, so that a refresh
  may find it in the cache.
- ``src/explore/components/controls/MatrixifyControl/MatrixifyDimensionControl`` looks up the top n
  or all values of a column in Explore and saves them with the chart: a dashboard takes them as they
  are and looks nothing up.

- ``src/dashboard/components/gridComponents/Row`` draws a chart anew that comes back from more than four
  screens away, or whose tab is shown again, unless the page is shown to a robot: all its cells then ask
  again (seen on 6.1.0, as was the rest; once when the tab was left, too). Other charts keep their data.

This was read in the bundle of 6.1.0; newer sources differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets import Chart
from dashlint.records import NamedTuple
from dashlint.superset import form_data
from dashlint.superset.js import UNDEFINED, Unbuildable, spread, truthy
from dashlint.superset.settings import Settings

#: Our own bound against endless work: no browser lives to draw this many charts.
MOST = 10_000
_MODES = ("metrics", "dimensions")
#: Ways to choose values that Explore looks up, and what they are called there.
LOOKED_UP = {"topn": "top values", "all": "values"}


class Cell(NamedTuple):
    """One chart of the grid: the headers of its row and column, and the form data that it changes."""

    row: str
    column: str
    changes: Mapping[str, Any]


class Matrix(NamedTuple):
    """The grid that a chart is drawn as. ``rows`` × ``columns`` cells, row by row.

    ``cells`` is empty where the browser draws a grid without any, or fails to draw it.
    ``looked_up`` are columns whose values Explore has looked up and saved, with their number.
    """

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    looked_up: tuple[str, ...] = ()


class _Axis(NamedTuple):
    """``getMatrixifyConfig``: one of the two axes as it is stored."""

    mode: Any
    metrics: Any
    selection: Any
    dimension: Any

    @property
    def is_set(self) -> bool:
        return isinstance(self.mode, str) and self.mode in _MODES

    @property
    def has_data(self) -> bool:
        """Whether there is something to draw along this axis."""
        if self.mode == "metrics":
            return _length(self.metrics) > 0
        if not truthy(_get(self.dimension, "dimension")):
            return False
        return self.selection in ("topn", "all") or _length(_get(self.dimension, "values")) > 0

    def headers(self) -> list[str]:
        """One for each row or column."""
        if self.mode == "metrics" and truthy(self.metrics):
            return [_metric_header(m) for m in _array(self.metrics)]
        values = _get(self.dimension, "values")
        if self.mode == "dimensions" and truthy(values):
            return [_text(v) for v in _array(values)]
        return []

    def metric(self, index: int) -> Any:
        """The metric at a place; None where there is none."""
        if self.mode != "metrics" or not truthy(self.metrics):
            return None
        found = _at(self.metrics, index)
        return found if found is not UNDEFINED and truthy(found) else None

    def filter(self, index: int) -> Mapping[str, Any] | None:
        """The filter for the value at a place; None where there is none."""
        if self.mode != "dimensions" or not truthy(self.dimension):
            return None
        values = _get(self.dimension, "values")
        if values is None:
            raise Unbuildable("a dimension without values")
        value = _at(values, index)
        if value is UNDEFINED:
            return None
        return {
            "expressionType": "SIMPLE",
            "subject": _get(self.dimension, "dimension"),
            "operator": "==",
            "comparator": value,
            "clause": "WHERE",
            "isExtra": False,
        }


def may_be(params: Mapping[str, Any], settings: Settings) -> bool:
    """Whether it is worth asking :func:`matrix`: a quick look that most charts do not pass."""
    return params.get("matrixify_enable") is True and settings.at_least("6.1")


def is_matrix(chart: Chart, settings: Settings) -> bool:
    """Whether a chart is drawn as a grid.

    Then a click on it filters nothing: its cells do not get ``emitCrossFilters`` (``StatefulChart``).
    """
    return (
        may_be(chart.params, settings) and matrix(form_data.complete(chart, settings), settings) is not None
    )


def matrix(form: Mapping[str, Any], settings: Settings) -> Matrix | None:
    """The grid that a chart with this form data is drawn as; None for a chart as it is.

    ``form`` is the completed form data (:func:`dashlint.superset.form_data.complete`).
    """
    if not may_be(form, settings):
        return None
    rows, columns = _axis(form, "rows"), _axis(form, "columns")
    if not any(axis.is_set and axis.has_data for axis in (rows, columns)):
        return None
    try:
        return _grid(form, rows, columns)
    except Unbuildable:
        # The page shows an error in place of the grid.
        return Matrix(0, 0, ())


def _grid(form: Mapping[str, Any], rows: _Axis, columns: _Axis) -> Matrix:
    row_headers, column_headers = rows.headers(), columns.headers()
    if row_headers and not column_headers:
        column_headers = [""]
    elif column_headers and not row_headers:
        row_headers = [""]
    cells = []
    for number in range(min(len(row_headers) * len(column_headers), MOST)):
        row, column = divmod(number, len(column_headers))
        changes = _changes(form, rows, columns, row, column)
        cells.append(Cell(row_headers[row], column_headers[column], changes))
    looked_up = tuple(
        f"{_length(_get(axis.dimension, 'values'))} {LOOKED_UP[axis.selection]} of "
        f"{_text(_get(axis.dimension, 'dimension'))}"
        for axis in (rows, columns)
        if axis.mode == "dimensions" and axis.has_data and axis.selection in ("topn", "all")
    )
    return Matrix(len(row_headers), len(column_headers), tuple(cells), looked_up)


def _changes(form: Mapping[str, Any], rows: _Axis, columns: _Axis, row: int, column: int) -> dict[str, Any]:
    """``generateCellFormData``, but for what no query looks at."""
    changes: dict[str, Any] = {}
    filters = [f for f in (rows.filter(row), columns.filter(column)) if f is not None]
    if filters:
        own = form.get("adhoc_filters")
        changes["adhoc_filters"] = [*(spread(own) if truthy(own) else ()), *filters]
    metrics = [m for m in (rows.metric(row), columns.metric(column)) if m is not None]
    if metrics:
        # Only this key: a chart that has its metric in another one asks for both.
        changes["metrics"] = metrics
    return changes


def _axis(form: Mapping[str, Any], name: str) -> _Axis:
    return _Axis(
        form.get(f"matrixify_mode_{name}"),
        form.get(f"matrixify_{name}"),
        form.get(f"matrixify_dimension_selection_mode_{name}"),
        form.get(f"matrixify_dimension_{name}"),
    )


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, tuple, str)) else 0


def _array(value: Any) -> list[Any]:
    """What has a ``map`` method."""
    if isinstance(value, (list, tuple)):
        return list(value)
    raise Unbuildable("no map method")


def _at(values: Any, index: int) -> Any:
    if isinstance(values, (list, tuple, str)) and index < len(values):
        return values[index]
    return UNDEFINED


def _metric_header(metric: Any) -> str:
    return metric if isinstance(metric, str) else _text(_get(metric, "label"))


def _text(value: Any) -> str:
    """``toString``, and nothing for null: only shown to people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
