"""What a database's planner says of a statement, whatever the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from dashlint.catalog.model import ColumnStatistics


class Relation(NamedTuple):
    """How a plan reads one table.

    ``scan`` is the engine's own word (``Seq Scan``, ``Bitmap Heap Scan``; ``ALL``, ``ref``), ``whole``
    tells that it reads the whole table, ``indexes`` are those that it looks rows up in, ``rows`` is how
    many rows the planner expects from it.
    """

    table: str
    scan: str
    whole: bool
    indexes: tuple[str, ...] = ()
    rows: float | None = None


class Plan(NamedTuple):
    """A plan: ``cost`` in the planner's own unit, expected ``rows`` of the result, ``width`` in bytes of one.

    None where the engine does not tell.
    """

    cost: float | None
    rows: float | None
    width: int | None
    relations: tuple[Relation, ...]

    def uses(self, indexes: Sequence[str]) -> bool:
        """Whether one of these indexes is used."""
        return any(name in relation.indexes for relation in self.relations for name in indexes)


class Explained(NamedTuple):
    """A statement's plan now, and ``after``: as it would be with indexes that are not there.

    ``after`` is None where that could not be tried, for the reason in ``untried``. ``hypothetical``
    are the names that the indexes have in the plan, ``bytes`` what they would take together.
    """

    before: Plan
    after: Plan | None = None
    untried: str | None = None
    hypothetical: tuple[str, ...] = ()
    bytes: int | None = None


class ExplainError(Exception):
    """A statement could not be explained; the text is half a sentence that says why, without secrets."""


class Explainer(Protocol):
    """A database that is asked for plans. It executes no statement and writes nothing.

    ``engine`` is its name for people, ``dialect`` SQLAlchemy's, ``database`` the name of the database.
    """

    engine: str
    dialect: str
    database: str | None

    def explain(self, sql: str, *, schema: str | None = None, indexes: Sequence[str] = ()) -> Explained:
        """The plan of one SELECT, and the one with hypothetical ``indexes`` (``CREATE INDEX`` statements).

        ``schema`` is where names without one are looked up, as Superset does it.

        Raises:
            ExplainError: the statement is refused, by us or by the database.
        """

    def statistics(self, table: str, schema: str | None, column: str) -> ColumnStatistics | None:
        """What the database knows of a column's values; None where it tells nothing.

        Raises:
            ExplainError: there is no such table, or its column may not be read.
        """
