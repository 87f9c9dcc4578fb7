"""Bytes of a YAML file to what it says, with the line of what is wrong.

PyYAML is the arbiter, since Superset reads its files with it (superset/commands/importers/v1/utils.py:
load_yaml). A Rust reader does the work where :mod:`dashlint.sources.grammar` shows that both agree, which
holds for what Superset writes; it takes about a sixth of the time of PyYAML's C loader (measured on 237 files
of 13 exports of Superset 6.1.0; ``benchmarks/read_exports.py`` repeats the measurement).
"""

from __future__ import annotations

import codecs
from typing import Any

from yaml12 import parse_yaml

from dashlint.limits import limits
from dashlint.records import NamedTuple
from dashlint.sources.grammar import is_plain

# Longer marks first: UTF-16's mark is the beginning of UTF-32's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class YamlError(Exception):
    """A text that is not YAML, or not YAML that can be used.

    ``reason`` is the part of a sentence that follows "…: "; ``line`` and ``column`` count from 1.
    """

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


class Text(NamedTuple):
    """A file's text with line feeds alone. ``guessed`` names an encoding that was only assumed."""

    content: str
    guessed: str | None = None


def decode(data: bytes) -> Text:
    """Text of a file: by its byte order mark, else UTF-8, else Windows-1252.

    Raises:
        YamlError: the bytes are no text.
    """
    guessed = None
    for mark, name in _MARKS:
        if data.startswith(mark):
            content = data[len(mark) :].decode(name, "replace")
            break
    else:
        try:
            content = data.decode()
        except UnicodeDecodeError:
            if b"\0" in data:
                raise YamlError("it is not text") from None
            guessed = "Windows-1252"
            content = data.decode("cp1252", "replace")
    if "\r" in content:
        # YAML takes all three for one line break, in quoted text too (1.1, section 5.4).
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    return Text(content, guessed)


class Parsed(NamedTuple):
    """What a text says, and whether it is of the plain grammar (see :mod:`dashlint.sources.grammar`)."""

    value: Any
    is_plain: bool


def parse(text: str) -> Any:
    """What a YAML text says, as Superset would read it: dicts, lists, text, numbers, booleans, None.

    Dates and other things that JSON does not know become text.

    Raises:
        YamlError: the text is not YAML, or YAML that expands beyond all measure.
    """
    return parse_marked(text).value


def parse_marked(text: str) -> Parsed:
    """The same as :func:`parse`, with whether the text is of the plain grammar."""
    # Each line of the plain grammar holds five values at most; beyond, they are counted first.
    if text.count("\n") * 5 < limits().values and is_plain(text):
        try:
            documents = parse_yaml(text, multi=True)
        except ValueError:
            pass  # PyYAML decides, and says what is wrong and where
        else:
            if len(documents) <= 1:
                return Parsed(documents[0] if documents else None, is_plain=True)
    from dashlint.sources.yaml_slow import parse_slowly

    return Parsed(parse_slowly(text), is_plain=False)
