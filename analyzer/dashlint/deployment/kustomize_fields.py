"""Fields of a kustomization that change single values: ``images`` and ``replicas``.

Source: kubectl.docs.kubernetes.io, "images" and "replicas".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from dashlint.deployment.kustomize_patch import replaced
from dashlint.deployment.yaml_tree import Entry

_TEXT = "tag:yaml.org,2002:str"
_NUMBER = "tag:yaml.org,2002:int"


def first_name(one: Entry) -> str | None:
    """The name that a patch says: that of the file, whatever prefixes were put before it since."""
    return one.path.partition("/")[2].partition(".")[0] or one.at("metadata", "name").text


def with_images(root: Entry, images: Iterable[Entry]) -> Entry:
    """An object with the images that ``images`` says."""
    told = {image.at("name").text: image for image in images}
    return _each_image(root, told) if told else root


def _each_image(entry: Entry, told: dict[str | None, Entry]) -> Entry:
    """The same with other images in its containers, wherever these stand."""
    if not entry.is_mapping:
        return entry
    children = dict(entry.mapping)
    for key, child in entry.mapping.items():
        if key in {"containers", "initContainers"} and child.is_list:
            children[key] = replaced(child, [_of_image(item, told) for item in child.items])
        elif key in {"spec", "template", "jobTemplate"}:
            children[key] = _each_image(child, told)
    return replaced(entry, children)


def _of_image(container: Entry, told: dict[str | None, Entry]) -> Entry:
    image = container.at("image")
    found = re.fullmatch(r"(?P<name>[^@]*?)(?P<end>:[^:/@]+)?(?P<digest>@.+)?", image.text or "")
    change = told.get(found["name"]) if found is not None else None
    if found is None or change is None:
        return container
    name = change.at("newName").text or found["name"]
    tag, digest = change.at("newTag").text, change.at("digest").text
    if digest is not None:
        end = f"@{digest}"
    else:
        end = f":{tag}" if tag is not None else f"{found['end'] or ''}{found['digest'] or ''}"
    new = Entry(change.file, change.path, yaml.ScalarNode(_TEXT, name + end), change.place)
    return replaced(container, {**container.mapping, "image": new})


def with_replicas(root: Entry, counts: Iterable[Entry]) -> Entry:
    """An object with the number of copies that ``replicas`` says."""
    for count in counts:
        fits = count.at("name").text in {first_name(root), root.at("metadata", "name").text}
        if fits and root.at("kind").text in {"Deployment", "StatefulSet", "ReplicaSet"}:
            told = count.at("count")
            new = Entry(count.file, count.path, yaml.ScalarNode(_NUMBER, told.text or ""), told.place)
            spec = replaced(root.at("spec"), {**root.at("spec").mapping, "replicas": new})
            return replaced(root, {**root.mapping, "spec": spec})
    return root
