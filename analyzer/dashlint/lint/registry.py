"""Finds rules: the built-in pack and others, through the ``dashlint.rules`` entry points."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from dashlint.assets import Problem
from dashlint.lint.rule import Rule

ENTRY_POINT_GROUP = "dashlint.rules"


class RulePackError(Exception):
    """A rule pack could not be loaded or breaks a promise of the interface."""


def load_rules(
    plugins: Sequence[Path] = (), *, deployment: bool = True
) -> tuple[list[type[Rule]], list[Problem]]:
    """All rules in the order of their codes, and the packs that could not be read.

    Args:
        plugins: files with rules beside the installed ones.
        deployment: also those in packages that say ``NEEDS = "deployment"``, which look at
            nothing else.

    Raises:
        ConfigError: something is wrong with a plugin.

    An entry point names a package; every module below it is searched for rules. A code that
    two packs claim belongs to the first (the built-in pack); the other is a problem.
    """
    rules: dict[str, type[Rule]] = {}
    problems: list[Problem] = []
    for pack in _packs():
        try:
            found = list(rules_in(pack.load(), deployment=deployment))
        except Exception as error:  # noqa: BLE001 a third party's code: whatever it raises is its problem
            problems.append(Problem("rule-pack", f"the rule pack {pack.name!r} could not be loaded: {error}"))
            continue
        problems += [
            Problem(
                "rule-pack",
                f"the rule pack {pack.name!r} defines {rule.code}, which another pack already has; "
                "its rule is left out",
            )
            for rule in found
            if rules.setdefault(rule.code, rule) is not rule
        ]
    if plugins:
        from dashlint.lint.plugins import load

        rules |= {rule.code: rule for rule in load(plugins, rules)}
    return [rules[code] for code in sorted(rules)], problems


def built_in(*, deployment: bool = True) -> list[type[Rule]]:
    """The rules that dashlint brings along; ``deployment``: also those about how Superset is run."""
    return list(rules_in(_BuiltIn().load(), deployment=deployment))


class _BuiltIn:
    """The entry point of the built-in pack."""

    name = "builtin"

    def load(self) -> ModuleType:
        return importlib.import_module("dashlint_rules")


def _packs() -> list[Any]:
    """The entry points, the built-in pack first."""
    if _only_built_in():
        return [_BuiltIn()]
    from importlib.metadata import entry_points

    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name != "builtin")


def _only_built_in() -> bool:
    """Whether dashlint itself is all that is installed and has rules.

    A look at the files that importlib.metadata reads: its import takes as long as a tenth of the scan of one
    dashboard, and most people have no other rules. Anything unusual is left to it, such as packages in ZIPs.
    """
    group = f"[{ENTRY_POINT_GROUP}]".encode()
    found = False
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  thousands of Paths would take longer
        except FileNotFoundError:
            continue
        except OSError:
            return False
        for name in names:
            if name.endswith(".egg"):
                return False
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            try:
                with open(f"{folder or '.'}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123
                    has_rules = group in file.read()
            except OSError:
                continue
            if has_rules:
                if not name.startswith("dashlint-"):
                    return False
                found = True
    return found


def rules_in(package: ModuleType, *, deployment: bool = True) -> Iterator[type[Rule]]:
    """The rules that a package's modules define (not those that they merely import)."""
    for module in _modules(package, deployment=deployment):
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Rule)
                and value.__module__ == module.__name__
                and getattr(value, "code", None)
            ):
                yield value


def _modules(package: ModuleType, *, deployment: bool) -> Iterable[ModuleType]:
    if getattr(package, "NEEDS", None) == "deployment" and not deployment:
        return
    yield package
    path = getattr(package, "__path__", None)
    if path is None:
        return
    for name, is_package in _names_below(path):
        module = importlib.import_module(f"{package.__name__}.{name}")
        if is_package:
            yield from _modules(module, deployment=deployment)
        else:
            yield module


def _names_below(path: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """The modules of a package, in the order of their names, and whether each is a package.

    Of folders by a look into them: pkgutil, which also knows ZIPs, takes 9 ms to import, as long
    as all our rules together.
    """
    folders = [Path(folder) for folder in path]
    if not all(folder.is_dir() for folder in folders):
        import pkgutil

        yield from ((info.name, info.ispkg) for info in pkgutil.iter_modules(map(str, folders)))
        return
    for entry in sorted(entry for folder in folders for entry in folder.iterdir()):
        if entry.suffix == ".py" and entry.stem.isidentifier() and entry.stem != "__init__":
            yield entry.stem, False
        elif entry.name.isidentifier() and (entry / "__init__.py").is_file():
            yield entry.name, True
