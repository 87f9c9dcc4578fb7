"""Command lines of the programs around Superset: gunicorn, Celery, and Superset's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dashlint.assets.origin import Location
from dashlint.deployment import options
from dashlint.deployment.model import UNKNOWN, Given, Program, Role
from dashlint.deployment.options import Syntax
from dashlint.deployment.simple_commands import unwrapped
from dashlint.deployment.words import Command, Word, commands, of_argv

#: Names under which Superset's image starts gunicorn with the options of its environment.
_LAUNCHERS = frozenset({"run-server.sh"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash"})
#: What ``superset`` may be told that prepares a database and ends.
_PREPARING = ("db", "fab", "init", "load_examples", "load-examples", "import", "set_database_uri")


def parse_command(
    command: str | Sequence[Any],
    location: Location,
    environment: Mapping[str, Given] | None = None,
) -> tuple[Program, ...]:
    """The programs that a command starts, in its order; what is none of ours is left out.

    Args:
        command: a shell's text, or a list of words of which no shell makes anything (``["sh", "-c", "…"]``
            is read as the text it holds). A word may be :data:`UNKNOWN`.
        location: where the command stands. Text of several lines has the location of each line.
        environment: what the process gets; its ``GUNICORN_CMD_ARGS``, ``WEB_CONCURRENCY`` and the variables
            of the official image's start script count, unless the command line says otherwise.
    """
    given = environment or {}
    found: list[Program] = []
    for one, at in _commands(command, location, {name: value.value for name, value in given.items()}):
        program = _program(one, at, given)
        if program is not None:
            found.append(program)
    return tuple(found)


def image_programs(location: Location, environment: Mapping[str, Given]) -> tuple[Program, ...]:
    """What the official image starts where it is told nothing: gunicorn, with the environment's options.

    Source: Dockerfile of 6.1.0 (``CMD ["/app/docker/entrypoints/run-server.sh"]``).
    """
    return (_run_server(location, environment),)


def role_of(programs: Sequence[Program]) -> Role:
    """What a process or container does, by the programs that it runs: the lasting one counts."""
    roles = [_role(program) for program in programs]
    lasting = [role for role in roles if role not in (Role.INIT, Role.OTHER)]
    return lasting[-1] if lasting else roles[-1] if roles else Role.OTHER


def _role(program: Program) -> Role:
    if program.name == "celery":
        return {"worker": Role.CELERY_WORKER, "beat": Role.CELERY_BEAT}.get(program.command, Role.OTHER)
    if program.name == "superset":
        if program.command.startswith(_PREPARING):
            return Role.INIT
        return Role.WEB if program.command.startswith("run") else Role.OTHER
    return {"gunicorn": Role.WEB, "redis-server": Role.REDIS, "postgres": Role.POSTGRES}.get(
        program.name, Role.OTHER
    )


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a script with those that a backslash continues joined, each with its number from 1."""
    waiting, begun = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        begun = begun if waiting else number
        if line.endswith("\\") and not line.endswith("\\\\"):
            waiting += line[:-1] + " "
            continue
        yield begun, waiting + line
        waiting = ""
    if waiting:
        yield begun, waiting


def _commands(
    command: str | Sequence[Any], location: Location, environment: Mapping[str, Any]
) -> Iterator[tuple[Command, Location]]:
    if not isinstance(command, str):
        argv = of_argv(command, environment)
        texts = [word.value for word in argv.words]
        flags = [t for t in texts[1:2] if isinstance(t, str) and t.startswith("-") and t.endswith("c")]
        if len(texts) > 2 and PurePosixPath(str(texts[0])).name in _SHELLS and flags:
            if isinstance(texts[2], str):
                yield from _commands(argv.words[2].text, location, environment)
            return
        if texts and PurePosixPath(str(texts[0])).name in _SHELLS:
            argv = argv._replace(words=argv.words[1:])
        yield argv, location
        return
    set_here = dict(environment)
    for number, line in logical_lines(command):
        at = location if location.line is None else location._replace(line=location.line + number - 1)
        for one in commands(line, set_here):
            shell = _inner(one)
            if shell is not None:
                yield from _commands(shell, at, set_here)
                continue
            assigned = {name: word.value for name, word in one.assignments.items()}
            if not one.words or one.words[0].value in ("export", "declare", "local", "readonly"):
                for word in one.words[1:]:
                    name, equals, _ = str(word.text).partition("=")
                    if equals:
                        assigned[name] = (
                            UNKNOWN if word.value is UNKNOWN else str(word.value).partition("=")[2]
                        )
                set_here.update(assigned)
            else:
                yield one, at


def _inner(command: Command) -> str | None:
    """The text behind ``sh -c``."""
    words = [word.value for word in command.words]
    if len(words) > 2 and PurePosixPath(str(words[0])).name in _SHELLS and str(words[1]).endswith("c"):
        return str(command.words[2].text)
    return None


