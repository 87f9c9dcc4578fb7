"""What an inventory may hold, checked by pydantic; and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dashlint.catalog.live import holds_secret, is_url
from dashlint.catalog.naming import anchored
from dashlint.fleet.model import Inventory, Workspace, server_of
from dashlint.lint.config import ConfigError
from dashlint.lint.config_schema import did_you_mean

#: What logs in, by the key that names its environment variable.
SECRETS = ("password", "token", "api-key", "session-cookie", "preset-token", "preset-secret", "db-password")
#: Names become files' names, also on systems that have few characters for them.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=_kebab)


class _Scan(_Part):
    """How a workspace is scanned; in defaults, what holds for those that say nothing else."""

    username: str | None = Field(None, description="Account to log in with.")
    username_env: str | None = Field(None, description="Environment variable that holds the account.")
    password_env: str | None = Field(None, description="Environment variable that holds its password.")
    token_env: str | None = Field(None, description="Variable with an access token (JWT) instead.")
    api_key_env: str | None = Field(None, description="Variable with an API key of Superset instead.")
    session_cookie_env: str | None = Field(None, description="Variable with a browser's session cookie.")
    preset_token_env: str | None = Field(None, description="Variable with the name of Preset's API token.")
    preset_secret_env: str | None = Field(None, description="Variable with its secret.")
    db_password_env: str | None = Field(
        None, description="Variable with the password of the database that catalog names."
    )
    provider: Literal["db", "ldap"] | None = Field(None, description="How Superset checks the password.")
    ca_bundle: str | None = Field(None, description="Certificates to trust, as PEM.")
    insecure: bool | None = Field(None, description="Do not check the server's certificate.")
    dashboards: list[str] | None = Field(None, description="Only these: id, UUID, slug or title.")
    published_only: bool | None = Field(None, description="Only published dashboards.")
    indexes: bool | None = Field(None, description="Ask the server for the indexes of tables.")
    config: str | None = Field(None, description="Configuration file (dashlint.toml).")
    profile: Literal["small", "medium", "large"] | None = Field(
        None, description="Size of the deployment; instead of the configuration's."
    )
    catalog: list[str] | None = Field(
        None, description="DDL, statistics or dbt's artifacts, or a database's URL without a password."
    )
    superset_version: str | None = Field(None, description="Superset version to judge by.")
    superset_config: str | None = Field(None, description="superset_config.py; it is read, never executed.")
    timeout: float | None = Field(
        None, gt=0, description="Seconds that the server may take to answer; 60 without."
    )
    deadline: float | None = Field(
        None, gt=0, description="Seconds that the whole workspace may take; 3600 without."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_secrets(cls, raw: Any) -> Any:
        for key in raw if isinstance(raw, Mapping) else ():
            plain = str(key).lower().replace("_", "-")
            if plain in SECRETS:
                raise ValueError(
                    f"{key!r} must not stand in an inventory, which is committed and copied: put it into "
                    f"an environment variable, and name that in {plain}-env"
                )
        return raw

    @field_validator(*(f"{_key.replace('-', '_')}_env" for _key in ("username", *SECRETS)))
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not _VARIABLE.fullmatch(value):
            # Not repeated: it may be the secret itself.
            raise ValueError("this is not the name of an environment variable, such as ACME_PASSWORD")
        return value

    @field_validator("catalog")
    @classmethod
    def _catalog_without_secret(cls, values: list[str] | None) -> list[str] | None:
        if any(is_url(value) and holds_secret(value) for value in values or ()):
            raise ValueError(
                "a URL here must not hold a password: leave it out and name its variable in db-password-env"
            )
        return values


class _Workspace(_Scan):
    """One workspace: the address of a Superset, or the path of an export."""

    name: str = Field(description="Its name in reports and stored results, for as long as it lives.")
    url: str | None = Field(None, description="Address of a running Superset.")
    path: str | list[str] | None = Field(
        None, description="Export: a ZIP or folder, or several; from the folder of the inventory."
    )

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError(
                "a name is up to 100 letters, digits, dots, dashes and underscores, and begins with a letter "
                "or digit"
            )
        return value

    @field_validator("url")
    @classmethod
    def _plain_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if "@" in value.partition("://")[2].partition("/")[0] or holds_secret(value):
            raise ValueError(
                "the address must not hold an account or a password: use username and password-env"
            )
        if not re.match(r"https?://[^/\s]", value, re.IGNORECASE):
            raise ValueError(
                "an address starts with http:// or https://, such as https://superset.example.com"
            )
        return value

    @model_validator(mode="after")
    def _has_one_source(self) -> _Workspace:
        if (self.url is None) == (not self.path):
            raise ValueError(f"{self.name}: give either url or path")
        return self


class _Server(_Part):
    """What holds for one server."""

    concurrency: int = Field(ge=1, le=64, description="Its workspaces that are scanned at a time.")


class _File(_Part):
    """Inventory of dashlint fleet."""

    concurrency_per_server: int = Field(
        2, ge=1, le=64, description="Workspaces of one server (host and port) that are scanned at a time."
    )
    servers: dict[str, _Server] = Field({}, description="Other bounds, by host or host:port.")
    defaults: _Scan = Field(
        default_factory=lambda: _Scan.model_validate({}),
        description="What holds for workspaces that say nothing else.",
    )
    workspaces: list[_Workspace] = Field(min_length=1, description="What is scanned, in this order.")


def parse(raw: Mapping[str, Any], path: Path) -> Inventory:
    """Checks a decoded inventory. Paths in it are from the folder of the file.

    Raises:
        ConfigError: names the first wrong key and what is wrong, never a value that may be a secret.
    """
    try:
        read = _File.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from None
    seen: dict[str, str] = {}
    for each in read.workspaces:
        other = seen.setdefault(each.name.lower(), each.name)
        if other is not each.name:
            raise ConfigError(f"{path}: two workspaces are called {each.name!r}: results are kept by name")
    base = path.resolve().parent
    servers = {server_of(f"//{name}"): bound.concurrency for name, bound in read.servers.items()}
    workspaces = tuple(_workspace(each, read.defaults, base) for each in read.workspaces)
    used = {workspace.server for workspace in workspaces}
    for name in servers:
        if name not in used:
            known = sorted(server for server in used if server is not None)
            raise ConfigError(f"{path}: servers.{name}: no workspace is there{did_you_mean(name, known)}")
    return Inventory(str(path), workspaces, read.concurrency_per_server, servers)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an inventory."""
    schema = _File.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "dashlint fleet inventory"
    return schema


