"""What several rules ask about a ``superset_config.py``: mappings, flags and numbers, and their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment, Given, SupersetConfig


def only_config(deployment: Deployment) -> SupersetConfig | None:
    """The one ``superset_config.py``, if there is exactly one and all that it sets is known by name."""
    if len(deployment.configs) != 1 or not deployment.configs[0].complete:
        return None
    return deployment.configs[0]


def mapping(config: SupersetConfig | None, name: str) -> Mapping[str, Any]:
    """A setting that is a mapping, whose values may be unknown; empty where it is absent or unknown."""
    given = config.settings.get(name) if config is not None else None
    return given.value if given is not None and isinstance(given.value, Mapping) else {}


def celery_settings(config: SupersetConfig | None) -> Mapping[str, Any]:
    """What ``CELERY_CONFIG`` says, by Celery's own names; empty where it is absent or unknown."""
    return mapping(config, "CELERY_CONFIG")


def flag(config: SupersetConfig, name: str) -> bool | None:
    """What ``FEATURE_FLAGS`` says about a flag; None where it says nothing that is known."""
    value = mapping(config, "FEATURE_FLAGS").get(name)
    return value if isinstance(value, bool) else None


def number(config: SupersetConfig | None, name: str, default: int) -> int | None:
    """A whole number of a configuration: its default where it is absent, None where it is unknown."""
    if config is None:
        return None
    given = config.settings.get(name)
    return default if given is None else known(given)


def place_of(config: SupersetConfig, setting: str, *keys: str) -> Location:
    """Where a key of a setting stands, or the setting itself."""
    return config.places.get(".".join((setting, *keys)), config.settings[setting].location)


def whole(value: Any) -> int | None:
    """A whole number that is none below zero, of a number or its text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None


def known(given: Given | None) -> int | None:
    """A given whole number."""
    return whole(given.value) if given is not None else None
