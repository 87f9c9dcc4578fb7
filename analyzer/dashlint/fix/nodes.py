"""Where in a text each value stands: one tree for YAML and for the JSON that YAML texts hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dashlint.fix.errors import CannotEditError

_BLANK = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"true|false|null|NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
#: How deep JSON may be nested; layouts of dashboards have fewer than 30 levels.
_DEPTH = 200


class Pair(NamedTuple):
    """A key of a mapping, where it begins, and what it holds."""

    key: str
    start: int
    node: Node


@dataclass
class Node:
    """A value in a text: ``text[start:end]``.

    ``form`` is ``block``, ``flow`` or ``json`` for mappings and sequences; for scalars it is the style:
    ``'``, ``"``, ``|``, ``>``, ``json``, or empty for a plain one. ``value`` is set for text scalars.
    """

    kind: str
    start: int
    end: int
    form: str
    pairs: list[Pair] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    value: str | None = None

    def child(self, step: str | int) -> Node | None:
        """What a key or a place in a list holds; of equal keys, the last one counts."""
        if self.kind == "sequence":
            return self.items[step] if isinstance(step, int) and step < len(self.items) else None
        return next((pair.node for pair in reversed(self.pairs) if pair.key == str(step)), None)


def read_yaml(text: str) -> Node:
    """The tree of a YAML text.

    Raises:
        CannotEditError: it is empty or no YAML (a template, say).
    """
    from dashlint.sources.yaml_slow import compose
    from dashlint.sources.yaml_text import YamlError

    try:
        root = compose(text)
    except YamlError as error:
        place = f" (line {error.line})" if error.line else ""
        raise CannotEditError(f"the file cannot be read as plain YAML: {error.reason}{place}") from None
    if root is None:
        raise CannotEditError("the file is empty")
    return _from_yaml(root, {})


def _from_yaml(found: Any, known: dict[int, Node]) -> Node:
    import yaml

    # An alias is the very node that it stands for.
    if id(found) in known:
        return known[id(found)]
    start, end = found.start_mark.index, found.end_mark.index
    if isinstance(found, yaml.ScalarNode):
        made = Node("scalar", start, end, found.style or "", value=found.value)
        known[id(found)] = made
        return made
    is_mapping = isinstance(found, yaml.MappingNode)
    made = Node("mapping" if is_mapping else "sequence", start, end, "flow" if found.flow_style else "block")
    known[id(found)] = made
    if is_mapping:
        made.pairs = [
            Pair(str(key.value), key.start_mark.index, _from_yaml(value, known)) for key, value in found.value
        ]
    else:
        made.items = [_from_yaml(item, known) for item in found.value]
    return made


def read_json(text: str) -> Node:
    """The tree of a JSON text.

    Raises:
        CannotEditError: it is no JSON.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise CannotEditError("its text is not JSON") from None
    return _from_json(text, _skip(text, 0), 0)


def _from_json(text: str, start: int, depth: int) -> Node:
    if depth > _DEPTH:
        raise CannotEditError("its JSON is nested too deeply")
    first = text[start]
    if first == '"':
        value, end = json.decoder.scanstring(text, start + 1, False)  # type: ignore[attr-defined]  # noqa: FBT003
        return Node("scalar", start, end, "json", value=value)
    if first not in "{[":
        found = _PLAIN.match(text, start)
        assert found is not None, "json.loads has read it"
        return Node("scalar", start, found.end(), "json")
    made = Node("mapping" if first == "{" else "sequence", start, start, "json")
    place = _skip(text, start + 1)
    while text[place] not in "}]":
        if text[place] == ",":
            place = _skip(text, place + 1)
        if first == "{":
            key_start = place
            key = _from_json(text, place, depth + 1)
            place = _skip(text, _skip(text, key.end) + 1)
            item = _from_json(text, place, depth + 1)
            made.pairs.append(Pair(key.value or "", key_start, item))
        else:
            item = _from_json(text, place, depth + 1)
            made.items.append(item)
        place = _skip(text, item.end)
    made.end = place + 1
    return made


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place
