"""Pages for ``man``, in the macros of man(7), which every troff and mandoc knows.

Written here rather than by Sphinx: a builder's output changes from release to release, and these pages are
part of the wheel, compared in CI with what the command line declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashlint import __version__
from dashlint.cli.examples import EXAMPLES
from dashlint.cli.reference.facts import ENVIRONMENT, EXIT_CODES
from dashlint.cli.reference.model import GENERAL, Command, Parameter
from dashlint.lint.links import SITE

_ABOUT = (
    "dashlint reads dashboards, charts, datasets and native filters of Apache Superset, from exports or from "
    "a running server, and works out which queries a dashboard will send: with which row limits and cache "
    "timeouts, what a filter change re-runs, which indexes help, and how much worker memory that costs. Then "
    "it says what to change. It never runs a user's query."
)
_STREAMS = "The report goes to standard output; progress, hints and problems go to standard error."
#: groff's names for what is not ASCII (groff_char(7)); others are written by their number.
_NAMED = {"“": r"\(lq", "”": r"\(rq", "’": r"\(cq", "–": r"\(en", "→": r"\(->", "×": r"\(mu", "≤": r"\(<="}


def pages(commands: Sequence[Command]) -> dict[str, str]:
    """The pages by the names of their files: ``dashlint.1``, ``dashlint-scan.1``."""
    return {
        "dashlint.1": _overview(commands),
        **{f"{_name(command)}.1": _page(command, commands) for command in commands},
    }


def _name(command: Command) -> str:
    return command.words.replace(" ", "-")


def _overview(commands: Sequence[Command]) -> str:
    summary = "check what dashboards of Apache Superset cost in memory and time"
    lines = [
        *_head("dashlint", summary),
        ".SH SYNOPSIS",
        r".B dashlint",
        r"\fICOMMAND\fR [\fIOPTIONS\fR] ...",
    ]
    lines += [".SH DESCRIPTION", _text(_ABOUT), ".PP", _text(_STREAMS), ".SH COMMANDS"]
    for command in commands:
        lines += [".TP", rf"\fB{_text(_name(command))}\fR(1)", _text(command.summary)]
    lines += _endings()
    lines.append(".SH ENVIRONMENT")
    for name, meaning in ENVIRONMENT.items():
        lines += [".TP", rf"\fB{name}\fR", _text(meaning)]
    lines += [".SH FILES", ".TP", r"\fIdashlint.toml\fR, \fIpyproject.toml\fR"]
    lines.append(_text("The configuration; the nearest upward counts. `dashlint init` writes one."))
    lines += _examples(EXAMPLES[""])
    lines += _see_also([_name(command) for command in commands])
    return _joined(lines)


def _page(command: Command, commands: Sequence[Command]) -> str:
    lines = [*_head(_name(command), command.summary.rstrip(".")), ".SH SYNOPSIS"]
    arguments = " ".join(
        rf"\fI{_text(one.value)}\fR" if one.required else rf"[\fI{_text(one.value)}\fR]"
        for one in command.arguments
    )
    lines += [rf"\fB{_text(command.words)}\fR [\fIOPTIONS\fR] {arguments}".rstrip(), ".SH DESCRIPTION"]
    lines.append(_text(command.summary))
    for paragraph in command.paragraphs:
        lines += [".PP", _text(paragraph)]
    if command.arguments:
        lines.append(".SH ARGUMENTS")
        lines += [line for one in command.arguments for line in _parameter(one)]
    lines.append(".SH OPTIONS")
    for panel, members in command.panels.items():
        if panel != GENERAL:
            lines.append(f".SS {_text(panel)}")
        lines += [line for one in members for line in _parameter(one)]
    lines += _endings()
    lines += _examples(command.examples)
    lines += _see_also(["dashlint", *(_name(one) for one in commands if one is not command)])
    return _joined(lines)


def _head(name: str, summary: str) -> Iterator[str]:
    yield r".\" Generated from the command line's declarations by `make docs`."
    yield f'.TH {_text(name.upper())} 1 "" "dashlint {__version__}" "User Commands"'
    # Left-justified: on 80 columns, filled lines of long options have holes.
    yield ".ad l"
    yield ".SH NAME"
    yield rf"{_text(name)} \- {_text(summary[:1].lower() + summary[1:])}"


def _parameter(one: Parameter) -> Iterator[str]:
    value = rf" \fI{_text(one.value)}\fR" if one.value else ""
    yield ".TP"
    yield ", ".join(rf"\fB{_text(name)}\fR{value}" for name in one.names) if one.names else value.strip()
    remarks = [
        f"Default: {one.default}." if one.default else "",
        f"Variable: {one.variable}." if one.variable else "",
        "Repeatable." if one.repeatable and "epeatable" not in one.help else "",
    ]
    yield _text(" ".join(filter(None, (one.help, *remarks))))


def _endings() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for ending in EXIT_CODES:
        yield from (".TP", rf"\fB{ending.code:d}\fR", _text(ending.meaning))


def _examples(examples: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not examples:
        return
    yield ".SH EXAMPLES"
    for typed, purpose in examples:
        yield from (".TP", rf"\fB{_text(typed)}\fR", _text(f"{purpose[:1].upper()}{purpose[1:]}."))


def _see_also(names: Sequence[str]) -> Iterator[str]:
    yield ".SH SEE ALSO"
    yield ",\n".join(rf".BR {_text(name)} (1)" for name in names)
    yield ".PP"
    yield _text(f"The documentation: {SITE}")


def _text(text: str) -> str:
    r"""Text for troff: nothing in it is a command. What stands in backticks is set in bold."""
    escaped = (
        text.replace("\\", r"\e")
        .replace("-", r"\-")
        .replace("'", r"\(aq")
        .replace("^", r"\(ha")
        .replace("~", r"\(ti")
    )
    escaped = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", escaped).replace("`", r"\(ga")
    escaped = "".join(
        _NAMED.get(one, one) if ord(one) > 127 and one in _NAMED else _coded(one) for one in escaped
    )
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def _coded(one: str) -> str:
    return one if ord(one) < 128 else rf"\[u{ord(one):04X}]"


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line) + "\n"
