"""Rows with names: a CSV with a header, or objects of JSON; one at a time, whatever the size of the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from dashlint.incidents.detect import ANSWER
from dashlint.incidents.lines import LONGEST

#: A row, None where it cannot be read; and the line where it begins.
Numbered = tuple[int, "dict[str, Any] | None"]
#: Characters read at once.
_CHUNK = 2**18


class Readable(Protocol):
    """What text is read from."""

    def read(self, size: int, /) -> str: ...


def of_csv(lines: Iterable[str]) -> Iterator[tuple[int, list[str] | None]]:
    """The rows of a CSV, None where one is broken, and the lines where they begin."""
    csv.field_size_limit(2**26)
    reader = csv.reader(line.replace("\0", "") + "\n" for line in lines)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield start, None
            continue
        if row:
            yield start, row


def named(lines: Iterable[str]) -> Iterator[Numbered]:
    """The rows of a CSV with names in its first line; names are in lower case."""
    names: list[str] | None = None
    for start, row in of_csv(lines):
        if row is not None and names is None:
            names = [name.strip().lower() for name in row]
        else:
            yield start, dict(zip(names or (), row, strict=False)) if row is not None else None


def of_json(file: Readable) -> Iterator[Numbered]:
    """Objects one after the other: as lines, as an array, or as the rows in an answer of an API."""
    decoder = json.JSONDecoder()
    text, place, line, ended = "", 0, 1, False
    inside: bool | None = None
    while True:
        start = text.find("{", place)
        found = start if start >= 0 else len(text)
        if inside and "]" in text[place:found]:
            return
        line += text.count("\n", place, found)
        place = found
        if not ended and len(text) - place < _CHUNK:
            text, place, ended = _more(file, text[place:])
            if inside is None:
                answer = ANSWER.search(text)
                inside = answer is not None
                place = answer.end() - 1 if answer is not None else 0
                line += text.count("\n", 0, place)
            continue
        if start < 0:
            return
        try:
            row, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            if not ended and len(text) - place < LONGEST:
                text, place, ended = _more(file, text[place:])
                continue
            yield line, None
            following = text.find("\n", place)
            end = following + 1 if following >= 0 else len(text)
        else:
            if not _is_empty_answer(row):
                yield line, row
        line += text.count("\n", place, end)
        place = end


def _more(file: Readable, text: str) -> tuple[str, int, bool]:
    more = file.read(_CHUNK)
    return text + more, 0, not more


def _is_empty_answer(row: dict[str, Any]) -> bool:
    return row.get("result", row.get("rows")) == []
