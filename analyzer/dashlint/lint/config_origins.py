"""Where each value of the configuration comes from, for the person who wonders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dashlint.lint.config import Config
from dashlint.lint.config_schema import keys
from dashlint.lint.docs import size_text
from dashlint.lint.options import describe
from dashlint.lint.profiles import values
from dashlint.lint.rule import Rule

DEFAULT = "default"


class Setting(NamedTuple):
    """A value as it is written, and who says so: a file, or ``default``. ``meaning`` explains it."""

    key: str
    value: str
    origin: str
    meaning: str


def settings(
    config: Config, raw: Mapping[str, Any], rules: Sequence[type[Rule]], spoken: Mapping[str, str]
) -> Iterator[Setting]:
    """Every value: those of the file first, then each rule's options, then what overrides say.

    Args:
        config: what was read.
        raw: the decoded file, which tells what is written there; empty without one.
        rules: those that there are.
        spoken: keys that the command line overrules, and the option that does.
    """
    file = _shown(config.path)
    for key, default, meaning in keys():
        given = key in raw
        if key in ("rules", "severity", "suppress", "overrides"):
            continue
        if key in spoken:
            yield Setting(key, written(getattr(config, key)), spoken[key], meaning)
            continue
        yield Setting(key, written(raw[key] if given else default), file if given else DEFAULT, meaning)
    for name, severity in config.severity.items():
        yield Setting(f"severity.{name}", written(severity), file, "Severity of the rule's findings.")
    for suppression in config.suppressions:
        until = f", until {suppression.until}" if suppression.until else ""
        yield Setting(
            f"suppress.{suppression.rule}", written(suppression.asset), file, f"{suppression.reason}{until}"
        )
    sized = {(v.rule, v.option): v for v in values(config.profile)} if config.profile else {}
    for rule in rules:
        own = {**config.options.get(rule.name(), {}), **config.options.get(rule.code, {})}
        for option in describe(rule):
            value, origin = option.default, f"{DEFAULT}: {option.option.source}"
            of_profile = sized.get((rule.code, option.name))
            if option.name in own:
                value, origin = own[option.name], file
            elif of_profile is not None:
                value = of_profile.value
                origin = f"profile {config.profile}: {of_profile.reason}"
            yield Setting(
                f"rules.{rule.code}.{option.name}",
                written(size_text(value))
                if option.option.size and isinstance(value, int)
                else written(value),
                origin,
                option.option.description,
            )
    yield from _overrides(config, file)


def _overrides(config: Config, file: str) -> Iterator[Setting]:
    for number, override in enumerate(config.overrides, 1):
        parts = [
            f"{name} {', '.join(patterns)}"
            for name, patterns in (("paths", override.paths), ("dashboards", override.dashboards))
            if patterns
        ]
        meaning = f"Holds for {' and '.join(parts)}."
        said: dict[str, Any] = {"select": override.select, "ignore": override.ignore}
        said |= {f"severity.{rule}": severity for rule, severity in override.severity.items()}
        said |= {
            f"rules.{rule}.{option}": value
            for rule, options in override.options.items()
            for option, value in options.items()
        }
        for key, value in said.items():
            if value != ():
                yield Setting(f"overrides.{number}.{key}", written(value), file, meaning)


def written(value: Any) -> str:
    """A value in TOML; nothing where there is none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {written(entry)}' for key, entry in value.items())}}}"
    return str(value) if isinstance(value, (int, float)) else f'"{value}"'


def _shown(path: Path | None) -> str:
    if path is None:
        return DEFAULT
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
