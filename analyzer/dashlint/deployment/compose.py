"""Docker Compose: the services of a project, as Compose would run them.

Source: Compose specification (05-services.md, 12-interpolation.md, 13-merge.md, 14-include.md) and Docker's
"Environment variables precedence in Docker Compose".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from dashlint.assets.origin import Problem
from dashlint.deployment import nearby
from dashlint.deployment.compose_merge import merged, normal
from dashlint.deployment.compose_service import container_of
from dashlint.deployment.env_files import plain, read_variables
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import Container, Given
from dashlint.deployment.part import Part, Source
from dashlint.deployment.starts import postgres_of
from dashlint.deployment.yaml_tree import Entry, Trouble, documents

#: The names that Compose looks for by itself (docs.docker.com, "How Compose works").
_CANONICAL = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDE = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
#: How many files may include or extend each other in a row.
_CHAIN = 10


def read_compose(sources: Sequence[Source]) -> Part:
    """All Compose files of a deployment, those of one project laid over each other.

    A project is a file together with its ``override`` beside it, and with files beside it that add to
    services of its own without saying what these run (``docker-compose.prod.yml``).
    """
    problems: list[Problem] = []
    roots: list[Entry] = []
    for source in sources:
        try:
            roots.append(_root(source.text, source.file))
        except Unreadable as error:
            sentence = f"this Compose file cannot be read: {error.reason}"
            problems.append(Problem("unreadable-file", sentence, source.file, error.line, error.column))
    containers: list[Container] = []
    for files in _projects(roots):
        project = _Project(files)
        containers += project.containers()
        problems += project.problems
    return Part(
        containers=tuple(containers),
        postgres=postgres_of(containers),
        problems=tuple(dict.fromkeys(problems)),
    )


def _root(text: str, file: str) -> Entry:
    for document in documents(text, file):
        if isinstance(document, Trouble):
            made = ": give what that makes of it" if document.is_template else ""
            raise Unreadable(document.reason + made, document.line, document.column)
        if not document.is_mapping:
            raise Unreadable("it is no mapping with `services`", document.place.line)
        return document
    raise Unreadable("it is empty")


def _projects(roots: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The files of each project, those that are laid over others behind them."""
    folders: dict[str, list[Entry]] = {}
    for root in roots:
        folders.setdefault(str(PurePath(root.file).parent), []).append(root)
    for files in folders.values():
        bases = [file for file in files if PurePath(file.file).name in _CANONICAL]
        base = min(bases, key=lambda file: _CANONICAL.index(PurePath(file.file).name), default=None)
        if base is None:
            whole = [file for file in files if not _adds(file, None)]
            base = whole[0] if len(whole) == 1 else None
        above = [file for file in files if file is not base and base is not None and _adds(file, base)]
        above.sort(key=lambda file: _OVERRIDE.fullmatch(PurePath(file.file).name) is None)
        if base is not None:
            yield [base, *above]
        yield from ([file] for file in files if file is not base and file not in above)


def _adds(file: Entry, base: Entry | None) -> bool:
    """Whether a file only makes sense over another one."""
    if _OVERRIDE.fullmatch(PurePath(file.file).name):
        return True
    bare = {
        name
        for name, service in file.at("services").mapping.items()
        if not {"image", "build", "extends"} & set(service.mapping)
    }
    return bool(bare) and (base is None or bare <= set(base.at("services").mapping))


class _Project:
    """The files of one project, and what was wrong with them."""

    def __init__(self, files: Sequence[Entry]) -> None:
        self.problems: list[Problem] = []
        self._file = files[0].file
        self.variables = self._dot_env()
        root = files[0]
        self._roots: dict[str, Entry] = {file.file: file for file in files}
        services: dict[str, Entry] = {}
        configs = Entry(root.file)
        for file in [*self._included(root), *files]:
            for name, service in file.at("services").mapping.items():
                if not service.is_mapping and not service.is_null:
                    self._problem(
                        "unreadable-service", "this service is no mapping, and is left out", service
                    )
                    continue
                own = self._extended(service, file, 0)
                services[name] = merged(services[name], own) if name in services else own
            configs = merged(configs, file.at("configs"))
        self._services = services
        self._configs = configs

    def containers(self) -> Iterator[Container]:
        variables = plain(self.variables)
        for name, service in self._services.items():
            if not service:
                continue
            container, problems = container_of(name, service, variables, self._configs)
            self.problems += problems
            yield container

    def _dot_env(self) -> dict[str, Given]:
        path = nearby.beside(self._file, ".env")
        text = nearby.read(path)
        if text is None:
            return {}
        found, problems = read_variables(text, path)
        self.problems += problems
        return found

    def _included(self, root: Entry, depth: int = 0) -> Iterator[Entry]:
        for item in root.at("include").items:
            path = item if item.text is not None else item.at("path")
            for one in [path] if path.text is not None else path.items:
                included = self._other(one, root)
                if included is not None and depth < _CHAIN:
                    yield from self._included(included, depth + 1)
                    yield included

    def _extended(self, service: Entry, file: Entry, depth: int) -> Entry:
        """A service on top of the one that it extends."""
        extends = service.at("extends")
        own = normal(service)
        name = extends.text or extends.at("service").text
        if name is None:
            return own
        if depth >= _CHAIN:
            self._problem("not-followed", "the chain of `extends` is too long, or a circle", extends)
            return own
        named = extends.at("file")
        other = self._other(named, file) if named.text is not None else file
        below = other.at("services", name) if other is not None else None
        if other is None or below is None or not below:
            if other is not None:
                self._problem(
                    "not-followed", "the service that this one extends is not in that file", extends
                )
            return own
        return merged(self._extended(below, other, depth + 1), own)

    def _other(self, named: Entry, beside: Entry) -> Entry | None:
        """Another Compose file that one names."""
        text = named.text or ""
        path = nearby.beside(beside.file, text)
        if path not in self._roots:
            content = None if "$" in text or "://" in text else nearby.read(path)
            if content is None:
                self._problem("not-followed", "the file that is named here cannot be read", named)
                return None
            try:
                self._roots[path] = _root(content, path)
            except Unreadable as error:
                sentence = f"this Compose file cannot be read: {error.reason}"
                self.problems.append(Problem("unreadable-file", sentence, path, error.line, error.column))
                return None
        return self._roots[path]

    def _problem(self, kind: str, sentence: str, entry: Entry) -> None:
        self.problems.append(Problem(kind, sentence, entry.file, entry.place.line, entry.place.column))
