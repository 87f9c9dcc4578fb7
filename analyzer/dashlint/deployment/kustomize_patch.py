"""Patches of kustomize: strategic merges and JSON patches of objects of Kubernetes.

Source: kubernetes.io, "Update API Objects in Place Using kubectl patch" (merge keys, ``$patch``) and the
API's own ``patchMergeKey``; RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dashlint.deployment.yaml_tree import Entry

#: By what items of a list are told apart (k8s.io/api/core/v1/types.go: patchMergeKey); others are replaced.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port"),
    "imagePullSecrets": ("name",),
}
#: Levels of an object; Kubernetes' own have fewer than twenty.
_DEPTH = 60


class PatchError(Exception):
    """A patch that does not fit; the text is the part of a sentence that follows "…: "."""


def replaced(entry: Entry, children: Mapping[str, Entry] | Sequence[Entry]) -> Entry:
    """The entry with other contents, at its own place."""
    return Entry(entry.file, entry.path, None, entry.place, made=children)


def strategic(below: Entry, above: Entry, name: str = "", depth: int = 0) -> Entry:
    """What a strategic merge patch makes of an object."""
    if depth > _DEPTH:
        return above
    if below.is_mapping and above.is_mapping:
        own = {key: child for key, child in above.mapping.items() if not key.startswith("$")}
        if above.at("$patch").text == "replace":
            return replaced(above, own)
        children = dict(below.mapping)
        for key, child in own.items():
            if child.is_null or child.at("$patch").text == "delete":
                children.pop(key, None)
            elif key in children:
                children[key] = strategic(children[key], child, key, depth + 1)
            else:
                children[key] = child
        return replaced(below, children)
    if below.is_list and above.is_list and name in _KEYS:
        return _items(below, above, name, depth)
    return above


def _items(below: Entry, above: Entry, name: str, depth: int) -> Entry:
    if any(item.at("$patch").text == "replace" for item in above.items):
        return replaced(above, [item for item in above.items if not item.at("$patch").exists])
    found = list(below.items)
    new: list[Entry] = []
    for item in above.items:
        key = _key(item, name)
        index = next((i for i, one in enumerate(found) if key is not None and _key(one, name) == key), None)
        if item.at("$patch").text == "delete":
            if index is not None:
                del found[index]
        elif index is None:
            new.append(item)
        else:
            found[index] = strategic(found[index], item, name, depth + 1)
    # kustomize puts what is new in front (kyaml/yaml/merge2: MergeOptionsListPrepend).
    return replaced(below, [*new, *found])


def _key(item: Entry, name: str) -> str | None:
    return next((text for key in _KEYS[name] if (text := item.at(key).text) is not None), None)


def patched(root: Entry, operations: Entry) -> Entry:
    """What the operations of a JSON patch make of an object.

    Raises:
        PatchError: one does not fit.
    """
    for operation in operations.items:
        kind, path = operation.at("op").text, operation.at("path").text
        if path is None or kind not in {"add", "replace", "remove", "move", "copy", "test"}:
            raise PatchError(f"{kind or 'nothing'} is no operation of a JSON patch")
        if kind == "test":
            continue
        value = operation.at("value")
        if kind in {"move", "copy"}:
            source = list(_tokens(operation.at("from").text or ""))
            value = _found(root, source)
            if kind == "move":
                root = _edited(root, source, "remove", value)
        root = _edited(root, list(_tokens(path)), "add" if kind in {"move", "copy"} else kind, value)
    return root


def _tokens(path: str) -> Iterator[str]:
    for token in path.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")


def _found(root: Entry, tokens: Sequence[str]) -> Entry:
    for token in tokens:
        root = root.items[_index(root, token, len(root.items) - 1)] if root.is_list else root.at(token)
    if not root.exists:
        raise PatchError(f"there is no /{'/'.join(tokens)}")
    return root


def _edited(entry: Entry, tokens: Sequence[str], kind: str, value: Entry) -> Entry:
    if not tokens:
        return value
    head, rest = tokens[0], tokens[1:]
    if entry.is_list:
        items = list(entry.items)
        if head == "-" and kind == "add" and not rest:
            return replaced(entry, [*items, value])
        index = _index(entry, head, len(items) if kind == "add" and not rest else len(items) - 1)
        if rest:
            items[index] = _edited(items[index], rest, kind, value)
        elif kind == "remove":
            del items[index]
        elif kind == "add":
            items.insert(index, value)
        else:
            items[index] = value
        return replaced(entry, items)
    children = dict(entry.mapping)
    if not entry.is_mapping or (head not in children and (rest or kind != "add")):
        raise PatchError(f"there is no {head!r} where it leads")
    if rest:
        children[head] = _edited(children[head], rest, kind, value)
    elif kind == "remove":
        del children[head]
    else:
        children[head] = value
    return replaced(entry, children)


def _index(entry: Entry, token: str, most: int) -> int:
    if not token.isdecimal() or int(token) > most:
        raise PatchError(f"{entry.path or 'the list'} has no item {token}")
    return int(token)
