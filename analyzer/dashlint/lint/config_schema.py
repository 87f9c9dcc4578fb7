"""What a configuration file may hold, checked by pydantic; and its JSON Schema."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dashlint.limits import Limits
from dashlint.lint.config import Config, ConfigError, Override, Suppression
from dashlint.lint.options import options_model
from dashlint.lint.rule import Rule

_MOST = Limits()

Grade = Literal["info", "warning", "error"]


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=_kebab)


class _Suppression(_Part):
    """A finding that the project bears, with the reason."""

    rule: str = Field(min_length=1, description="Code or name of the rule.")
    asset: str = Field(
        min_length=1,
        description="UUID of the asset; of a filter: dashboard UUID/filter id.",
    )
    reason: str = Field(min_length=1, description="Why the finding is borne.")
    until: date | None = Field(None, description="Last day on which the suppression holds.")
    field: str | None = Field(None, description="Only findings about this field.")


class _Override(_Part):
    """What holds for some files or dashboards only; of several, the later one wins."""

    paths: list[str] = Field(
        [], description="Files, by patterns as in .gitignore, from the folder of this configuration."
    )
    dashboards: list[str] = Field(
        [],
        description="Dashboards, by UUID, id, slug or title, also with * and ?; letter case does not matter.",
    )
    select: list[str] = Field([], description="Rules to run there too: codes, prefixes or names.")
    ignore: list[str] = Field([], description="Rules to leave out there: codes, prefixes or names.")
    severity: dict[str, Grade] = Field({}, description="Severity there, by rule code or name.")
    rules: dict[str, dict[str, Any]] = Field({}, description="Options there, by rule code or name.")

    @field_validator("paths", "dashboards")
    @classmethod
    def _patterns(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            if not pattern.strip():
                raise ValueError("a pattern is empty")
            if pattern.startswith("!"):
                raise ValueError(f"{pattern!r}: a pattern cannot exclude: write a later override")
        return patterns

    @model_validator(mode="after")
    def _is_about_something(self) -> _Override:
        if not self.paths and not self.dashboards:
            raise ValueError("an override needs paths or dashboards")
        if not (self.select or self.ignore or self.severity or self.rules):
            raise ValueError("an override needs select, ignore, severity or rules")
        return self


class _Limits(_Part):
    """The most that is read of one input; files and SQL are other people's."""

    file_mib: int = Field(_MOST.file_mib, ge=1, description="MiB of one file.")
    total_mib: int = Field(
        _MOST.total_mib, ge=1, description="MiB of all files of a ZIP, unpacked, or of a folder."
    )
    files: int = Field(_MOST.files, ge=1, description="Files in a ZIP, or YAML files in a folder.")
    growth: int = Field(
        _MOST.growth, ge=1, description="How many times a file of more than 1 MiB may grow when unpacked."
    )
    values: int = Field(_MOST.values, ge=1, description="Values of one YAML file, aliases spelled out.")
    sql_length: int = Field(_MOST.sql_length, ge=1, description="Characters of one SQL statement.")
    sql_seconds: int = Field(
        _MOST.sql_seconds,
        ge=1,
        description="Seconds to parse an SQL statement, or for a question to it.",
    )
    template_seconds: int = Field(_MOST.template_seconds, ge=1, description="Seconds for one Jinja template.")


class _File(_Part):
    """Configuration of dashlint."""

    select: list[str] = Field([], description="Rules to run: codes, prefixes or names.")
    ignore: list[str] = Field([], description="Rules to leave out: codes, prefixes or names.")
    fail_on: Literal["info", "warning", "error", "never"] = Field(
        "warning", description="Lowest severity that makes the exit code 1."
    )
    min_confidence: Literal["low", "medium", "high"] = Field(
        "low", description="Findings with less confidence are left out."
    )
    severity: dict[str, Grade] = Field({}, description="Severity by rule code or name.")
    rules: dict[str, dict[str, Any]] = Field({}, description="Options by rule code or name.")
    overrides: list[_Override] = Field([], description="What holds for some files or dashboards only.")
    profile: Literal["small", "medium", "large"] | None = Field(
        None, description="Size of the deployment: budgets of memory that follow from its workers."
    )
    persona: Literal["regular", "pedantic"] = Field(
        "regular", description="pedantic shows opinions, conventions and what is of little value, too."
    )
    plugins: list[str] = Field(
        [], description="Python files with rules; they are run, so only with --allow-plugins."
    )
    suppress: list[_Suppression] = Field([], description="Findings that the project bears.")
    superset_version: str | None = Field(None, description="Superset version to judge by.")
    superset_config: str | None = Field(
        None, description="Path of superset_config.py; it is read, never executed."
    )
    catalog: list[str] = Field(
        [],
        description="DDL, statistics or dbt's artifacts (files, folders), or a database's URL without a "
        "password; each also as DATABASE=PLACE.",
    )
    baseline: str | None = Field(
        None, description="Findings that are accepted, as `dashlint baseline` wrote them."
    )
    limits: _Limits = Field(_Limits.model_validate({}), description="The most that is read of one input.")
    jobs: int | None = Field(
        None, ge=1, le=64, description="Processes that share a large export; else a second one where it pays."
    )
    settings: dict[str, Any] = Field(
        {}, description="Single settings of superset_config.py, such as ROW_LIMIT."
    )


