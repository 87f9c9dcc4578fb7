"""The values of this room: statements, and the pieces that they are put together from."""

from __future__ import annotations

from typing import NamedTuple


class Refused(Exception):  # noqa: N818 - not an error of ours: Superset refuses the query
    """Superset answers the query with an error and sends no SQL."""


class Item(NamedTuple):
    """One selected expression: its SQL, the name that it goes by, and the label it is given.

    ``name`` is what the result calls it; ``label`` what the SQL calls it (None where the engine
    allows no alias).
    """

    sql: str
    name: str
    label: str | None


class Statement(NamedTuple):
    """One SQL statement of a query.

    ``role`` is ``main`` or the time offset that it is for (``1 year ago``). ``unknown`` are
    sentences on the stand-ins (``dashlint_…``) in the text for what only the server knows. With
    an ``error``, Superset refuses the query and ``sql`` is empty.
    """

    role: str
    sql: str
    unknown: tuple[str, ...] = ()
    error: str | None = None


class Select(NamedTuple):
    """The clauses of a SELECT as text; ``joined`` follows the source."""

    items: tuple[Item, ...]
    source: str
    joined: str = ""
    where: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0
    prefix: str = ""
