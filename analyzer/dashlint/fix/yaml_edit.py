"""Edits to a YAML file that leave every other byte alone.

The new text is put in at the place of the old one. Then the file is read again: unless it says what it
said before, but for the change, the edit is refused. So whatever the file is written like (anchors, flow
style, templates), no edit can do more than it was meant to.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashlint.fix.errors import CannotEditError
from dashlint.fix.nodes import read_yaml
from dashlint.fix.splice import Source, apply, same, splices
from dashlint.fix.text import read_text

Path = Sequence["str | int"]


class YamlEdit(NamedTuple):
    """A value in a file: its path, and what it becomes. Paths lead into JSON that is kept as text, too."""

    path: tuple[str | int, ...]
    value: Any


class Edited(NamedTuple):
    """A file's new bytes, and for each edit what was there before (:data:`MISSING` for nothing)."""

    data: bytes
    before: tuple[Any, ...]


#: Stands for what was not there.
MISSING = object()


def edit_file(data: bytes, edits: Sequence[YamlEdit]) -> Edited:
    """A file with some edits made, all of them.

    Args:
        data: the file's bytes.
        edits: made one after another.

    Raises:
        CannotEditError: one of them cannot be made alone; the reason says why.
    """
    text = read_text(data)
    content, before = text.content, []
    for edit in edits:
        value = _parsed(content)
        old = look_up(value, edit.path)
        new = _like(old, edit.value)
        before.append(old)
        source = Source(content, read_yaml(content), value, text.line_end)
        changed = apply(content, splices(source, edit.path, new))
        if not _says(changed, put(value, edit.path, new)):
            raise CannotEditError(
                "it cannot be changed alone (an anchor, a merge key or an unusual style): change it by hand"
            )
        content = changed
    return Edited(text.encoded(content), tuple(before))


def _says(content: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return same(_decoded(_parsed(content)), _decoded(wanted))
    except CannotEditError:
        return False


def look_up(value: Any, path: Path) -> Any:
    """What is at a path, also in JSON kept as text; :data:`MISSING` for nothing."""
    for step in path:
        if isinstance(value, str):
            value = _json(value)
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with something else at a path; mappings that are missing on the way are made."""
    if not path:
        return new
    held = _json(value) if isinstance(value, str) else value
    if held is None or held is MISSING:
        held = {}
    else:
        held = dict(held) if isinstance(held, Mapping) else copy.copy(held)
    step = path[0]
    inner = held.get(step, MISSING) if isinstance(held, dict) else held[step]
    held[step] = put(inner, path[1:], new)
    return held


def _like(old: Any, new: Any) -> Any:
    """A number as text where a text with a number stood: Superset takes both."""
    return str(new) if isinstance(old, str) and type(new) is int else new


def _parsed(content: str) -> Any:
    from dashlint.sources.yaml_text import YamlError, parse

    try:
        value = parse(content.replace("\r\n", "\n").replace("\r", "\n"))
    except YamlError as error:
        raise CannotEditError(f"the file cannot be read as plain YAML: {error.reason}") from None
    if not isinstance(value, dict):
        raise CannotEditError("the file does not hold the keys of an asset")
    return value


def _json(value: str) -> Any:
    import json

    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise CannotEditError("its text is not JSON") from None


def _decoded(value: Mapping[str, Any]) -> dict[str, Any]:
    """A file's value with the JSON texts of its first level decoded, whose blanks may differ."""
    found = {}
    for key, held in value.items():
        if isinstance(held, str) and held[:1] in "{[":
            with contextlib.suppress(CannotEditError):
                held = _json(held)  # noqa: PLW2901
        found[key] = held
    return found


def spelled(path: Path) -> str:
    """A path as people write it: ``metadata.native_filter_configuration[2].scope``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
