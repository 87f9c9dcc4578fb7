"""Options of rules: read from the configuration, checked by pydantic, described for the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from dashlint.lint.config import ConfigError
from dashlint.lint.rule import Option, Rule, RuleOptions

_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_UNITS |= {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def parse_size(value: Any) -> int:
    """Bytes from a number or from text such as ``512MiB`` or ``2 GiB``.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bool):
        raise ValueError("expected a size such as 512MiB")  # noqa: TRY004 pydantic expects it
    if isinstance(value, int):
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    unit = match.group(2).lower() if match else ""
    if match is None or unit not in _UNITS:
        raise ValueError(f"expected a size such as 512MiB, not {value!r}")
    return int(float(match.group(1)) * _UNITS[unit])


class OptionInfo(NamedTuple):
    """One option as the documentation shows it. ``name`` has dashes."""

    name: str
    type: str
    default: Any
    option: Option


def describe(rule: type[Rule]) -> Iterator[OptionInfo]:
    """The options of a rule, in the order of their definition."""
    for attribute, annotation in _annotations(rule.Options).items():
        base, option = annotation
        yield OptionInfo(
            attribute.replace("_", "-"),
            "size" if option.size else _type_name(base),
            getattr(rule.Options, attribute),
            option,
        )


def options_model(rule: type[Rule]) -> type[BaseModel]:
    """A pydantic model of a rule's options."""
    fields: dict[str, Any] = {}
    for attribute, (base, option) in _annotations(rule.Options).items():
        kind: Any = Annotated[int | str, BeforeValidator(parse_size)] if option.size else base
        fields[attribute] = (
            kind,
            Field(
                getattr(rule.Options, attribute),
                ge=None if option.size else option.ge,
                le=None if option.size else option.le,
                description=f"{option.description} Source of the default: {option.source}",
            ),
        )
    return create_model(
        f"{rule.code}Options",
        __config__=ConfigDict(extra="forbid", alias_generator=lambda name: name.replace("_", "-")),
        **fields,
    )


def read_options(rule: type[Rule], raw: Mapping[str, Any]) -> RuleOptions:
    """A rule's options from the configuration.

    Raises:
        ConfigError: an option is unknown or its value does not fit.
    """
    from dashlint.lint.config_schema import explain

    model = options_model(rule)
    try:
        values = model.model_validate(dict(raw))
    except ValidationError as error:
        raise ConfigError(f"options of {rule.code} ({rule.name()}): {explain(error, model)}") from None
    return rule.Options(**values.model_dump())


def _annotations(options: type[RuleOptions]) -> dict[str, tuple[Any, Option]]:
    found = {}
    for attribute, annotation in get_type_hints(options, include_extras=True).items():
        if get_origin(annotation) is Annotated:
            base, *extras = get_args(annotation)
            option = next((e for e in extras if isinstance(e, Option)), None)
            if option is not None:
                found[attribute] = (base, option)
    return found


def _type_name(base: Any) -> str:
    return base.__name__ if isinstance(base, type) and get_origin(base) is None else str(base)
