"""The tables that results are kept in, as every engine of SQLAlchemy has them.

``dashlint_fleet_results`` has one row for each workspace of a run, from the beginning on; its primary key is
what makes a second result impossible. Moments are ISO 8601 in UTC, which sort as texts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

_NAME = 100
_RUN = 64
metadata = MetaData()
#: MariaDB and MySQL may have another character set by default, and titles hold every character there is.
_MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4", "mysql_engine": "InnoDB"}

runs = Table(
    "dashlint_fleet_runs",
    metadata,
    Column("run", String(_RUN), primary_key=True),
    Column("started", String(40), nullable=False),
    Column("dashlint", String(40), nullable=False),
    **_MYSQL,
)
results = Table(
    "dashlint_fleet_results",
    metadata,
    Column("run", String(_RUN), primary_key=True),
    Column("workspace", String(_NAME), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("started", String(40)),
    Column("finished", String(40)),
    Column("attempts", Integer, nullable=False),
    Column("fails", Integer, nullable=False),
    Column("superset", String(100)),
    Column("dashboards", Integer),
    Column("charts", Integer),
    Column("datasets", Integer),
    Column("errors", Integer),
    Column("warnings", Integer),
    Column("infos", Integer),
    Column("heaviest_dashboard", Text),
    Column("heaviest_expected", BigInteger),
    Column("heaviest_upper", BigInteger),
    Column("widest_dashboard", Text),
    Column("widest_filter", Text),
    Column("widest_charts", Integer),
    Column("since_run", String(_RUN)),
    Column("new_findings", Integer),
    Column("fixed_findings", Integer),
    Column("remaining_findings", Integer),
    Column("problems", Text),
    Column("failure", String(100)),
    Column("message", Text),
    Column("exit_code", Integer),
    Column("transient", Integer),
    Column("cpu", Float(53)),
    Column("memory", BigInteger),
    **_MYSQL,
)
Index("dashlint_fleet_results_workspace", results.c.workspace, results.c.state)
findings = Table(
    "dashlint_fleet_findings",
    metadata,
    Column("run", String(_RUN), primary_key=True),
    Column("workspace", String(_NAME), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rule", String(100), nullable=False),
    Column("asset", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("is_new", Integer, nullable=False),
    Column("fails", Integer, nullable=False),
    **_MYSQL,
)
places = Table(
    "dashlint_fleet_places",
    metadata,
    Column("server", String(255), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(200), nullable=False),
    Column("until", Float(53), nullable=False),
    **_MYSQL,
)
