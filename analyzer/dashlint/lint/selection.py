"""Which rules run where: the configuration, then its overrides, then the command line.

Each of them may say that a rule runs or does not. The last one that says something about a rule decides;
within one, the longer pattern wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashlint.lint.config import Config, ConfigError, Override
from dashlint.lint.rule import Rule
from dashlint.records import NamedTuple


class Verdict(NamedTuple):
    """Whether a rule runs, and whether somebody has selected it by its whole code or name."""

    runs: bool
    named: bool


def matches(rule: type[Rule], pattern: str) -> bool:
    """Whether a code, a prefix of a code (``DL3``), a name or ``ALL`` means a rule."""
    return pattern == "ALL" or rule.code.startswith(pattern) or rule.name() == pattern


def decide(rule: type[Rule], config: Config, overrides: Sequence[Override] = ()) -> Verdict:
    """Whether a rule runs where these of the overrides hold."""
    own = {rule.code, rule.name()}
    asked = config.asked
    if asked.select:
        named = not own.isdisjoint(asked.select)
        allowed = named or not rule.on_request
        selected = _best(rule, asked.select)
        return Verdict(allowed and selected >= 0 and selected > _best(rule, asked.ignore), named)
    named = not own.isdisjoint(config.select)
    runs = named or not rule.on_request
    selected = _best(rule, config.select) if config.select else 0
    runs = runs and selected >= 0 and selected > _best(rule, config.ignore)
    for override in overrides:
        here = not own.isdisjoint(override.select)
        named = named or here
        selected = _best(rule, override.select) if here or not rule.on_request else -1
        ignored = _best(rule, override.ignore)
        if max(selected, ignored) >= 0:
            runs = selected > ignored
    return Verdict(runs and _best(rule, asked.ignore) < 0, named)


def raw_options(rule: type[Rule], config: Config, overrides: Sequence[Override] = ()) -> dict[str, Any]:
    """A rule's options as they are written: profile, configuration, overrides; the later wins."""
    keys = (rule.name(), rule.code)
    found: dict[str, Any] = {}
    if config.profile is not None:
        from dashlint.lint import profiles

        found |= profiles.options(config.profile, keys)
    for options in (config.options, *(override.options for override in overrides)):
        for key in keys:
            found |= options.get(key, {})
    return found


def build(rule: type[Rule], config: Config, overrides: Sequence[Override] = ()) -> Rule:
    """A rule with its options.

    Raises:
        ConfigError: an option is wrong.
    """
    raw = raw_options(rule, config, overrides)
    if not raw:
        return rule()
    from dashlint.lint.options import read_options

    return rule(read_options(rule, raw))


def check(rules: Sequence[type[Rule]], config: Config) -> None:
    """Everything that is said about rules means one.

    Raises:
        ConfigError: a pattern means no rule, or an option in an override is wrong.
    """
    file = f"{config.path}: " if config.path else ""
    _check(rules, "--select", config.asked.select)
    _check(rules, "--ignore", config.asked.ignore)
    if config.plugins_left_out:
        return  # what means no rule here may mean one of theirs
    everything: tuple[Config | Override, ...] = (config, *config.overrides)
    for number, said in enumerate(everything):
        place = f"{file}overrides.{number}." if number else file
        _check(rules, f"{place}select", said.select)
        _check(rules, f"{place}ignore", said.ignore)
        _check(rules, f"{place}severity", said.severity)
        _check(rules, f"{place}rules", said.options)
    for number, override in enumerate(config.overrides, 1):
        for rule in rules:
            if {rule.code, rule.name()} & set(override.options):
                try:
                    build(rule, Config(), (override,))
                except ConfigError as error:
                    raise ConfigError(f"{file}overrides.{number}: {error}") from None


def _check(rules: Sequence[type[Rule]], where: str, patterns: Iterable[str] | Mapping[str, Any]) -> None:
    for pattern in patterns:
        if not any(matches(rule, pattern) for rule in rules):
            import difflib

            known = [name for rule in rules for name in (rule.code, rule.name())]
            near = difflib.get_close_matches(pattern, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`dashlint rules` lists them"
            raise ConfigError(f"{where}: there is no rule {pattern!r}; {hint}")


def _best(rule: type[Rule], patterns: Iterable[str]) -> int:
    """How long the longest pattern is that means a rule; -1 if none does."""
    return max((0 if p == "ALL" else len(p) for p in patterns if matches(rule, p)), default=-1)
