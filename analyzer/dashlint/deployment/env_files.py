"""Files of environment variables: Compose's ``.env`` and what ``env_file`` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO

from dashlint.assets.origin import Location, Problem
from dashlint.deployment.hidden import guarded
from dashlint.deployment.interpolation import Invalid, fill
from dashlint.deployment.model import UNKNOWN, Given, Unknown

_SINGLE = re.compile(r"=\s*'")


def read_variables(
    text: str, file: str, around: Mapping[str, str | Unknown] = {}
) -> tuple[dict[str, Given], list[Problem]]:
    """The variables of a file, each with its line, and the lines that are none.

    Args:
        text: the file's text.
        file: its name.
        around: variables that the file's own values may refer to.
    """
    from dotenv.parser import parse_stream

    found: dict[str, Given] = {}
    problems: list[Problem] = []
    known: dict[str, str | Unknown] = dict(around)
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        line = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
        if binding.error:
            what = "this line is no NAME=value, and is left out"
            problems.append(Problem("unreadable-line", what, file, line))
            continue
        if binding.key is None:
            continue
        value: str | Unknown = UNKNOWN
        assumed: tuple[str, ...] = ()
        if binding.value is not None:
            # Single quotes keep a value as it is (docs.docker.com, "Set, use, and manage variables").
            value = binding.value
            if not _SINGLE.search(written):
                try:
                    value, assumed = fill(binding.value, known)
                except Invalid:
                    value = binding.value
        known[binding.key] = value
        location = Location(file, line, None, binding.key)
        found[binding.key] = Given(guarded(binding.key, value), location, assumed)
    return found, problems


def plain(variables: Mapping[str, Given]) -> dict[str, str | Unknown]:
    """Variables as :func:`dashlint.deployment.interpolation.fill` takes them."""
    return {name: given.value for name, given in variables.items()}
