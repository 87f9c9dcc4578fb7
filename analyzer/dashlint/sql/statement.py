"""SQL text → syntax tree, once per text; and the way from a node back to its place in the text."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.limits import limits, option
from dashlint.sql.bounded import within_time
from dashlint.sql.dialects import grammar
from dashlint.sql.model import SqlIssue

if TYPE_CHECKING:
    from sqlglot import exp

    #: A node of a syntax tree (sqlglot 29 put ``Expr`` above ``Expression``).
    Node = exp.Expr

#: Brackets within brackets. sqlglot gives up at some 80 by itself (CPython's limit of 1,000 calls), but where
#: it is compiled nothing stops it before the stack of the process ends.
MAX_DEPTH = 500
#: Trees are some hundred times as large as their text; facts and predicates are read one after the other.
_KEPT = 32

_BRACKET = re.compile(r"[()\[\]{}]")
_SPACES = re.compile(r"\s+")
_TOKEN_ERROR = re.compile(r"^(?P<what>.*?) from (?P<line>\d+):(?P<column>\d+)$")


class Statement(NamedTuple):
    """A parsed text. ``tree`` is None where there is an ``error``; nobody may change it.

    ``exact`` tells whether the grammar is the engine's own. ``extra`` counts the statements
    after the first.
    """

    text: str
    dialect: str
    exact: bool
    tree: Node | None = None
    extra: int = 0
    error: SqlIssue | None = None


@functools.lru_cache(maxsize=_KEPT)
def parse(text: str, engine: str | None) -> Statement:
    """Parse the first statement of a text in the engine's grammar. Never raises."""
    dialect, exact = grammar(engine)
    confidence = "high" if exact else "low"
    most = limits().sql_length
    if len(text) > most:
        message = (
            f"The SQL is {len(text):,} characters long, and texts above {most:,} are not analyzed: "
            f"shorten it, or raise {option('sql_length')} in the configuration."
        )
        return Statement(text, dialect, exact, error=SqlIssue("too-long", message))
    if _depth(text) > MAX_DEPTH:
        return Statement(text, dialect, exact, error=_TOO_DEEP)
    found = _parse(text, dialect)
    if isinstance(found, SqlIssue) and not dialect and "`" in text:
        # What Superset does for engines that it has no grammar for (``SQLStatement._parse``).
        retried = _parse(text, "mysql")
        found = found if isinstance(retried, SqlIssue) else retried
    if isinstance(found, SqlIssue):
        found = found._replace(confidence=confidence if found.kind == "parse-error" else "low")
        return Statement(text, dialect, exact, error=found)
    if not found:
        return Statement(text, dialect, exact, error=SqlIssue("parse-error", "The SQL is empty."))
    return Statement(text, dialect, exact, tree=found[0], extra=len(found) - 1)


def too_slow() -> SqlIssue:
    """What is said of a statement that takes longer than it may."""
    most = limits().sql_seconds
    return SqlIssue(
        "too-slow",
        f"The SQL was given up after {most} second{'s' if most != 1 else ''}: write it more simply, "
        f"or raise {option('sql_seconds')} in the configuration.",
        confidence="low",
    )


_TOO_DEEP = SqlIssue("too-deep", "The SQL is nested too deeply to be read: take it apart into CTEs or views.")


def _depth(text: str) -> int:
    """How deep brackets are within each other at most, those in quotes included."""
    if text.count("(") + text.count("[") < MAX_DEPTH:
        return 0
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


@within_time(lambda *_: too_slow())
def _parse(text: str, dialect: str) -> list[Node] | SqlIssue:
    import sqlglot
    from sqlglot import errors, exp

    # It warns on stderr about syntax that it keeps as it is; that is our own business.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    try:
        statements = sqlglot.parse(text, read=dialect)
        trees = [tree for tree in statements if tree is not None and not isinstance(tree, exp.Semicolon)]
        for tree in trees[:1]:
            _unify_cte_names(tree)
    except errors.ParseError as error:
        return _parse_issue(text, error)
    except errors.TokenError as error:
        return _token_issue(text, error)
    except RecursionError:
        return _TOO_DEEP
    except MemoryError:
        raise  # that is no matter of this text
    except Exception as error:  # noqa: BLE001  a parser of 30 dialects meets texts that nobody thought of
        return SqlIssue("parse-error", f"The SQL could not be read ({type(error).__name__}).")
    return trees


