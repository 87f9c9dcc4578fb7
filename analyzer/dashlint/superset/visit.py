"""What happens while somebody looks at a dashboard: a small model of the browser's state.

A :class:`Visit` holds the open tabs, the values of the filters (picked and applied are two
things) and what has been drawn. Each thing that a user does is a method; it notes what the
browser sends, in order, with its reasons. Nothing here knows about queries.

Sources (all below superset-frontend/src): dashboard/components/Dashboard, dashboard/components/
gridComponents/Chart, components/Chart/Chart, dashboard/components/DashboardBuilder,
dashboard/components/nativeFilters/FilterBar (index, FilterControls, FilterValue,
useInitialization), filters/components/*, dashboard/actions/dashboardState.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dashlint.assets import LayoutNode, NativeFilter
from dashlint.superset import masks, scope
from dashlint.superset.page import ChartKey, Page, Slot
from dashlint.superset.settings import Settings
from dashlint.superset.tabs import Tabs


class Sent(NamedTuple):
    """One request of a visit, without its queries. Exactly one of chart and filter is there."""

    round: int
    because: tuple[str, ...]
    slot: Slot | None = None
    native_filter: NativeFilter | None = None
    parts: tuple[tuple[str, masks.Extra], ...] = ()
    force: bool = False
    before_apply: bool = False
    waits_for: tuple[str, ...] = ()
    confidence: str = "high"


class Visit:
    """One user on one dashboard. ``log`` holds what the last action sent."""

    def __init__(self, page: Page, settings: Settings) -> None:
        self.page = page
        self.settings = settings
        layers = settings.at_least("6.0")
        self.own = scope.own_scopes(page, layers=layers)
        self.acting = scope.acting_scopes(page, self.own, layers=layers)
        self.filters = page.dashboard.filters
        self.customizations = page.dashboard.chart_customizations if settings.at_least("6.1") else ()
        self.bar = (*self.filters, *self.customizations)
        self.tabs = Tabs(page.layout)
        self.log: list[Sent] = []
        self.notes: list[str] = []
        self._shown = False
        self._mounted: dict[str, Slot] = {}
        self._stale: set[ChartKey] = set()
        self._seen: set[str] = set()
        self._initialized: set[str] = set()
        self._answers: dict[str, int] = {}
        self._before_apply = False
        self._waiting: tuple[str, ...] = ()
        self._cross: tuple[ChartKey, masks.Extra] | None = None
        # What is saved as a default is applied before the first chart is drawn (dataMask/reducer).
        self.applied: dict[str, masks.Extra] = {f.id: f.default_extra_form_data for f in self.bar}
        self.selected: dict[str, masks.Extra] = dict(self.applied)
        self._has_value: set[str] = {f.id for f in self.bar if masks.has_default(f)}

    # What a user does

    def load(self) -> None:
        """Opens the dashboard."""
        self._start()
        if any(f.raw.get("requiredFirst") for f in self.filters):
            # The filter bar does not wait for charts once any filter comes first.
            self._show_if_ready(0)
            self._look_at_bar(force_all=True)
            return
        self._show_if_ready(0)
        self._look_at_bar()

    def open_tab(self, tab: LayoutNode) -> None:
        """Opens a tab, which may have been open before."""
        self._start()
        self.tabs.open(tab)
        if self._shown:
            name = "/".join(self.page.layout.tab_names(tab))
            self._mount(0, f"tab {name} is opened for the first time")
            self._rerun_stale(0)
        self._look_at_bar()

    def pick(self, native_filter: NativeFilter, extra: masks.Extra) -> None:
        """Picks a value in a filter, without pressing Apply."""
        self._start()
        self._before_apply = True
        if native_filter.id not in self._seen:
            self._expand(native_filter)
        self._select(native_filter, extra)
        if _searches(native_filter) and _asks(native_filter):
            why = "searches all its options on the server (searchAllOptions): leaving it asks again"
            self._send_options(native_filter, 0, (f"filter {native_filter.name} {why}",))
        self._settle_children({native_filter.id}, 0)
        self._before_apply = False

    def apply(self, native_filter: NativeFilter) -> None:
        """Presses Apply after a value was picked; adds to what the pick has sent."""
        missing = [
            f for f in self.filters if f.required and f.id != native_filter.id and self._lacks_value(f)
        ]
        if missing:
            names = ", ".join(f.name for f in missing)
            self.notes.append(f"Apply stays disabled: filter {names} is required and has no value yet.")
            return
        changed = [
            f
            for f in self.bar
            if self.selected[f.id] != self.applied[f.id] and (self.selected[f.id] or self._is_in_view(f))
        ]
        for one in changed:
            self.applied[one.id] = self.selected[one.id]
        self._rerun(changed, native_filter)

    def click_chart(self, slot: Slot, extra: masks.Extra) -> None:
        """Clicks a value in a chart that filters others."""
        self._start()
        self._cross = (slot.key, extra)
        targets = set(scope.cross_filter_targets(self.page, slot.key))
        for other in self._mounted_charts():
            if other.key in targets:
                self._send_chart(
                    other,
                    0,
                    (
                        f"a value of chart {slot.chart.name} is clicked, which filters other charts",
                        f"chart {other.chart.name} is in its cross-filter scope and has been drawn",
                    ),
                )

    def refresh(self) -> None:
        """Presses "Refresh dashboard"."""
        self._start()
        drawn = sorted(self._mounted_charts(), key=lambda s: _object_order(s.key))
        for slot in drawn:
            self._send_chart(
                slot,
                0,
                (
                    "the dashboard is refreshed, which bypasses the cache",
                    f"chart {slot.chart.name} has been drawn",
                ),
                force=True,
            )
        if not drawn:
            return
        asked = [f for f in self.bar if f.id in self._seen and _asks(f)]
        for one in asked:
            self._send_options(
                one,
                1,
                (
                    "filter options are fetched again after all charts of a refresh have answered",
                    f"filter {one.name} has been shown in the filter bar",
                ),
                force=True,
            )
        if asked:
            first = asked[0]
            self._send_options(
                first,
                2,
                ("the first filter whose options arrive asks once more (FilterValue)",),
                force=True,
                confidence="high" if len(asked) == 1 else "low",
            )

    # Drawing

    def _start(self) -> None:
        self.log = []
        self.notes = []

    @property
    def _blockers(self) -> list[NativeFilter]:
        """Filters without whose first value no chart is drawn (DashboardBuilder/state.ts)."""
        return [
            f
            for f in self.filters
            if f.raw.get("requiredFirst") is True
            and f.filter_type != "filter_time"
            and f.id not in self._has_value
        ]

    def _show_if_ready(self, wave: int, waited_for: tuple[str, ...] = ()) -> None:
        blockers = self._blockers
        if self._shown:
            return
        if blockers:
            self._waiting = tuple(f.id for f in blockers)
            return
        self._shown = True
        self._mount(wave, "the dashboard is opened", waited_for)

    def _mount(self, wave: int, why: str, waited_for: tuple[str, ...] = ()) -> None:
        names = [f.name for f in self.filters if f.id in waited_for]
        for slot in self.page.slots:
            if slot.node_id in self._mounted or not self.tabs.visited.issuperset(slot.tabs):
                continue
            self._mounted[slot.node_id] = slot
            because = [why, self._place(slot)]
            if names:
                because.append(
                    f"no chart is drawn before filter {', '.join(names)} has its first value (requiredFirst)"
                )
            self._stale.discard(slot.key)
            self._send_chart(slot, wave, tuple(because), waits_for=waited_for)

    def _place(self, slot: Slot) -> str:
        name = slot.chart.name
        if slot.added:
            return f"chart {name} stands nowhere in the layout: it is drawn on the first tab"
        if not slot.tabs:
            return f"chart {name} stands outside of tabs"
        tab = "/".join(self.page.layout.nodes[t].text for t in slot.tabs)
        return f"chart {name} stands on tab {tab}"

    def _mounted_charts(self) -> list[Slot]:
        """The charts that have been drawn, each once, in the order of the layout."""
        return list({slot.key: slot for slot in reversed(self._mounted.values())}.values())[::-1]

    def _rerun(self, changed: Iterable[NativeFilter], cause: NativeFilter | None, wave: int = 0) -> None:
        """Queries the drawn charts in the scope of filters whose applied value changed."""
        reasons: dict[ChartKey, list[NativeFilter]] = {}
        for one in changed:
            for key in self.acting[one.id]:
                reasons.setdefault(key, []).append(one)
        hidden_later = not self.settings.at_least("5.0")
        for slot in self._mounted_charts():
            if slot.key not in reasons:
                continue
            if hidden_later and not self.tabs.active.issuperset(slot.tabs):
                self._stale.add(slot.key)
                continue
            because = [self._why_in_scope(one, slot, applied=one is not cause) for one in reasons[slot.key]]
            because.append(f"{self._place(slot)} and has been drawn")
            self._send_chart(slot, wave, tuple(because))

    def _rerun_stale(self, wave: int) -> None:
        """4.1 queries a chart on a hidden tab only when the tab is shown again."""
        for slot in self._mounted_charts():
            if slot.key in self._stale and self.tabs.active.issuperset(slot.tabs):
                self._stale.discard(slot.key)
                self._send_chart(
                    slot,
                    wave,
                    (
                        "a filter was changed while the tab was hidden",
                        f"{self._place(slot)}, which is shown again",
                    ),
                )

    def _why_in_scope(self, one: NativeFilter, slot: Slot, *, applied: bool) -> str:
        above = [p for p in self.page.parents.get(slot.key, ()) if p in one.scope.root_path]
        what = "is applied along" if applied else "has a new value"
        if slot.key not in self.own[one.id] or not above:
            return f"filter {one.name} {what}; it names layers of chart {slot.chart.name}"
        return (
            f"filter {one.name} {what}; chart {slot.chart.name} is in its scope "
            f"(rootPath {above[0]}, not excluded)"
        )

    # The filter bar

    def _is_in_view(self, one: NativeFilter) -> bool:
        """Whether a filter stands among those that are in scope of the open tabs."""
        if not self.page.has_tabs:
            return True
        active = self.tabs.active
        charts = self.own[one.id]
        if charts:
            return any(active.issuperset(self.page.tabs_of(key)) for key in charts)
        if one.is_customization:
            return True
        return not active.isdisjoint(one.scope.root_path)

    def _look_at_bar(self, wave: int = 0, *, force_all: bool = False) -> None:
        """Filters that come into view for the first time ask for their options."""
        fresh = []
        for one in self.bar:
            if one.id in self._seen:
                continue
            if self._is_in_view(one):
                fresh.append((one, "is in scope of the open tabs"))
            elif force_all and not one.is_customization:
                fresh.append((one, "is shown at once because a filter comes first (requiredFirst)"))
        self._show(fresh, wave)

    def _expand(self, wanted: NativeFilter) -> None:
        fresh = [
            (f, f"is shown with all filters that are out of scope, to pick a value of {wanted.name}")
            for f in self.filters
            if f.id not in self._seen and not self._is_in_view(f)
        ]
        self._show(fresh, 0)

    def _show(self, fresh: list[tuple[NativeFilter, str]], wave: int) -> None:
        answered = []
        for one, why in fresh:
            self._seen.add(one.id)
            answered.append(one)
            if _asks(one):
                self._send_options(one, wave, (f"filter {one.name} {why}",))
        self._settle(answered, wave)

    def _settle(self, answered: list[NativeFilter], wave: int) -> None:
        """What filters do once their options are there: take a value, wake their children."""
        changed = set()
        apply_now = []
        for one in answered:
            before = self.selected[one.id]
            extra, has_value = self._first_value(one)
            if extra is None:
                continue
            self._select(one, extra)
            if extra != before:
                changed.add(one.id)
            first = bool(one.raw.get("requiredFirst")) and one.id not in self._initialized
            if has_value and (first or self._applies_itself(one, extra)):
                self._has_value.add(one.id)
                if self.applied[one.id] != extra:
                    self.applied[one.id] = extra
                    apply_now.append(one)
            if has_value and extra:
                self._initialized.add(one.id)
        if not self._shown:
            self._show_if_ready(wave + 1, self._waiting)
        elif apply_now:
            self._rerun(apply_now, None, wave + 1)
        self._settle_children(changed, wave + 1)

    def _settle_children(self, changed: set[str], wave: int) -> None:
        if not changed or wave > len(self.bar) + 2:
            return
        woken = [
            f
            for f in self.filters
            if f.id in self._seen and _asks(f) and not changed.isdisjoint(self._ancestors(f))
        ]
        for one in woken:
            parents = ", ".join(
                f.name for f in self.filters if f.id in changed and f.id in self._ancestors(one)
            )
            self._send_options(
                one,
                wave,
                (f"filter {parents} has a new value", f"filter {one.name} depends on it"),
                waits_for=tuple(sorted(changed)),
            )
        if woken:
            self._settle(woken, wave)

    def _first_value(self, one: NativeFilter) -> tuple[masks.Extra | None, bool]:
        """What a filter's plugin makes of its state when options arrive: its value's query part.

        None leaves everything as it is. The second tells whether a value (or null) is set.
        """
        answers = self._answers[one.id] = self._answers.get(one.id, 0) + 1
        if masks.has_default(one):
            if answers > 1:
                return None, False
            return masks.from_value(one, one.default_value), True
        if one.filter_type == "filter_select":
            if one.default_to_first_item and _asks(one):
                value = [masks.FIRST_OPTION if answers == 1 else f"{masks.FIRST_OPTION} {answers}"]
                return masks.from_value(one, value), True
            return None, False
        if one.filter_type == "filter_time" or answers > 1:
            return None, False
        return masks.NOTHING, True

    def _applies_itself(self, one: NativeFilter, extra: masks.Extra) -> bool:
        """6.1 applies a saved value by itself where its query part was not saved with it."""
        return (
            self.settings.at_least("6.1")
            and masks.has_default(one)
            and bool(extra)
            and not self.applied[one.id]
        )

    def _select(self, one: NativeFilter, extra: masks.Extra) -> None:
        self.selected[one.id] = extra

    def _lacks_value(self, one: NativeFilter) -> bool:
        if one.id not in self._seen and not self._is_in_view(one):
            return False
        selected = self.selected[one.id]
        return not selected or "1 = 0" in str(selected.get("adhoc_filters", ""))

    def _ancestors(self, one: NativeFilter) -> set[str]:
        known = {f.id: f for f in self.filters}
        found: set[str] = set()
        pending = list(one.cascade_parent_ids)
        while pending:
            parent = pending.pop()
            if parent in found or parent == one.id or parent not in known:
                continue
            found.add(parent)
            pending.extend(known[parent].cascade_parent_ids)
        return found

    # Sending

    def _parts_for(self, key: ChartKey) -> tuple[tuple[str, masks.Extra], ...]:
        """What each applied filter adds to a chart's query now, by the filter's or chart's id."""
        parts = [
            (f.id, self.applied[f.id])
            for f in self.filters
            if self.applied[f.id] and key in self.acting[f.id]
        ]
        if self._cross is not None:
            emitter, clicked = self._cross
            if key in scope.cross_filter_targets(self.page, emitter):
                parts.append((str(emitter), clicked))
        return tuple(parts)

    def _send_chart(
        self,
        slot: Slot,
        wave: int,
        because: tuple[str, ...],
        *,
        force: bool = False,
        waits_for: tuple[str, ...] = (),
    ) -> None:
        self.log.append(
            Sent(
                wave,
                because,
                slot=slot,
                parts=self._parts_for(slot.key),
                force=force,
                before_apply=self._before_apply,
                waits_for=waits_for,
            )
        )

    def _send_options(
        self,
        one: NativeFilter,
        wave: int,
        because: tuple[str, ...],
        *,
        force: bool = False,
        waits_for: tuple[str, ...] = (),
        confidence: str = "high",
    ) -> None:
        parents = self._ancestors(one)
        parts = tuple((f.id, self.selected[f.id]) for f in self.filters if f.id in parents)
        self.log.append(
            Sent(
                wave,
                because,
                native_filter=one,
                parts=parts,
                force=force,
                before_apply=self._before_apply,
                waits_for=waits_for,
                confidence=confidence,
            )
        )


def _asks(one: NativeFilter) -> bool:
    """Whether a filter fetches options: it needs a dataset (FilterValue: hasDataSource)."""
    if one.filter_type == "chart_customization_dynamic_groupby":
        return False
    return one.target is not None and one.target.names_dataset


def _searches(one: NativeFilter) -> bool:
    return one.filter_type == "filter_select" and bool(one.control_values.get("searchAllOptions"))


def _object_order(key: ChartKey) -> tuple[int, int | str]:
    """The order of a JavaScript object's keys: numbers first, ascending."""
    return (0, key) if isinstance(key, int) else (1, key)
