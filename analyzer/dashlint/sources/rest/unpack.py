"""The files in a ZIP that a server sent."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from dashlint.assets import Problem
from dashlint.sources.archive import Archive, Unreadable
from dashlint.sources.errors import SourceError
from dashlint.sources.yaml_text import YamlError, decode, parse


def unpack(body: bytes, name: str) -> tuple[list[tuple[str, Mapping[str, Any]]], list[Problem]]:
    """The YAML files of an export, and the problems met.

    Args:
        body: the ZIP.
        name: where it comes from, for sentences.

    Returns:
        Paths without the export's root folder, with what the files say.

    Raises:
        SourceError: it is no ZIP, or a damaged one; kind ``invalid-zip``.
    """
    files: list[tuple[str, Mapping[str, Any]]] = []
    problems: list[Problem] = []
    try:
        archive = Archive(io.BytesIO(body), f"the export that {name} sent")
    except SourceError as error:
        raise SourceError("invalid-zip", error.message) from None
    for path in archive.paths(problems):
        inner = path.partition("/")[2]
        if "/" not in inner:
            continue  # metadata.yaml
        shown = f"{name}/{inner}"
        try:
            raw = parse(decode(archive.read(path)).content)
        except Unreadable as error:
            problems.append(Problem(error.kind, error.reason, shown))
        except YamlError as error:
            message = f"it cannot be read as YAML: {error.reason}"
            problems.append(Problem("unreadable-file", message, shown, error.line, error.column))
        else:
            if isinstance(raw, dict):
                files.append((inner, raw))
            else:
                problems.append(Problem("invalid-asset", "it holds no mapping of keys to values", shown))
    return files, problems
