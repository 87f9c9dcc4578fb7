"""One service of Compose as a container: what it starts, its environment, memory, CPU and copies."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from dashlint.assets.origin import Location, Problem
from dashlint.deployment import nearby, postgres_conf, redis_conf
from dashlint.deployment.env_files import read_variables
from dashlint.deployment.hidden import guarded
from dashlint.deployment.interpolation import Filled, Invalid, fill
from dashlint.deployment.model import UNKNOWN, Container, Given, Unknown
from dashlint.deployment.quantities import docker_bytes
from dashlint.deployment.starts import Start, script_place, started
from dashlint.deployment.yaml_tree import Entry

_CONF = re.compile(r"postgres|\.auto\.conf$")


class Mount(NamedTuple):
    """A file or folder that a container sees: where, and where it comes from."""

    target: str
    path: str | None = None
    text: Entry | None = None


def container_of(
    name: str, service: Entry, variables: Mapping[str, str | Unknown], configs: Entry
) -> tuple[Container, list[Problem]]:
    """The container of a service, and what of it could not be read."""
    reader = _Service(service, variables, configs)
    return reader.container(name), reader.problems


class _Service:
    def __init__(self, service: Entry, variables: Mapping[str, str | Unknown], configs: Entry) -> None:
        self.problems: list[Problem] = []
        self._service = service
        self._variables = variables
        self._configs = configs
        self._reported: set[Location] = set()

    def container(self, name: str) -> Container:
        service = self._service
        environment = self._environment()
        mounts = self._mounts()
        image = self._given(service.at("image"))
        command, entrypoint = service.at("command"), service.at("entrypoint")
        place = next((one for one in (command, entrypoint) if one.exists), service)
        start = Start(
            name,
            script_place(place),
            # What the tag is does not matter for what the image is.
            _name(image, service.at("image")) or (name if service.at("build").exists else ""),
            self._command(entrypoint),
            self._command(command),
            environment,
            lambda path: self._conf(path, mounts),
        )
        role, programs = started(start)
        resources = service.at("deploy", "resources")
        return Container(
            name,
            role,
            service.location,
            image,
            programs,
            environment,
            memory_limit=self._size(resources.at("limits", "memory"), service.at("mem_limit")),
            memory_request=self._size(resources.at("reservations", "memory"), service.at("mem_reservation")),
            cpu_limit=self._value(_cores, resources.at("limits", "cpus"), service.at("cpus")),
            cpu_request=self._value(_cores, resources.at("reservations", "cpus")),
            replicas=self._value(_count, service.at("deploy", "replicas"), service.at("scale")),
            probes=self._probes(),
            mounts=tuple(mount.target for mount in mounts),
            hosts=self._hosts(name),
        )

    # --- values -----------------------------------------------------------------------------------

    def _fill(self, entry: Entry) -> Filled:
        try:
            return fill(entry.text or "", self._variables)
        except Invalid as error:
            if entry.location not in self._reported:
                self._reported.add(entry.location)
                sentence = f"Compose refuses this value: {error}"
                self.problems.append(
                    Problem("unreadable-value", sentence, entry.file, entry.place.line, entry.place.column)
                )
            return Filled(UNKNOWN)

    def _text(self, entry: Entry) -> str | None:
        value = self._fill(entry).value if entry.text is not None else None
        return value if isinstance(value, str) else None

    def _given(self, entry: Entry) -> Given | None:
        if entry.text is None:
            return None
        value, assumed = self._fill(entry)
        return Given(value, entry.location, assumed)

    def _value(self, read: Callable[[str], Any], *entries: Entry) -> Given | None:
        """The first of some entries that is there, read; unknown where it makes no sense."""
        for entry in entries:
            given = self._given(entry)
            if given is None or given.value == "":
                continue
            if not isinstance(given.value, str):
                return given
            value = read(given.value)
            if value is None:
                sentence = (
                    f"{given.value!r} is nothing that Compose takes for `{entry.path.rpartition('.')[2]}`"
                )
                self.problems.append(
                    Problem("unreadable-value", sentence, entry.file, entry.place.line, entry.place.column)
                )
                return given._replace(value=UNKNOWN)
            return given._replace(value=value)
        return None

    def _size(self, *entries: Entry) -> Given | None:
        found = self._value(docker_bytes, *entries)
        # 0 is Docker's word for no limit.
        return None if found is not None and found.value == 0 else found

    # --- parts ------------------------------------------------------------------------------------

    def _command(self, entry: Entry) -> Sequence[str | Unknown] | None:
        if entry.is_list:
            return [self._fill(item).value for item in entry.items]
        if entry.text is None:
            return None
        filled = self._fill(entry).value
        try:
            if isinstance(filled, str):
                return shlex.split(filled)
            # Split as it is written, so that what is known of it may still be read.
            return [self._filled(word) for word in shlex.split(entry.text)]
        except ValueError:
            sentence = "the quotes of this command do not match, so Compose refuses it"
            self.problems.append(
                Problem("unreadable-value", sentence, entry.file, entry.place.line, entry.place.column)
            )
            return entry.text.split()

    def _filled(self, word: str) -> str | Unknown:
        try:
            return fill(word, self._variables).value
        except Invalid:
            return UNKNOWN

    def _word(self, item: Entry) -> str:
        text = self._text(item)
        return text if text is not None else item.text or ""

    def _environment(self) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for item in self._service.at("env_file").items:
            path = self._text(item if item.text is not None else item.at("path"))
            required = item.at("required").truth is not False
            file = nearby.beside(item.file, path) if path is not None else None
            text = nearby.read(file) if file is not None else None
            if text is None or file is None:
                if required:
                    sentence = "this file of environment variables cannot be read: what it sets is unknown"
                    self.problems.append(
                        Problem("not-followed", sentence, item.file, item.place.line, item.place.column)
                    )
                continue
            # Whether what `.env` sets may be used here differs between versions of Compose.
            outside = dict.fromkeys(self._variables, UNKNOWN)
            around = {**outside, **{known: given.value for known, given in found.items()}}
            variables, problems = read_variables(text, file, around)
            found.update(variables)
            self.problems += problems
        for name, entry in self._service.at("environment").mapping.items():
            if not entry.exists:
                found.pop(name, None)
            elif entry.text is None:
                # A name alone takes the value of the shell, or of `.env`.
                value = self._variables.get(name, UNKNOWN)
                if name in self._variables or name not in found:
                    found[name] = Given(guarded(name, value), entry.location)
            else:
                told, assumed = self._fill(entry)
                found[name] = Given(guarded(name, told), entry.location, assumed)
        return found

    def _mounts(self) -> list[Mount]:
        mounts: list[Mount] = []
        for item in self._service.at("volumes").items:
            if item.is_mapping:
                source, target = self._text(item.at("source")), self._text(item.at("target"))
                bound = item.at("type").text in {None, "bind"}
            else:
                source, target = _short(self._text(item) or "")
                bound = source is not None and source.startswith((".", "/", "~"))
            if target is not None:
                path = nearby.beside(item.file, source) if source is not None and bound else None
                mounts.append(Mount(target, path))
        for item in self._service.at("configs").items:
            named = item.text or item.at("source").text or ""
            config = self._configs.at(named)
            target = self._text(item.at("target")) or f"/{named}"
            file, content = self._text(config.at("file")), config.at("content")
            mounts.append(Mount(
                target,
                nearby.beside(config.file, file) if file is not None else None,
                content if content.text is not None else None,
            ))  # fmt: skip
        return mounts

    def _conf(self, path: str, mounts: Sequence[Mount]) -> Mapping[str, Given] | None:
        """The options of a configuration file that a container is told to read."""
        inside = PurePosixPath(path)
        for mount in sorted(mounts, key=lambda one: -len(one.target)):
            if not inside.is_relative_to(mount.target):
                continue
            if mount.text is not None:
                filled = self._text(mount.text) or ""
                return self._options(
                    path, filled, mount.text.file, mount.text.first_line or 1, mount.text.path
                )
            if mount.path is None:
                return None
            file = str(Path(mount.path) / inside.relative_to(mount.target))
            text = nearby.read(file)
            return self._options(path, text, file, 1, "") if text is not None else None
        return None

    def _options(self, path: str, text: str, file: str, first_line: int, prefix: str) -> Mapping[str, Given]:
        of_postgres = _CONF.search(path) is not None
        settings = postgres_conf.settings if of_postgres else redis_conf.settings
        options, problems = settings(text, file, first_line=first_line, prefix=prefix)
        self.problems += problems
        return options

    def _probes(self) -> dict[str, Given]:
        check = self._service.at("healthcheck")
        test = check.at("test")
        if not check or check.at("disable").truth or (test.items and test.items[0].text == "NONE"):
            return {}
        told = {key: self._text(child) for key, child in check.mapping.items() if child.text is not None}
        words = " ".join(self._word(item) for item in test.items)
        return {"healthcheck": Given({**told, **({"test": words} if words else {})}, check.location)}

    def _hosts(self, name: str) -> tuple[str, ...]:
        named = [self._text(self._service.at(key)) for key in ("container_name", "hostname")]
        aliases = [
            alias.text
            for network in self._service.at("networks").mapping.values()
            for alias in network.at("aliases").items
        ]
        return tuple(dict.fromkeys(host for host in (name, *named, *aliases) if host))


def _name(image: Given | None, entry: Entry) -> str:
    if image is None:
        return ""
    if isinstance(image.value, str):
        return image.value
    return re.sub(r"\$\{[^}]*\}|\$\w+", "", entry.text or "")


def _short(text: str) -> tuple[str | None, str | None]:
    """Source and target of a volume in short form."""
    # A drive letter of Windows is no source.
    parts = re.split(r"(?<!^[A-Za-z]):", text)
    if len(parts) == 1:
        return None, parts[0] or None
    return parts[0], parts[1]


def _cores(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _count(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
