"""The generic type that Superset sees in a column's type text."""

from __future__ import annotations

import re
from functools import lru_cache

#: Tried in this order (``db_engine_specs/base.py:_default_column_type_mappings``), with the spellings that
#: MySQL, ClickHouse, Snowflake, BigQuery and Oracle add to it.
_NUMBERS = (
    r"(tiny|small|medium|big)?int|u?int\d*|long|decimal|numeric|number|float|double|real|money"
    r"|(small|big)?serial|byteint|bit"
)
_KINDS = (
    ("string", r"string|n?((var)?char|text)|((tiny|medium|long)?text)|varchar2|nvarchar2|fixedstring|enum"),
    ("numeric", _NUMBERS),
    ("temporal", r"timestamp|datetime|date|time|interval|smalldatetime|year"),
    ("boolean", r"bool"),
)


@lru_cache(maxsize=512)
def generic_type(type_text: str | None) -> str | None:
    """``string``, ``numeric``, ``temporal`` or ``boolean``; None for no type or another one."""
    text = (type_text or "").strip().lower()
    while (inner := re.match(r"(?:nullable|lowcardinality)\((.*)\)$", text)) is not None:
        text = inner.group(1)
    return next((kind for kind, pattern in _KINDS if re.match(pattern, text)), None)
