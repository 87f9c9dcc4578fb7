"""kustomize: what a kustomization makes of the files that it names. Nothing remote is fetched.

Source: kubectl.docs.kubernetes.io, "Kustomize built-ins" and "kustomization"; compared with
`kubectl kustomize` of kubectl 1.32 (kustomize 5.5). Hashes behind the names of generated ConfigMaps are left
out: what refers to them is renamed with them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dashlint.assets.origin import Problem
from dashlint.deployment import nearby
from dashlint.deployment.kustomize_fields import first_name, with_images, with_replicas
from dashlint.deployment.kustomize_names import Renaming, renamed
from dashlint.deployment.kustomize_patch import PatchError, patched, replaced, strategic
from dashlint.deployment.yaml_tree import Entry, documents

#: What kustomize looks for in a folder (api/konfig/general.go).
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
#: Fields that change objects, and that are not followed.
_NOT_FOLLOWED = (
    "helmCharts",
    "helmChartInflationGenerator",
    "generators",
    "transformers",
    "replacements",
    "vars",
)
_REMOTE = re.compile(r"://|^git@|^[\w.-]+\.[a-z]+/[\w.-]+/|\?ref=")
#: How many kustomizations may be built, each as often as it is named: two that name the next one twice each
#: are four.
_MOST = 500


class Generated(NamedTuple):
    """A kustomization whose generators make ConfigMaps and Secrets, and how those are called in the end."""

    root: Entry
    renaming: tuple[Renaming, ...]


class Built(NamedTuple):
    """What kustomizations make: objects, generators, and the files that are used up by that."""

    objects: tuple[Entry, ...]
    generated: tuple[Generated, ...]
    used: frozenset[str]
    problems: tuple[Problem, ...]


def is_kustomization(root: Entry) -> bool:
    """Whether a document is one, also without its ``kind``."""
    kind = root.at("kind").text
    if kind is None:
        return Path(root.file).name in NAMES or root.at("resources").is_list
    return kind in {"Kustomization", "Component"} and root.at("apiVersion").text in {
        None, "kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1alpha1",
    }  # fmt: skip


def build(roots: Sequence[Entry], texts: Mapping[str, str]) -> Built:
    """What the kustomizations among some files make that no other of them builds on.

    ``texts`` are those of the files that were given, by their real paths; others are read.
    """
    builder = _Builder(texts)
    own = {os.path.realpath(root.file): root for root in roots}
    named = {
        os.path.realpath(path)
        for root in own.values()
        for item in _bases(root)
        if (path := _kustomization(nearby.beside(root.file, item.text or ""))) is not None
    }
    tops = [root for file, root in own.items() if file not in named and root.at("kind").text != "Component"]
    objects: list[Entry] = []
    for root in tops:
        objects += builder.objects(root, [])
    if len(tops) > 1:
        others = ", ".join(Path(root.file).parent.name for root in tops)
        sentence = f"{len(tops)} kustomizations are read as one deployment ({others}): give one of them"
        builder.problems.append(Problem("several-overlays", sentence, tops[1].file, 1))
    return Built(
        tuple(objects),
        tuple(builder.generated),
        frozenset(builder.used),
        tuple(dict.fromkeys(builder.problems)),
    )


def _bases(root: Entry) -> Iterator[Entry]:
    for key in ("resources", "bases", "components"):
        yield from root.at(key).items


def _kustomization(folder: str) -> str | None:
    return next((path for name in NAMES if Path(path := str(Path(folder, name))).is_file()), None)


class _Builder:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._under_way: list[str] = []
        self._built = 0
        self.problems: list[Problem] = []
        self.used: set[str] = set()
        self.generated: list[Generated] = []

    def objects(self, root: Entry, given: list[Entry]) -> list[Entry]:
        """The objects of one kustomization; a component gets those before it."""
        self._built += 1
        self._under_way.append(os.path.realpath(root.file))
        try:
            return self._objects(root, given)
        finally:
            self._under_way.pop()

    def _objects(self, root: Entry, given: list[Entry]) -> list[Entry]:
        self.used.add(os.path.realpath(root.file))
        first = len(self.generated)
        found = given
        for item in [*root.at("resources").items, *root.at("bases").items]:
            found = [*found, *self._resource(item, [])]
        self.generated.append(Generated(root, ()))
        for item in root.at("components").items:
            found = self._resource(item, found)
        for field in _NOT_FOLLOWED:
            if root.at(field):
                self._problem(
                    f"{field} of kustomize are not followed: what they change is unknown", root.at(field)
                )
        for patch, target in self._patches(root):
            found = self._applied(found, patch, target)
        found = [with_images(one, root.at("images").items) for one in found]
        found = [with_replicas(one, root.at("replicas").items) for one in found]
        renaming = Renaming(
            root.at("namePrefix").text or "", root.at("nameSuffix").text or "", root.at("namespace").text
        )
        if renaming == Renaming("", "", None):
            return found
        own = self.generated[first:]
        self.generated[first:] = [one._replace(renaming=(*one.renaming, renaming)) for one in own]
        names = {(one.at("kind").text, one.at("metadata", "name").text) for one in found}
        for generated in own:
            for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
                for generator in generated.root.at(key).items:
                    name = generator.at("name").text or ""
                    for earlier in generated.renaming:
                        name = earlier.name(name)
                    names.add((kind, name))
        return [renamed(one, renaming, names) for one in found]

    def _resource(self, item: Entry, given: list[Entry]) -> list[Entry]:
        text = item.text or ""
        path = nearby.beside(item.file, text)
        if Path(path).is_dir():
            named = _kustomization(path)
            content = self._read(named) if named is not None else None
            if named is None or content is None:
                self._problem("the folder that is named here has no kustomization.yaml", item)
                return given
            return self._folder(item, named, content, given)
        content = self._read(path)
        if content is None:
            remote = _REMOTE.search(text) is not None
            self._problem(
                "this remote base is not fetched: give what `kubectl kustomize` makes of it"
                if remote
                else "the file that is named here cannot be read: what it holds is unknown",
                item,
            )
            return given
        self.used.add(os.path.realpath(path))
        return [*given, *self._documents(content, path)]

    def _folder(self, item: Entry, named: str, content: str, given: list[Entry]) -> list[Entry]:
        real = os.path.realpath(named)
        if real in self._under_way or self._built >= _MOST:
            self._problem("this base leads back to where it is named, or to too many others", item)
            return given
        root = next((one for one in documents(content, named) if isinstance(one, Entry)), None)
        if root is None:
            self._problem("the kustomization.yaml of this folder cannot be read", item)
            return given
        return self.objects(root, given)

    def _read(self, path: str) -> str | None:
        return self._texts.get(os.path.realpath(path)) or nearby.read(path)

    def _documents(self, content: str, path: str, first_line: int = 1) -> Iterator[Entry]:
        for document in documents("\n" * (first_line - 1) + content, path):
            if not isinstance(document, Entry):
                sentence = f"this manifest cannot be read: {document.reason}"
                self.problems.append(
                    Problem("unreadable-file", sentence, path, document.line, document.column)
                )
            elif document.at("items").is_list and (document.at("kind").text or "").endswith("List"):
                yield from (_moved(one) for one in document.at("items").items)
            else:
                yield _moved(document)

    def _patches(self, root: Entry) -> Iterator[tuple[Entry, Entry]]:
        """Each patch, and what it is for: an entry that is false where the patch itself says so."""
        for key in ("patchesStrategicMerge", "patches", "patchesJson6902"):
            for item in root.at(key).items:
                inline = item.at("patch") if item.is_mapping else item
                named = item.at("path") if item.is_mapping else item
                path = nearby.beside(root.file, named.text or "")
                text = inline.text or ""
                if (item.is_mapping and inline.exists) or "\n" in text:
                    line = inline.first_line if inline.literal is not None else inline.place.line
                    found = self._documents(text, root.file, line or 1)
                elif (content := self._read(path)) is not None:
                    self.used.add(os.path.realpath(path))
                    found = self._documents(content, path)
                else:
                    self._problem("the patch that is named here cannot be read", named)
                    continue
                for patch in found:
                    yield patch, item.at("target") if item.is_mapping else Entry(item.file)

    def _applied(self, objects: list[Entry], patch: Entry, target: Entry) -> list[Entry]:
        fits = _fits(target) if target else _same(patch)
        if not any(map(fits, objects)):
            self._problem("this patch fits none of the objects", target or patch)
        try:
            return [
                self._one(one, patch) if fits(one) else one
                for one in objects
                if not _deleted(one, patch, fits)
            ]
        except PatchError as error:
            self._problem(f"this patch cannot be applied: {error}", patch)
            return objects

    @staticmethod
    def _one(found: Entry, patch: Entry) -> Entry:
        return patched(found, patch) if patch.is_list else strategic(found, _without_identity(patch))

    def _problem(self, sentence: str, entry: Entry) -> None:
        self.problems.append(
            Problem("not-followed", sentence, entry.file, entry.place.line, entry.place.column)
        )


def _moved(root: Entry) -> Entry:
    """Many objects stand in one file: a field is told apart by the object that it is in."""
    if not root.is_mapping:
        return root
    return root.moved(f"{root.at('kind').text or 'object'}/{root.at('metadata', 'name').text or ''}")


def _without_identity(patch: Entry) -> Entry:
    """A patch with a target may say any name: that of the object stays."""
    children = {key: one for key, one in patch.mapping.items() if key not in {"apiVersion", "kind"}}
    if "metadata" in children:
        held = {
            key: one for key, one in children["metadata"].mapping.items() if key not in {"name", "namespace"}
        }
        children["metadata"] = replaced(children["metadata"], held)
    return replaced(patch, children)


def _deleted(one: Entry, patch: Entry, fits: Callable[[Entry], bool]) -> bool:
    return patch.is_mapping and patch.at("$patch").text == "delete" and fits(one)


def _same(patch: Entry) -> Callable[[Entry], bool]:
    kind, name = patch.at("kind").text, patch.at("metadata", "name").text
    return lambda one: one.at("kind").text == kind and first_name(one) == name


def _fits(target: Entry) -> Callable[[Entry], bool]:
    kind, name = target.at("kind").text, target.at("name").text
    wanted = dict(_pairs(target.at("labelSelector").text or ""))

    def fits(one: Entry) -> bool:
        labels = {key: value.text for key, value in one.at("metadata", "labels").mapping.items()}
        names = {first_name(one), one.at("metadata", "name").text}
        return (
            (kind is None or _matches(kind, one.at("kind").text))
            and (name is None or any(_matches(name, each) for each in names))
            and wanted.items() <= labels.items()
        )

    return fits


def _matches(pattern: str, text: str | None) -> bool:
    try:
        return text is not None and re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text


def _pairs(selector: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, selector.split(",")):
        key, _, value = part.partition("=")
        yield key.strip(), value.lstrip("=").strip()
