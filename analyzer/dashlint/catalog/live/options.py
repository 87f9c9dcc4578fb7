"""How a live database is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

#: Seconds to wait for a connection and for each query; the same as for a Superset server.
TIMEOUT = 60.0


class LiveOptions(NamedTuple):
    """How to read a database.

    ``schemas`` are those to read; empty means all but the system's. ``database`` is Superset's
    name of it. ``values`` tells whether the catalog may hold values of columns: bounds, common
    values, histograms. ``timeout`` is in seconds, for the connection and for each query.
    ``password`` is used where the URL has none; ``ask_password`` gets the user's name, and is
    called where the server wants a password and there is none.
    """

    schemas: tuple[str, ...] = ()
    database: str | None = None
    values: bool = True
    timeout: float = TIMEOUT
    password: str | None = None
    ask_password: Callable[[str], str | None] | None = None
