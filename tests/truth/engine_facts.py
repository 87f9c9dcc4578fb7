"""Prints what a Superset knows of each database engine, as JSON; runs inside its own environment.

`analyzer/dashlint/chart_sql/engines.json` is its output on 6.1.0. See `tests/truth/test_engine_facts.py`.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from typing import Any

#: What `convert_dttm` is asked with: no two parts of it look alike.
MOMENT = datetime(2019, 3, 14, 15, 16, 17, 123456)
_PARTS = (
    ("2019-03-14", "{date}"),
    ("15:16:17.123456", "{time6}"),
    ("15:16:17.123", "{time3}"),
    ("15:16:17", "{time}"),
)
TYPES = (
    *("DATE", "DATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE", "TIME"),
    *("VARCHAR", "TEXT", "STRING", "NVARCHAR", "CHAR", "BIGINT", "INTEGER", "DATETIME2", "DATETIMEOFFSET"),
    *("SMALLDATETIME", "DATETIME64", "DATE32", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ"),
    *("TIMESTAMPTZ", "NULLABLE(DATE)", "NULLABLE(DATETIME)", "NULLABLE(DATETIME64)", "TIMESTAMP_S"),
)
FLAGS = (
    "allows_joins",
    "allows_subqueries",
    "allows_alias_in_select",
    "allows_alias_in_orderby",
    "allows_hidden_cc_in_orderby",
    "allows_hidden_orderby_agg",
    "allows_alias_to_source_column",
    "allows_cte_in_subquery",
    "time_groupby_inline",
    "force_column_alias_quotes",
    "use_equality_for_boolean_filters",
    "supports_cross_catalog_queries",
)


def literals(spec: Any) -> dict[str, str]:
    """A template for each type whose values the engine writes in a way of its own."""
    found = {}
    for name in TYPES:
        try:
            text = spec.convert_dttm(name, MOMENT, db_extra=None)
        except Exception as error:  # noqa: BLE001  an engine without its driver cannot tell
            sys.stderr.write(f"{spec.engine} {name}: {error}\n")
            continue
        if text is None:
            continue
        for part, mark in _PARTS:
            text = text.replace(part, mark)
        if re.search("2019|1552", text):
            raise SystemExit(f"{spec.engine} {name}: {text}")
        found[name] = text
    return found


def epoch(spec: Any, name: str) -> str | None:
    try:
        return str(getattr(spec, name)())
    except NotImplementedError:
        return None


def label_rule(spec: Any) -> str | None:
    """How the engine changes a column's label, by the name of the rule."""
    sample = spec._mutate_label("Ab.c")
    if sample == "Ab.c":
        return None
    return {"ab.c": "lower", "Ab_c": "dots"}.get(sample, "words" if "_c_" in sample else "suffix")


def facts(spec: Any, base: Any) -> dict[str, Any]:
    default = {name: getattr(base, name) for name in FLAGS}
    own = {name: getattr(spec, name) for name in FLAGS}
    made: dict[str, Any] = {name: value for name, value in own.items() if value != default[name]}
    grains = {key: text for key, text in spec._time_grain_expressions.items() if key}
    functions = getattr(spec, "_date_trunc_functions", {})
    made |= {
        "max_label": spec.max_column_name_length,
        "label": label_rule(spec),
        "epoch_s": epoch(spec, "epoch_to_dttm"),
        "epoch_ms": epoch(spec, "epoch_ms_to_dttm"),
        "truncate": dict(functions),
        "grains": grains,
        "literals": literals(spec),
    }
    return {key: value for key, value in made.items() if value not in (None, {})}


def reserved() -> dict[str, str]:
    """The words that SQLAlchemy quotes: `*` for dialects without a list of their own."""
    from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
    from sqlalchemy.sql import compiler

    def words(module: Any) -> str:
        preparer = module.dialect.preparer
        dialect = module.dialect()
        found = getattr(preparer, "reserved_words", None) or dialect.identifier_preparer.reserved_words
        return " ".join(sorted(found))

    return {
        "*": " ".join(sorted(compiler.RESERVED_WORDS)),
        "postgresql": words(postgresql),
        "sqlite": words(sqlite),
        "mysql": words(mysql),
        "mssql": words(mssql),
        "oracle": words(oracle),
    }


def main() -> None:
    from superset import db_engine_specs  # type: ignore[import-not-found, unused-ignore]

    base = db_engine_specs.base.BaseEngineSpec
    specs = db_engine_specs.load_engine_specs()
    named = sorted({s.engine for s in specs} | {alias for s in specs for alias in s.engine_aliases})
    engines: dict[str, Any] = {"*": facts(base, base)}
    same: dict[str, str] = {}
    for name in named:
        if not name or name == "base":
            continue
        known = facts(db_engine_specs.get_engine_spec(name), base)
        text = json.dumps(known, sort_keys=True)
        if text in same:
            engines[name] = same[text]
        else:
            same[text] = name
            engines[name] = known
    print(json.dumps({"engines": engines, "reserved": reserved()}, indent=1, sort_keys=True))  # noqa: T201


if __name__ == "__main__":
    from superset.app import create_app  # type: ignore[import-not-found, unused-ignore]

    with create_app().app_context():
        main()
