"""A chart (Superset's "slice") as Superset stores it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashlint.assets.origin import Origin


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart. ``params`` is its saved form data, ``query_context`` the saved request.

    Both are decoded; values keep the types that they were stored with (a row limit may be
    text). ``viz_type`` is what the browser would draw; ``stored_viz_type`` differs from it
    when an import would rewrite an old chart type. ``cache_timeout`` is in seconds.
    """

    uuid: str
    id: int | None
    name: str
    viz_type: str
    origin: Origin
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    query_context: Mapping[str, Any] | None = field(default=None, repr=False)
    cache_timeout: int | None = None
    dataset_uuid: str | None = None
    dataset_id: int | None = None
    stored_viz_type: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
