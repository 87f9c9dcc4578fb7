"""What the readers of MySQL and MariaDB share."""

from __future__ import annotations

from typing import NamedTuple

from dashlint.catalog.live.assembly import Draft

#: Tables by their schemas and names.
Drafts = dict[tuple[str, str], Draft]


class Server(NamedTuple):
    """Which server it is."""

    mariadb: bool
    version: tuple[int, ...]
