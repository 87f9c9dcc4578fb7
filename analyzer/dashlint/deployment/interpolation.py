"""Variables in Compose files: ``$NAME``, ``${NAME:-default}`` and their like.

Source: Compose specification, 12-interpolation.md, and compose-go, template/template.go. What the shell that
starts Compose has set, nobody here knows: a variable that only ``.env`` sets has that value, one with a
default is assumed to have it, and any other is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from dashlint.deployment.model import UNKNOWN, Unknown

_NAME = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")
_OPERATOR = re.compile(r":?[-?+]")
#: Defaults in defaults.
_DEPTH = 20


class Invalid(Exception):  # noqa: N818 the name says what the text is
    """A ``$`` that Compose refuses; the text is the part of a sentence."""


class Filled(NamedTuple):
    """A text with its variables filled in, or :data:`UNKNOWN`, and the variables whose default was taken."""

    value: str | Unknown
    assumed: tuple[str, ...] = ()


def fill(text: str, variables: Mapping[str, str | Unknown]) -> Filled:
    """A text of a Compose file, as Compose reads it.

    Raises:
        Invalid: Compose refuses the text.
    """
    if "$" not in text:
        return Filled(text)
    assumed: list[str] = []
    value, end = _fill(text, 0, variables, assumed, 0)
    if end != len(text):
        raise Invalid("a closing brace belongs to no variable")
    return Filled(value, tuple(dict.fromkeys(assumed)))


def _fill(
    text: str, start: int, variables: Mapping[str, str | Unknown], assumed: list[str], depth: int
) -> tuple[str | Unknown, int]:
    """The text up to its end, or to the brace that closes the variable around it."""
    if depth > _DEPTH:
        raise Invalid(f"defaults are nested more than {_DEPTH} deep")
    pieces: list[str] = []
    known = True
    position = start
    while position < len(text):
        character = text[position]
        if character == "}" and depth:
            break
        if character != "$":
            pieces.append(character)
            position += 1
            continue
        following = text[position + 1 : position + 2]
        if following == "$":
            pieces.append("$")
            position += 2
            continue
        if following == "{":
            value, position = _braced(text, position + 2, variables, assumed, depth)
        else:
            name = _NAME.match(text, position + 1)
            if name is None:
                raise Invalid("a `$` stands before what is no variable (a `$` itself is written `$$`)")
            value, position = variables.get(name[0], UNKNOWN), name.end()
        if isinstance(value, Unknown):
            known = False
        else:
            pieces.append(value)
    return ("".join(pieces) if known else UNKNOWN), position


def _braced(
    text: str, start: int, variables: Mapping[str, str | Unknown], assumed: list[str], depth: int
) -> tuple[str | Unknown, int]:
    name = _NAME.match(text, start)
    if name is None:
        raise Invalid("`${` stands before what is no variable")
    operator = _OPERATOR.match(text, name.end())
    if operator is None:
        if text[name.end() : name.end() + 1] != "}":
            raise Invalid(f"`${{{name[0]}` is not closed, or does what Compose cannot do")
        return variables.get(name[0], UNKNOWN), name.end() + 1
    inner_assumed: list[str] = []
    inner, end = _fill(text, operator.end(), variables, inner_assumed, depth + 1)
    if text[end : end + 1] != "}":
        raise Invalid(f"`${{{name[0]}` is not closed")
    value = variables.get(name[0])
    # With a colon, an empty value counts as none.
    is_set = value is not None and not (operator[0].startswith(":") and value == "")
    kind = operator[0][-1]
    if isinstance(value, Unknown):
        return UNKNOWN, end + 1
    if kind == "+":
        # Whether the shell sets it is not known; most do not set what is for special cases.
        if is_set:
            assumed += inner_assumed
            return inner, end + 1
        assumed.append(name[0])
        return "", end + 1
    if is_set and value is not None:
        return value, end + 1
    if kind == "?":
        return UNKNOWN, end + 1
    assumed.append(name[0])
    assumed += inner_assumed
    return inner, end + 1
