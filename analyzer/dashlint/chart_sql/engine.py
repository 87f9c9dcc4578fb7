"""What Superset and SQLAlchemy know of a database engine: grains, literals, labels, quotes.

``engines.json`` holds what 6.1.0 itself says of each engine (``superset/db_engine_specs/*.py``:
``_time_grain_expressions``, ``convert_dttm``, ``epoch_to_dttm``, ``_mutate_label`` and the
``allows_…`` attributes) and SQLAlchemy 1.4's reserved words; ``tests/truth/engine_facts.py``
asks for them, and a test compares.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashlint.sql.dialects import grammar, quoted

_LEGAL = re.compile(r"^[A-Za-z0-9_$]+$")
#: Attributes of ``BaseEngineSpec`` that an engine may override, with their base values.
_DEFAULTS: Mapping[str, bool] = {
    "allows_joins": True,
    "allows_subqueries": True,
    "allows_alias_in_select": True,
    "allows_alias_in_orderby": True,
    "allows_hidden_cc_in_orderby": False,
    "allows_hidden_orderby_agg": True,
    "allows_alias_to_source_column": True,
    "allows_cte_in_subquery": True,
    "time_groupby_inline": False,
    "force_column_alias_quotes": False,
    "use_equality_for_boolean_filters": False,
    "supports_cross_catalog_queries": False,
}
#: Which of SQLAlchemy's lists of reserved words a dialect uses, where not its own or the general one.
_WORDS_OF = {
    "mariadb": "mysql",
    "postgres": "postgresql",
    "redshift": "postgresql",
    "cockroachdb": "postgresql",
}


@lru_cache(maxsize=1)
def _facts() -> Mapping[str, Mapping[str, Any]]:
    text = Path(__file__).with_name("engines.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


class EngineSpec:
    """One engine. ``known`` tells whether Superset has a specification for it."""

    def __init__(self, name: str | None, sha: bool) -> None:  # noqa: FBT001 - see spec_of
        self.name = (name or "").lower().split("+", 1)[0]
        engines = _facts()["engines"]
        found: Any = engines.get(self.name)
        if isinstance(found, str):
            found = engines[found]
        self.known = found is not None
        self._facts: Mapping[str, Any] = found or engines["*"]
        words = _facts()["reserved"]
        self._reserved = frozenset(words.get(_WORDS_OF.get(self.name, self.name), words["*"]).split())
        self._sha = sha
        self.dialect = grammar(self.name).name

    def allows(self, attribute: str) -> bool:
        """An attribute of the engine's specification, by its name in Superset."""
        return bool(self._facts.get(attribute, _DEFAULTS[attribute]))

    @property
    def inner_join(self) -> str:
        """How SQLAlchemy's dialect writes an inner join."""
        inner = ("mysql", "doris", "starrocks", "singlestore", "clickhouse")
        return "INNER JOIN" if self.dialect in inner else "JOIN"

    @property
    def groups_by_label(self) -> bool:
        """Whether the dialect writes labels, not expressions, behind GROUP BY."""
        return self.name in ("clickhousedb", "bigquery")

    # Names

    def quote(self, name: str) -> str:
        """An identifier, in quotes where SQLAlchemy would put it in quotes."""
        legal = _LEGAL.match(name) and not name[0].isdigit() and name[0] != "$"
        if legal and name == name.lower() and name not in self._reserved:
            return name
        return self.quoted(name)

    def quoted(self, name: str) -> str:
        """An identifier in the engine's quotes."""
        return quoted(name, self.name)

    def label(self, text: str) -> str | None:
        """What a result column is called in SQL; None where the engine allows no alias.

        Source: ``db_engine_specs/base.py:make_label_compatible``.
        """
        if not self.allows("allows_alias_in_select"):
            return None
        label = self._changed(text)
        most = self._facts.get("max_label")
        if most and len(label) > most:
            label = self._hash(text)[:most]
        return self.quoted(label) if self.allows("force_column_alias_quotes") else self.quote(label)

    def _changed(self, text: str) -> str:
        rule = self._facts.get("label")
        if rule == "lower":
            return text.lower()
        if rule == "dots":
            return text.replace(".", "_")
        if rule == "suffix":
            return f"{text}_{self._hash(text)[:6]}"
        if rule == "words":
            marked = f"_{text}" if text[:1].isdigit() else text
            plain = re.sub(r"[^\w]+", "_", marked)
            return plain if plain == text else f"{plain}_{self._hash(text)[:5]}"
        return text

    def _hash(self, text: str) -> str:
        """``hash_from_str``: SHA-256 since 6.1, MD5 before (HASH_ALGORITHM)."""
        data = text.encode()
        return hashlib.sha256(data).hexdigest() if self._sha else hashlib.md5(data).hexdigest()  # noqa: S324

    def text(self, value: str) -> str:
        """A text as a literal; SQLAlchemy's dialect for SQL Server writes NVARCHAR."""
        mark = "N" if self.name == "mssql" else ""
        return mark + "'" + value.replace("'", "''") + "'"

    # Time

    def time_grain(
        self, sql: str, grain: str | None, date_format: str | None, type_text: str | None
    ) -> str | None:
        """A time column cut to a grain (ISO 8601); None where the engine has no such grain.

        Source: ``db_engine_specs/base.py:get_timestamp_expr``.
        """
        expression = "{col}"
        if grain:
            expression = self._facts.get("grains", {}).get(grain)
            if expression is None:
                return None
            kind = (type_text or "").upper().split("(")[0].strip()
            function = self._facts.get("truncate", {}).get(kind)
            if function:
                expression = expression.replace("{func}", function).replace("{type}", kind)
        if date_format in ("epoch_s", "epoch_ms"):
            epoch = self._facts.get(date_format)
            if epoch is None:
                return None
            expression = expression.replace("{col}", epoch)
        return str(expression.replace("{col}", sql))

    def moment(self, value: datetime, type_text: str | None, date_format: str | None) -> str:
        """A moment as SQL, in the way of the column's type or of its ``python_date_format``.

        Source: ``models/helpers.py:dttm_sql_literal``.
        """
        template = self._template(type_text) if type_text else None
        if template is not None:
            clock = value.strftime("%H:%M:%S")
            return (
                template.replace("{date}", value.strftime("%Y-%m-%d"))
                .replace("{time6}", f"{clock}.{value.microsecond:06}")
                .replace("{time3}", f"{clock}.{value.microsecond // 1000:03}")
                .replace("{time}", clock)
            )
        if date_format in ("epoch_s", "epoch_ms"):
            seconds = int((value - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 - the server's zone is taken for UTC
            return str(seconds if date_format == "epoch_s" else seconds * 1000)
        return f"'{value.strftime(date_format or '%Y-%m-%d %H:%M:%S.%f')}'"

    def _template(self, type_text: str) -> str | None:
        literals: Mapping[str, str] = self._facts.get("literals", {})
        name = re.sub(r"\s*\(\d+(,\s*\d+)?\)", "", type_text.upper()).strip()
        if name in literals:
            return literals[name]
        if name.startswith("NULLABLE("):
            return literals.get(name[9:].rstrip(")"))
        first = name.split()[0] if name else ""
        return literals.get(first)


@lru_cache(maxsize=64)
def spec_of(engine: str | None, *, sha: bool = True) -> EngineSpec:
    """The specification of an engine by its SQLAlchemy name; ``sha``: labels are hashed as in 6.1."""
    return EngineSpec(engine, sha)
