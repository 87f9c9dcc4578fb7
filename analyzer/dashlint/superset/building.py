"""Makes requests out of what a visit sends: queries, cache timeouts, and what comes along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dashlint.assets import Chart, Dataset, NativeFilter
from dashlint.records import replace
from dashlint.superset import (
    customizations,
    form_data,
    masks,
    matrixify,
    queries,
    scope,
    side_queries,
    statements,
    timeouts,
)
from dashlint.superset.page import Page
from dashlint.superset.query import Query, Request
from dashlint.superset.sent import Sent
from dashlint.superset.settings import Settings
from dashlint.superset.viz.fields import has_fields

#: A chart's queries when no filter adds anything.
Unfiltered = Callable[[Chart], tuple[Query, ...]]


class Builder:
    """Makes the requests of one dashboard.

    ``unfiltered`` may share what has been built elsewhere; without it, each chart's plain
    queries are built once here.
    """

    def __init__(self, page: Page, settings: Settings, unfiltered: Unfiltered | None = None) -> None:
        self._page = page
        self._settings = settings
        self._known: dict[Chart, tuple[Query, ...]] = {}
        self._types: dict[str, tuple[bool, str]] = {}
        self._unfiltered = unfiltered or self._build_unfiltered

    def requests(self, sent: Sent) -> list[Request]:
        """The requests behind one step of a visit; none where the browser fails to build it."""
        if sent.native_filter is not None:
            return [self._options(sent, sent.native_filter)]
        return self._chart(sent)

    def breaks_page(self, chart: Chart) -> bool:
        """Whether an error takes the place of the whole dashboard once a chart is drawn.

        The menu of every chart reads the fields of its form (useDrillDetailMenuItems, before that
        DrillDetailMenuItems), and what is thrown there is caught by the page alone: seen on 6.1.0,
        6.0.0 and 5.0.0, and not on 4.1.4.
        """
        if not self._settings.at_least("5.0"):
            return False
        legacy, _ = self._type(chart.viz_type)
        suspected = legacy or not self._unfiltered(chart)
        return suspected and not has_fields(form_data.complete(chart, self._settings))

    def _options(self, sent: Sent, one: NativeFilter) -> Request:
        dataset = self.target(one)
        database = self._page.workspace.database_of(dataset) if dataset is not None else None

        def make() -> tuple[tuple[Query, ...], tuple[str, ...]]:
            extra = form_data.combine((part for _, part in sent.parts), self._settings)
            built = queries.filter_options(one, dataset, self._settings, extra)
            return ((built,) if built is not None else (), ())

        return Request.planned(
            make,
            kind="filter_options",
            native_filter=one,
            cache_timeout=timeouts.effective(None, dataset, database, self._settings, legacy=False),
            confidence=sent.confidence,
            **_common(sent),
        )

    def target(self, one: NativeFilter) -> Dataset | None:
        """The dataset that a filter's options come from."""
        page = self._page
        return page.workspace.target_dataset(page.dashboard, one.target) if one.target is not None else None

    def _chart(self, sent: Sent) -> list[Request]:
        slot = sent.slot
        if slot is None:
            return []
        chart = slot.chart
        legacy, _ = self._type(chart.viz_type)
        if not legacy and not self._unfiltered(chart):
            # The browser fails to build the request: the chart shows an error and sends nothing.
            return []
        chart_id = slot.key if isinstance(slot.key, int) else chart.id
        layers = list(self._layers(sent, chart))
        found = [self._of_chart(sent, chart, chart_id, legacy=legacy, layers=layers)]
        cells = self._cells(sent, chart, chart_id, legacy=legacy)
        if cells is None:
            found.extend(layers)
        else:
            for then, request in cells:
                found.append(request)
                found.extend(self._layers(then, chart))
        if legacy:
            found.extend(self._annotations(sent, chart))
        return found

    def _layers(self, sent: Sent, chart: Chart) -> Iterator[Request]:
        for layer_id, layer in side_queries.layer_charts(chart, self._page.workspace):
            why = f"chart {chart.name} draws chart {layer_id} as a layer (params.deck_slices)"
            # The layers are asked for without force: a refresh may find them in the cache.
            then = sent._replace(round=sent.round + 1, because=(*sent.because, why), force=False)
            yield self._of_chart(then, layer, layer_id, legacy=True, layer=True)

    def _cells(
        self, sent: Sent, chart: Chart, chart_id: int | None, *, legacy: bool
    ) -> list[tuple[Sent, Request]] | None:
        """What the cells of a matrix ask for; None where a chart is drawn as it is."""
        if not matrixify.may_be(chart.params, self._settings):
            return None
        dataset = self._page.workspace.dataset_of(chart)
        form = form_data.complete(chart, self._settings)
        form.update(self._overrides(sent, chart, dataset) or {})
        matrix = matrixify.matrix(form, self._settings)
        if matrix is None:
            return None
        found = []
        for cell in matrix.cells:
            because = (*sent.because, *_why_cell(chart, matrix, cell))
            then = sent._replace(round=sent.round + 1, because=because, force=False)
            if legacy or "metrics" not in cell.changes or self._queries(then, chart, dataset, cell=cell):
                found.append((then, self._of_chart(then, chart, chart_id, legacy=legacy, cell=cell)))
            # The browser fails to build the others, and their cells show an error.
        return found

    def _type(self, viz_type: str) -> tuple[bool, str]:
        """Whether a chart type posts form data, and how sure its queries are."""
        if viz_type not in self._types:
            legacy = queries.is_legacy(viz_type, self._settings)
            self._types[viz_type] = (legacy, queries.confidence(viz_type, self._settings))
        return self._types[viz_type]

    def _annotations(self, sent: Sent, chart: Chart) -> list[Request]:
        """What the browser asks for a chart that posts form data: its annotation layers.

        It sends the chart's own form data to the other endpoint, in the name of the annotation.
        """
        stand_in = replace(chart, viz_type="annotation")
        dataset = self._page.workspace.dataset_of(chart)
        found = []
        for name, layer_id in side_queries.annotation_layers(chart):
            why = f"chart {chart.name} has annotation layer {name}, which it asks for by itself"
            request = self._of_chart(
                sent._replace(because=(*sent.because, why)), stand_in, layer_id, legacy=False
            )
            found.append(replace(request, chart=self._annotation_chart(layer_id), confidence="low"))
        return found if dataset is not None else []

    def _annotation_chart(self, layer_id: int | None) -> Chart | None:
        root = self._page.dashboard.origin.root
        return self._page.workspace.chart(root, id=layer_id) if layer_id is not None else None

    def _of_chart(
        self,
        sent: Sent,
        chart: Chart | None,
        chart_id: int | None,
        *,
        legacy: bool,
        layer: bool = False,
        layers: Iterable[Request] = (),
        cell: matrixify.Cell | None = None,
    ) -> Request:
        workspace = self._page.workspace
        dataset = workspace.dataset_of(chart) if chart is not None else None
        database = workspace.database_of(dataset) if dataset is not None else None
        confidence = "low"
        if chart is not None and sent.confidence == "high":
            _, confidence = self._type(chart.viz_type)

        def make() -> tuple[tuple[Query, ...], tuple[str, ...]]:
            if chart is None:
                return (), ()
            built = self._queries(sent, chart, dataset, layer=layer, cell=cell)
            return built, statements.uncached(chart, dataset, built, self._settings)

        return Request.planned(
            make,
            kind="legacy" if legacy else "chart",
            chart=chart,
            chart_id=chart_id,
            cache_timeout=timeouts.effective(chart, dataset, database, self._settings, legacy=legacy),
            confidence=confidence,
            cell=(cell.row, cell.column) if cell is not None else None,
            layers=tuple(layers),
            **_common(sent),
        )

    def _queries(
        self,
        sent: Sent,
        chart: Chart,
        dataset: Dataset | None,
        *,
        layer: bool = False,
        cell: matrixify.Cell | None = None,
    ) -> tuple[Query, ...]:
        changes = cell.changes if cell is not None else {}
        plain = not sent.parts and not sent.customizations and not layer and not changes
        if plain and not _has_own_extra(chart):
            return self._unfiltered(chart)
        return queries.build(
            chart,
            dataset,
            self._settings,
            self._extra(sent, chart),
            overrides={**(self._overrides(sent, chart, dataset) or {}), **changes},
            sources=_sources(sent),
            layer=layer,
        )

    def _build_unfiltered(self, chart: Chart) -> tuple[Query, ...]:
        if chart not in self._known:
            dataset = self._page.workspace.dataset_of(chart)
            self._known[chart] = queries.build(chart, dataset, self._settings, masks.NOTHING)
        return self._known[chart]

    def _extra(self, sent: Sent, chart: Chart) -> Mapping[str, Any] | None:
        """What filters add; None, where no filter can, leaves what was saved with the chart."""
        if sent.parts:
            return form_data.combine((part for _, part in sent.parts), self._settings)
        if sent.slot is None or not _has_own_extra(chart):
            return masks.NOTHING
        filtered = scope.is_ever_filtered(self._page, sent.slot.key, self._settings)
        return masks.NOTHING if filtered else None

    def _overrides(self, sent: Sent, chart: Chart, dataset: Dataset | None) -> dict[str, Any] | None:
        """The form data that chart customizations put in place of the chart's own.

        Their part of the query is spread over the form data, too
        (superset-frontend/src/dashboard/util/charts/getFormDataWithExtraFilters.ts, 6.1).
        """
        if not sent.customizations:
            return None
        found = self._regrouped(chart, dataset, sent.customizations)
        ids = {c.id for c in sent.customizations}
        own = (part for source, part in sent.parts if source in ids)
        return {**found, **form_data.combine(own, self._settings)}

    def _regrouped(
        self, chart: Chart, dataset: Dataset | None, chosen: Iterable[NativeFilter]
    ) -> Mapping[str, Any]:
        """What dynamic group-bys among the customizations put in place of a chart's columns."""
        values = [
            (c, value if isinstance(value, list) else [value])
            for c in chosen
            if c.filter_type == "chart_customization_dynamic_groupby" and self.target(c) is dataset
            for value in [c.default_value]
        ]
        if not values or dataset is None:
            return {}
        return customizations.dynamic_groupby(form_data.complete(chart, self._settings), values)

    def drawn_with(self, chart: Chart, chosen: Iterable[NativeFilter]) -> Mapping[str, Any]:
        """The parameters that a chart is drawn with under these customizations."""
        dataset = self._page.workspace.dataset_of(chart)
        grouped = self._regrouped(chart, dataset, chosen)
        return {**chart.params, **grouped, "viz_type": chart.viz_type}


def _has_own_extra(chart: Chart) -> bool:
    """Whether what was saved with a chart differs from what filters without a value put in its place."""
    return bool(chart.params.get("extra_form_data", masks.NOTHING) != masks.NOTHING)


def _common(sent: Sent) -> dict[str, Any]:
    return {
        "force": sent.force,
        "waits_for": sent.waits_for,
        "round": sent.round,
        "because": sent.because,
        "before_apply": sent.before_apply,
    }


def _why_cell(chart: Chart, matrix: matrixify.Matrix, cell: matrixify.Cell) -> Iterator[str]:
    size = f"{matrix.rows} × {matrix.columns} charts"
    yield f"chart {chart.name} is a matrix of {size} (matrixify_enable), drawn once its own answer is there"
    yield f"its cell {' × '.join(filter(None, (cell.row, cell.column))) or '(blank)'} asks for itself"
    for values in matrix.looked_up:
        yield f"{values} were found when the chart was saved; a dashboard does not look for others"


def _sources(sent: Sent) -> tuple[str, ...]:
    """The id of the filter behind each entry of the combined ``filters``."""
    return tuple(
        source
        for source, part in sent.parts
        for filters in [part.get("filters")]
        if isinstance(filters, list)
        for _ in filters
    )
