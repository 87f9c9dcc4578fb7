"""Start scripts, Dockerfiles, systemd units and supervisord's programs: who is started with what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dashlint.assets.origin import Location
from dashlint.deployment.commands import image_programs, logical_lines, parse_command, role_of
from dashlint.deployment.model import UNKNOWN, Container, Given, Program, Script
from dashlint.deployment.part import Part, Source
from dashlint.deployment.quantities import systemd_bytes, systemd_cores
from dashlint.deployment.words import commands


def read_script(source: Source) -> Part:
    """A shell script: each program that it starts is a process of its own."""
    start = Location(source.file, 1)
    programs = parse_command(source.text, start)
    script = Script(start, source.text, "shell")
    return Part(containers=tuple(map(_process, programs)), scripts=(script,))


def _process(program: Program) -> Container:
    name = " ".join(part for part in (program.name, program.command) if part)
    return Container(name, role_of((program,)), program.location, programs=(program,))


def read_dockerfile(source: Source) -> Part:
    """A Dockerfile: its last stage's image, environment and what it starts.

    Build arguments are known by their defaults.
    """
    image: Given | None = None
    environment: dict[str, Given] = {}
    arguments: dict[str, Any] = {}
    started: dict[str, tuple[str, Location]] = {}
    for number, line in logical_lines(_without_comments(source.text)):
        at = Location(source.file, number)
        keyword, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        word = keyword.upper()
        if word == "FROM":
            # A stage of its own; only the last one is run.
            name = [part for part in rest.split() if not part.startswith("--")][:1]
            image = _first_word(name[0] if name else "", arguments, at)
            environment, started = {}, {}
        elif word in ("ENV", "ARG"):
            known = {**arguments, **{key: one.value for key, one in environment.items()}}
            for key, value in _pairs(rest, known, at):
                if word == "ENV":
                    environment[key] = value._replace(location=at._replace(field=f"ENV.{key}"))
                else:
                    arguments[key] = value.value
        elif word in ("CMD", "ENTRYPOINT"):
            started[word] = (rest, at)
    programs = _started(started, environment)
    if not programs and not started and image is not None and _is_superset(image):
        programs = image_programs(image.location, environment)
    container = Container(
        "Dockerfile",
        role_of(programs),
        image.location if image is not None else Location(source.file, 1),
        image=image,
        programs=programs,
        environment=environment,
    )
    return Part(containers=(container,))


def _started(
    started: Mapping[str, tuple[str, Location]], environment: Mapping[str, Given]
) -> tuple[Program, ...]:
    """What ENTRYPOINT and CMD start together: a list of CMD is the entry point's arguments."""
    entry, command = started.get("ENTRYPOINT"), started.get("CMD")
    if entry is not None and command is not None:
        first, second = _argv(entry[0]), _argv(command[0])
        if first is not None and second is not None:
            together = parse_command([*first, *second], entry[1], environment)
            # An entry point that only prepares runs its arguments.
            return together or parse_command(second, command[1], environment)
    for one in (entry, command):
        if one is not None:
            argv = _argv(one[0])
            programs = parse_command(argv if argv is not None else one[0], one[1], environment)
            if programs:
                return programs
    return ()


