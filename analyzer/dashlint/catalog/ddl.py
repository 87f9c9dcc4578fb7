"""DDL: schema dumps (``pg_dump --schema-only``, ``mysqldump --no-data``) and hand-written scripts."""

from __future__ import annotations

from dashlint.assets import Problem
from dashlint.catalog.ddl_alter import adds, read_action
from dashlint.catalog.ddl_clauses import read_clauses
from dashlint.catalog.ddl_clickhouse import as_clickhouse
from dashlint.catalog.ddl_draft import Draft, folded
from dashlint.catalog.ddl_keys import read_index
from dashlint.catalog.ddl_model import Parts
from dashlint.catalog.ddl_parts import read_elements
from dashlint.catalog.ddl_views import find_view, read_query, read_view
from dashlint.catalog.model import Catalog, Index, Table
from dashlint.catalog.script import Piece, guess_engine, has_backslashes, split
from dashlint.catalog.tokens import Cursor, UnreadableError, tokenize, word_set

_BEFORE_TABLE = word_set(
    "OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED EXTERNAL FOREIGN TRANSIENT VOLATILE MULTISET",
    "REFRESH SET COLUMN ROW HYBRID ICEBERG DYNAMIC STREAMING ROWSTORE REFERENCE IMMUTABLE PRIVATE DURABLE",
)
_BEFORE_INDEX = word_set(
    "OR REPLACE UNIQUE FULLTEXT SPATIAL BITMAP CLUSTERED NONCLUSTERED COLUMNSTORE INVERTED SEARCH",
    "VECTOR MULTIVALUE",
)
#: Engines in which KEY and INDEX within CREATE TABLE are names like any other.
_NO_INLINE_KEYS = frozenset({"postgresql", "redshift", "sqlite", "duckdb", "snowflake", "bigquery", "oracle"})
_BRACKETS = frozenset({"mssql", "sqlite"})


def read(text: str, engine: str | None = None, source: str = "") -> tuple[Catalog, tuple[Problem, ...]]:
    """Read a script of DDL. Never raises.

    Args:
        text: the script; statements that create or alter no table or index are passed over.
        engine: the SQLAlchemy dialect's name; guessed from the text if it is not given.
        source: what to call the script in messages (its path).

    Returns:
        The catalog, and a Problem with its line for each CREATE TABLE or CREATE INDEX (and
        each key that ALTER TABLE adds) that could not be read. Tables of a script have all
        their indexes known: none means that there are none.
    """
    engine = (engine or guess_engine(text) or "").lower() or None
    reader = _Reader(engine, source)
    for piece in split(text, engine):
        reader.read(piece)
    return Catalog(reader.tables(), engine=engine, source=source), tuple(reader.problems)


