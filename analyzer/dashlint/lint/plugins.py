"""Plugins: Python files with rules, named by ``--plugin`` or by a configuration that somebody trusts."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from dashlint.lint.config import ConfigError
from dashlint.lint.rule import Rule

_CODE = re.compile(r"[A-Z]+[0-9]{3}")
#: Modules of plugins are known to Python below this name, so that none hides another module.
_PACKAGE = "dashlint_plugins"


def load(paths: Sequence[Path], known: Mapping[str, type[Rule]]) -> Iterator[type[Rule]]:
    """The rules of plugins, file by file.

    Args:
        paths: the files, of which one that is named twice is read once.
        known: the rules that there are already, by code.

    Raises:
        ConfigError: a file is missing, is no Python or raises, has no rule, or a rule whose code or name is
            wrong or taken.
    """
    taken = dict(known)
    for path in dict.fromkeys(Path(path).resolve() for path in paths):
        rules = list(_rules(_module(path)))
        if not rules:
            raise ConfigError(
                f"plugin {path}: there is no rule in it, no class below dashlint.lint.rule.Rule with a code"
            )
        for rule in rules:
            _check(path, rule, taken)
            taken[rule.code] = rule
            yield rule


def _module(path: Path) -> ModuleType:
    try:
        source = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"plugin {path}: there is no such file") from None
    except OSError as error:
        hint = ": a package goes by its entry point dashlint.rules" if path.is_dir() else ""
        raise ConfigError(f"plugin {path}: it cannot be read ({error.strerror}){hint}") from None
    name = f"{_PACKAGE}.{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or loaded is not None:
        raise ConfigError(
            f"plugin {path}: another plugin has its name: rename one of them"
            if loaded is not None
            else f"plugin {path}: it is no Python file: its name ends with .py"
        )
    module = importlib.util.module_from_spec(spec)
    # As an import does: dataclasses and typing look a class's module up there.
    sys.modules[name] = module
    try:
        # Compiled here: an import would leave a __pycache__ in somebody's repository.
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 it is what a plugin is for
    except SyntaxError as error:
        del sys.modules[name]
        line = f", line {error.lineno}" if error.lineno and error.filename == str(path) else ""
        raise ConfigError(f"plugin {path}{line}: it is no valid Python: {error.msg}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 somebody else's code: whatever it raises
        del sys.modules[name]
        raise ConfigError(f"plugin {path}{_line(error, path)}: {type(error).__name__}: {error}") from None
    return module


def _line(error: BaseException, path: Path) -> str:
    """Where in the plugin something was raised."""
    line, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    return f", line {line}" if line is not None else ""


def _rules(module: ModuleType) -> Iterator[type[Rule]]:
    for value in list(vars(module).values()):
        if (
            inspect.isclass(value)
            and issubclass(value, Rule)
            and value.__module__ == module.__name__
            # A class without a code is a base of others.
            and getattr(value, "code", None) is not None
        ):
            yield value


def _check(path: Path, rule: type[Rule], taken: Mapping[str, type[Rule]]) -> None:
    place = f"plugin {path}: {rule.__name__}"
    if not _CODE.fullmatch(str(rule.code)):
        raise ConfigError(f"{place}: the code {rule.code!r} is no capital letters and three digits (XY101)")
    other = taken.get(rule.code)
    if other is not None:
        raise ConfigError(f"{place}: the code {rule.code} belongs to {other.name()} already: take another")
    other = next((known for known in taken.values() if known.name() == rule.name()), None)
    if other is not None:
        raise ConfigError(
            f"{place}: the name {rule.name()} belongs to {other.code} already: rename the file, or give "
            "each rule a name() of its own"
        )
