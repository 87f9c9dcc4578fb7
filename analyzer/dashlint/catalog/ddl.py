"""DDL: schema dumps (``pg_dump --schema-only``, ``mysqldump --no-data``) and hand-written scripts."""

from __future__ import annotations

from dashlint.assets import Problem
from dashlint.catalog.ddl_clauses import read_clauses
from dashlint.catalog.ddl_draft import Draft, folded
from dashlint.catalog.ddl_keys import read_index
from dashlint.catalog.ddl_parts import Parts, read_constraint, read_elements
from dashlint.catalog.model import Catalog, ColumnStatistics, Index, Table
from dashlint.catalog.script import Piece, guess_engine, has_backslashes, split
from dashlint.catalog.tokens import Cursor, UnreadableError, tokenize, word_set

_BEFORE_TABLE = word_set(
    "OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED EXTERNAL FOREIGN TRANSIENT VOLATILE MULTISET",
    "SET COLUMN ROW HYBRID ICEBERG DYNAMIC STREAMING ROWSTORE REFERENCE IMMUTABLE PRIVATE DURABLE",
)
_BEFORE_INDEX = word_set(
    "OR REPLACE UNIQUE FULLTEXT SPATIAL BITMAP CLUSTERED NONCLUSTERED COLUMNSTORE INVERTED SEARCH",
    "VECTOR MULTIVALUE",
)
_BEFORE_VIEW = word_set(
    "OR REPLACE FORCE NOEDITIONABLE EDITIONABLE TEMP TEMPORARY RECURSIVE SECURE ALGORITHM =",
    "UNDEFINED MERGE TEMPTABLE DEFINER SQL SECURITY INVOKER MATERIALIZED LIVE",
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
            self._table(words)
            return
        words.at = start
        words.skip_any(_BEFORE_INDEX)
        if words.skip("INDEX"):
            kinds = {token.upper for token in words.tokens[start : words.at]}
            self._index(words, kinds)
            return
        words.at = start
        self._view(words, start)

    def _view(self, words: Cursor, start: int) -> None:
        # MySQL: DEFINER=`root`@`localhost` stands between CREATE and VIEW.
        while not words.done and words.peek() != "VIEW":
            if (
                words.peek() not in _BEFORE_VIEW
                and words.tokens[words.at].kind == "word"
                and words.at < start + 1
            ):
                return
            if words.peek() in {"(", "FUNCTION", "PROCEDURE", "TRIGGER", "TYPE"}:
                return
            words.take()
        if not words.skip("VIEW"):
            return
        materialized = any(
            token.upper in {"MATERIALIZED", "LIVE"} for token in words.tokens[start : words.at]
        )
        words.skip("IF", "NOT", "EXISTS")
        parts = Parts()
        path = self._path(words)
        if words.peek() == "(":
            for item in words.group().items():
                if item.is_name() and item.peek() not in {"INDEX", "CONSTRAINT"}:
                    name = item.name()
                    parts.columns[name] = ColumnStatistics(name)
        kind = "materialized-view" if materialized else "view"
        if materialized:
            read_clauses(words, parts)
        self._drafts[folded(path)] = Draft(path, parts, kind)

    def _table(self, words: Cursor) -> None:
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
            for name, column in parts.columns.items():
                parts.columns[name] = column._replace(nullable="Nullable(" in (column.type or ""))
        key = folded(path)
        if key in self._drafts and self._drafts[key].kind == "table" and not parts.columns:
            return
        self._drafts[key] = Draft(path, parts, indexes=list(parts.indexes))

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
        if words.skip("ATTACH", "PARTITION"):
            child = self._find(self._path(words))
            if child is not None:
                child.parts.parents.append(path)
            return
        if words.skip("RENAME", "TO"):
            self._rename(path, draft, words)
            return
        for action in words.items():
            self._action(action, path, draft)

    def _action(self, action: Cursor, path: tuple[str, ...], draft: Draft | None) -> None:
        if action.skip("WITH"):  # SQL Server: WITH CHECK ADD CONSTRAINT
            action.take()
        if action.skip("DROP"):
            if draft is not None and action.skip("COLUMN"):
                action.skip("IF", "EXISTS")
                draft.parts.columns.pop(action.name(), None)
            return
        if not action.skip("ADD"):
            return
        if draft is None:
            draft = self._drafts.setdefault(folded(path), Draft(path, Parts()))
        parts = Parts()
        words = {token.upper for token in action.tokens}
        if words & {
            "PRIMARY",
            "UNIQUE",
            "INDEX",
            "KEY",
            "CONSTRAINT",
            "CHECK",
            "FOREIGN",
            "FULLTEXT",
            "SPATIAL",
        }:
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