class _Reader:
    def __init__(self, engine: str | None, source: str) -> None:
        self._engine = engine
        self._source = source
        self._schema: str | None = None
        self._drafts: dict[tuple[str, ...], Draft] = {}
        self.problems: list[Problem] = []

    # --- statements ---------------------------------------------------------------------------------

    def read(self, piece: Piece) -> None:
        head = piece.text[:12].upper()
        if not head.startswith(("CREATE", "ALTER", "DROP", "USE ")):
            return
        try:
            brackets = self._engine is None or self._engine in _BRACKETS
            words = tokenize(piece.text, backslashes=has_backslashes(self._engine), brackets=brackets)
            self._statement(Cursor(piece.text, words))
        except (UnreadableError, RecursionError) as error:
            first = " ".join(piece.text.split())[:60]
            reason = str(error) or "it is nested too deeply"
            message = f"This statement could not be read ({reason}): {first}…"
            self.problems.append(Problem("unreadable-ddl", message, self._source or None, piece.line))

    def _statement(self, words: Cursor) -> None:
        if words.skip("USE"):
            words.skip_any(frozenset({"DATABASE", "SCHEMA"}))
            if words.is_name() and self._engine != "mssql":
                self._schema = words.path()[-1]
        elif words.skip("DROP"):
            self._drop(words)
        elif words.skip("ALTER"):
            words.skip("FOREIGN")
            if words.skip("TABLE"):
                self._alter(words)
        elif words.skip("CREATE"):
            self._create(words)

    def _create(self, words: Cursor) -> None:
        start = words.at
        words.skip_any(_BEFORE_TABLE)
        if words.skip("TABLE"):
            kinds = {token.upper for token in words.tokens[start : words.at]}
            self._table(words, "materialized-view" if kinds & {"DYNAMIC", "STREAMING"} else "table")
            return
        words.at = start
        words.skip_any(_BEFORE_INDEX)
        if words.skip("INDEX"):
            kinds = {token.upper for token in words.tokens[start : words.at]}
            self._index(words, kinds)
            return
        words.at = start
        self._view(words)

    def _view(self, words: Cursor) -> None:
        kind = find_view(words)
        if kind is None:
            return
        words.skip("IF", "NOT", "EXISTS")
        path = self._path(words)
        parts = Parts()
        definition = read_view(words, parts, kind)
        self._drafts[folded(path)] = Draft(path, parts, kind, definition=definition)

    def _table(self, words: Cursor, kind: str) -> None:
        words.skip("IF", "NOT", "EXISTS")
        path = self._path(words)
        parts = Parts()
        if words.skip("PARTITION", "OF"):
            parts.parents.append(self._path(words))
        if words.skip("ON", "CLUSTER"):
            words.take()
        if words.skip("LIKE"):
            parts.parents.append(self._path(words))
        before = words.at
        while not words.done and words.peek() not in {"(", "AS"}:  # Snowflake's CLUSTER BY may come first
            if words.peek() == "CLUSTER" or words.peek() == "FOR":
                break
            words.take()
        if words.peek() == "CLUSTER":
            clause = Cursor(words.text, words.tokens)
            clause.at = words.at + 2
            clause.skip("LINEAR")
            first = clause.at
            clause.group()
            read_clauses(Cursor(words.text, words.tokens[before : clause.at]), parts)
            words.at = clause.at if first < clause.at else words.at
        if words.peek() == "(":
            read_elements(words.group(), parts, keys=self._engine not in _NO_INLINE_KEYS)
        read_clauses(words, parts)
        if (self._engine or "").startswith("clickhouse"):
            as_clickhouse(parts)
        key = folded(path)
        if key in self._drafts and self._drafts[key].kind == "table" and not parts.columns:
            return
        # Snowflake's dynamic tables and Databricks' streaming tables keep the result of a query.
        definition = read_query(words) if kind == "materialized-view" else None
        self._drafts[key] = Draft(path, parts, kind, list(parts.indexes), definition)

    def _index(self, words: Cursor, kinds: set[str]) -> None:
        words.skip("CONCURRENTLY")
        words.skip("IF", "NOT", "EXISTS")
        name = words.path()[-1] if words.peek() != "ON" else None
        if words.skip("ON", "CLUSTER"):
            words.take()
        method = None
        if words.skip("USING"):  # MySQL: before ON
            method = words.name().lower()
        words.expect("ON")
        words.skip("ONLY")
        path = self._path(words)
        special = kinds & {"FULLTEXT", "SPATIAL", "BITMAP", "COLUMNSTORE", "INVERTED", "SEARCH", "VECTOR"}
        if special and (words.done or words.peek() == "WITH"):
            index = Index(name, (), method=special.pop().lower())  # a clustered columnstore: the whole table
        else:
            index = read_index(words, name, unique="UNIQUE" in kinds)
            method = special.pop().lower() if special else method
        if method:
            index = Index(
                index.name, index.columns, index.unique, index.primary, method, index.where, index.include
            )
        draft = self._find(path)
        if draft is None:
            draft = self._drafts[folded(path)] = Draft(path, Parts())
        draft.indexes.append(index)

    def _alter(self, words: Cursor) -> None:
        words.skip("IF", "EXISTS")
        words.skip("ONLY")
        path = self._path(words)
        draft = self._find(path)
        if words.skip("ON", "CLUSTER"):
            words.take()
        if words.skip("ATTACH", "PARTITION"):
            child = self._find(self._path(words))
            if child is not None:
                child.parts.parents.append(path)
            return
        if words.skip("RENAME", "TO"):
            self._rename(path, draft, words)
            return
        for action in words.items():
            if draft is None and adds(action):
                draft = self._drafts.setdefault(folded(path), Draft(path, Parts()))
            if draft is not None:
                read_action(action, draft)

    def _drop(self, words: Cursor) -> None:
        if words.skip("TABLE") or words.skip("VIEW"):
            words.skip("IF", "EXISTS")
            for item in words.items():
                if item.is_name():
                    self._drafts.pop(folded(self._path(item)), None)
        elif words.skip("INDEX"):
            words.skip("CONCURRENTLY")
            words.skip("IF", "EXISTS")
            name = words.path()[-1]
            for draft in self._drafts.values():
                draft.indexes = [i for i in draft.indexes if (i.name or "").casefold() != name.casefold()]

    def _rename(self, path: tuple[str, ...], draft: Draft | None, words: Cursor) -> None:
        if draft is not None:
            new = (*path[:-1], words.path()[-1])
            self._drafts.pop(folded(draft.path), None)
            draft.path = new
            self._drafts[folded(new)] = draft

    # --- tables -------------------------------------------------------------------------------------

    def _path(self, words: Cursor) -> tuple[str, ...]:
        path = words.path()
        return (self._schema, *path) if len(path) == 1 and self._schema else path

    def _find(self, path: tuple[str, ...]) -> Draft | None:
        found = self._drafts.get(folded(path))
        if found is None and len(path) == 1:
            same = [draft for key, draft in self._drafts.items() if key[-1] == folded(path)[-1]]
            found = same[0] if len(same) == 1 else None
        return found

    def tables(self) -> tuple[Table, ...]:
        """The tables, each with what it takes over from its parents."""
        for _ in range(8):  # partitions of partitions of…
            changed = False
            for draft in self._drafts.values():
                for path in draft.parts.parents:
                    parent = self._find(path)
                    if parent is not None and parent is not draft:
                        changed |= draft.take_over(parent)
            if not changed:
                break
        return tuple(draft.built(self._source) for draft in self._drafts.values())
