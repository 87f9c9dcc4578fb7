"""What a new user has in a folder: exports, the warehouse's catalog, Superset's settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dashlint import __version__
from dashlint.lint.config import ConfigError

#: Folders of an export (superset/commands/export/assets.py) of which one is enough to know it by.
_PARTS = ("dashboards", "charts", "datasets", "databases")
_ENTRY = (
    "- repo: https://github.com/dashlint/dashlint\n",
    f"  rev: v{__version__}\n",
    "  hooks:\n",
    "    - id: dashlint\n",
)
#: Folders that hold other people's files.
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
#: Folders below the first that are looked into: exports lie near the top of a repository.
_DEPTH = 4


class Survey(NamedTuple):
    """Paths relative to the folder."""

    exports: tuple[Path, ...]
    catalogs: tuple[Path, ...]
    superset_config: Path | None

    def summary(self) -> str:
        """What was found, in a few words."""
        parts = [
            f"exports in {', '.join(map(str, self.exports))}" if self.exports else "no export found here",
            *(f"catalog {path}" for path in self.catalogs),
            *([f"settings in {self.superset_config}"] if self.superset_config else []),
        ]
        return "; ".join(parts)


def survey(folder: Path, given: Sequence[Path]) -> Survey:
    """Looks for files by their names; of SQL and JSON files only at their beginnings.

    Raises:
        ConfigError: a path that was given is not there.
    """
    for path in given:
        if not path.exists():
            raise ConfigError(f"{path}: there is no such file or folder")
    exports: list[Path] = list(given)
    catalogs: list[Path] = []
    settings = None
    for path, names, files in _walk(folder):
        is_export = "metadata.yaml" in files or sum(part in names for part in _PARTS) > 1
        if not given and is_export and not any(path.is_relative_to(e) for e in exports):
            exports.append(path)
        for name in files:
            if name == "superset_config.py" and settings is None:
                settings = path / name
            elif _is_catalog(folder / path / name):
                catalogs.append(path / name)
    return Survey(tuple(sorted(exports)), tuple(sorted(catalogs)), settings)


def configuration(found: Survey) -> str:
    """A dashlint.toml with what was found; what was not stands there as a comment."""
    catalog = [path.as_posix() for path in found.catalogs]
    lines = [
        "# dashlint's configuration: `dashlint config --show` explains every value.",
        "",
        "# Lowest severity that makes the exit code 1: info, warning, error or never.",
        'fail-on = "warning"',
        "",
        "# The warehouse's tables: DDL, or what `dashlint catalog snapshot` wrote. With it row counts,",
        "# indexes and widths are known; without, memory is known as the most that row limits allow.",
        f"catalog = {_array(catalog)}" if catalog else '# catalog = ["warehouse/catalog.json"]',
        "",
        "# Superset's settings, read and never executed: row limits, caches, feature flags.",
        f'superset-config = "{found.superset_config.as_posix()}"'
        if found.superset_config
        else '# superset-config = "superset_config.py"',
        '# superset-version = "6.1"',
        "",
        "# Findings that are there already: `dashlint baseline` accepts them, so that only new ones fail.",
        '# baseline = "dashlint-baseline.json"',
        "",
        "# Rules that do not fit here, by code, prefix or name; `dashlint rules` lists them.",
        '# ignore = ["DL405"]',
        '# persona = "pedantic"  # opinions and conventions, too',
        "",
        "# How Superset is run, which memory budgets follow from: small, medium or large.",
        '# profile = "medium"',
        "",
        "# Options of rules, such as the memory that a dashboard may take.",
        "# [rules.DL102]",
        '# budget = "512MiB"',
        "",
        "# What holds for some files or dashboards only.",
        "# [[overrides]]",
        '# dashboards = ["Board *"]',
        '# severity = { DL102 = "error" }',
        "",
        "# Findings that are borne, with the reason and a last day.",
        "# [[suppress]]",
        '# rule = "DL301"',
        '# asset = "UUID of the chart"',
        '# reason = "why"',
        "# until = 2027-03-31",
    ]
    return "\n".join(lines) + "\n"


def hooks(path: Path) -> str | None:
    """A configuration of pre-commit with the hook, its other lines as they were; None if it is there already.

    Raises:
        ConfigError: the file is not as pre-commit wants it.
    """
    text = path.read_text("utf-8") if path.exists() else "repos:\n"
    if "id: dashlint" in text:
        return None
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines, 1) if line.rstrip() == "repos:"), None)
    if start is None:
        raise ConfigError(
            f"{path.name} has no list under repos: add the hook by hand (docs/pull-requests.md)"
        )
    # As far from the margin as the other entries.
    first = next((line for line in lines[start:] if line.lstrip().startswith("- ")), "  - ")
    margin = first[: len(first) - len(first.lstrip())]
    return "".join([*lines[:start], *(margin + line for line in _ENTRY), *lines[start:]])


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for root, names, files in os.walk(folder):
        path = Path(root).relative_to(folder)
        names[:] = sorted(n for n in names if not n.startswith(".") and n not in _PASSED_OVER)
        if len(path.parts) >= _DEPTH:
            names.clear()
        yield path, list(names), files
        if path.name in _PARTS:
            names.clear()


def _is_catalog(path: Path) -> bool:
    if path.suffix.lower() not in (".sql", ".ddl", ".json"):
        return False
    try:
        with path.open("rb") as file:
            start = file.read(20_000).lower()
    except OSError:
        return False
    if path.suffix.lower() == ".json":
        return b'"tables"' in start and b'"version"' in start and b'"engine"' in start
    return b"create table" in start


def _array(values: Sequence[str]) -> str:
    return f"[{', '.join(f'{chr(34)}{value}{chr(34)}' for value in values)}]"