def _workspace(own: _Workspace, defaults: _Scan, base: Path) -> Workspace:
    values = {
        key: value
        for part in (defaults, own)
        for key, value in part.model_dump(exclude_none=True).items()
        if key not in ("name", "url", "path")
    }
    secrets = {
        key: values.pop(field)
        for key in (name.replace("-", "_") for name in SECRETS)
        if (field := f"{key}_env") in values
    }
    # An own way to log in replaces the defaults' way, not a part of it.
    ways = {key.removesuffix("_env") for key in own.model_fields_set} & set(secrets) - {"db_password"}
    if ways:
        secrets = {key: value for key, value in secrets.items() if key in ways or _goes_with(key, ways)}
    if "username" in own.model_fields_set:
        values.pop("username_env", None)
    elif "username_env" in own.model_fields_set:
        values.pop("username", None)
    for key in ("ca_bundle", "config", "superset_config"):
        if key in values:
            values[key] = str(base / values[key])
    paths = [own.path] if isinstance(own.path, str) else own.path or []
    return Workspace(
        name=own.name,
        url=own.url,
        paths=tuple(str(base / path) for path in paths),
        secrets=secrets,
        **{
            **values,
            "dashboards": tuple(values.get("dashboards", ())),
            "catalog": tuple(anchored(entry, base) for entry in values.get("catalog", ())),
        },
    )


def _goes_with(key: str, ways: set[str]) -> bool:
    """Preset's login takes two values; the warehouse's password is none of Superset's."""
    return key == "db_password" or (
        key.startswith("preset_") and any(way.startswith("preset_") for way in ways)
    )


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = "".join(_step(part) for part in first["loc"]).lstrip(".")
    if first["type"] == "extra_forbidden":
        return (
            f"unknown key {where!r}{did_you_mean(str(first['loc'][-1]), list(_keys_at(first['loc'][:-1])))}"
        )
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {said[:1].lower()}{said[1:]}" if where else f"{said[:1].lower()}{said[1:]}"


def _step(part: int | str) -> str:
    return f"[{part + 1}]" if isinstance(part, int) else f".{part}"


def _keys_at(location: tuple[int | str, ...]) -> Iterator[str]:
    owners: dict[str, type[_Part]] = {"workspaces": _Workspace, "defaults": _Scan, "servers": _Server}
    model = owners.get(str(location[0]), _File) if location else _File
    for name, info in model.model_fields.items():
        yield info.alias or name
