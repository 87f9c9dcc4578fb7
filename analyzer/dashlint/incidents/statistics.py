"""``pg_stat_statements`` as CSV or JSON rows, or as a live view.

Its columns changed their names with PostgreSQL 13 (total_time → total_exec_time: its version 1.8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dashlint.assets import Problem
from dashlint.incidents.model import Observed
from dashlint.lint.amounts import plural

if TYPE_CHECKING:
    from dashlint.catalog.live import LiveOptions

_READ = """
SELECT s.query, s.calls, s.{time} AS total_exec_time, s.{longest} AS max_exec_time, s.rows,
       d.datname, r.rolname
FROM {place} s
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid
"""
#: What stands for the text of other accounts' statements (contrib/pg_stat_statements/pg_stat_statements.c).
_HIDDEN = "<insufficient privilege>"
_PLACE = """
SELECT n.nspname, e.extversion FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""


def of_row(row: Mapping[str, Any]) -> Observed | None:
    """One row; None where it lacks what counts."""
    try:
        total = row.get("total_exec_time", row.get("total_time"))
        query = row["query"]
        if not isinstance(query, str) or not query.strip() or total is None:
            return None
        calls = int(row["calls"])
        longest, rows = row.get("max_exec_time", row.get("max_time")), row.get("rows")
        return Observed(
            query,
            float(total) / 1000,
            calls,
            None if rows in (None, "") else int(rows),
            database=row.get("datname") or None,
            user=row.get("rolname") or row.get("usename") or None,
            longest=None if longest in (None, "") else float(longest) / 1000,
            each=False,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def from_database(url: str, options: LiveOptions) -> tuple[list[Observed], tuple[Problem, ...]]:
    """All rows of a live view, in one read-only transaction; and what an account may not see of them.

    Raises:
        CatalogError: the database cannot be reached, refuses, or has no such view.
    """
    from dashlint.catalog.errors import USAGE, CatalogError
    from dashlint.catalog.live.address import parse
    from dashlint.catalog.live.session import opened

    address = parse(url)
    if address.backend != "postgres":
        raise CatalogError(
            "no-statistics",
            f"{address.label} is no PostgreSQL: pg_stat_statements is its extension",
            exit_code=USAGE,
        )
    with opened(url, options) as session:
        places = session.rows(_PLACE)
        if not places:
            message = (
                f"{address.label} has no pg_stat_statements: run CREATE EXTENSION pg_stat_statements there "
                "(it has to be in shared_preload_libraries), or name a slow-query log"
            )
            raise CatalogError("no-statistics", message, exit_code=USAGE)
        version = tuple(int(part) for part in str(places[0]["extversion"]).split(".") if part.isdigit())
        newer = version >= (1, 8)
        schema = str(places[0]["nspname"]).replace('"', '""')
        sql = _READ.format(
            place=f'"{schema}".pg_stat_statements',
            time="total_exec_time" if newer else "total_time",
            longest="max_exec_time" if newer else "max_time",
        )
        seen = [found for row in session.rows(sql) if (found := of_row(row)) is not None]
    hidden = sum(one.sql == _HIDDEN for one in seen)
    if not hidden:
        return seen, ()
    message = (
        f"{hidden:,} of {plural(len(seen), 'statement')} are other accounts', whose text this one may not "
        "see: GRANT pg_read_all_stats TO it"
    )
    return seen, (Problem("hidden-statements", message, address.label),)
