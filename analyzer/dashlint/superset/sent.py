"""One request of a visit before its queries are made, and what makes others follow."""

from __future__ import annotations

from dashlint.assets import NativeFilter
from dashlint.records import NamedTuple
from dashlint.superset.masks import Extra
from dashlint.superset.page import Slot


class Sent(NamedTuple):
    """What is sent, and why. Exactly one of ``slot`` and ``native_filter`` is set.

    ``parts`` are what each filter adds to the query, by the id of the filter or of the chart
    that was clicked; ``customizations`` are those that have the chart in scope.
    """

    round: int
    because: tuple[str, ...]
    slot: Slot | None = None
    native_filter: NativeFilter | None = None
    parts: tuple[tuple[str, Extra], ...] = ()
    customizations: tuple[NativeFilter, ...] = ()
    force: bool = False
    before_apply: bool = False
    waits_for: tuple[str, ...] = ()
    confidence: str = "high"


class SelfApplied(NamedTuple):
    """A value that a filter applied by itself, after which wave.

    ``repeated`` tells that charts which have been drawn query twice because of it: first its
    part of the query is taken back, then it is put in again.
    """

    wave: int
    native_filter: NativeFilter
    extra: Extra
    repeated: bool = False
