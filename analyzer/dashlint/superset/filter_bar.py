"""The filter bar: which filters are shown, what they ask for, which values they hold.

A filter has two values: the one selected in the bar and the one applied to the charts. It asks
for its options when it comes into view for the first time, and again when a filter that it
depends on gets another value; some filters take a value by themselves once options are there.

Sources, below superset-frontend/src/dashboard/components/nativeFilters/FilterBar: index.tsx,
useInitialization.ts, FilterControls/FilterControls.tsx, FilterControls/FilterValue.tsx,
FilterControls/state.ts; ../state.ts:useSelectFiltersInScope; the plugins below
superset-frontend/src/filters/components. Versions differ where ``settings.at_least`` is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashlint.assets import NativeFilter
from dashlint.superset import masks
from dashlint.superset.cascade import ancestors, asks
from dashlint.superset.page import ChartKey, Page
from dashlint.superset.sent import SelfApplied, Sent
from dashlint.superset.settings import Settings


class FilterBar:
    """The filters of one dashboard while it is open. Requests go to ``send``."""

    def __init__(
        self,
        page: Page,
        settings: Settings,
        scopes: Mapping[str, frozenset[ChartKey]],
        send: Callable[[Sent], None],
    ) -> None:
        self._page = page
        self._newest = settings.at_least("6.1")
        self._settings = settings
        self._scopes = scopes
        self._send = send
        self.filters = page.dashboard.filters
        self.customizations = page.dashboard.chart_customizations if self._newest else ()
        self.all = (*self.filters, *self.customizations)
        # Saved defaults are applied before the first chart is drawn (src/dataMask/reducer.ts).
        self.applied = {f.id: f.default_extra_form_data for f in self.all}
        self.selected = dict(self.applied)
        self._valued = {f.id for f in self.all if masks.has_default(f)}
        self._seen: set[str] = set()
        self._initialized: set[str] = set()
        self._answers: dict[str, int] = {}

    # What is shown

    @property
    def comes_first(self) -> bool:
        """Whether the bar shows all its filters at once, without waiting for charts."""
        return any(f.raw.get("requiredFirst") for f in self.filters)

    def blockers(self) -> tuple[NativeFilter, ...]:
        """Filters without whose first value no chart is drawn (DashboardBuilder/state.ts)."""
        return tuple(f for f in self.filters if f.id not in self._valued and self._blocks(f))

    def may_ask_more(self) -> list[tuple[NativeFilter, NativeFilter]]:
        """Shown filters that may ask twice more on loading, each with the filter that makes them.

        A filter with a saved value drops it for a moment when its own options arrive. Filters
        below that have their options by then ask without it and once again with it (seen in 6 of
        10 loads of 6.1.0, and in the one load of each older release).
        """
        return [
            (child, parent)
            for child in self.filters
            if child.id in self._seen and asks(child)
            for parent in self.filters
            if parent.id in self._above(child) and parent.default_extra_form_data and asks(parent)
        ]

    def _blocks(self, one: NativeFilter) -> bool:
        first = one.raw.get("requiredFirst")
        if self._newest:
            return first is True and one.filter_type != "filter_time"
        return bool(first)

    def in_view(self, one: NativeFilter, active: frozenset[str]) -> bool:
        """Whether a filter stands among those in scope of the open tabs."""
        if not self._page.has_tabs:
            return True
        charts = self._scopes[one.id]
        if any(active.issuperset(self._page.tabs_of(key)) for key in charts):
            return True
        if one.is_customization:
            return not charts
        if not self._settings.at_least("5.0") or (self._newest and charts):
            return False
        return not active.isdisjoint(one.scope.root_path)

    def look(self, active: frozenset[str], *, force_all: bool = False) -> list[SelfApplied]:
        """Shows the filters in scope of the open tabs."""
        fresh = []
        for one in self.all:
            if not self.in_view(one, active):
                if one.is_customization:
                    # Unlike filters, customizations are taken out of the page with their tab.
                    self._seen.discard(one.id)
                elif force_all and one.id not in self._seen:
                    fresh.append((one, "is shown at once, as a filter comes first (requiredFirst)"))
            elif one.id not in self._seen:
                fresh.append((one, "is in scope of the open tabs"))
        return self._show(fresh)

    def _show(self, fresh: list[tuple[NativeFilter, str]]) -> list[SelfApplied]:
        for one, why in fresh:
            self._seen.add(one.id)
            if asks(one):
                self._ask(one, 0, (f"filter {one.name} {why}",))
        return self._settle([one for one, _ in fresh], 0)

    # What a user does

    def pick(self, one: NativeFilter, extra: masks.Extra, active: frozenset[str]) -> list[SelfApplied]:
        """Selects a value. A filter that is out of view has to be unfolded first, with others."""
        applied: list[SelfApplied] = []
        if not self.in_view(one, active):
            why = f"is unfolded with all filters that are out of scope, to pick a value of {one.name}"
            hidden = [
                (f, why) for f in self.filters if f.id not in self._seen and not self.in_view(f, active)
            ]
            applied += self._show(hidden)
        self.selected[one.id] = extra
        if self._newest and one.raw.get("requiredFirst") and one.id not in self._initialized:
            applied.append(SelfApplied(-1, one, extra))
        self._initialized.add(one.id)
        if one.control_values.get("searchAllOptions") and one.filter_type == "filter_select" and asks(one):
            why = "searches its options on the server (searchAllOptions): leaving it asks once more"
            self._ask(one, 0, (f"filter {one.name} {why}",))
        return applied + self._wake({one.id}, 0)

    def missing(self, active: frozenset[str], picked: NativeFilter) -> tuple[NativeFilter, ...]:
        """Required filters without a value, which keep Apply disabled."""
        return tuple(
            f
            for f in self.filters
            if f.required
            and f.id != picked.id
            and (f.id in self._seen or self.in_view(f, active))
            and masks.is_empty(self.selected[f.id])
        )

    def pending(self, active: frozenset[str]) -> list[NativeFilter]:
        """What Apply puts into effect: every filter whose selection differs from what is applied."""
        return [
            f
            for f in self.all
            if self.selected[f.id] != self.applied[f.id]
            and (not self._newest or self.selected[f.id] or self.in_view(f, active))
        ]

    def apply(self, one: NativeFilter, extra: masks.Extra) -> None:
        self.applied[one.id] = extra
        self._valued.add(one.id)

    def refresh(self) -> None:
        """Fetches the options of every filter that has been shown again, past the cache."""
        asked = [f for f in self.all if f.id in self._seen and asks(f)]
        # Up to 6.0 the filters do not wait for the charts' answers (dashboardState:onRefresh).
        wave = 1 if self._newest else 0
        why = "after a refresh" if not self._newest else "after all charts of a refresh have answered"
        for one in asked:
            self._ask(
                one,
                wave,
                (f"filter options are fetched again {why}", f"filter {one.name} has been shown"),
                force=True,
            )
        if asked:
            # FilterValue takes back "loading" before the end of the refresh is noted, and so
            # asks again: once, for the filter that is answered first. Which one that is nobody
            # can know; in refreshes that were recorded it was most often the second.
            self._ask(
                asked[min(1, len(asked) - 1)],
                wave + 1,
                ("the filter whose options arrive first after a refresh asks once more",),
                force=True,
                confidence="high" if len(asked) == 1 else "low",
            )

    # What filters do by themselves

    def _settle(self, answered: list[NativeFilter], wave: int) -> list[SelfApplied]:
        """Options have arrived: filters take a value, and wake those that depend on them."""
        applied: list[SelfApplied] = []
        changed = set()
        for one in answered:
            extra = self._value_on_answer(one)
            if extra is None:
                continue
            if extra != self.selected[one.id]:
                self.selected[one.id] = extra
                changed.add(one.id)
            if self._applies_first(one) or self._applies_default(one, extra):
                applied.append(SelfApplied(wave, one, extra, self._takes_back(one)))
            if extra:
                self._initialized.add(one.id)
        return applied + self._wake(changed, wave + 1)

    def _wake(self, changed: set[str], wave: int) -> list[SelfApplied]:
        """Filters below those that changed ask again; a chain of n filters takes n waves."""
        if not changed or wave > len(self.all) + 1:
            return []
        woken = []
        for one in self.filters:
            causes = [f for f in self.filters if f.id in changed and f.id in self._above(one)]
            if causes and one.id in self._seen and asks(one):
                woken.append(one)
                names = ", ".join(f.name for f in causes)
                self._ask(
                    one,
                    wave,
                    (f"filter {names} has a new value", f"filter {one.name} depends on it"),
                    waits_for=tuple(f.id for f in causes),
                )
        return self._settle(woken, wave)

    def _value_on_answer(self, one: NativeFilter) -> masks.Extra | None:
        """What a filter adds once it is drawn with its options; None leaves all as it is."""
        answers = self._answers[one.id] = self._answers.get(one.id, 0) + 1
        if masks.has_default(one):
            return masks.from_value(one, one.default_value) if answers == 1 else None
        if one.filter_type == "filter_select":
            if not one.default_to_first_item or not asks(one):
                return None
            if answers > 1 and not self._settings.at_least("6.0"):
                # Up to 5.0 the first item stays selected even where it is no option any more.
                return None
            value = masks.FIRST_OPTION if answers == 1 else f"{masks.FIRST_OPTION} {answers}"
            return masks.from_value(one, [value])
        # Range, time column and time grain set an empty value when they are drawn; time does not.
        return masks.NOTHING if answers == 1 and one.filter_type != "filter_time" else None

    def _applies_first(self, one: NativeFilter) -> bool:
        """The first value of a filter that comes first is applied without Apply."""
        return (
            bool(one.raw.get("requiredFirst"))
            and one.id not in self._initialized
            and (self._newest or not masks.has_default(one))
        )

    def _takes_back(self, one: NativeFilter) -> bool:
        """Whether a saved value is applied without its part of the query first, and then with it.

        A select tells its value when it is drawn and that value's query part a moment later; 6.1
        applies both where the filter comes first (Select/SelectFilterPlugin.tsx: initial state of
        the reducer; FilterBar/index.tsx:handleFilterSelectionChange).
        """
        return (
            self._newest
            and one.filter_type == "filter_select"
            and masks.has_default(one)
            and bool(self.applied[one.id])
        )

    def _applies_default(self, one: NativeFilter, extra: masks.Extra) -> bool:
        """6.1 applies a saved value where its part of the query was not saved with it."""
        return (
            self._newest
            and not one.is_customization
            and masks.has_default(one)
            and bool(extra)
            and not self.applied[one.id]
        )

    def _above(self, one: NativeFilter) -> set[str]:
        return ancestors(one, self.filters, whole_chain=self._newest)

    def _ask(
        self,
        one: NativeFilter,
        wave: int,
        because: tuple[str, ...],
        *,
        force: bool = False,
        waits_for: tuple[str, ...] = (),
        confidence: str = "high",
    ) -> None:
        parents = self._above(one)
        parts = tuple((f.id, self.selected[f.id]) for f in self.filters if f.id in parents)
        self._send(
            Sent(
                wave,
                because,
                native_filter=one,
                parts=parts,
                force=force,
                waits_for=waits_for,
                confidence=confidence,
            )
        )