def _program(command: Command, location: Location, environment: Mapping[str, Given]) -> Program | None:
    words = list(command.words)
    if words and isinstance(words[0].value, str) and PurePosixPath(words[0].value).name in _SHELLS:
        del words[0]
    # Wrappers stand in scripts as they do in a container's own words: `exec gosu superset gunicorn …`.
    words = words[len(words) - len(unwrapped([word.value for word in words])) :]
    if not words or not isinstance(words[0].value, str):
        return None
    name = PurePosixPath(words[0].value).name
    if name in _LAUNCHERS:
        return _run_server(location, environment)
    if name == "gunicorn":
        return _gunicorn(words[1:], command.broken, location, environment)
    if name == "celery":
        return _celery(words[1:], command.broken, location)
    if name in ("superset", "flask"):
        told = [str(word.value) for word in words[1:] if isinstance(word.value, str)]
        plain = [word for word in told if not word.startswith("-")]
        read, _ = _read(words[1:], Syntax({"p": "port", "h": "host"}, frozenset()), location)
        return Program("superset", location, read, command=" ".join(plain[:2]), broken=command.broken)
    return None


def _gunicorn(
    words: Sequence[Word], broken: str, location: Location, environment: Mapping[str, Given]
) -> Program:
    found, rest = _read(words, options.GUNICORN, _named(location, "gunicorn"))
    merged: dict[str, Given] = {}
    if "WEB_CONCURRENCY" in environment:
        merged["workers"] = environment["WEB_CONCURRENCY"]
    extra = environment.get("GUNICORN_CMD_ARGS")
    if extra is not None and isinstance(extra.value, str):
        for one in commands(extra.value, {}):
            merged.update(_read(one.words, options.GUNICORN, extra.location)[0])
    merged.update(found)
    application = _given(rest[0], _at(_named(location, "gunicorn"), "application")) if rest else None
    return Program("gunicorn", location, merged, application, broken=broken)


def _run_server(location: Location, environment: Mapping[str, Given]) -> Program:
    found = {option: environment[name] for name, option in options.RUN_SERVER.items() if name in environment}
    return Program("gunicorn", location, found, environment.get("FLASK_APP"), launcher="run-server.sh")


def _celery(words: Sequence[Word], broken: str, location: Location) -> Program:
    found, rest = _read(words, options.CELERY, _named(location, "celery"))
    found = {options.CELERY_ALIASES.get(name, name): given for name, given in found.items()}
    told = [str(word.value) for word in rest]
    command = next((word for word in told if word in options.CELERY_COMMANDS), "")
    if command in ("inspect", "control", "multi"):
        command = " ".join(told[told.index(command) :][:2])
    return Program("celery", location, found, found.pop("app", None), command=command, broken=broken)


def _read(words: Sequence[Word], syntax: Syntax, location: Location) -> tuple[dict[str, Given], list[Word]]:
    """Options by their long names, and the words that belong to none.

    An option's field is its name below the command's (``services.web.command.workers``).
    """
    found: dict[str, Given] = {}
    rest: list[Word] = []
    waiting: str | None = None
    for word in words:
        text = word.value if isinstance(word.value, str) else word.text
        if waiting is not None and text.startswith("--"):
            # An option of its own: the one before takes no value, whatever it is.
            found[waiting] = Given(value=True, location=_at(location, waiting))
            waiting = None
        if waiting is not None:
            found[waiting] = _given(word, _at(location, waiting))
            waiting = None
        elif text.startswith("--") and len(text) > 2:
            name, equals, value = text[2:].partition("=")
            if equals:
                part = Word(UNKNOWN if word.value is UNKNOWN else value, value, word.assumed)
                found[name] = _given(part, _at(location, name))
            elif name in syntax.flags:
                found[name] = Given(value=True, location=_at(location, name))
            else:
                waiting = name
        elif text.startswith("-") and len(text) > 1 and not text[1].isdigit():
            name = syntax.short.get(text[1], text[1])
            value = text[2:].removeprefix("=") if len(text) > 2 else ""
            if name in syntax.flags:
                found[name] = Given(value=True, location=_at(location, name))
            elif value:
                part = Word(UNKNOWN if word.value is UNKNOWN else value, value, word.assumed)
                found[name] = _given(part, _at(location, name))
            else:
                waiting = name
        else:
            rest.append(word)
    return found, rest


def _named(location: Location, program: str) -> Location:
    """The place of a command, under the program's name where nothing says what field it is."""
    return location if location.field else location._replace(field=program)


def _at(location: Location, name: str) -> Location:
    return location._replace(field=f"{location.field}.{name}" if location.field else name)


def _given(word: Word, location: Location) -> Given:
    expression = word.text if word.value is UNKNOWN else ""
    return Given(word.value, location, word.assumed, expression)
