"""A chart (Superset's "slice") as Superset stores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashlint.assets.origin import Origin
from dashlint.records import dataclass, field


@dataclass(frozen=True, eq=False, slots=True)
class Chart:
    """A chart. ``params`` is its saved form data, decoded.

    Values keep the types that they were stored with (a row limit may be text). ``viz_type`` is
    what the browser would draw; ``stored_viz_type`` differs from it when an import would rewrite
    an old chart type. ``cache_timeout`` is in seconds.
    """

    uuid: str
    id: int | None
    name: str
    viz_type: str
    origin: Origin
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cache_timeout: int | None = None
    dataset_uuid: str | None = None
    dataset_id: int | None = None
    stored_viz_type: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def query_context(self) -> Mapping[str, Any] | None:
        """The saved request; None where there is none, empty where it is no JSON mapping.

        It is decoded whenever somebody asks: no rule does, and kept for 10,000 charts it would
        take 60 MiB.
        """
        stored = self.raw.get("query_context")
        if not stored:
            return None
        # Some tools encode twice.
        for _ in range(2):
            if isinstance(stored, str):
                stored = _decoded(stored)
        return stored if isinstance(stored, Mapping) else {}


def _decoded(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
