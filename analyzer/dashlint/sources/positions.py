"""Where in a file a field stands, found only when somebody asks.

A path names keys and places in lists: ``metadata.native_filter_configuration[2].name``. The position is that
of the key (of the item, for a place in a list), which is where a person looks. Keys may hold dots: the
shortest key that exists is taken first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from dashlint.records import NamedTuple
from dashlint.sources.archive import Files, Unreadable
from dashlint.sources.grammar import is_plain
from dashlint.sources.yaml_text import YamlError, decode, parse

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)|\[([^\]]{1,300})\]")

Position = tuple[int, int]
Steps = Sequence["int | str"]
Finder = Callable[[Steps], "Position | None"]


class Locator:
    """Finds fields in one file, which it reads again when asked. Calling it gives line and column.

    ``is_plain`` tells that the file was of the plain grammar when it was read, so that this need not be
    found out again.
    """

    __slots__ = ("_files", "_is_plain", "_path")

    def __init__(self, files: Files, path: str, *, is_plain: bool = False) -> None:
        self._files = files
        self._path = path
        self._is_plain = is_plain

    def __call__(self, field: str) -> Position | None:
        find = _finder(self._files, self._path, self._is_plain)
        return find(split(field)) if find is not None else None


# Findings come file by file, so a few files are enough.
@lru_cache(maxsize=64)
def _finder(files: Files, path: str, known_plain: bool) -> Finder | None:  # noqa: FBT001
    try:
        text = decode(files.read(path)).content
        return _PlainText(text).find if known_plain else finder(text)
    except (Unreadable, YamlError):
        return None


def split(field: str) -> list[int | str]:
    """The steps of a path: keys as text, places in lists as numbers."""
    return [
        int(number) if number else name or quoted.strip("\"'")
        for number, name, quoted in _STEP.findall(field)
    ]


def finder(text: str) -> Finder:
    """What finds steps in a text.

    Raises:
        YamlError: the text is no YAML, not even as a template.
    """
    if is_plain(text):
        return _PlainText(text).find
    from dashlint.sources.templated import attempts
    from dashlint.sources.yaml_slow import compose

    for candidate in (text, *(attempt.text for attempt in attempts(text))):
        try:
            # Not only composed: what looks like Jinja can be a mapping with a mapping for its key.
            parse(candidate)
            node = compose(candidate)
        except YamlError:
            continue
        return lambda steps: _find_node(node, steps)
    raise YamlError("it is not YAML")


def _names(steps: Steps) -> Iterator[tuple[int, str]]:
    """The keys that steps may mean: the first one, the first two with a dot between them, and so on."""
    name = ""
    for used, step in enumerate(steps, 1):
        name = f"{name}.{step}" if used > 1 else str(step)
        yield used, name


class _Collection(NamedTuple):
    """A mapping or list in a plain text: where its first entry begins, in which column, and where it ends."""

    first: int
    column: int
    end: int


class _PlainText:
    """A text of the plain grammar, where indentation tells everything.

    Offsets are into the text with a line break before it, so that every line begins after one.
    """

    def __init__(self, text: str) -> None:
        self._text = "\n" + text

    def find(self, steps: Steps) -> Position | None:
        held = self._collection(0, -1, len(self._text))
        position: int | None = None
        index = 0
        while index < len(steps):
            if held is None:
                # JSON in a text: the key that holds the text is the nearest that can be shown.
                return self._place(position) if position and self._holds_text(position) else None
            if self._text.startswith("- ", held.first):
                item = self._item(held, steps[index])
                if item is None:
                    return None
                position, held = item
                used = 1
            else:
                key, used = self._key(held, steps[index:])
                if key is None:
                    return None
                position = key
                held = self._held_by_key(key, held)
            index += used
        return self._place(position) if position is not None else None

    def _collection(self, after: int, column: int, end: int, *, of_key: bool = False) -> _Collection | None:
        """What the lines after an offset hold, if they are indented more deeply than a column.

        A list may stand at the column of the key that it belongs to.
        """
        found = _LINE.search(self._text, after, end)
        if found is None:
            return None
        first = found.end()
        own_column = first - found.start() - 1
        is_list = of_key and own_column == column and self._text[first] == "-"
        return _Collection(first, own_column, end) if own_column > column or is_list else None

    def _key(self, held: _Collection, steps: Steps) -> tuple[int | None, int]:
        """The last key that the first steps name, and how many steps that took."""
        text = self._text
        margin = "\n" + " " * held.column
        for used, name in _names(steps):
            for form in (name, f"'{name}'", f'"{_escaped(name)}"'):
                place = text.rfind(f"{margin}{form}:", held.first, held.end)
                if place >= 0:
                    return place + len(margin), used
                # The first key may stand behind a dash, with no line break and blanks before it.
                if text.startswith(form + ":", held.first):
                    return held.first, used
        return None, 1

    def _held_by_key(self, key: int, held: _Collection) -> _Collection | None:
        line_end = self._text.find("\n", key)
        if not self._text[key:line_end].rstrip(" ").endswith(":"):
            return None
        boundary = _boundary(held.column, of_item=False).search(self._text, key, held.end)
        end = boundary.start() if boundary else held.end
        return self._collection(line_end, held.column, end, of_key=True)

    def _item(self, held: _Collection, step: int | str) -> tuple[int, _Collection | None] | None:
        """Where an item's content begins, and the collection that it is."""
        if not isinstance(step, int):
            return None
        text = self._text
        boundary = _boundary(held.column, of_item=True)
        dash = held.first
        for _ in range(step):
            found = boundary.search(text, dash, held.end)
            if found is None:
                return None
            dash = found.end()
        found = boundary.search(text, dash, held.end)
        end = found.start() if found else held.end
        content = dash + 1
        while text[content] == " ":
            content += 1
        if text[content] == "\n":
            inner = self._collection(content, held.column, end)
            return (inner.first if inner else dash + 2), inner
        return content, _Collection(content, held.column + content - dash, end)

    def _holds_text(self, key: int) -> bool:
        line = self._text[key : self._text.find("\n", key)]
        return re.search(r": +['\"|]", line) is not None

    def _place(self, offset: int) -> Position:
        return self._text.count("\n", 0, offset), offset - self._text.rfind("\n", 0, offset)