def parse(raw: Mapping[str, Any], path: Path) -> Config:
    """Checks a decoded configuration.

    Raises:
        ConfigError: names the first wrong key, what is wrong, and the nearest right one.
    """
    try:
        read = _File.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error, _File)}") from None
    base = path.parent
    return Config(
        path=path,
        select=tuple(read.select),
        ignore=tuple(read.ignore),
        fail_on=read.fail_on,
        min_confidence=read.min_confidence,
        severity=dict(read.severity),
        options=read.rules,
        suppressions=tuple(Suppression(s.rule, s.asset, s.reason, s.until, s.field) for s in read.suppress),
        superset_version=read.superset_version,
        superset_config=base / read.superset_config if read.superset_config else None,
        catalog=tuple(_catalog(entry, path) for entry in read.catalog),
        settings=read.settings,
        baseline=base / read.baseline if read.baseline else None,
        overrides=tuple(
            Override(
                tuple(o.paths),
                tuple(o.dashboards),
                tuple(o.select),
                tuple(o.ignore),
                dict(o.severity),
                o.rules,
            )
            for o in read.overrides
        ),
        root=base.resolve(),
        profile=read.profile,
        persona=read.persona,
        plugins=tuple(base / plugin for plugin in read.plugins),
        limits=Limits(**read.limits.model_dump()),
        jobs=read.jobs,
    )


def _catalog(entry: str, path: Path) -> str:
    from dashlint.catalog import live
    from dashlint.catalog.naming import anchored

    if live.is_url(entry) and live.holds_secret(entry):
        raise ConfigError(
            f"{path}: catalog: a URL here must not hold a password, which would be committed with the file: "
            "leave it out and set DASHLINT_DB_PASSWORD"
        )
    return anchored(entry, path.parent)


def keys() -> Iterator[tuple[str, Any, str]]:
    """The keys of a configuration file: name, default, meaning."""
    for name, info in _File.model_fields.items():
        default = info.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            default = default.model_dump(by_alias=True)
        yield info.alias or name, default, info.description or ""


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first error as one sentence, with a suggestion where a key is misspelt."""
    first = error.errors()[0]
    where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        said = first["msg"].removeprefix("Value error, ")
        return f"{where}: {said[:1].lower()}{said[1:]}"
    known = _keys_at(model, first["loc"][:-1])
    return f"unknown key {where!r}{did_you_mean(str(first['loc'][-1]), known)}"


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    parts: dict[str, type[BaseModel]] = {"suppress": _Suppression, "overrides": _Override, "limits": _Limits}
    model = next((parts[str(key)] for key in location[:1] if key in parts), model)
    return [info.alias or name for name, info in model.model_fields.items()]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``; did you mean 'x'?`` where something known is near, else the list of what is known."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known are {', '.join(sorted(known))}" if known else ""


def json_schema(rules: Sequence[type[Rule]]) -> dict[str, Any]:
    """The JSON Schema of a configuration file, with every rule's options."""
    schema = _File.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "dashlint configuration"
    options: dict[str, Any] = {}
    for rule in rules:
        model = options_model(rule)
        if model.model_fields:
            for key in (rule.code, rule.name()):
                options[key] = model.model_json_schema(by_alias=True)
    schema["$defs"]["_Rules"] = {"properties": options, "additionalProperties": {"type": "object"}}
    for owner in (schema, schema["$defs"]["_Override"]):
        described = owner["properties"]["rules"]
        owner["properties"]["rules"] = {
            key: described[key] for key in ("default", "description", "title", "type")
        } | {"$ref": "#/$defs/_Rules"}
    return schema
