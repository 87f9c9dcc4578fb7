"""What happens while somebody looks at a dashboard: a small model of the browser's state.

A :class:`Visit` holds the open tabs, the filter bar and what has been drawn. Each thing that a
user does is a method; ``log`` then holds what the browser sends, in order, with its reasons.
Nothing here knows about queries.

Sources (all below superset-frontend/src): dashboard/components/Dashboard, dashboard/components/
gridComponents/Chart, components/Chart/Chart, dashboard/components/DashboardBuilder,
dashboard/actions/dashboardState.
"""

from __future__ import annotations

from collections.abc import Iterable

from dashlint.assets import LayoutNode, NativeFilter
from dashlint.superset import masks, scope
from dashlint.superset.filter_bar import FilterBar
from dashlint.superset.page import ChartKey, Page, Slot
from dashlint.superset.sent import SelfApplied, Sent
from dashlint.superset.settings import Settings
from dashlint.superset.tabs import Tabs


class Visit:
    """One user on one dashboard. ``log`` and ``notes`` are about the last action."""

    def __init__(self, page: Page, settings: Settings) -> None:
        layers = settings.at_least("6.0")
        self.page = page
        self.own = scope.own_scopes(page, layers=layers)
        self.acting = scope.acting_scopes(page, layers=layers)
        self.tabs = Tabs(page.layout)
        self.bar = FilterBar(page, settings, self.own, self._note)
        self.log: list[Sent] = []
        self.notes: list[str] = []
        # 4.1 queries a chart on a hidden tab only when the tab is shown again.
        self._hidden_at_once = settings.at_least("5.0")
        self._repeats_refresh = settings.at_least("6.0") and not settings.at_least("6.1")
        self._shown = False
        self._mounted: set[str] = set()
        self._queried: set[ChartKey] = set()
        self._stale: set[ChartKey] = set()
        self._cross: tuple[ChartKey, masks.Extra] | None = None
        self._cause: NativeFilter | None = None
        self._before_apply = False
        self._recording = True

    def rehearse(self, tabs: Iterable[LayoutNode] = ()) -> None:
        """Opens the dashboard and then tabs, without noting what is sent."""
        self._recording = False
        self.load()
        for tab in tabs:
            self.open_tab(tab)
        self._recording = True

    # What a user does

    def load(self) -> None:
        """Opens the dashboard."""
        self._start()
        blockers = self.bar.blockers()
        if not blockers:
            self._show(0)
        applied = self.bar.look(self.tabs.active, force_all=self.bar.comes_first)
        self._self_applied(applied)
        if blockers and not self._shown:
            names = ", ".join(f.name for f in self.bar.blockers())
            self.notes.append(
                f"No chart is drawn: filter {names} comes first (requiredFirst) and gets no value."
            )

        self.notes.extend(
            f"Filter {child.name} asks twice more where its options arrive before those of {parent.name}."
            for child, parent in self.bar.may_ask_more()
        )

    def open_tab(self, tab: LayoutNode) -> None:
        """Opens a tab, which may have been open before."""
        self._start()
        self.tabs.open(tab)
        if self._shown:
            name = "/".join(self.page.layout.tab_names(tab))
            self._mount(0, f"tab {name} is opened for the first time")
            self._rerun_stale()
        self._self_applied(self.bar.look(self.tabs.active))

    def pick(self, native_filter: NativeFilter, extra: masks.Extra) -> None:
        """Picks a value in a filter, without pressing Apply."""
        self._start()
        self._cause = native_filter
        self._before_apply = True
        self._self_applied(self.bar.pick(native_filter, extra, self.tabs.active))
        self._before_apply = False

    def apply(self, native_filter: NativeFilter) -> None:
        """Presses Apply after a value was picked; adds to what the pick has sent."""
        missing = self.bar.missing(self.tabs.active, native_filter)
        if missing:
            names = ", ".join(f.name for f in missing)
            self.notes.append(f"Apply stays disabled: filter {names} is required and has no value yet.")
            return
        changed = self.bar.pending(self.tabs.active)
        for one in changed:
            self.bar.apply(one, self.bar.selected[one.id])
        self._rerun(changed, 0)

    def click_chart(self, slot: Slot, extra: masks.Extra) -> None:
        """Clicks a value in a chart that filters others."""
        self._start()
        self._cross = (slot.key, extra)
        targets = set(scope.cross_filter_targets(self.page, slot.key))
        clicked = f"a value of chart {slot.chart.name} is clicked, which filters other charts"
        for other in self.drawn():
            if other.key in targets:
                reached = f"chart {other.chart.name} is in its cross-filter scope and has been drawn"
                self._send(other, 0, (clicked, reached))

    def refresh(self) -> None:
        """Presses "Refresh dashboard"."""
        self._start()
        drawn: dict[ChartKey, Slot] = {}
        for slot in self.drawn():
            drawn.setdefault(slot.key, slot)
        for slot in drawn.values():
            why = f"chart {slot.chart.name} has been drawn"
            self._send(slot, 0, ("a refresh of the dashboard bypasses the cache", why), force=True)
        if drawn:
            self.bar.refresh()
        if self._repeats_refresh:
            self._note_endless_refresh()

    def _note_endless_refresh(self) -> None:
        """6.0.0 refreshes the charts of a tab below the top row again and again.

        Every refresh makes an open tab refresh its charts once more, which is a refresh (seen on
        6.0.0: 3,657 requests in two minutes; gridComponents/Tab, mended in 6.1).
        """
        layout = self.page.layout
        root = layout.nodes.get("ROOT_ID")
        top = root.children[:1] if root is not None else ()
        inside = {t for slot in self.drawn() for t in slot.tabs if t in self.tabs.active}
        names = [layout.nodes[t].text for t in inside if layout.nodes[t].parents[-1:] != top]
        if names:
            self.notes.append(
                f"Superset 6.0 repeats this without end for the charts on {', '.join(sorted(names))}, "
                "tabs below the top row."
            )

    # What follows

    def _start(self) -> None:
        self.log = []
        self.notes = []
        self._cause = None

    def _note(self, sent: Sent) -> None:
        if self._recording:
            self.log.append(sent._replace(before_apply=True) if self._before_apply else sent)

    def _show(self, wave: int, waited_for: tuple[NativeFilter, ...] = ()) -> None:
        self._shown = True
        self._mount(wave, "the dashboard is opened", waited_for)

    def _self_applied(self, applied: list[SelfApplied]) -> None:
        """Filters applied a value by themselves: charts are drawn, or query once more."""
        waited_for = self.bar.blockers()
        for wave, one, extra, repeated in sorted(applied, key=lambda a: a.wave):
            same = self.bar.applied[one.id] == extra
            self.bar.apply(one, extra)
            if self._shown:
                for _ in range(2 if repeated else 0 if same else 1):
                    self._rerun([one], wave + 1)
            elif not self.bar.blockers():
                self._show(wave + 1, waited_for)

    def _mount(self, wave: int, why: str, waited_for: tuple[NativeFilter, ...] = ()) -> None:
        """Draws what stands on tabs that have been opened.

        A chart that stands there twice queries twice, and the second request cancels the first;
        one that has been drawn elsewhere before does not query again.
        """
        fresh: set[ChartKey] = set()
        for slot in self.page.slots:
            if slot.node_id in self._mounted or not self.tabs.visited.issuperset(slot.tabs):
                continue
            self._mounted.add(slot.node_id)
            if slot.key in self._queried:
                continue
            if not self._recording:
                fresh.add(slot.key)
                continue
            because = [why, self._place(slot)]
            if slot.key in fresh:
                because.append("the chart stands in a second place, which queries by itself")
            if waited_for:
                names = ", ".join(f.name for f in waited_for)
                because.append(f"charts wait for the first value of filter {names} (requiredFirst)")
            fresh.add(slot.key)
            self._send(slot, wave, tuple(because), waits_for=tuple(f.id for f in waited_for))
        self._queried |= fresh
        self._stale -= fresh

    def drawn(self) -> list[Slot]:
        """The places of charts that have been drawn, in the order of the layout."""
        return [slot for slot in self.page.slots if slot.node_id in self._mounted]

    def _place(self, slot: Slot) -> str:
        name = slot.chart.name
        if slot.added:
            return f"chart {name} stands nowhere in the layout and is drawn at the end of what opens first"
        if not slot.tabs:
            return f"chart {name} stands outside of tabs"
        return f"chart {name} stands on tab {'/'.join(self.page.layout.nodes[t].text for t in slot.tabs)}"

    def _rerun(self, changed: Iterable[NativeFilter], wave: int) -> None:
        """Queries the drawn charts in the scope of filters whose applied value changed."""
        reasons: dict[ChartKey, list[NativeFilter]] = {}
        for one in changed:
            for key in self.acting[one.id]:
                reasons.setdefault(key, []).append(one)
        for slot in self.drawn():
            if slot.key not in reasons:
                continue
            if not self._hidden_at_once and not self.tabs.active.issuperset(slot.tabs):
                self._stale.add(slot.key)
                continue
            because = [self._why_in_scope(one, slot) for one in reasons[slot.key]]
            self._send(slot, wave, (*because, f"{self._place(slot)} and has been drawn"))

    def _rerun_stale(self) -> None:
        for slot in self.drawn():
            if slot.key in self._stale and self.tabs.active.issuperset(slot.tabs):
                self._stale.discard(slot.key)
                why = "a filter was changed while the tab was hidden"
                self._send(slot, 0, (why, f"{self._place(slot)}, which is shown again"))

    def _why_in_scope(self, one: NativeFilter, slot: Slot) -> str:
        if one is self._cause:
            what = f"filter {one.name} has a new value"
        elif self._cause is not None:
            what = f"filter {one.name} has a value that waits for Apply"
        else:
            what = f"filter {one.name} applies its value by itself"
        above = [p for p in self.page.parents.get(slot.key, ()) if p in one.scope.root_path]
        if slot.key not in self.own[one.id] or not above:
            return f"{what}; its scope names layers of chart {slot.chart.name}"
        return f"{what}; chart {slot.chart.name} is in its scope (rootPath {above[0]}, not excluded)"

    def _parts(self, key: ChartKey) -> tuple[tuple[str, masks.Extra], ...]:
        """What each applied filter adds to a chart's query now, by the filter's or chart's id."""
        applied = self.bar.applied
        parts = [(f.id, applied[f.id]) for f in self.bar.all if applied[f.id] and key in self.acting[f.id]]
        if self._cross is not None:
            emitter, clicked = self._cross
            if key in scope.cross_filter_targets(self.page, emitter):
                parts.append((str(emitter), clicked))
        return tuple(parts)

    def _send(
        self,
        slot: Slot,
        wave: int,
        because: tuple[str, ...],
        *,
        force: bool = False,
        waits_for: tuple[str, ...] = (),
    ) -> None:
        self._note(
            Sent(
                wave,
                because,
                slot=slot,
                parts=self._parts(slot.key),
                customizations=tuple(c for c in self.bar.customizations if slot.key in self.own[c.id]),
                force=force,
                waits_for=waits_for,
            )
        )
