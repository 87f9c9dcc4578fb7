"""``dashlint catalog``: what is known of the warehouse, as a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

from dashlint.cli import inputs
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import tell, write_document, write_file
from dashlint.lint.config import ConfigError

_URL = "DASHLINT_DB_URL"


def snapshot(
    db: Annotated[
        str | None,
        Option(
            "--db",
            help=f"The database, as SQLAlchemy writes it: postgresql://user@host/name; else {_URL}. "
            "The password comes from it, from DASHLINT_DB_PASSWORD, or is asked for.",
            metavar="URL",
        ),
    ] = None,
    output: Annotated[
        Path | None, Option("-o", "--output", help="File to write; else it is printed.", metavar="FILE")
    ] = None,
    schema: Annotated[
        Optional[list[str]],  # noqa: UP045 typer reads the annotation at run time on Python 3.10
        Option(
            "--schema",
            help="Only this schema; else all but the system's (MySQL: the URL's database). Repeatable.",
            metavar="NAME",
        ),
    ] = None,
    database: Annotated[
        str | None,
        Option(
            "--database",
            help="Superset's name of the database; else the catalog serves all of that engine.",
            metavar="NAME",
        ),
    ] = None,
    no_values: Annotated[
        bool,
        Option(
            "--no-values", help="Leave out bounds, common values and histograms, which are taken from data."
        ),
    ] = False,
    timeout: Annotated[
        float, Option("--timeout", help="Seconds to wait for the connection and for each query.", min=0.001)
    ] = 60.0,
) -> None:
    """Write what a database's own catalog says of its tables, indexes and statistics into a file.

    It reads in one read-only transaction, and no rows of tables. Scans take the file with --catalog.

    Exit codes: 0; 2 wrong usage, 3 nothing there to write, 4 database not reached or login refused.
    """
    with told_plainly():
        url = db or os.environ.get(_URL)
        if not url:
            raise ConfigError(f"which database? Name it with --db postgresql://user@host/name or in {_URL}")
        from dashlint.catalog import live
        from dashlint.catalog.snapshot import write

        if not live.is_url(url):
            # Not repeated: it may be a URL that was pasted without its beginning.
            raise ConfigError("--db: that is no URL; write it as postgresql://user@host:5432/name")
        place = None if output is None or str(output) == "-" else output
        if place is not None and not place.absolute().parent.is_dir():
            raise ConfigError(f"-o {place}: there is no folder {place.parent}")
        options = inputs.live_options(timeout)._replace(
            schemas=tuple(schema or ()), database=database, values=not no_values
        )
        catalog, problems = live.read(url, options)
        text = write(catalog)
        if place is None:
            write_document(text)
        else:
            try:
                write_file(place, text)
            except OSError as error:
                reason = error.strerror or error
                raise ConfigError(f"-o {place}: it could not be written ({reason})") from None
            sys.stderr.write(f"dashlint: {len(catalog.tables):,} tables written to {place}\n")
        tell(problems, ())
