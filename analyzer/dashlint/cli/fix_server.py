"""``dashlint fix --url``: plans, asks, and writes to a running Superset."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashlint.cli import fix_text, inputs, servers
from dashlint.cli.errors import ExitCode, stop
from dashlint.lint.amounts import plural
from dashlint.lint.config import Config, ConfigError

if TYPE_CHECKING:
    from dashlint.fix.server_apply import Entry
    from dashlint.fix.server_plan import Plan


class Wanted(NamedTuple):
    """What the command line says about writing."""

    unsafe: bool
    preview: bool
    yes: bool
    rollback: Path | None
    rollback_file: Path | None


def run(server: servers.ServerOptions, config: Config, facts: inputs.Facts, wanted: Wanted) -> ExitCode:
    """Fixes a server, or puts back what a fix has changed; the exit code.

    Raises:
        ConfigError: nobody is there to ask, and --yes is not given.
        SourceError: the server cannot be reached, or refuses.
    """
    if not (wanted.yes or wanted.preview or sys.stdin.isatty()):
        raise ConfigError(
            "nobody is at a terminal to confirm: give --yes to make the changes, or --dry-run to see them"
        )
    with _stopping_plainly():
        if wanted.rollback is not None:
            return _roll_back(server, wanted.rollback, wanted)
        return _fix(server, config, facts, wanted)


@contextmanager
def _stopping_plainly() -> Iterator[None]:
    from dashlint.fix.server_apply import NotWrittenError, StoppedError

    try:
        yield
    except NotWrittenError as error:
        stop(f"{error}; nothing more was changed on the server", ExitCode.USAGE)
    except StoppedError as error:
        stop(str(error), ExitCode.FINDINGS)


def _fix(server: servers.ServerOptions, config: Config, facts: inputs.Facts, wanted: Wanted) -> ExitCode:
    from dashlint.cli.fix_check import Check
    from dashlint.cli.progress import progress_on_stderr
    from dashlint.fix.server_apply import apply
    from dashlint.fix.server_plan import make_plan
    from dashlint.fix.units import Allowed, units
    from dashlint.sources.errors import SourceError
    from dashlint.sources.rest.writing import Writer

    with servers.server_only(server) as opened:
        check = Check(config, facts)
        # No bar may move while somebody reads the plan.
        with progress_on_stderr() as progress:
            read = inputs.read_server(opened, server, progress)
            analysis, findings = check.of(read)
        allowed = Allowed(wanted.unsafe, config.asked.select or config.select)
        writer = Writer(opened.client)
        plan = make_plan(units(findings, analysis, allowed), analysis, writer)
        for text in [
            problem.message for problem in (*read.workspace.problems, *check.problems)
        ] + plan.refusals:
            sys.stderr.write(f"dashlint: problem: {fix_text.clean(text)}\n")
        sys.stdout.write(_shown(plan))
        if not plan.edits:
            sys.stdout.write(f"Nothing to fix. {fix_text.left(findings, allowed)}\n")
            return ExitCode.OK if wanted.preview else check.exit_code(findings)
        count = plural(len(plan.edits), "object")
        if wanted.preview:
            sys.stdout.write(f"Would change {count}.\n")
            return ExitCode.FINDINGS
        if not _confirmed(f"Change {count} on {opened.url}?", wanted):
            sys.stdout.write("Nothing was changed.\n")
            return check.exit_code(findings)
        file = wanted.rollback_file or _file_name()
        try:
            told = apply(plan.edits, writer, opened.url, file)
        except SourceError:
            sys.stderr.write(f"dashlint: what was changed before that can be put back: {_way_back(file)}\n")
            raise
        for text in told:
            sys.stderr.write(f"dashlint: note: {fix_text.clean(text)}\n")
        fixed = {finding.identity for finding in plan.fixed}
        remaining = [finding for finding in findings if finding.identity not in fixed]
        later = " Some were left for another run." if plan.later else ""
        sys.stdout.write(
            f"Fixed {plural(len(plan.fixed), 'finding')} in {count}; to put them back: {_way_back(file)}\n"
            f"{fix_text.left(remaining, allowed)}{later}\n"
        )
        return check.exit_code(remaining)


def _roll_back(server: servers.ServerOptions, file: Path, wanted: Wanted) -> ExitCode:
    from dashlint.fix.server_apply import roll_back
    from dashlint.sources.rest.writing import Writer

    def ask(entries: Sequence[Entry]) -> bool:
        for entry in entries:
            fields = ", ".join(entry.before)
            sys.stdout.write(fix_text.clean(f"{entry.kind} “{entry.name}” ({entry.id}): {fields}") + "\n")
        if wanted.preview:
            sys.stdout.write(f"Would put back {plural(len(entries), 'object')}.\n")
            return False
        return _confirmed(f"Put {plural(len(entries), 'object')} back as before?", wanted)

    with servers.server_only(server) as opened:
        done = roll_back(file, opened.url, Writer(opened.client), ask)
    sys.stdout.write(f"Put back {plural(len(done), 'object')}.\n" if done else "Nothing was put back.\n")
    return ExitCode.OK


def _shown(plan: Plan) -> str:
    lines = []
    for edit in plan.edits:
        lines.append(fix_text.clean(f"{edit.kind} “{edit.name}” ({edit.id})"))
        lines += [
            fix_text.clean(f"  {rule} {field}: {fix_text.arrow(old, new)}")
            + ("" if safety == "safe" else f" ({safety})")
            for rule, safety, field, old, new in edit.steps
        ]
    return "".join(line + "\n" for line in lines)


def _confirmed(question: str, wanted: Wanted) -> bool:
    if wanted.yes:
        return True
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _file_name() -> Path:
    return Path(f"dashlint-rollback-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}.json")


def _way_back(file: Path) -> str:
    return f"dashlint fix --url URL --rollback {file}"
