"""ALTER TABLE: what one of its actions adds to a table or changes in its layout."""

from __future__ import annotations

from dashlint.catalog.ddl_clauses import expressions, read_clauses
from dashlint.catalog.ddl_draft import Draft
from dashlint.catalog.ddl_keys import names_of
from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.ddl_parts import read_constraint, read_elements
from dashlint.catalog.tokens import Cursor, word_set

_CONSTRAINTS = word_set("PRIMARY UNIQUE INDEX KEY CONSTRAINT CHECK FOREIGN FULLTEXT SPATIAL PROJECTION")


def adds(action: Cursor) -> bool:
    """Whether an action tells something of the table (so that the table is worth noting for it)."""
    layout = action.peek() in {"CLUSTER", "ALTER", "DISTRIBUTE"} and (
        action.peek(1) in {"BY", "SORTKEY", "DISTKEY", "DISTSTYLE", "COMPOUND"}
    )
    return action.peek() in {"ADD", "WITH"} or layout


def read_action(action: Cursor, draft: Draft) -> None:
    """Apply one action (``ADD CONSTRAINT …``, ``DROP COLUMN …``, ``CLUSTER BY …``) to a table."""
    if action.skip("WITH"):  # SQL Server: WITH CHECK ADD CONSTRAINT
        action.take()
    if action.skip("DROP"):
        _drop(action, draft)
    elif action.skip("CLUSTER", "BY"):  # Snowflake, Databricks
        draft.parts.clustered_by = expressions(action)
    elif action.skip("ALTER"):
        _alter(action, draft)
    elif action.skip("ADD"):
        _add(action, draft)


def _drop(action: Cursor, draft: Draft) -> None:
    if action.skip("CLUSTERING", "KEY"):  # Snowflake
        draft.parts.clustered_by = ()
    elif action.skip("COLUMN"):
        action.skip("IF", "EXISTS")
        draft.parts.columns.pop(action.name(), None)
    elif action.skip("INDEX") or action.skip("PROJECTION") or action.skip("KEY"):
        action.skip("IF", "EXISTS")
        name = action.name().casefold()
        draft.indexes = [index for index in draft.indexes if (index.name or "").casefold() != name]


def _alter(action: Cursor, draft: Draft) -> None:
    """Redshift: ``ALTER [COMPOUND] SORTKEY (a)``, ``ALTER DISTSTYLE KEY DISTKEY a``, ``ALTER DISTKEY a``."""
    if action.peek() == "DISTSTYLE" and action.peek(1) != "KEY":
        draft.parts.clustered_by = ()
    if action.skip("DISTSTYLE", "KEY") or action.peek() == "DISTKEY":
        if action.skip("DISTKEY"):
            names = names_of(action.group()) if action.peek() == "(" else (action.name(),)
            draft.parts.clustered_by = names
    elif action.peek() in {"COMPOUND", "SORTKEY"}:
        parts = Parts()
        read_clauses(Cursor(action.text, action.tokens[action.at :]), parts)
        draft.parts.sort_key = parts.sort_key


def _add(action: Cursor, draft: Draft) -> None:
    parts = Parts()
    if {token.upper for token in action.tokens} & _CONSTRAINTS:
        action.skip("IF", "NOT", "EXISTS")
        if read_constraint(action, parts, keys=True):
            draft.indexes += parts.indexes
            return
    action.skip("COLUMN")
    action.skip("IF", "NOT", "EXISTS")
    if action.is_name() and action.is_name(1):
        read_elements(Cursor(action.text, action.tokens[action.at :]), parts, keys=False)
        draft.parts.columns.update(parts.columns)
        draft.indexes += parts.indexes
