"""Reads an inventory, TOML or YAML, by the ending of its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dashlint.fleet.model import Inventory, Workspace
from dashlint.lint.config import ConfigError, toml


def load(path: Path) -> Inventory:
    """The inventory in a file.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong.
    """
    from dashlint.fleet.inventory_schema import parse

    return parse(_decoded(path), path)


def chosen(inventory: Inventory, names: Collection[str]) -> tuple[Workspace, ...]:
    """The workspaces of these names, in the order of the file; all without names.

    Raises:
        ConfigError: there is no workspace of a name.
    """
    from dashlint.lint.config_schema import did_you_mean

    known = [workspace.name for workspace in inventory.workspaces]
    for name in names:
        if name not in known:
            raise ConfigError(
                f"--workspace {name}: {inventory.path} has none of this name"
                f"{did_you_mean(name, known) if len(known) < 30 else ''}"
            )
    return tuple(w for w in inventory.workspaces if not names or w.name in names)


def _decoded(path: Path) -> Mapping[str, Any]:
    suffix = path.suffix.lower()
    if suffix not in (".toml", ".yaml", ".yml"):
        raise ConfigError(f"{path}: an inventory is a .toml, .yaml or .yml file")
    raw = toml(path) if suffix == ".toml" else _yaml(path)
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{path}: an inventory holds keys at its top, such as workspaces")
    return raw


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 ({error.reason} at byte {error.start})") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        # Its whole text shows the line, which may hold what must not be shown.
        reason = getattr(error, "problem", None) or "it cannot be read"
        raise ConfigError(f"{path}: is not valid YAML: {line}{reason}") from None
