"""Objects of Kubernetes in YAML files: what is there, and the texts in ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dashlint.assets.origin import Location, Problem
from dashlint.deployment import nearby
from dashlint.deployment.env_files import read_variables
from dashlint.deployment.hidden import Hidden, guarded
from dashlint.deployment.kustomize import build, is_kustomization
from dashlint.deployment.kustomize_names import Renaming
from dashlint.deployment.model import UNKNOWN, Given, Unknown
from dashlint.deployment.part import Source
from dashlint.deployment.yaml_tree import Entry, Trouble, documents

#: Names whose values are no secrets even where a Secret holds them, as the official chart's does.
_PLAIN = re.compile(r"(?:^|_)(?:HOST|PORT|DB|NAME|DIALECT|SSL|PROTO|DRIVER|TIMEOUT|WORKERS?|THREADS?)$")


class Text(NamedTuple):
    """A value in a ConfigMap or Secret.

    ``lines``: the text's lines stand in the file as they are, from ``location`` on; otherwise only the place
    of the key is known.
    """

    value: str | Unknown
    location: Location
    lines: bool
    secret: bool = False

    def given(self, name: str, location: Location | None = None) -> Given:
        """The value as an environment variable."""
        value: str | Unknown = guarded(name, self.value)
        if self.secret and isinstance(value, str) and not isinstance(value, Hidden):
            value = value if _PLAIN.search(name) else Hidden(value)
        return Given(value, location or self.location, referred=self.secret)


class Objects:
    """All objects of a deployment's manifests, by kind."""

    def __init__(self) -> None:
        self.all: list[Entry] = []
        self.problems: list[Problem] = []
        self._texts: dict[tuple[str, str], dict[str, Text]] = {}

    def of(self, *kinds: str) -> Iterator[Entry]:
        """The objects of some kinds, in their order."""
        return (one for one in self.all if one.at("kind").text in kinds)

    def texts(self, kind: str, name: str) -> Mapping[str, Text] | None:
        """What a ``ConfigMap`` or ``Secret`` of a name holds; None where no file has it."""
        return self._texts.get((kind, name))

    def every_text(self) -> Iterator[tuple[str, str, str, Text]]:
        """Kind, name and key of each text, and the text."""
        for (kind, name), texts in self._texts.items():
            for key, text in texts.items():
                yield kind, name, key, text

    def add(self, root: Entry) -> None:
        """Takes an object in, or each one of a ``List``."""
        if root.at("items").is_list and (root.at("kind").text or "").endswith("List"):
            for item in root.at("items").items:
                self.add(item)
            return
        if not root.is_mapping:
            return
        kind, name = root.at("kind").text, root.at("metadata", "name").text
        # Many objects stand in one file: a field is told apart by the object that it is in.
        root = root.moved(f"{kind or 'object'}/{name or ''}")
        self.all.append(root)
        if kind in {"ConfigMap", "Secret"} and name is not None:
            self._texts.setdefault((kind, name), {}).update(_texts(root, secret=kind == "Secret"))

    def generated(self, root: Entry, renaming: Sequence[Renaming]) -> None:
        """The ConfigMaps and Secrets that a kustomization makes of files and literals."""
        for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for generator in root.at(key).items:
                name = generator.at("name").text
                if name is None:
                    continue
                for one in renaming:
                    name = one.name(name)
                if generator.at("behavior").text == "replace":
                    self._texts.pop((kind, name), None)
                self._fill(self._texts.setdefault((kind, name), {}), generator, secret=kind == "Secret")

    def _fill(self, texts: dict[str, Text], generator: Entry, *, secret: bool) -> None:
        for item in generator.at("files").items:
            told, sign, path = (item.text or "").partition("=")
            path = path if sign else told
            content = nearby.read(file := nearby.beside(item.file, path))
            if content is None:
                self._missing(item)
                continue
            key_name = told if sign else path.rpartition("/")[2]
            texts[key_name] = Text(content, Location(file, 1), lines=True, secret=secret)
        for item in generator.at("literals").items:
            told, sign, value = (item.text or "").partition("=")
            if sign:
                texts[told] = Text(value.strip("\"'"), item.location, lines=False, secret=secret)
        for item in [*generator.at("envs").items, generator.at("env")]:
            if item.text is None:
                continue
            content = nearby.read(file := nearby.beside(item.file, item.text))
            if content is None:
                self._missing(item)
                continue
            for told, given in read_variables(content, file)[0].items():
                texts[told] = Text(given.value, given.location, lines=False, secret=secret)

    def _missing(self, item: Entry) -> None:
        sentence = "the file that is named here cannot be read: what it holds is unknown"
        self.problems.append(Problem("not-followed", sentence, item.file, item.place.line, item.place.column))


def collect(sources: Sequence[Source]) -> Objects:
    """The objects of some files; what is no YAML, or a template, is a problem and hides nothing else."""
    objects = Objects()
    read: list[Entry] = []
    for source in sources:
        templates: list[Trouble] = []
        for document in documents(source.text, source.file):
            if isinstance(document, Entry):
                read.append(document)
            elif document.is_template:
                templates.append(document)
            else:
                sentence = f"this manifest cannot be read: {document.reason}"
                objects.problems.append(
                    Problem("unreadable-file", sentence, source.file, document.line, document.column)
                )
        if templates:
            sentence = "this manifest is a template of Helm: give what `helm template` makes of it"
            objects.problems.append(Problem("template", sentence, source.file, templates[0].line))
    built = build(
        [root for root in read if is_kustomization(root)],
        {os.path.realpath(source.file): source.text for source in sources},
    )
    objects.problems += built.problems
    for root in (*(one for one in read if os.path.realpath(one.file) not in built.used), *built.objects):
        objects.add(root)
    for one in built.generated:
        objects.generated(one.root, one.renaming)
    return objects


def is_filled(text: str | None) -> bool:
    """Whether a text is what it says, and no template."""
    return text is not None and "{{" not in text


def _texts(root: Entry, *, secret: bool) -> Iterator[tuple[str, Text]]:
    for key, entry in root.at("data").mapping.items():
        text = entry.text or ""
        if not secret:
            yield key, _text(entry, text)
            continue
        try:
            decoded = base64.b64decode("".join(text.split()), validate=True).decode()
        except (binascii.Error, ValueError):
            yield key, Text(UNKNOWN, entry.location, lines=False, secret=True)
        else:
            yield key, Text(decoded, entry.location, lines=False, secret=True)
    if secret:
        for key, entry in root.at("stringData").mapping.items():
            yield key, _text(entry, entry.text or "")._replace(secret=True)


def _text(entry: Entry, text: str) -> Text:
    if entry.literal is not None:
        place = entry.location._replace(line=entry.first_line, column=None)
        return Text(text, place, lines=True)
    return Text(text if is_filled(text) else UNKNOWN, entry.location, lines=False)