def _escaped(name: str) -> str:
    """A name as PyYAML writes it between double quotes."""
    return name if name.isascii() else "".join(map(_escaped_character, name))


def _escaped_character(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return character
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


# The beginning of a line that says something.
_LINE = re.compile(r"\n *(?=[^ \n#])")


@lru_cache(maxsize=256)
def _boundary(column: int, *, of_item: bool) -> re.Pattern[str]:
    """The beginning of the line after what belongs to a key or an item at a column."""
    if of_item:
        return re.compile(rf"\n {{0,{column}}}(?=[^ \n#])")
    outer = rf"|\n {{0,{column - 1}}}(?=[^ \n#])" if column else ""
    return re.compile(rf"\n {{{column}}}(?=[^ \n#-]){outer}")


def _find_node(node: Any, steps: Steps) -> Position | None:
    """The same in nodes that PyYAML composed."""
    import yaml

    position: Position | None = None
    index = 0
    while index < len(steps):
        if isinstance(node, yaml.SequenceNode):
            step = steps[index]
            if not isinstance(step, int) or step >= len(node.value):
                return None
            node = node.value[step]
            mark, used = node.start_mark, 1
        elif isinstance(node, yaml.MappingNode):
            pair, used = _pair(node, steps[index:])
            if pair is None:
                return None
            node, mark = pair[1], pair[0].start_mark
        else:
            return position if node is not None and node.style else None
        position = (mark.line + 1, mark.column + 1)
        index += used
    return position


def _pair(node: Any, steps: Steps) -> tuple[Any, int]:
    for used, name in _names(steps):
        for pair in reversed(node.value):
            if pair[0].value == name:
                return pair, used
    return None, 1
