"""``dashlint diagnose``: what logs of an incident say about dashboards."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import diagnose_logs, groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.lint.config import FAIL_ON, ConfigError

if TYPE_CHECKING:
    from datetime import tzinfo

    from dashlint.incidents.diagnosis import Diagnosis
    from dashlint.incidents.model import View

_LOGS = "What the incident left behind"
_FORMATS = ("terminal", "json", "markdown")
#: What an export is; other files beside it are logs, as in `--logs /var/log/postgresql/*.log`.
_EXPORTS = (".zip", ".yaml", ".yml")


def diagnose(
    sources: options.Sources = None,
    logs: Annotated[
        Optional[list[str]],  # noqa: UP045 it is read the annotation at run time on Python 3.10
        Option(
            "--logs",
            help="A log, or a folder of logs, plain or gzip; - is standard input. What kind it is shows "
            "by itself: gunicorn, Celery, kernel, Kubernetes, Docker; PostgreSQL (stderr, CSV, JSON), "
            "pg_stat_statements as CSV, MySQL's slow log; Superset's table logs as CSV or JSON. Repeatable.",
            metavar="FILE",
            rich_help_panel=_LOGS,
        ),
    ] = None,
    statements_db: Annotated[
        str | None,
        Option(
            "--statements-db",
            help="A PostgreSQL with pg_stat_statements, as postgresql://user@host/name. Its password "
            "comes from DASHLINT_DB_PASSWORD or is asked for.",
            metavar="URL",
            rich_help_panel=_LOGS,
        ),
    ] = None,
    metadata_db: Annotated[
        str | None,
        Option(
            "--metadata-db",
            help="Superset's metadata database, whose table logs to read; its password comes from "
            "DASHLINT_METADATA_DB_PASSWORD.",
            metavar="URL",
            rich_help_panel=_LOGS,
        ),
    ] = None,
    superset_log: Annotated[
        int | None,
        Option(
            "--superset-log",
            help="Read the last so many hours of Superset's own log through the API of --url; that needs an "
            "account with “can read on Log”, such as Admin's.",
            metavar="HOURS",
            min=1,
            rich_help_panel=_LOGS,
        ),
    ] = None,
    minutes: Annotated[
        int,
        Option(
            "--minutes",
            help="Minutes before a kill that count as near.",
            metavar="N",
            min=1,
            rich_help_panel=_LOGS,
        ),
    ] = 5,
    log_timezone: Annotated[
        str,
        Option(
            "--log-timezone",
            help="Zone of times in logs that name none or an abbreviation, such as Europe/Berlin.",
            metavar="ZONE",
            rich_help_panel=_LOGS,
        ),
    ] = "UTC",
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    basis: groups.Basis = groups.BASIS,
    select: options.Select = None,
    ignore: options.Ignore = None,
    fail_on: options.FailOn = None,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: Annotated[
        str, Option("--format", help="terminal, json or markdown.", rich_help_panel="Output")
    ] = "terminal",
    color: options.Color = "auto",
    verbose: options.Verbose = False,
) -> None:
    """Join the logs of an incident to dashboards: who cost the database most, and who ran before a kill.

    Exit codes: 0; 1 where the logs tell of a kill or memory error, or a chart in the ranking has a finding
    at or above --fail-on; 2 wrong usage, 3 nothing usable in the input, 4 server or database not reached.
    """
    with told_plainly():
        options.one_of("--format", format, _FORMATS)
        zone = _zone(log_timezone)
        exports, files = _sorted_out(sources or [], logs or [])
        if not files and statements_db is None and metadata_db is None and superset_log is None:
            raise ConfigError(
                "nothing to diagnose: name logs with --logs, or a database with --statements-db"
            )
        configured = inputs.merge(
            inputs.read_config(config, exports),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=options.one_of("--fail-on", fail_on, FAIL_ON),
        )
        server = account.at(servers.server_url(url, exports))
        if superset_log is not None and server.url is None:
            raise ConfigError("--superset-log asks a server: name it with --url")
        facts = basis.facts(account.timeout)
        from dashlint.cli.scan import checked
        from dashlint.incidents.candidates import gather
        from dashlint.incidents.collect import Collected
        from dashlint.incidents.diagnosis import diagnose as judged
        from dashlint.incidents.matching import Matcher

        views: list[View] = []
        analysis, report = checked(
            exports,
            server,
            configured,
            facts,
            meanwhile=None
            if superset_log is None
            else lambda one: diagnose_logs.read_server_log(one, superset_log, views),
        )
        gathered = gather(analysis)
        collected = Collected(Matcher(gathered.candidates), zone)
        problems = diagnose_logs.read_files(files, collected)
        problems += diagnose_logs.read_databases(collected, statements_db, metadata_db, account.timeout)
        for view in views:
            collected.view(view)
        if not (collected.matched or collected.unmatched or collected.view_rows or collected.incident_count):
            tell([*report.problems, *problems], ())
            asked = "Superset's log" if superset_log is not None else "the databases"
            names = ", ".join(f"{one.file} ({one.kind})" for one in collected.files) or asked
            stop(
                f"nothing that could be diagnosed in {names}: no kill, no statement with a duration, no view",
                ExitCode.NOTHING_USABLE,
            )
        found = judged(collected, gathered.candidates, analysis.workspace, report.findings, minutes)
        _print(
            found, {d.uuid: d.title for d in analysis.workspace.dashboards}, format, color, verbose=verbose
        )
        problems = [*report.problems, *problems]
        tell(problems, _notes(found, gathered.unwritten))
        if strict and problems:
            sys.exit(ExitCode.NOTHING_USABLE)
        sys.exit(ExitCode.FINDINGS if _is_bad(found, configured.fail_on) else ExitCode.OK)


def _sorted_out(sources: Sequence[Path], logs: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """Exports, and logs: `--logs a.log b.log` gives the second as if it were a source."""
    exports = [p for p in sources if not p.is_file() or p.suffix.lower() in _EXPORTS]
    more = [p for p in sources if p not in exports]
    files: list[Path] = []
    for path in [*map(Path, logs), *more]:
        if "://" in str(path) or ":/" in str(path):
            raise ConfigError("--logs takes files; a database is named with --statements-db or --metadata-db")
        if path.is_dir():
            files += sorted(p for p in path.iterdir() if p.is_file())
        elif str(path) == "-" or path.exists():
            files.append(path)
        else:
            raise ConfigError(f"--logs {path}: there is no such file or folder")
    return exports, files


def _zone(name: str) -> tzinfo:
    from datetime import timezone
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name.upper() == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"--log-timezone {name}: there is no such zone; write it as Europe/Berlin"
        ) from None


def _print(found: Diagnosis, titles: dict[str, str], format: str, color: str, *, verbose: bool) -> None:
    if format == "json":
        from dashlint.report.diagnose_json import render

        write_document(render(found))
    elif format == "markdown":
        from dashlint.report.diagnose_markdown import render as render_markdown

        write_document(render_markdown(found, titles))
    else:
        from dashlint.report.diagnose_text import show

        show(found, titles, console_for(color), verbose=verbose)


def _notes(found: Diagnosis, unwritten: int) -> Iterator[str]:
    if unwritten:
        yield f"{unwritten} queries of charts could not be written as SQL, so their statements match nothing"
    if found.unknown_views:
        yield (
            f"{found.unknown_views:,} requests in Superset's log are of dashboards or charts not here, or "
            "whose ids an export does not tell"
        )
    if found.view_rows == 0 and found.incident_count:
        yield (
            "without Superset's log (--logs logs.csv, --metadata-db, --superset-log), views before a kill "
            "are not known"
        )


def _is_bad(found: Diagnosis, fail_on: str) -> bool:
    from dashlint.lint.model import Severity

    if fail_on == "never":
        return False
    if found.incident_count:
        return True
    least = Severity(fail_on).rank
    return any(f.severity.rank >= least for cost in found.senders for f in cost.findings)
