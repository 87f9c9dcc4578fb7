"""The smallest changes to a text that give one value in it another content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashlint.fix.errors import CannotEditError
from dashlint.fix.nodes import Node, read_json
from dashlint.fix.render import as_block, as_flow, as_json, is_filled
from dashlint.fix.scalars import places

#: The column of a value that stands behind no key of a block.
_NO_KEY = -1


class Splice(NamedTuple):
    """``text[start:end]`` becomes ``text``."""

    start: int
    end: int
    text: str


class Source(NamedTuple):
    """A text with its tree, what it says, and how its lines end."""

    text: str
    root: Node
    value: Any
    line_end: str


def splices(source: Source, path: Sequence[str | int], value: Any) -> list[Splice]:
    """The changes that set what is at a path.

    Raises:
        CannotEditError: it is written in a way in which it cannot be changed alone.
    """
    node, current, column = source.root, source.value, _NO_KEY
    for index, step in enumerate(path):
        if isinstance(current, str):
            return _inside_json(source, node, path[index:], value)
        if current is None:
            return [_replaced(source, node, None, _nested(path[index:], value), column)]
        if not _holds(current, step):
            if not isinstance(current, Mapping) or node.kind != "mapping" or not isinstance(step, str):
                raise CannotEditError(f"there is no {step!r} to change")
            return _insert(source, node, {step: _nested(path[index + 1 :], value)}, column)
        found = node.child(step)
        if found is None:
            raise CannotEditError("it comes from elsewhere in the file (a merge key)")
        column = _key_column(source, node, step)
        node, current = found, current[step]
    return list(_changes(source, node, current, value, column))


def apply(text: str, changes: Sequence[Splice]) -> str:
    """The text with all changes made; later ones first, so that places stay right."""
    for one in sorted(changes, reverse=True):
        text = text[: one.start] + one.text + text[one.end :]
    return text


def _inside_json(source: Source, node: Node, path: Sequence[str | int], value: Any) -> list[Splice]:
    import json

    held = node.value
    if node.kind != "scalar" or held is None:
        raise CannotEditError("its text is not understood")
    inner = Source(held, read_json(held), json.loads(held), "\n")
    if isinstance(inner.value, str):
        raise CannotEditError("its text is JSON that was encoded twice")
    mapped = places(source.text, node)
    found = []
    for one in splices(inner, path, value):
        start, end = mapped.span(one.start, one.end)
        found.append(Splice(start, end, mapped.escaped(one.text)))
    return found


def _holds(current: Any, step: str | int) -> bool:
    if isinstance(current, Mapping):
        return step in current
    return isinstance(current, list) and isinstance(step, int) and 0 <= step < len(current)


def _nested(path: Sequence[str | int], value: Any) -> Any:
    for step in reversed(path):
        if isinstance(step, int):
            raise CannotEditError("the list that it belongs to is not there")
        value = {step: value}
    return value


def _key_column(source: Source, node: Node, step: str | int) -> int:
    """The column of the key that holds a value in a block; no column for what stands in a flow or a list."""
    if node.kind != "mapping" or node.form != "block":
        return _NO_KEY
    start = next(pair.start for pair in reversed(node.pairs) if pair.key == str(step))
    return _column(source.text, start)


def _column(text: str, place: int) -> int:
    return place - max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) - 1


def _changes(source: Source, node: Node, old: Any, new: Any, column: int) -> Iterator[Splice]:
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old and node.kind == "mapping":
        if old.keys() - new.keys():
            raise CannotEditError("keys would have to go")
        for key in old:
            child = node.child(key)
            if child is None:
                raise CannotEditError("it comes from elsewhere in the file (a merge key)")
            yield from _changes(source, child, old[key], new[key], _key_column(source, node, key))
        added = {key: new[key] for key in new if key not in old}
        if added:
            yield from _insert(source, node, added, column)
    elif isinstance(old, list) and isinstance(new, list) and old and node.kind == "sequence":
        yield from _list_changes(source, node, old, new, column)
    else:
        yield _replaced(source, node, old, new, column)


def _list_changes(
    source: Source, node: Node, old: list[Any], new: list[Any], column: int
) -> Iterator[Splice]:
    more = len(new) - len(old)
    if more == 0:
        for child, before, after in zip(node.items, old, new, strict=True):
            yield from _changes(source, child, before, after, column)
    elif more > 0 and same(old, new[more:]):
        yield _prepended(source, node, new[:more])
    elif more > 0 and same(old, new[:-more]) and node.form != "block":
        text = "".join(f",{_gap(source, node)}{_inline(source, node, item)}" for item in new[-more:])
        yield Splice(node.items[-1].end, node.items[-1].end, text)
    else:
        raise CannotEditError("the list would have to be written anew")


def _prepended(source: Source, node: Node, items: list[Any]) -> Splice:
    if node.form != "block":
        text = "".join(f"{_inline(source, node, item)},{_gap(source, node)}" for item in items)
        return Splice(node.start + 1, node.start + 1, text)
    margin = " " * _column(source.text, node.start)
    text = ""
    for item in items:
        lines = as_block([item], 0, "\n").split("\n")[1:]
        text += "".join(f"{line}{source.line_end}{margin}" for line in lines)
    return Splice(node.start, node.start, text)


def _insert(source: Source, node: Node, added: Mapping[str, Any], column: int) -> list[Splice]:
    """New keys: in a block before the first that sorts behind them, else before the last; first in a flow."""
    if not node.pairs:
        return [_replaced(source, node, {}, dict(added), column)]
    if node.form != "block":
        gap = _gap(source, node)
        if node.form == "json":
            separator = ": " if gap else ":"
            written = [
                f"{as_json(key, source.text)}{separator}{as_json(added[key], source.text)}" for key in added
            ]
        else:
            written = [f"{as_flow(key)}: {as_flow(added[key])}" for key in added]
        text = "".join(f"{one},{gap or ('' if node.form == 'json' else ' ')}" for one in written)
        first = node.pairs[0].start
        return [Splice(first, first, text)]
    found = []
    for key, value in added.items():
        place = next((pair.start for pair in node.pairs if pair.key > key), node.pairs[-1].start)
        margin = _column(source.text, place)
        held = as_block(value, margin, source.line_end) if is_filled(value) else f" {as_flow(value)}"
        found.append(Splice(place, place, f"{as_flow(key)}:{held}{source.line_end}{' ' * margin}"))
    return found


def _replaced(source: Source, node: Node, old: Any, new: Any, column: int) -> Splice:
    if node.form == "json":
        return Splice(node.start, node.end, as_json(new, source.text))
    if node.kind == "scalar" and node.form in ("|", ">"):
        raise CannotEditError("its value is written as a block of text")
    if (isinstance(old, dict | list) and old) or (node.kind != "scalar" and node.form == "block"):
        raise CannotEditError("its value would have to be written anew")
    start, end = node.start, node.end
    before = source.text[:start].rstrip(" ")
    if is_filled(new) and column != _NO_KEY and before.endswith(":"):
        return Splice(len(before), end, as_block(new, column, source.line_end))
    text = as_flow(new, node.form if isinstance(new, str) else "")
    # Nothing at all is a null; a blank has to stand between it and its key.
    return Splice(start, end, text if end > start or source.text[start - 1 : start] == " " else f" {text}")


def _gap(source: Source, node: Node) -> str:
    """The blank after a comma, as the text has it; YAML in flow style needs one in places."""
    if node.form == "json":
        return " " if '": ' in source.text else ""
    return " "


def _inline(source: Source, node: Node, value: Any) -> str:
    return as_json(value, source.text) if node.form == "json" else as_flow(value)


def same(one: Any, other: Any) -> bool:
    """Equality that tells 1 from 1.0, from true and from "1"."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124 not a number
