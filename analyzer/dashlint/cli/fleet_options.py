"""The options of ``dashlint fleet``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

from dashlint.cli.declare import Argument, Option

FORMATS = ("terminal", "json", "markdown")
ANY, NEW = "any", "new"
_FLEET = "Fleet"

InventoryFile = Annotated[
    Path | None,
    Argument(help="Inventory of workspaces: a TOML or YAML file (docs/fleet.md).", show_default=False),
]
Names = Annotated[
    Optional[list[str]],  # noqa: UP045 it is read at run time on Python 3.10
    Option("--workspace", help="Only this workspace. Repeatable.", metavar="NAME", rich_help_panel=_FLEET),
]
Concurrency = Annotated[
    int | None,
    Option(
        "--concurrency",
        help="Workspaces that are scanned at a time; else one per processor. The inventory bounds them per "
        "server, too.",
        metavar="N",
        rich_help_panel=_FLEET,
    ),
]
StorePlace = Annotated[
    str | None,
    Option(
        "--store",
        help="Where results are kept and compared with the run before: a folder, or a database as "
        "postgresql://user@host/name.",
        metavar="FOLDER|URL",
        envvar="DASHLINT_FLEET_STORE",
        rich_help_panel=_FLEET,
    ),
]
RunId = Annotated[
    str | None,
    Option(
        "--run",
        help="Id of the run; one that was interrupted goes on with what it lacks.",
        metavar="ID",
        rich_help_panel=_FLEET,
    ),
]
Shown = Annotated[
    str | None,
    Option(
        "--report",
        help="Scan nothing: show what is kept of a run and how far it is, by its id or as latest.",
        metavar="RUN",
        rich_help_panel=_FLEET,
    ),
]
Enqueue = Annotated[
    bool,
    Option("--enqueue", help="Leave the scanning to Celery workers (docs/scale.md).", rich_help_panel=_FLEET),
]
Wait = Annotated[
    float | None,
    Option(
        "--wait",
        help="With --enqueue or --report: wait for the run's end, at most so long.",
        metavar="SECONDS",
        min=1,
        rich_help_panel=_FLEET,
    ),
]
Keep = Annotated[
    int | None,
    Option(
        "--keep",
        help="Delete what is kept of all runs but the latest N; without an inventory, do nothing else.",
        metavar="N",
        min=1,
        rich_help_panel=_FLEET,
    ),
]
FailOn = Annotated[
    str,
    Option(
        "--fail-on",
        help="Which findings, of those at or above a workspace's own fail-on, end with 1: any, or new ones "
        "alone, which the workspace had not in the run before.",
        metavar="WHICH",
        rich_help_panel="Output",
    ),
]
Broker = Annotated[
    str | None,
    Option(
        "--broker",
        help="Celery's broker for --enqueue, such as redis://host/0.",
        metavar="URL",
        envvar="DASHLINT_FLEET_BROKER",
        rich_help_panel=_FLEET,
    ),
]
FleetFormat = Annotated[
    str,
    Option("--format", help="terminal, json or markdown.", metavar="FORMAT", rich_help_panel="Output"),
]
