"""Texts of Helm's values, filled in as far as the official chart's own values need it."""

from __future__ import annotations

import re

from dashlint.deployment.hidden import guarded
from dashlint.deployment.model import UNKNOWN, Given, Unknown
from dashlint.deployment.yaml_tree import Entry

#: What the chart's README calls the release (apache/superset, helm/superset; "Running on Kubernetes").
RELEASE = "superset"
#: What stands in ``Given.assumed`` where the name of the release was.
RELEASE_NAME = ".Release.Name"

_TEMPLATE = re.compile(r"\{\{-?(.{0,1000}?)-?\}\}", re.DOTALL)
_VALUE = re.compile(r"\.Values((?:\.[A-Za-z_]\w*)+)(?:\s*\|\s*quote)?")
_RELEASE = re.compile(r"\.Release\.Name(?:\s*\|\s*quote)?")
_FULL_NAME = re.compile(r"(?:template|include)\s+[\"']superset\.fullname[\"']\s+[.$]")
#: Values that name values.
_DEPTH = 5


def text_of(entry: Entry, values: Entry, depth: int = 0) -> tuple[str | Unknown | None, tuple[str, ...]]:
    """A text as Helm would fill it in, and what was assumed; None where nothing is said."""
    text = entry.text
    if text is None or "{{" not in text:
        return text, ()
    pieces: list[str] = []
    assumed: tuple[str, ...] = ()
    position = 0
    for found in _TEMPLATE.finditer(text):
        pieces.append(text[position : found.start()])
        position = found.end()
        inner = found[1].strip()
        if _RELEASE.fullmatch(inner) or _FULL_NAME.fullmatch(inner):
            pieces.append(RELEASE)
            assumed = (RELEASE_NAME,)
            continue
        named = _VALUE.fullmatch(inner)
        if named is None or depth >= _DEPTH:
            return UNKNOWN, ()
        value, more = text_of(values.at(*named[1].strip(".").split(".")), values, depth + 1)
        if not isinstance(value, str):
            return UNKNOWN, ()
        pieces.append(value)
        assumed = assumed or more
    pieces.append(text[position:])
    whole = "".join(pieces)
    return (UNKNOWN if "{{" in whole else whole), assumed


def given_of(name: str, entry: Entry, values: Entry) -> Given | None:
    """A value under a name, hidden if it is a secret."""
    text, assumed = text_of(entry, values)
    return None if text is None else Given(guarded(name, text), entry.location, assumed)


def merged(below: Entry, above: Entry, depth: int = 0) -> Entry:
    """Values laid over each other: mappings are merged, all else is replaced, null takes away.

    Source: helm.sh, "Values Files" (deleting a default key).
    """
    if not below.is_mapping or not above.is_mapping or depth > 60:
        return above
    children = dict(below.mapping)
    for key, child in above.mapping.items():
        if child.is_null:
            children.pop(key, None)
        else:
            children[key] = merged(children[key], child, depth + 1) if key in children else child
    return Entry(above.file, above.path, None, above.place, made=children)
