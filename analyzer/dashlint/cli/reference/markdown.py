"""The command reference as a page of the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashlint.cli.reference.facts import ENVIRONMENT, EXIT_CODES
from dashlint.cli.reference.model import Command, Parameter

_HEAD = """# Commands

Every command and option, from the command line's own declarations: `dashlint COMMAND --help` says the same,
and so does `man dashlint-COMMAND` where the man pages are [installed](install.md#man-pages-and-completion).
What the exit codes mean is [a page of its own](exit-codes.md).
"""


def page(commands: Sequence[Command]) -> str:
    """The whole page."""
    listed = [f"| [`{c.words}`](#{_anchor(c)}) | {_cell(c.summary)} |" for c in commands]
    parts = [_HEAD, "| command | what it does |\n|---|---|\n" + "\n".join(listed) + "\n"]
    parts += ["\n".join(_section(command)) for command in commands]
    parts.append(environment())
    return "\n".join(parts)


def environment() -> str:
    """The variables that are read."""
    rows = "\n".join(f"| `{name}` | {_cell(meaning)} |" for name, meaning in ENVIRONMENT.items())
    return f"""## Environment

Passwords and tokens are read from here, so that they stand in no command line, which other users of a
machine can see.

| variable | what it is for |
|---|---|
{rows}
"""


def exit_codes() -> str:
    """The exit codes, one section each."""
    return "\n".join(f"## {e.code:d}\n\n{e.meaning}\n\n**What to do.** {e.remedy}\n" for e in EXIT_CODES)


def _anchor(command: Command) -> str:
    return command.words.replace(" ", "-")


def _section(command: Command) -> Iterator[str]:
    # MyST's anchors are unique on a page: those of our headings are the commands themselves.
    yield f"({_anchor(command)})=\n## {command.words}\n"
    yield command.summary + "\n"
    yield from (f"{paragraph}\n" for paragraph in command.paragraphs)
    yield f"```console\n$ {command.usage}\n```\n"
    if command.arguments:
        yield from _table("argument", "Arguments", command.arguments)
    for panel, members in command.panels.items():
        yield from _table("option", panel, members)
    if command.examples:
        yield "```sh"
        yield from (f"{typed}  # {purpose}" for typed, purpose in command.examples)
        yield "```\n"


def _table(kind: str, panel: str, members: Sequence[Parameter]) -> Iterator[str]:
    # No headings: "Output" of twelve commands would be twelve entries of that name in the page's contents.
    yield f"**{panel}**\n"
    yield f"| {kind} | what it is for |"
    yield "|---|---|"
    for one in members:
        named = ", ".join(f"`{name}`" for name in one.names) if one.names else ""
        value = f"`{_cell(one.value)}`" if one.value else ""
        remarks = [
            f"Default: `{one.default}`." if one.default else "",
            f"Variable: `{one.variable}`." if one.variable else "",
            "Repeatable." if one.repeatable and "epeatable" not in one.help else "",
        ]
        what = " ".join(filter(None, (_cell(one.help), *remarks)))
        yield f"| {' '.join(filter(None, (named, value)))} | {what} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
