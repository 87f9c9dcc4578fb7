"""Where each value of the configuration comes from, for the person who wonders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dashlint.lint.config import Config
from dashlint.lint.config_schema import keys
from dashlint.lint.options import describe
from dashlint.lint.rule import Rule

DEFAULT = "default"


class Setting(NamedTuple):
    """A value as it is written, and who says so: a file, or ``default``. ``meaning`` explains it."""

    key: str
    value: str
    origin: str
    meaning: str


def settings(config: Config, raw: Mapping[str, Any], rules: Sequence[type[Rule]]) -> Iterator[Setting]:
    """Every value: those of the file first, then each rule's options.

    Args:
        config: what was read.
        raw: the decoded file, which tells what is written there; empty without one.
        rules: those that there are.
    """
    file = _shown(config.path)
    for key, default, meaning in keys():
        given = key in raw
        if key in ("rules", "severity", "suppress"):
            continue
        yield Setting(key, written(raw[key] if given else default), file if given else DEFAULT, meaning)
    for name, severity in config.severity.items():
        yield Setting(f"severity.{name}", written(severity), file, "Severity of the rule's findings.")
    for suppression in config.suppressions:
        until = f", until {suppression.until}" if suppression.until else ""
        yield Setting(
            f"suppress.{suppression.rule}", written(suppression.asset), file, f"{suppression.reason}{until}"
        )
    for rule in rules:
        own = {**config.options.get(rule.name(), {}), **config.options.get(rule.code, {})}
        for option in describe(rule):
            given = option.name in own
            value = own[option.name] if given else option.default
            yield Setting(
                f"rules.{rule.code}.{option.name}",
                written(value),
                file if given else f"{DEFAULT}: {option.option.source}",
                option.option.description,
            )


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
