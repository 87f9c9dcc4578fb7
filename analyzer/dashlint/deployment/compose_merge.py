"""Compose files laid over each other, and services that extend others.

Source: Compose specification, 13-merge.md and 05-services.md (extends).
"""

from __future__ import annotations

import yaml

from dashlint.deployment.yaml_tree import Entry

#: Attributes that replace instead of being added to.
_REPLACED = frozenset({"command", "entrypoint", "test"})
_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
#: Levels that are merged; Compose files have fewer than ten.
_DEPTH = 60


def merged(below: Entry, above: Entry, *, depth: int = 0) -> Entry:
    """What two entries of the same place make, the second laid over the first."""
    if above.tag == "!reset":
        return Entry(above.file, above.path, None, above.place)
    if not above.exists or (above.is_null and below.exists):
        return below
    if not below.exists or above.tag == "!override" or depth > _DEPTH:
        return above
    if below.is_mapping and above.is_mapping:
        children = dict(below.mapping)
        for key, child in above.mapping.items():
            held = children.get(key)
            if key in _REPLACED or held is None:
                children[key] = child
            else:
                children[key] = merged(held, child, depth=depth + 1)
        return Entry(above.file, above.path, None, above.place, made=children)
    if below.is_list and above.is_list:
        return Entry(above.file, above.path, None, above.place, made=[*below.items, *above.items])
    return above


def normal(service: Entry) -> Entry:
    """A service with its ``environment`` as a mapping and its ``env_file`` as a list."""
    children = dict(service.mapping)
    environment = children.get("environment")
    if environment is not None and environment.is_list:
        pairs = dict(pair for item in environment.items if (pair := _pair(item, environment.path)))
        children["environment"] = _made(environment, pairs)
    env_file = children.get("env_file")
    if env_file is not None and env_file.text is not None:
        children["env_file"] = _made(env_file, [env_file])
    return _made(service, children) if children else service


def _made(entry: Entry, made: dict[str, Entry] | list[Entry]) -> Entry:
    return Entry(entry.file, entry.path, None, entry.place, made=made)


def _pair(item: Entry, path: str) -> tuple[str, Entry] | None:
    text = item.text
    if text is None:
        return None
    name, sign, value = text.partition("=")
    node = yaml.ScalarNode(_TEXT if sign else _NULL, value)
    return name, Entry(item.file, f"{path}.{name}", node, item.place)
