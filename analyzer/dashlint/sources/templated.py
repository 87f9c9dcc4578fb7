"""YAML files that are themselves Jinja templates, as people keep them in git for ``superset-cli``.

``superset-cli sync native`` renders every file with Jinja before it reads the YAML
(preset-io/backend-sdk, src/preset_cli/cli/superset/sync/native/command.py:render_yaml). Nobody but its
author knows the values that the template gets, so nothing is rendered here: statements are left out and
expressions stay as text, which keeps every line where it was.

For the same reason ``superset-cli export-assets`` writes Jinja that belongs to a query as ``{{ '{{' }}``
(src/preset_cli/cli/superset/export.py:jinja_escaper); :func:`unescape` undoes that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

# What is repeated is bounded, so that no text, however it is made, takes more than linear time: pieces of
# Jinja have at most 4,000 characters, and 20 dashes are more than anybody nests.
_STATEMENT = re.compile(
    r"(?:[ \t]{0,200}(?:\{%(?:(?!%\}).){0,4000}%\}|\{#(?:(?!#\}).){0,4000}#\})){1,100}[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_OPENS = re.compile(r"[ \t]*\{[%#]")
# A value that begins with Jinja: YAML would take its brace for the beginning of a mapping.
_VALUE = re.compile(
    r"(?P<before>[ \t]*(?:- +){0,20}(?:[^\s#'\"\[{][^:#\n]*:[ \t]+|- +))(?P<value>\{[{%#][^\n]*)"
)
_BLOCK = re.compile(
    r"(?P<indent>[ ]*)(?! )(?P<dash>(?:- +){0,20})[^#\n]*[:-][ \t]+[|>][-+0-9]*[ \t]*(?:#.*)?$"
)
_QUOTED = re.compile(
    r"[ ]*(?:- +){0,20}(?:[^\s#'\"][^:#\n]*:[ \t]+)?"
    r"(?P<text>'[^']*(?:''[^']*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\")",
    re.DOTALL,
)
_INLINE = re.compile(
    r"(?P<start>^[ \t]*)?(?:\{\{.{0,4000}?\}\}|(?P<statement>\{%.{0,4000}?%\}|\{#.{0,4000}?#\}))",
    re.DOTALL | re.MULTILINE,
)
_TOKEN = re.compile(r"DASHLINT_JINJA_(\d+)_")

_ESCAPED = re.compile(r"\{\{ '([^'\n]*)' \}\}")
_SIGN = re.compile(r"\{\{|\}\}|\{%|%\}")
_ESCAPE_SIGNS = ("'{{", "'{%", "'}}", "'%}")


#: Pieces of Jinja beyond which a text is no template that somebody wrote. Each that is not closed costs 4,000
#: steps, so these cost a few seconds.
_MOST_PIECES = 10_000


class Attempt(NamedTuple):
    """A text to read in place of a template, and the Jinja that was taken out of it."""

    text: str
    pieces: Sequence[str] = ()


def attempts(text: str) -> Iterator[Attempt]:
    """What to read in place of a text that is no YAML, the closest first; nothing if it holds no Jinja."""
    if 0 < text.count("{{") + text.count("{%") + text.count("{#") <= _MOST_PIECES:
        yield Attempt(recover(text))
        yield tokenize(text)


def recover(text: str) -> str:
    """The text without Jinja statements of their own, and with expressions as quoted values.

    Every line stays where it was. Jinja inside block texts and quoted texts stays as it is: there it is
    what the file says, not how the file is made.
    """
    lines: list[str] = []
    for piece, is_text in _pieces(text):
        lines.append(piece if is_text else _quote_value(piece))
    return "".join(lines)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces of whole lines, each with whether Jinja in it is part of a value."""
    position = 0
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end]
        statement = _STATEMENT.match(text, position) if _OPENS.match(line) else None
        if statement:
            end = text.find("\n", statement.end()) + 1 or len(text)
            yield "\n" * text.count("\n", position, end), False
        elif block := _BLOCK.match(line.rstrip("\n")):
            end = _end_of_block(text, end, len(block["indent"]) + len(block["dash"]))
            yield text[position:end], True
        elif quoted := _QUOTED.match(text, position):
            end = text.find("\n", quoted.end()) + 1 or len(text)
            yield text[position:end], True
        else:
            yield line, False
        position = end


def _end_of_block(text: str, position: int, indent: int) -> int:
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        position = end
    return position


def _quote_value(line: str) -> str:
    found = _VALUE.match(line)
    if found is None:
        return line
    value = found["value"].rstrip()
    rest = line[found.start("value") + len(value) :]
    return found["before"] + "'" + value.replace("'", "''") + "'" + rest


def tokenize(text: str) -> Attempt:
    """The text with a plain word for every piece of Jinja, and the pieces; :func:`restore` undoes it.

    The last resort, for Jinja in places that :func:`recover` leaves alone. A statement that begins a line
    is left out.
    """
    pieces: list[str] = []

    def replace(found: re.Match[str]) -> str:
        start = found["start"] or ""
        breaks = "\n" * found[0].count("\n")
        if found["statement"] and found["start"] is not None:
            return start + breaks
        pieces.append(found[0][len(start) :])
        return f"{start}DASHLINT_JINJA_{len(pieces) - 1}_{breaks}"

    return Attempt(_INLINE.sub(replace, text), pieces)


def restore(value: Any, pieces: Sequence[str]) -> Any:
    """The value with the Jinja that :func:`tokenize` took out of it."""

    def piece(found: re.Match[str]) -> str:
        number = int(found[1])
        return pieces[number] if number < len(pieces) else found[0]

    return _map_text(value, lambda text: _TOKEN.sub(piece, text))


def is_escaped(text: str) -> bool:
    """Whether a file's text holds Jinja that ``superset-cli`` has escaped."""
    return "{{ '" in text and any(sign in text for sign in _ESCAPE_SIGNS)


def unescape(value: Any) -> Any:
    """The value with the Jinja of its texts as it was before ``superset-cli`` escaped it."""

    def own(found: re.Match[str]) -> str:
        return found[1] if _SIGN.search(found[1]) else found[0]

    return _map_text(value, lambda text: _ESCAPED.sub(own, text))


def _map_text(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value) if "{{" in value or "DASHLINT" in value else value
    if isinstance(value, dict):
        return {_map_text(key, change): _map_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_text(item, change) for item in value]
    return value
