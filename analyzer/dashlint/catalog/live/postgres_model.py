"""What the readers of PostgreSQL share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashlint.catalog.live.assembly import Draft


@dataclass
class Found:
    """All that was read, by the tables' OIDs. ``families`` are parents with their members, themselves too."""

    drafts: dict[int, Draft] = field(default_factory=dict)
    readable: dict[int, bool] = field(default_factory=dict)
    own_rows: dict[int, int | None] = field(default_factory=dict)
    families: dict[int, list[int]] = field(default_factory=dict)
    partitioned: set[int] = field(default_factory=set)
    main_bytes: dict[int, int] = field(default_factory=dict)
