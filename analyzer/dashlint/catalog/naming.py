"""Which database a catalog is for, as it is written: ``--catalog "Warehouse=schema.sql"``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Given(NamedTuple):
    """A catalog as it was given. ``place`` is a path, or a URL (it may hold a password: do not show it)."""

    database: str | None
    place: str

    @property
    def is_url(self) -> bool:
        return "://" in self.place


def given(entry: str | Path) -> Given:
    """Split ``NAME=PLACE``; NAME is what Superset calls the database, or its UUID.

    An entry that is a file as it stands has no name, whatever its own name holds; nor has a URL with ``=``
    among its parameters.
    """
    entry = str(entry)
    name, equals, place = entry.partition("=")
    if not equals or not name.strip() or not place.strip() or "://" in name or Path(entry).exists():
        return Given(None, entry)
    return Given(name.strip(), place.strip())


def anchored(entry: str, base: Path) -> str:
    """The entry with a relative path in it taken from a folder (that of the configuration file)."""
    if (base / entry).exists():
        return str(base / entry)
    name, place = given(entry)
    found = place if "://" in place else str(base / place)
    return f"{name}={found}" if name is not None else found
