"""Where a report goes, and in which format: ``--format`` and ``--output``."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.atomic import replacing
from dashlint.cli import choices, inputs
from dashlint.lint.config import ConfigError
from dashlint.records import NamedTuple, dataclass
from dashlint.report import formats
from dashlint.report.text import fixable_words, visible

if TYPE_CHECKING:
    from rich.console import Console

    from dashlint.assets import Problem
    from dashlint.report.model import Report
    from dashlint.report.screen import Screen

#: Columns of a terminal report in a file, which has no width of its own.
_FILE_WIDTH = 100
#: Variables by which a pipe asks rich for what a terminal gets.
_TERMINAL_ALL_THE_SAME = ("FORCE_COLOR", "TTY_COMPATIBLE")
STDOUT = "-"


class Target(NamedTuple):
    """A file that a report is written to."""

    format: str
    path: Path


@dataclass(frozen=True)
class Output:
    """How a report shall look, and where else it goes. ``verbose`` is -1, 0 or 1."""

    format: str = "terminal"
    color: str = "auto"
    verbose: int = 0
    targets: tuple[Target, ...] = ()

    @property
    def says_what_fix_mends(self) -> bool:
        """Whether the person at a terminal is told so; counting takes time that others need not spend."""
        return self.format == "terminal" and self.verbose >= 0


def read_output(
    format: str, color: str, *, quiet: bool, verbose: bool, outputs: Sequence[str] | None = None
) -> Output:
    """What ``--format``, ``--output`` and their like say together.

    ``outputs`` are ``FORMAT=FILE``; ``-`` for the file is stdout, as if ``--format`` had
    named that format.

    Raises:
        ConfigError: a format is unknown, two reports claim one place, or a file cannot be created.
    """
    _known(f"--format {format}", format)
    targets: list[Target] = []
    on_stdout = [format] if format != "terminal" else []
    for text in outputs or ():
        name, equals, file = text.partition("=")
        if not equals or not file:
            raise ConfigError(f"--output {text}: write it as FORMAT=FILE, such as sarif=dashlint.sarif")
        _known(f"--output {text}", name)
        if file == STDOUT:
            on_stdout.append(name)
            continue
        target = Target(name, Path(file))
        _check(text, target.path)
        if any(_same(target.path, other.path) for other in targets):
            raise ConfigError(f"--output {text}: another --output writes the same file")
        targets.append(target)
    if len(on_stdout) > 1:
        raise ConfigError(f"stdout can hold one report, not {len(on_stdout)}: {', '.join(on_stdout)}")
    return Output((on_stdout or ["terminal"])[0], color, -1 if quiet else int(verbose), tuple(targets))


def publish(report: Report, output: Output) -> None:
    """The report on stdout and in its files; problems and notes on stderr.

    Raises:
        ConfigError: a file could not be written. Everything else has been.
    """
    if output.format == "terminal":
        _show(report, output)
        sys.stdout.flush()  # before what stderr says
    else:
        write_document(formats.pieces(output.format, report))
    if output.verbose >= 0:
        tell(report.problems, report.notes)
        if output.says_what_fix_mends and report.fixable is not None:
            sys.stderr.write(f"dashlint: {visible(fixable_words(report.fixable))}\n")
        tell_hidden(report.hidden)
    failures = []
    for target in output.targets:
        try:
            write_pieces(target.path, _pieces(report, output, target.format))
        except OSError as error:
            failures.append(f"--output {target.format}={target.path}: {error.strerror or error}")
    if failures:
        raise ConfigError("; ".join(failures))


def write_document(text: str | Iterable[str]) -> None:
    """Writes a document, or its pieces, to stdout: as UTF-8, also where the system's own encoding is another.

    What reads JSON, Markdown or YAML expects nothing else.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout.writelines([text] if isinstance(text, str) else text)


def tell(problems: Iterable[Problem], notes: Iterable[str]) -> None:
    """What could not be used and what was not known, on stderr."""
    for problem in problems:
        line = f":{problem.line}" if problem.line is not None else ""
        place = f"{problem.file}{line}: " if problem.file else ""
        sys.stderr.write(f"dashlint: problem: {visible(place + problem.message)}\n")
    for note in notes:
        sys.stderr.write(f"dashlint: note: {visible(note)}\n")


def tell_hidden(count: int) -> None:
    """How many findings the persona does not see, on stderr."""
    note = choices.hidden_note(count)
    if note is not None:
        sys.stderr.write(f"dashlint: note: {note}\n")


def _known(option: str, format: str) -> None:
    """Refuses a format that there is not. ``option`` is what the person wrote."""
    if format not in formats.NAMES:
        raise ConfigError(f"{option}: known formats are {', '.join(formats.NAMES)}")


def _check(option: str, path: Path) -> None:
    """Whether a file can be there, before a scan that may take minutes."""
    if path.is_dir():
        raise ConfigError(f"--output {option}: that is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"--output {option}: there is no folder {path.parent}; create it first")


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _pieces(report: Report, output: Output, format: str) -> Iterable[str]:
    if format != "terminal":
        return formats.pieces(format, report)
    file = io.StringIO()
    _show(report, output, file)
    return [file.getvalue()]


def _show(report: Report, output: Output, file: io.StringIO | None = None) -> None:
    """The report for a person, at the terminal or in a file."""
    if report.plan is not None:
        from dashlint.report import plan_text

        plan_text.show(report, report.plan, console_for(output.color, file), verbose=output.verbose)
        return
    from dashlint.report.terminal import show

    show(report, screen_for(output.color, file), verbose=output.verbose)


def screen_for(color: str, file: io.StringIO | None = None) -> Screen:
    """A terminal with or without colour, as ``--color`` says; or a file, which has none.

    Where there is nothing but text to write, rich is not loaded.
    """
    from dashlint.report.screen import console_screen, text_screen

    if file is not None:
        return text_screen(file, _FILE_WIDTH)
    if inputs.wants_color(color) or sys.stdout.isatty() or any(map(os.environ.get, _TERMINAL_ALL_THE_SAME)):
        return console_screen(console_for(color))
    return text_screen(sys.stdout)


def console_for(color: str, file: io.StringIO | None = None) -> Console:
    """The same for what rich lays out as well."""
    from rich.console import Console

    wanted = inputs.wants_color(color) if file is None else False
    return Console(
        file=file,
        width=None if file is None else _FILE_WIDTH,
        force_terminal=True if wanted else None,
        no_color=wanted is False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def write_file(path: Path, text: str) -> None:
    """Writes a file as a whole: whoever reads it meanwhile sees the old one or the new one."""
    write_pieces(path, [text])


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """The same for a text that is made piece by piece."""
    with replacing(path) as file:
        file.writelines(piece.encode("utf-8", "backslashreplace") for piece in pieces)


def write_folder(option: str, folder: Path, files: Mapping[str, str], *, force: bool | None = None) -> None:
    """Writes every file, or none where one is there already and may not be replaced.

    ``force`` is the command's ``--force``; None where it has none.

    Raises:
        ConfigError: a file is there already (without ``force``), or one cannot be written.
    """
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        verb = "is" if len(there) == 1 else "are"
        instead = "name another folder" + ("" if force is None else ", or replace what is there with --force")
        raise ConfigError(f"{option} {folder}: {', '.join(there)} {verb} there already; {instead}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_file(folder / name, text)
    except OSError as error:
        raise ConfigError(f"{option} {folder}: {error.strerror or error}") from None
