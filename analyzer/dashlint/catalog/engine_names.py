"""The names by which engines are told apart here."""

from __future__ import annotations

_ALIASES = {"postgres": "postgresql", "ibm_db_sa": "db2", "d1": "sqlite"}


def dialect(engine: str | None) -> str:
    """The engine's name by which statements differ."""
    name = (engine or "").lower().split("+", 1)[0]
    return _ALIASES.get(name, name)
