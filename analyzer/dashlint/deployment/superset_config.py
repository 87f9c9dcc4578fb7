"""Follows a ``superset_config.py``: what it sets, where, and what its own code reads."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from dashlint.assets.origin import Location
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import UNKNOWN, Given, Made, SupersetConfig
from dashlint.deployment.part import ConfigText
from dashlint.deployment.python_places import Place, places_of
from dashlint.superset.config_ast import Evaluated, evaluate
from dashlint.superset.config_expr import UNKNOWN as UNSURE
from dashlint.superset.config_expr import Called, unsure

_REDIS = ("host", "port", "password", "db", "default_timeout", "key_prefix")
#: The parameters of cachelib's classes that may be given by position (cachelib/redis.py, file.py, simple.py).
_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "RedisCache": _REDIS,
    "ValkeyCache": _REDIS,
    "FileSystemCache": ("cache_dir", "threshold", "default_timeout", "mode"),
    "SimpleCache": ("threshold", "default_timeout"),
}


def follow(config: ConfigText, environment: Mapping[str, Any]) -> SupersetConfig:
    """What a configuration says under an environment. Nothing of it is run.

    Args:
        config: the text and where it stands.
        environment: environment variables that are known, by name; :data:`UNKNOWN` where one is set to
            something that only a run would tell.

    Raises:
        Unreadable: it is no Python; ``line`` counts from the text's own first line.
    """
    found, tree = evaluated(config.text, environment)
    places = places_of(tree)
    made = _made(tree)
    settings = {
        name: _given(name, value, found, config, places.get(name), made.get(name, ""))
        for name, value in found.values.items()
        if name.isupper() and not name.startswith("_")
    }
    return SupersetConfig(
        location=config.location,
        settings=settings,
        places={path: _location(config, place, path) for path, place in places.items()},
        read=_read(tree),
        environment=frozenset(found.asked),
        complete=not found.star_imports and not _runs_text(tree),
        texts=_texts(tree),
        made=dict(_makers(tree, config)),
        calls={
            name: _called(value, settings[name].location)
            for name, value in found.values.items()
            if name in settings and isinstance(value, Called)
        },
    )


def evaluated(text: str, environment: Mapping[str, Any]) -> tuple[Evaluated, ast.Module]:
    """A Python file's names and its syntax tree.

    Raises:
        Unreadable: it is no Python.
    """
    known = {name: UNSURE if value is UNKNOWN else value for name, value in environment.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a syntax that will be none in some later Python
            return evaluate(text, known), ast.parse(text)
    except SyntaxError as error:
        raise Unreadable(f"it is no valid Python ({error.msg})", error.lineno, error.offset) from None
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("it is nested too deeply, or holds a NUL byte") from None


def plain(value: Any) -> Any:
    """A value as plain data: durations in seconds, what is not known as :data:`UNKNOWN`."""
    if unsure(value):
        return UNKNOWN
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, (str, bytes, bool, int, float)) else UNKNOWN


def _given(
    name: str, value: Any, found: Evaluated, config: ConfigText, place: Place | None, made: str
) -> Given:
    at = place or Place(found.lines.get(name, 1), None)
    known = plain(value)
    expression = made if known is UNKNOWN else ""
    return Given(known, _location(config, at, name), found.assumed.get(name, ()), expression)


def _called(value: Called, location: Location) -> Made:
    name = value.name.rpartition(".")[2]
    by_position = dict(zip(_POSITIONAL.get(name, ()), value.arguments, strict=False))
    return Made(name, plain({**by_position, **value.keywords}), location)


def _made(tree: ast.Module) -> dict[str, str]:
    """What makes the value of a name: ``RedisCache(…)``, without the arguments, which may be secret."""
    return {
        target.id: f"{ast.unparse(statement.value.func)}(…)"
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, (ast.Name, ast.Attribute))
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _texts(tree: ast.Module) -> frozenset[str]:
    """The texts that are written in a file."""
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _makers(tree: ast.Module, config: ConfigText) -> Iterator[tuple[str, Given]]:
    """The names that calls of imported things make, and of what: ``prometheus_client.Counter``."""
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }
    modules = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        first, dot, rest = ast.unparse(statement.value.func).partition(".")
        maker = {**modules, **imported}.get(first)
        for target in statement.targets:
            if maker is not None and isinstance(target, ast.Name):
                place = Place(target.lineno, target.col_offset + 1)
                yield target.id, Given(f"{maker}{dot}{rest}", _location(config, place, target.id))


def _location(config: ConfigText, place: Place, path: str) -> Location:
    file, first, _, _ = config.location
    field = f"{config.prefix}.{path}" if config.prefix else path
    if config.origins:
        origin = config.origins[min(place.line, len(config.origins)) - 1]
        return Location(origin.file, origin.line, None, f"{origin.field}.{path}" if origin.field else path)
    if first is None:
        return Location(file, None, None, field)
    column = place.column if first == 1 else None
    return Location(file, first + place.line - 1, column, field)


def _read(tree: ast.Module) -> frozenset[str]:
    """The names that the file's own code reads."""
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _runs_text(tree: ast.Module) -> bool:
    """Whether code is made at run time, or names are set by their text: then anything may be set."""
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return not called.isdisjoint({"exec", "execfile", "globals", "locals", "vars", "setattr"})
