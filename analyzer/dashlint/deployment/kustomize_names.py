"""The names that kustomize gives to objects, and what refers to them.

Source: kustomize, api/internal/konfig/builtinpluginconsts/namereference.go (which fields refer to what).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import yaml

from dashlint.deployment.kustomize_patch import replaced
from dashlint.deployment.yaml_tree import Entry

_TEXT = "tag:yaml.org,2002:str"
#: The mappings whose ``name`` refers to an object, by their key.
_REFERENCES = {
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "configMap": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
    "service": "Service",
}
_DEPTH = 60
#: Of these kustomize changes no name, and puts none into a namespace.
_UNNAMED = frozenset({"Namespace", "CustomResourceDefinition", "APIService"})


class Renaming(NamedTuple):
    """What a kustomization puts around names, and the namespace that it puts objects into."""

    prefix: str
    suffix: str
    namespace: str | None

    def name(self, name: str) -> str:
        """The name that it makes of one."""
        return f"{self.prefix}{name}{self.suffix}"


def renamed(root: Entry, renaming: Renaming, names: Collection[tuple[str | None, str | None]]) -> Entry:
    """An object under its new name, with the new names of what it refers to.

    ``names`` are kind and name of all objects that are renamed: what refers to others is left as it is.
    """
    kind = root.at("kind").text
    if kind in _UNNAMED:
        return root
    metadata = dict(root.at("metadata").mapping)
    if "name" in metadata:
        metadata["name"] = _text(metadata["name"], renaming.name(metadata["name"].text or ""))
    if renaming.namespace is not None:
        metadata["namespace"] = _text(metadata.get("name", root), renaming.namespace)
    children = {key: _referring(child, key, renaming, names, 0) for key, child in root.mapping.items()}
    children["metadata"] = replaced(root.at("metadata"), metadata)
    return replaced(root, children)


def _referring(
    entry: Entry, key: str, renaming: Renaming, names: Collection[tuple[str | None, str | None]], depth: int
) -> Entry:
    if depth > _DEPTH or not (entry.is_mapping or entry.is_list) or not renaming.prefix + renaming.suffix:
        return entry
    if entry.is_list:
        return replaced(entry, [_referring(one, key, renaming, names, depth + 1) for one in entry.items])
    children = {
        name: _referring(one, name, renaming, names, depth + 1) for name, one in entry.mapping.items()
    }
    kind = entry.at("kind").text if key == "scaleTargetRef" else _REFERENCES.get(key)
    for field, of in (("name", kind), ("secretName", "Secret" if key == "secret" else None)):
        held = children.get(field)
        if held is not None and of is not None and (of, held.text) in names:
            children[field] = _text(held, renaming.name(held.text or ""))
    return replaced(entry, children)


def _text(entry: Entry, text: str) -> Entry:
    return Entry(entry.file, entry.path, yaml.ScalarNode(_TEXT, text), entry.place)
