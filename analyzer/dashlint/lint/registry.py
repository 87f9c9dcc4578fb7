"""Finds rules: the built-in pack and others, through the ``dashlint.rules`` entry points."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from types import ModuleType

from dashlint.assets import Problem
from dashlint.lint.rule import Rule

ENTRY_POINT_GROUP = "dashlint.rules"


class RulePackError(Exception):
    """A rule pack could not be loaded or breaks a promise of the interface."""


def load_rules() -> tuple[list[type[Rule]], list[Problem]]:
    """All installed rules in the order of their codes, and the packs that could not be read.

    An entry point names a package; every module below it is searched for rules. A code that
    two packs claim belongs to the first (the built-in pack); the other is a problem.
    """
    from importlib.metadata import entry_points

    rules: dict[str, type[Rule]] = {}
    problems: list[Problem] = []
    packs = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.name != "builtin")
    for pack in packs:
        try:
            found = list(rules_in(pack.load()))
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
    return [rules[code] for code in sorted(rules)], problems


def rules_in(package: ModuleType) -> Iterator[type[Rule]]:
    """The rules that a package's modules define (not those that they merely import)."""
    for module in _modules(package):
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Rule)
                and value.__module__ == module.__name__
                and getattr(value, "code", None)
            ):
                yield value


def _modules(package: ModuleType) -> Iterable[ModuleType]:
    yield package
    path = getattr(package, "__path__", None)
    if path is None:
        return
    for info in pkgutil.iter_modules(path, package.__name__ + "."):
        module = importlib.import_module(info.name)
        if info.ispkg:
            yield from _modules(module)
        else:
            yield module