def _parse_issue(text: str, error: Exception) -> SqlIssue:
    details = getattr(error, "errors", None) or [{}]
    found = details[0]
    what = str(found.get("description") or "Syntax error").rstrip(".")
    what = re.sub(r"\s*(but got|for) <.*?>+\.?", "", what).replace("Required keyword: ", "missing ")
    near = _SPACES.sub(" ", str(found.get("highlight") or "").strip())
    line = found.get("line")
    column = found.get("col")
    if line is None:
        return SqlIssue("parse-error", f"The SQL does not parse: {what}.")
    # sqlglot counts to the token's end.
    column = max(1, (column or 1) - len(near) + 1)
    at_end = not str(found.get("end_context") or "").strip()
    where = f"line {line}, column {column}"
    shown = f' near "{near[:40]}"' if near else ""
    message = f"The SQL does not parse at {where}{shown}{' (the last word)' if at_end else ''}: {what}."
    return SqlIssue("parse-error", message, line, column, line_text(text, line))


def _token_issue(text: str, error: Exception) -> SqlIssue:
    match = _TOKEN_ERROR.match(str(error.__cause__ or ""))
    if match is None:
        return SqlIssue("parse-error", "The SQL does not parse: a quote or comment is not closed.")
    what, line = match["what"].lower(), int(match["line"])
    message = f"The SQL does not parse: {what} for the one that opens in line {line}."
    return SqlIssue("parse-error", message, line, int(match["column"]) or 1, line_text(text, line))


def _unify_cte_names(tree: Node) -> None:
    """Spell references to a CTE as the CTE is spelt: names match without regard to case."""
    from sqlglot import exp

    names = {cte.alias.casefold(): cte.alias for cte in tree.find_all(exp.CTE) if cte.alias}
    if not names:
        return
    for table in tree.find_all(exp.Table):
        spelt = names.get(table.name.casefold())
        identifier = table.this
        if (
            spelt is None
            or table.name == spelt
            or table.args.get("db")
            or not isinstance(identifier, exp.Identifier)
        ):
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=identifier.copy()))
        identifier.set("this", spelt)


def argument(node: Node, name: str) -> Node | None:
    """An argument of a node; sqlglot 28 renamed those that are Python keywords (``from_``)."""
    return node.args.get(name) or node.args.get(f"{name}_")


def line_text(text: str, line: int) -> str | None:
    """A line of the text, shortened to what fits a report."""
    lines = text.splitlines()
    return shortened(lines[line - 1]) if 0 < line <= len(lines) else None


def shortened(text: str, limit: int = 160) -> str:
    """On one line, and not longer than a report can show."""
    flat = _SPACES.sub(" ", text).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def span(node: Node) -> tuple[int, int] | None:
    """Where the named parts and literals of a node are in the text: first and last offset."""
    first, last = None, -1
    for part in node.walk():
        start = part.meta.get("start") if part._meta else None  # noqa: SLF001  ``meta`` would create it
        if start is not None:
            first = start if first is None else min(first, start)
            last = max(last, part.meta["end"])
    return None if first is None else (first, last)


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def place(statement: Statement, node: Node) -> tuple[int | None, int | None]:
    """Line and column where a node begins, as far as sqlglot remembers it."""
    found = span(node)
    return position(statement.text, found[0]) if found else (None, None)


def query_of(node: Node) -> Node | None:
    """The SELECT or UNION that a node stands in (``Query`` would also find its parentheses)."""
    from sqlglot import exp

    return node.find_ancestor(exp.Select, exp.SetOperation)


def alternatives(condition: Node) -> Iterator[Node]:
    """The parts of a condition that OR joins, in their order."""
    from sqlglot import exp

    waiting = [condition]
    while waiting:
        current = waiting.pop()
        if isinstance(current, exp.Or):
            waiting += [current.right, current.left]
        elif isinstance(current, exp.Paren):
            waiting.append(current.this)
        else:
            yield current


def conjuncts(condition: Node) -> Iterator[Node]:
    """The conditions that AND joins."""
    from sqlglot import exp

    waiting = [condition]
    while waiting:
        current = waiting.pop()
        if isinstance(current, exp.And):
            waiting += [current.right, current.left]
        elif isinstance(current, exp.Paren):
            waiting.append(current.this)
        else:
            yield current
