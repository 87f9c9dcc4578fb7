"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

from dashlint.cli.declare import Argument, Option
from dashlint.lint.config import ConfigError

SERVER = "Live server"
_RULES = "Rules"
_FACTS = "What predictions rest on"
_OUTPUT = "Output"

Sources = Annotated[
    Optional[list[Path]],  # noqa: UP045 it is read the annotation at run time on Python 3.10
    Argument(
        help="Exports: ZIP files, folders or single YAML files (read with the export around them).",
        show_default=False,
    ),
]
Url = Annotated[
    str | None,
    Option(
        "--url",
        help="Address of a running Superset; else DASHLINT_URL.",
        metavar="URL",
        rich_help_panel=SERVER,
    ),
]
Username = Annotated[
    str | None,
    Option(
        "--username",
        help="Account to log in with; the password comes from DASHLINT_PASSWORD or is asked for.",
        envvar="DASHLINT_USERNAME",
        metavar="NAME",
        rich_help_panel=SERVER,
    ),
]
Provider = Annotated[
    str,
    Option(
        "--provider",
        help="How Superset checks the password: db (its own accounts) or ldap.",
        envvar="DASHLINT_PROVIDER",
        metavar="db|ldap",
        rich_help_panel=SERVER,
    ),
]
CaBundle = Annotated[
    Path | None,
    Option("--ca-bundle", help="Certificates to trust, as PEM.", metavar="FILE", rich_help_panel=SERVER),
]
Insecure = Annotated[
    bool,
    Option("--insecure", help="Do not check the server's certificate.", rich_help_panel=SERVER),
]
Indexes = Annotated[
    bool,
    Option(
        "--indexes/--no-indexes",
        help="Ask the server for the indexes of tables behind filters.",
        rich_help_panel=SERVER,
    ),
]
Dashboards = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--dashboard",
        help="Only this dashboard: id, UUID, slug or title, also with * and ?. Repeatable.",
        metavar="NAME",
        rich_help_panel=SERVER,
    ),
]
PublishedOnly = Annotated[
    bool,
    Option("--published-only", help="Only published dashboards.", rich_help_panel=SERVER),
]
Timeout = Annotated[
    float,
    Option(
        "--timeout",
        help="Seconds to wait for an answer to begin; it may take ten times that.",
        metavar="SECONDS",
        rich_help_panel=SERVER,
    ),
]
MaxPages = Annotated[
    int,
    Option(
        "--max-pages",
        help="Pages of 100 objects to read of one list at most.",
        metavar="N",
        min=1,
        rich_help_panel=SERVER,
    ),
]
MaxDownload = Annotated[
    int,
    Option(
        "--max-download",
        help="Most to take from the server in all, in MiB, after decompression.",
        metavar="MIB",
        min=1,
        rich_help_panel=SERVER,
    ),
]
Cache = Annotated[
    Path | None,
    Option(
        "--cache",
        help="Folder that keeps dashboards and charts, so that the next run fetches only what changed since.",
        metavar="FOLDER",
        rich_help_panel=SERVER,
    ),
]
Catalog = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--catalog",
        help="DDL, statistics or dbt project of the warehouse (files, folders) or its database's URL, each "
        "also as DATABASE=PLACE with Superset's name of it. Repeatable; later ones fill gaps.",
        metavar="PATH|URL",
        rich_help_panel=_FACTS,
    ),
]
Verify = Annotated[
    bool,
    Option(
        "--verify",
        help="Ask the database of --db with EXPLAIN what proposed indexes would change. Nothing is "
        "executed or written.",
        rich_help_panel=_FACTS,
    ),
]
Db = Annotated[
    str | None,
    Option(
        "--db",
        help="Database for --verify, as postgresql://user@host/name; else DASHLINT_DB_URL. The password "
        "comes from DASHLINT_DB_PASSWORD or is asked for.",
        metavar="URL",
        rich_help_panel=_FACTS,
    ),
]
DbName = Annotated[
    str | None,
    Option(
        "--db-name",
        help="Superset's name of that database, where several are of its engine.",
        metavar="NAME",
        rich_help_panel=_FACTS,
    ),
]
SupersetVersion = Annotated[
    str | None,
    Option(
        "--superset-version",
        help="Superset version to judge by, such as 6.0; else the server's, or the newest that is known.",
        metavar="VERSION",
        rich_help_panel=_FACTS,
    ),
]
Today = Annotated[
    str | None,
    Option(
        "--today",
        help="Day by which relative time ranges (Last week) are resolved, as 2026-01-31; else today.",
        metavar="DATE",
        rich_help_panel=_FACTS,
    ),
]
SupersetConfig = Annotated[
    Path | None,
    Option(
        "--superset-config",
        help="superset_config.py of the deployment; it is read, never executed.",
        metavar="FILE",
        rich_help_panel=_FACTS,
    ),
]
Setting = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--setting",
        help="A single setting, such as ROW_LIMIT=10000. Repeatable.",
        metavar="KEY=VALUE",
        rich_help_panel=_FACTS,
    ),
]
Select = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--select",
        help="Rules to run: codes, prefixes or names, with commas.",
        metavar="RULES",
        rich_help_panel=_RULES,
    ),
]
Ignore = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--ignore",
        help="Rules to leave out: codes, prefixes or names.",
        metavar="RULES",
        rich_help_panel=_RULES,
    ),
]
Baseline = Annotated[
    Path | None,
    Option(
        "--baseline",
        help="Findings that are accepted, as `dashlint baseline` wrote them.",
        metavar="FILE",
        rich_help_panel=_RULES,
    ),
]
FailOn = Annotated[
    str | None,
    Option(
        "--fail-on",
        help="Lowest severity that makes the exit code 1: info, warning, error or never.",
        metavar="SEVERITY",
        rich_help_panel=_RULES,
    ),
]
MinConfidence = Annotated[
    str | None,
    Option(
        "--min-confidence",
        help="Leave out findings that dashlint is less sure of: low, medium or high.",
        metavar="CONFIDENCE",
        rich_help_panel=_RULES,
    ),
]
ConfigFile = Annotated[
    Path | None,
    Option(
        "--config",
        help="Configuration file; else the nearest dashlint.toml or pyproject.toml upward.",
        metavar="FILE",
        rich_help_panel=_RULES,
    ),
]
Strict = Annotated[
    bool,
    Option("--strict", help="Exit with 3 when part of the input could not be used."),
]
Jobs = Annotated[
    str | None,
    Option(
        "--jobs",
        help="Processes that share a large export: a number, or auto, a second one where it pays.",
        metavar="N|auto",
    ),
]
Plan = Annotated[
    bool,
    Option(
        "--plan",
        help="What to do first, by memory saved for effort, not the findings (terminal, markdown, json).",
        rich_help_panel=_OUTPUT,
    ),
]
#: What ``Format`` may be.
FORMATS = ("terminal", "json")
Format = Annotated[
    str, Option("--format", help="terminal or json.", metavar="FORMAT", rich_help_panel=_OUTPUT)
]
ReportFormat = Annotated[
    str,
    Option(
        "--format",
        help="terminal, json, sarif, github (annotations), gitlab (code quality), junit, markdown or html.",
        metavar="FORMAT",
        rich_help_panel=_OUTPUT,
    ),
]
Outputs = Annotated[
    Optional[list[str]],  # noqa: UP045
    Option(
        "--output",
        help="Write the report to a file, too, such as sarif=dashlint.sarif; - is stdout. Repeatable.",
        metavar="FORMAT=FILE",
        rich_help_panel=_OUTPUT,
    ),
]
Color = Annotated[
    str,
    Option("--color", help="Colours: auto, always or never.", metavar="WHEN", rich_help_panel=_OUTPUT),
]
Quiet = Annotated[
    bool, Option("-q", "--quiet", help="One line per finding, nothing else.", rich_help_panel=_OUTPUT)
]
Verbose = Annotated[
    bool,
    Option(
        "-v",
        "--verbose",
        help="Every finding and dashboard, also info; usually some are only counted.",
        rich_help_panel=_OUTPUT,
    ),
]


def one_of(option: str, value: str | None, known: tuple[str, ...]) -> str | None:
    """A value that has to be one of a few.

    Raises:
        ConfigError: it is none of them.
    """
    if value is not None and value not in known:
        raise ConfigError(f"{option} {value}: known are {', '.join(known)}")
    return value


def size(option: str, text: str | None) -> int | None:
    """Bytes that were written with a unit, such as 2GiB.

    Raises:
        ConfigError: it is no size, or nothing.
    """
    if text is None:
        return None
    from dashlint.lint.options import parse_size

    try:
        found = parse_size(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None
    if found <= 0:
        raise ConfigError(f"{option}: expected more than nothing, such as 2GiB")
    return found
