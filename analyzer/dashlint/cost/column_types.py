"""Which family of values a column type stands for, in any engine's spelling."""

from __future__ import annotations

from functools import lru_cache

from dashlint.records import NamedTuple


class TypeFacts(NamedTuple):
    """What a type text says by itself.

    ``family`` is a key of ``families`` in coefficients.json. ``width`` is the declared length in
    characters of a type that has one and fills it (``CHAR(3)``, the mean of an enumeration's values);
    ``limit`` is a declared length that values stay under (``VARCHAR(255)``); ``distinct`` the number of
    an enumeration's values.
    """

    family: str
    width: float | None = None
    limit: int | None = None
    distinct: int | None = None


# The first word of a type, without digits at its end (INT64, FLOAT8, VARCHAR2, DATETIME64). What is
# not here is text: so are INET, XML, POINT or GEOMETRY, which drivers hand over as text.
# NUMBER is a Decimal at most: Snowflake's and Oracle's drivers make an int of one without decimals.
# "…LONG", "TINY", "NEWDECIMAL", "VAR_STRING" and the like are MySQL's names in a cursor's description,
# which Superset stores for the columns of a virtual dataset.
_FAMILIES = {
    "bool": "BOOL BOOLEAN BIT LOGICAL",
    "tiny": "TINYINT TINY BYTEINT UTINYINT",
    "int": "INT INTEGER SMALLINT MEDIUMINT SERIAL SMALLSERIAL SHORT LONG YEAR USMALLINT UINTEGER UINT OID",
    "bigint": "BIGINT LONGLONG LONGINTEGER BIGSERIAL UBIGINT HUGEINT LARGEINT UHUGEINT",
    "double": "DOUBLE DOUBLE_PRECISION FLOAT REAL BFLOAT BINARY_DOUBLE BINARY_FLOAT HALF",
    "numeric": "NUMERIC DECIMAL NUMBER DEC FIXED MONEY SMALLMONEY BIGNUMERIC BIGDECIMAL NEWDECIMAL DECFLOAT",
    "date": "DATE NEWDATE",
    "timestamp": (
        "TIMESTAMP DATETIME SMALLDATETIME TIMESTAMP_NTZ TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS SECONDDATE"
    ),
    "timestamptz": "TIMESTAMPTZ TIMESTAMP_TZ TIMESTAMP_LTZ TIMESTAMPLTZ DATETIMEOFFSET",
    "time": "TIME TIMETZ TIME_NS",
    "interval": "INTERVAL",
    "uuid": "UUID UNIQUEIDENTIFIER",
    "json": "JSON JSONB ROW MAP STRUCT RECORD HSTORE NESTED TUPLE UNION",
    "array": "ARRAY LIST MULTISET",
    "document": "VARIANT OBJECT SUPER DYNAMIC",
    "bytea": "BYTEA",
}
_WORDS = {word: family for family, words in _FAMILIES.items() for word in words.split()}
# Wrappers that say nothing about the values (ClickHouse).
_WRAPPERS = ("NULLABLE", "LOWCARDINALITY", "SIMPLEAGGREGATEFUNCTION")
_FIXED = frozenset({"CHAR", "CHARACTER", "NCHAR", "BPCHAR", "FIXEDSTRING", "NATIONAL"})
_SIZED = _FIXED | {"VARCHAR", "NVARCHAR", "VARYING", "STRING", "TEXT", "SYSNAME"}


@lru_cache(maxsize=2048)
def facts(type_text: str) -> TypeFacts:
    """What a column type says, e.g. ``NUMERIC(10, 2)``, ``Nullable(LowCardinality(String))``, ``integer[]``.

    Types are those that Superset stores: what SQLAlchemy's dialects print, and the names in a cursor's
    description. Unknown ones are text, which is how such values arrive.
    """
    text = " ".join(type_text.upper().split())
    while text.endswith(")") and (opening := text.find("(")) > 0 and text[:opening].rstrip() in _WRAPPERS:
        # SimpleAggregateFunction(sum, Decimal(38, 2)): the type comes last.
        inner = text[opening + 1 : -1]
        text = (inner.partition(",")[2] if text.startswith("SIMPLE") else inner).strip()
    if text.endswith("[]") or text.startswith(("_INT", "_FLOAT", "_TEXT", "_VARCHAR", "_NUMERIC", "_BOOL")):
        return TypeFacts("array")  # PostgreSQL writes text[] or _text
    head, arguments = _split(text)
    words = head.split(" ")
    word = words[0].rstrip("0123456789") or words[0]
    if word == "ENUM" or (word == "SET" and arguments):
        return _enumeration(type_text)
    family = _WORDS.get(word)
    if family is None:
        return _text(word, words, arguments)
    if family in {"timestamp", "time"} and "ZONE" in words and "WITHOUT" not in words:
        return TypeFacts("timestamptz" if family == "timestamp" else "time")
    if family == "int":
        return TypeFacts(_integer(words, word))
    if family == "bool" and words[0] == "BIT" and ("VARYING" in words or _number(arguments) not in {None, 1}):
        return TypeFacts("text", width=_number(arguments))  # a string of zeros and ones
    return TypeFacts(family)


def family(type_text: str) -> str:
    """The family of a column type; text where the type says nothing else."""
    return facts(type_text).family


def _split(text: str) -> tuple[str, str]:
    """The words before and after a type's brackets, and what is in them."""
    for opening, closing in (("(", ")"), ("<", ">")):
        before, found, rest = text.partition(opening)
        if found:
            inside, _, after = rest.rpartition(closing)
            return f"{before.strip()} {after.strip()}".strip(), inside or rest
    return text, ""


def _number(arguments: str) -> int | None:
    # VARCHAR2(40 CHAR), VARCHAR(MAX), CHAR(3)
    first = arguments.partition(",")[0].strip().split(" ")[0]
    return int(first) if first.isdigit() else None


def _integer(words: list[str], word: str) -> str:
    """INT8 is 64 bits wide in PostgreSQL and 8 in ClickHouse: the wider is the safer guess."""
    bits = words[0][len(word) :]
    if words[0] == "LONG" and len(words) > 1:
        return "text"  # LONG RAW, LONG VARCHAR
    if bits in {"64", "128", "256"} or words[0] == "INT8":
        return "bigint"
    return "int"


def _text(word: str, words: list[str], arguments: str) -> TypeFacts:
    length = _number(arguments)
    if word in _FIXED and "VARYING" not in words and word != "NATIONAL":
        # CHAR alone is CHAR(1) by the SQL standard; a database's own CHAR without a length may be longer.
        return TypeFacts("text", width=length)
    return TypeFacts("text", limit=length if word in _SIZED or "VARYING" in words else None)


def _enumeration(type_text: str) -> TypeFacts:
    """``ENUM('small', 'large')`` lists its values; ClickHouse numbers them (``Enum8('a' = 1)``)."""
    values = type_text.split("'")[1::2]
    if not values:
        return TypeFacts("text")
    return TypeFacts("text", width=sum(map(len, values)) / len(values), distinct=len(values))
