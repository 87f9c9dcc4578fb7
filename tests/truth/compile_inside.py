"""Compiles queries for engines that no test has a server of; runs inside a Superset's own environment.

Reads JSON from the file of the first argument, writes JSON to that of the second (see
`record_engines.py`). Further arguments are folders with drivers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def dataset(engine: str, given: dict[str, Any]) -> int:
    from superset import db  # type: ignore[import-not-found, unused-ignore]
    from superset.connectors.sqla.models import (  # type: ignore[import-not-found, unused-ignore]
        SqlaTable,
        SqlMetric,
        TableColumn,
    )
    from superset.models.core import Database  # type: ignore[import-not-found, unused-ignore]

    database = Database(database_name=f"cases {engine}", sqlalchemy_uri=given["uri"])
    table = SqlaTable(
        table_name=given["table"], schema=given["schema"], database=database, main_dttm_col="ds"
    )
    table.columns = [TableColumn(column_name=n, type=t, is_dttm=time) for n, t, time in given["columns"]]
    table.metrics = [SqlMetric(metric_name=n, expression=e) for n, e in given["metrics"]]
    db.session.add_all([database, table])
    db.session.commit()
    return int(table.id)


def compiled(table_id: int, case: dict[str, Any]) -> list[str | None]:
    from superset.common.chart_data import (  # type: ignore[import-not-found, unused-ignore]
        ChartDataResultType,
    )
    from superset.common.query_actions import (  # type: ignore[import-not-found, unused-ignore]
        get_query_results,
    )
    from superset.common.query_context_factory import (  # type: ignore[import-not-found, unused-ignore]
        QueryContextFactory,
    )

    kind = ChartDataResultType.QUERY
    try:
        context = QueryContextFactory().create(
            datasource={"id": table_id, "type": "table"},
            queries=case["queries"],
            form_data=case["form"],
            result_type=kind,
        )
        return [
            get_query_results(kind, context, query, force_cached=False)["query"] for query in context.queries
        ]
    except Exception as error:  # noqa: BLE001 - what one engine cannot do is no reason to stop
        sys.stderr.write(f"{case['number']}: {error!r}\n")
        return [None for _ in case["queries"]]


def main() -> None:
    from superset.app import create_app  # type: ignore[import-not-found, unused-ignore]

    given = json.loads(Path(sys.argv[1]).read_text())
    sys.path += sys.argv[3:]
    app = create_app()
    found: dict[str, Any] = {}
    with app.app_context(), app.test_request_context("/"):
        for engine, one in given.items():
            table_id = dataset(engine, one)
            found[engine] = {case["number"]: compiled(table_id, case) for case in one["cases"]}
    Path(sys.argv[2]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
