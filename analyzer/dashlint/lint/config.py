"""The configuration: what a project wants checked, how hard, and what it has decided to bear.

Read from ``dashlint.toml`` or ``[tool.dashlint]`` of ``pyproject.toml``, the nearest upward.
Checking the contents needs pydantic, which is imported only when there is such a file.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dashlint.limits import MIB, Limits
from dashlint.records import NamedTuple

FILE_NAME = "dashlint.toml"
#: Bytes of a TOML file at most: a thousand lines of configuration have 50 kB.
MOST_TOML = 4 * MIB
FAIL_ON = ("info", "warning", "error", "never")
PERSONAS = ("regular", "pedantic")
PROFILES = ("small", "medium", "large")


class ConfigError(Exception):
    """Wrong configuration or usage. The text is one sentence for the person at the terminal."""


class Suppression(NamedTuple):
    """A finding that a project bears: ``rule`` is a code or name, ``asset`` a uuid.

    A filter's asset is ``<dashboard uuid>/<filter id>``. ``field`` narrows it down. From the
    day after ``until`` on, it no longer holds.
    """

    rule: str
    asset: str
    reason: str
    until: date | None = None
    field: str | None = None


class Override(NamedTuple):
    """What holds for some files or dashboards only.

    ``paths`` are patterns as in ``.gitignore``; ``dashboards`` are UUIDs, ids, slugs or titles, also
    with ``*`` and ``?``. Where both are given, both have to match. The rest means what it means in
    :class:`Config`.
    """

    paths: tuple[str, ...] = ()
    dashboards: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = MappingProxyType({})
    options: Mapping[str, Mapping[str, Any]] = MappingProxyType({})


class Asked(NamedTuple):
    """What the command line says about rules: more than any configuration."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Config(NamedTuple):
    """What was configured. ``path`` is the file, None where there is none.

    ``select`` and ``ignore`` hold codes, prefixes of codes, or names. ``options`` are the
    rules' options by code, still unchecked. ``catalog`` holds paths, and URLs of databases as
    text. ``settings`` are keys of ``superset_config.py``.

    ``overrides`` are in the order of the file, and what they call ``paths`` is below ``root``. ``asked``
    is the command line's. ``plugins`` are files with rules that the configuration names; only
    ``trusted_plugins`` are ever run. ``plugins_left_out`` says that some were not, so that settings may be
    for theirs. ``jobs`` is how many processes share a scan, None for as many as pay.
    """

    path: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "warning"
    min_confidence: str = "low"
    severity: Mapping[str, str] = MappingProxyType({})
    options: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    suppressions: tuple[Suppression, ...] = ()
    superset_version: str | None = None
    superset_config: Path | None = None
    catalog: tuple[str, ...] = ()
    settings: Mapping[str, Any] = MappingProxyType({})
    baseline: Path | None = None
    overrides: tuple[Override, ...] = ()
    asked: Asked = Asked()
    root: Path | None = None
    profile: str | None = None
    persona: str = "regular"
    plugins: tuple[Path, ...] = ()
    trusted_plugins: tuple[Path, ...] = ()
    plugins_left_out: bool = False
    limits: Limits = Limits()
    jobs: int | None = None

    @property
    def speaks_of_rules(self) -> bool:
        """Whether anything in it names rules, so that it matters which there are."""
        said = (self.select, self.ignore, self.severity, self.options, self.suppressions, self.overrides)
        return any(said) or any(self.asked) or self.baseline is not None


def find(start: Path) -> Path | None:
    """The nearest configuration at or above a folder."""
    for folder in (start, *start.parents):
        own = folder / FILE_NAME
        if own.is_file():
            return own
        project = folder / "pyproject.toml"
        # A look at the bytes first: parsing other projects' files costs more than it tells.
        if project.is_file() and b"[tool.dashlint" in project.read_bytes():
            return project
    return None


def load(path: Path) -> Config:
    """The configuration in a file.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong.
    """
    from dashlint.lint.config_schema import parse

    return parse(decoded(path), path)


def decoded(path: Path) -> Mapping[str, Any]:
    """What is written in a file, unchecked.

    Raises:
        ConfigError: the file cannot be read, or is no TOML.
    """
    raw: Any = toml(path)
    for key in ("tool", "dashlint") if path.name == "pyproject.toml" else ():
        raw = raw.get(key, {})
        if not isinstance(raw, Mapping):
            raise ConfigError(f"{path}: {key} should be a table")
    found: Mapping[str, Any] = raw
    return found


def toml(path: Path) -> Mapping[str, Any]:
    """What a TOML file of somebody says.

    Raises:
        ConfigError: it cannot be read, is no TOML, or far larger than anybody writes one.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            data = file.read(MOST_TOML + 1)
        if len(data) > MOST_TOML:
            raise ConfigError(f"{path}: has more than {MOST_TOML // MIB} MiB, and is not read")
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise ConfigError(f"{path}: is not valid TOML: it is nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None
    except ValueError:
        raise ConfigError(f"{path}: is not valid TOML: a number has too many digits") from None
