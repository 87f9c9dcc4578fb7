"""Fill a new Superset home: accounts, roles and all examples. Runs in Superset's own environment.

One process for what would be six commands, each of which would spend five seconds on starting. Lines on
standard output that begin with "progress: " are for the person who waits.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

# Name and role. The password of each is its name.
ACCOUNTS = {"admin": "Admin", "alpha": "Alpha", "viewer": "Gamma", "newcomer": "Gamma"}
# What `viewer` may see, beyond what Gamma may do: the charts and dashboards of this dataset, nothing else.
VIEWER_ROLE = "Sales viewer"
VIEWER_DATASET = "cleaned_sales_data"


def say(text: str) -> None:
    sys.stdout.write(f"progress: {text}\n")
    sys.stdout.flush()


def insert_row_by_row() -> None:
    """Have pandas bind one row at a time.

    Superset's loader asks for multi-row INSERTs, 500 rows to a statement. Putting each together costs
    SQLAlchemy 1.4 far more than SQLite's work: 4 min 30 s for all examples, instead of 20 s with
    executemany. The rows that end up in the tables are the same.
    """
    frame = importlib.import_module("pandas").DataFrame
    original = frame.to_sql

    def to_sql(self: Any, *args: Any, **options: Any) -> Any:
        return original(self, *args, **{**options, "method": None, "chunksize": None})

    frame.to_sql = to_sql


def leave_empty_what_is_not_there() -> None:
    """Have the releases before 6.1 create example tables that they would download, without the data.

    Tables that are there already are not downloaded: they come from 6.1.0, which ships its data.
    """

    def create(_uri: str, dataset: Any, database: Any) -> None:
        columns = ", ".join(
            f'"{column.column_name}" {column.type or "TEXT"}'
            for column in dataset.columns
            if not column.expression
        )
        with database.get_sqla_engine() as engine:
            engine.execute(f'CREATE TABLE "{dataset.table_name}" ({columns})')

    importer: Any = importlib.import_module("superset.commands.dataset.importers.v1.utils")
    importer.load_data = create


def let_viewer_see_one_dataset() -> None:
    security = importlib.import_module("superset").security_manager
    db = importlib.import_module("superset").db
    tables = importlib.import_module("superset.connectors.sqla.models").SqlaTable
    dataset = db.session.query(tables).filter_by(table_name=VIEWER_DATASET).one()
    role = security.add_role(VIEWER_ROLE)
    security.add_permission_role(role, security.add_permission_view_menu("datasource_access", dataset.perm))
    viewer = security.find_user("viewer")
    viewer.roles = [*viewer.roles, role]
    security.update_user(viewer)


def main() -> None:
    app = importlib.import_module("superset.app").create_app()
    commands = importlib.import_module("superset.cli.main").superset
    script = importlib.import_module("flask.cli").ScriptInfo(create_app=lambda: app)

    def superset(*arguments: str) -> None:
        commands.main(list(arguments), standalone_mode=False, obj=script)

    say("roles and permissions")
    superset("init")
    for name, role in ACCOUNTS.items():
        superset(
            *("fab", "create-user", "--username", name, "--password", name, "--role", role),
            *("--firstname", name, "--lastname", role, "--email", f"{name}@example.com"),
        )
    say("examples")
    insert_row_by_row()
    leave_empty_what_is_not_there()
    superset("load-examples")
    with app.app_context():
        let_viewer_see_one_dataset()


if __name__ == "__main__":
    main()
