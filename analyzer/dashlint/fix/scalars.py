"""From places in a YAML scalar's value to places in the file, for JSON that is kept as text."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashlint.fix.errors import CannotEditError
from dashlint.fix.nodes import Node

# Line breaks in a quoted scalar, with the blanks around them: one stands for a blank, more for all but one
# (YAML 1.1, section 9.1.1).
_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_ESCAPED_BREAK = re.compile(r"\\(?:\r\n|\r|\n)[ \t]*")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_BLOCK_HEAD = re.compile(r"\|[-+]?[ \t]*(?:\r\n|\r|\n)")


class Places(NamedTuple):
    """For each character of a value, where in the file it begins and ends; ``style`` is the scalar's."""

    starts: list[int]
    ends: list[int]
    style: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``value[start:end]`` stands in the file; an empty one stands before its next character."""
        if start == end:
            return self.starts[start], self.starts[start]
        return self.starts[start], self.ends[end - 1]

    def escaped(self, text: str) -> str:
        """How a text is written inside this scalar."""
        if self.style == "'":
            return text.replace("'", "''")
        if self.style == '"':
            return text.replace("\\", "\\\\").replace('"', '\\"')
        return text


def places(text: str, node: Node) -> Places:
    """The places of a scalar's characters.

    Raises:
        CannotEditError: it is written in a way that is not mapped.
    """
    if node.form not in ("'", '"', "|"):
        raise CannotEditError("its JSON is written as folded or plain text")
    starts, ends, count = [], [], 0
    for start, end, characters in _pieces(text, node):
        starts += [start] * characters
        ends += [end] * characters
        count += characters
    # What is not mapped as YAML reads it (an indented line, a byte order mark) is left alone.
    if count != len(node.value or ""):
        raise CannotEditError("its JSON is written over several lines in a way that is not understood")
    return Places(starts, ends, node.form)


def _pieces(text: str, node: Node) -> list[tuple[int, int, int]]:
    """Start, end and number of characters of the value, for each piece of the scalar."""
    return _literal(text, node) if node.form == "|" else _quoted(text, node)


def _quoted(text: str, node: Node) -> list[tuple[int, int, int]]:
    found = []
    place, end = _opening(text, node) + 1, node.end - 1
    while place < end:
        fold = _FOLD.match(text, place, end)
        if fold:
            breaks = len(_BREAK.findall(fold.group()))
            found.append((place, fold.end(), max(1, breaks - 1)))
            place = fold.end()
        elif node.form == '"' and text[place] == "\\":
            joined = _ESCAPED_BREAK.match(text, place, end)
            escape = joined or _ESCAPE.match(text, place, end)
            stop = escape.end() if escape else place + 1
            if not joined:
                found.append((place, stop, 1))
            place = stop
        else:
            stop = place + (2 if node.form == "'" and text[place] == "'" else 1)
            found.append((place, stop, 1))
            place = stop
    return found


def _opening(text: str, node: Node) -> int:
    """Where the quote stands: an anchor or a tag may be written before it."""
    if text[node.start] == node.form:
        return node.start
    raise CannotEditError("its text has an anchor or a tag")


def _literal(text: str, node: Node) -> list[tuple[int, int, int]]:
    head = _BLOCK_HEAD.match(text, node.start)
    if head is None:
        raise CannotEditError("its JSON is written as a block with an indentation of its own")
    found, place, left, indentation = [], head.end(), len(node.value or ""), -1
    while left > 0 and place < len(text):
        stop = _BREAK.search(text, place)
        line_end = stop.start() if stop else len(text)
        line = text[place:line_end]
        if indentation < 0:
            indentation = len(line) - len(line.lstrip(" "))
        kept = range(min(indentation, len(line)), len(line))
        found += [(place + offset, place + offset + 1, 1) for offset in kept][:left]
        left -= len(kept)
        if left > 0 and stop:
            found.append((line_end, stop.end(), 1))
            left -= 1
        place = stop.end() if stop else len(text)
    return found