def _argv(text: str) -> list[str] | None:
    """The list that CMD and ENTRYPOINT may hold; None where they hold a shell's text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(one) for one in found] if isinstance(found, list) else None


def _is_superset(image: Given) -> bool:
    return isinstance(image.value, str) and "superset" in image.value.rpartition("/")[2]


def _without_comments(text: str) -> str:
    """The text with comment lines left empty, so that they end no command and lines keep their numbers."""
    lines: list[str] = []
    waiting = False
    for line in text.split("\n"):
        comment = line.lstrip().startswith("#")
        lines.append(("\\" if waiting else "") if comment else line)
        waiting = waiting if comment else line.rstrip().endswith("\\")
    return "\n".join(lines)


def _first_word(text: str, known: Mapping[str, Any], at: Location) -> Given:
    for command in commands(text, known):
        if command.words:
            word = command.words[0]
            return Given(word.value, at, word.assumed, word.text if not isinstance(word.value, str) else "")
    return Given("", at)


def _pairs(text: str, known: Mapping[str, Any], at: Location) -> Iterator[tuple[str, Given]]:
    """``A=1 B="2"``, and the older ``A 1`` of Dockerfiles."""
    name, blank, value = text.partition(" ")
    if blank and "=" not in name:
        yield name, Given(value.strip(), at)
        return
    for command in commands(text, known):
        for key, word in command.assignments.items():
            yield key, Given(word.value, at, word.assumed)


class _Line(NamedTuple):
    section: str
    key: str
    value: str
    number: int


def _ini(text: str) -> Iterator[_Line]:
    """The settings of a file with sections; unlike Python's own reader, with lines and repeated keys."""
    section = ""
    for number, line in logical_lines(text):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1]
        elif "=" in stripped and not stripped.startswith(("#", ";")):
            key, _, value = stripped.partition("=")
            yield _Line(section, key.strip(), value.strip(), number)


def read_systemd_unit(source: Source) -> Part:
    """A systemd service: its command, environment and limits (systemd.resource-control(5))."""
    lines = [line for line in _ini(source.text) if line.section == "Service"]
    environment: dict[str, Given] = {}
    most_memory: Given | None = None
    most_cpu: Given | None = None
    programs: tuple[Program, ...] = ()
    start = Location(source.file, 1)
    for line in lines:
        at = Location(source.file, line.number, None, line.key)
        if line.key == "Environment":
            environment.update(_quoted_pairs(line.value, at))
        elif line.key == "MemoryMax":
            most_memory = _limit(systemd_bytes(line.value), line.value, at)
        elif line.key == "CPUQuota":
            most_cpu = _limit(systemd_cores(line.value), line.value, at)
    for line in lines:
        if line.key == "ExecStart":
            start = Location(source.file, line.number, None, line.key)
            programs = parse_command(line.value.lstrip("@-:+!"), start, environment)
    name = source.file.replace("\\", "/").rpartition("/")[2]
    container = Container(
        name,
        role_of(programs),
        start,
        programs=programs,
        environment=environment,
        memory_limit=most_memory,
        cpu_limit=most_cpu,
    )
    return Part(containers=(container,))


def _limit(amount: float | None, text: str, at: Location) -> Given | None:
    """A limit of systemd: none where it is lifted, unknown where it depends on the machine."""
    if text in {"", "infinity"}:
        return None
    return Given(UNKNOWN if amount is None else amount, at)


def _quoted_pairs(text: str, at: Location) -> Iterator[tuple[str, Given]]:
    """``A=1 "B=two words"``."""
    for command in commands(text, {}):
        words = [*(f"{key}={word.value}" for key, word in command.assignments.items())]
        words += [str(word.value) for word in command.words]
        for word in words:
            name, _, value = word.partition("=")
            yield name, Given(value, at._replace(field=f"Environment.{name}"))


def read_supervisord(source: Source) -> Part:
    """Supervisord's programs: command, environment and number of copies."""
    sections: dict[str, list[_Line]] = {}
    for line in _ini(source.text):
        if line.section.startswith("program:"):
            sections.setdefault(line.section.removeprefix("program:"), []).append(line)
    return Part(containers=tuple(_supervised(name, lines, source.file) for name, lines in sections.items()))


def _supervised(name: str, lines: Iterable[_Line], file: str) -> Container:
    given = {
        line.key: Given(line.value, Location(file, line.number, None, f"{line.section}.{line.key}"))
        for line in lines
    }
    environment: dict[str, Given] = {}
    if "environment" in given:
        text = given["environment"]
        environment = dict(_quoted_pairs(text.value.replace(",", " "), text.location))
    command = given.get("command", Given("", Location(file, 1)))
    programs = parse_command(command.value, command.location, environment)
    copies = given.get("numprocs")
    if copies is not None:
        copies = copies._replace(value=int(copies.value)) if copies.value.isdigit() else None
    return Container(
        name,
        role_of(programs),
        command.location,
        programs=programs,
        environment=environment,
        replicas=copies,
    )
