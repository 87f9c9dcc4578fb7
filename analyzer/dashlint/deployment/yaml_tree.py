"""YAML as a tree that knows where each of its values stands: for Compose, Kubernetes, Helm and Prometheus.

PyYAML reads it, within the bounds that exports are read in (:mod:`dashlint.sources.yaml_slow`). Every
document of a stream is read for itself, so that a broken one does not hide the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN, Given
from dashlint.sources.yaml_slow import compose
from dashlint.sources.yaml_text import YamlError

#: Documents of one stream that are read: `helm template` of a large chart makes some dozens.
MAX_DOCUMENTS = 5_000

_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n|%[^\n]*\n)*\Z")
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
#: How deep merge keys may lead into each other.
_MERGES = 20


class Place(NamedTuple):
    """Line and column, both from 1; None where a value was put together from several places."""

    line: int | None = None
    column: int | None = None


NOWHERE = Place()


class Entry:
    """A value in a YAML file, or one that is not there: that is false, and so is all below it.

    ``path`` leads to it (``services.web.command[0]``). Its place is that of its key (of the item, in a list),
    which is where a person looks; what a merge key or an alias brings in stands where it is written.
    """

    def __init__(
        self,
        file: str,
        path: str = "",
        node: yaml.Node | None = None,
        place: Place = NOWHERE,
        *,
        shift: int = 0,
        made: Mapping[str, Entry] | Sequence[Entry] | None = None,
    ) -> None:
        self.file = file
        self.path = path
        self.place = place
        self._node = node
        self._shift = shift
        self._made = made

    def __bool__(self) -> bool:
        return self._made is not None or (self._node is not None and not self.is_null)

    @property
    def location(self) -> Location:
        return Location(self.file, self.place.line, self.place.column, self.path or None)

    @property
    def exists(self) -> bool:
        """Whether the file names it, be it with no value."""
        return self._made is not None or self._node is not None

    @property
    def is_null(self) -> bool:
        return isinstance(self._node, yaml.ScalarNode) and self._node.tag == "tag:yaml.org,2002:null"

    @property
    def tag(self) -> str:
        """The tag that somebody wrote (``!reset``), or nothing."""
        tag = self._node.tag if self._node is not None else ""
        return tag if tag.startswith("!") else ""

    @property
    def text(self) -> str | None:
        """A scalar as it is written; None for anything else, and for null."""
        if not isinstance(self._node, yaml.ScalarNode) or self.is_null:
            return None
        return str(self._node.value)

    @property
    def literal(self) -> str | None:
        """The text of a ``|`` block: its lines stand in the file as they are."""
        if isinstance(self._node, yaml.ScalarNode) and self._node.style == "|":
            return str(self._node.value)
        return None

    @property
    def first_line(self) -> int | None:
        """Where the text of a ``|`` block begins."""
        if self._node is None or self.literal is None:
            return self.place.line
        return int(self._node.start_mark.line) + 2 + self._shift

    @property
    def truth(self) -> bool | None:
        """A YAML boolean; None for anything else."""
        text = (self.text or "").lower()
        return True if text in _TRUE else False if text in _FALSE else None

    @property
    def number(self) -> int | None:
        """A whole number, or None."""
        text = self.text
        return int(text) if text is not None and re.fullmatch(r"[-+]?[0-9]{1,18}", text) else None

    @cached_property
    def mapping(self) -> Mapping[str, Entry]:
        """What a mapping holds, merge keys followed; nothing for anything else."""
        if self._made is not None:
            return self._made if isinstance(self._made, Mapping) else {}
        if not isinstance(self._node, yaml.MappingNode):
            return {}
        return dict(self._pairs(self._node, _MERGES))

    @cached_property
    def items(self) -> Sequence[Entry]:
        """What a list holds; nothing for anything else."""
        if self._made is not None:
            return [] if isinstance(self._made, Mapping) else self._made
        if not isinstance(self._node, yaml.SequenceNode):
            return []
        return [
            Entry(self.file, f"{self.path}[{index}]", child, self._at(child), shift=self._shift)
            for index, child in enumerate(self._node.value)
        ]

    @property
    def is_mapping(self) -> bool:
        return isinstance(self._made, Mapping) or isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        made = self._made is not None and not isinstance(self._made, Mapping)
        return made or isinstance(self._node, yaml.SequenceNode)

    def at(self, *keys: str) -> Entry:
        """What stands under some keys, one below the other."""
        entry = self
        for key in keys:
            path = f"{entry.path}.{key}" if entry.path else key
            entry = entry.mapping.get(key) or Entry(entry.file, path, None, entry.place)
        return entry

    def moved(self, path: str) -> Entry:
        """The same value under another path."""
        return Entry(self.file, path, self._node, self.place, shift=self._shift, made=self._made)

    def given(self, value: Any = UNKNOWN) -> Given:
        """A value that stands here."""
        return Given(value, self.location)

    def _at(self, node: yaml.Node) -> Place:
        return Place(node.start_mark.line + 1 + self._shift, node.start_mark.column + 1)

    def _pairs(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[str, Entry]]:
        # What is merged in comes first, since the mapping's own keys win; of several, the first one wins.
        if depth:
            for key, value in node.value:
                if _merges(key):
                    sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                    for source in reversed(sources):
                        if isinstance(source, yaml.MappingNode):
                            yield from self._pairs(source, depth - 1)
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and not _merges(key):
                name = str(key.value)
                path = f"{self.path}.{name}" if self.path else name
                yield name, Entry(self.file, path, value, self._at(key), shift=self._shift)


def _merges(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.tag == "tag:yaml.org,2002:merge"


class Trouble(NamedTuple):
    """A document that cannot be read: why, and where in the file.

    ``is_template``: it holds what Helm or Jinja would fill in first.
    """

    reason: str
    line: int | None
    column: int | None
    is_template: bool = False


def documents(text: str, file: str) -> Iterator[Entry | Trouble]:
    """The documents of a YAML stream in order, each read for itself; empty ones are left out."""
    starts = [0]
    for found in _SEPARATOR.finditer(text):
        # A `%YAML` directive, or nothing but comments, belongs to the document that follows.
        if _DIRECTIVE.match(text[starts[-1] : found.start()]) is None or starts[-1] != 0:
            starts.append(found.start())
    starts = starts[:MAX_DOCUMENTS]
    line = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end]
        try:
            node = compose(piece)
        except YamlError as error:
            at = error.line + line if error.line is not None else line + 1
            if "{{" in piece or "{%" in piece:
                yield _template(piece, line)
            else:
                yield Trouble(error.reason, at, error.column)
        else:
            if node is not None and "{{" in piece and _has_template(node):
                yield _template(piece, line)
            elif node is not None:
                place = Place(node.start_mark.line + 1 + line, node.start_mark.column + 1)
                yield Entry(file, "", node, place, shift=line)
        line += piece.count("\n")


def _template(piece: str, line: int) -> Trouble:
    found = re.search(r"\{\{|\{%", piece)
    at = piece.count("\n", 0, found.start()) if found is not None else 0
    return Trouble(
        "it is a template, which only its own tool can fill in", line + at + 1, None, is_template=True
    )


def _has_template(root: yaml.Node) -> bool:
    """Whether `{{ … }}` stands where a value does: YAML reads a mapping whose key is a mapping."""
    pending = [root]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.MappingNode):
                    return True
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
    return False
