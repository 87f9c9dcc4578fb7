"""Names in SQL that somebody will paste: quoted where the engine needs it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from dashlint.sql.dialects import quoted

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
#: In these an unquoted name is folded to lower case, so a lower-case name may stand bare.
_FOLDS_DOWN = frozenset(
    {"postgresql", "postgres", "cockroachdb", "greenplum", "redshift", "timescaledb", "yugabytedb"}
)
#: In these it is folded to capitals (Oracle SQL reference, "Database Object Names"; Snowflake, "Identifier
#: requirements"), and catalogs tell such names in lower case, as SQLAlchemy does.
_FOLDS_UP = frozenset({"oracle", "snowflake", "db2", "ibm_db_sa"})
#: Longest name of an index. Bytes: PostgreSQL manual 4.1.1 (63), MySQL 11.2.1 (64 characters), SQL Server
#: (128 characters); Oracle before 12.2 (30). Where nothing is known, the shortest of the others.
_LONGEST = {"mysql": 64, "mariadb": 64, "mssql": 128, "oracle": 30}
_LONGEST_ELSEWHERE = 63

#: PostgreSQL's words that cannot be a column's name unquoted: ``pg_get_keywords()``, categories R and T, of
#: version 15, and what 16 added.
_POSTGRES_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
except false fetch for foreign freeze from full grant group having ilike in initially inner intersect
into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null
offset on only or order outer overlaps placing primary references returning right select session_user
similar some symmetric system_user table tablesample then to trailing true union unique user using
variadic verbose when where window with
"""
#: Redshift's, which PostgreSQL does not reserve (docs.aws.amazon.com/redshift, Reserved words).
_REDSHIFT_WORDS = """
aes128 aes256 backup blanksasnull bytedict bzip2 credentials deflate defrag delta delta32k disable
emptyasnull enable encode encrypt encryption explicit globaldict256 globaldict64k gzip identity ignore
language luns lzo lzop minus mostly16 mostly32 mostly8 new nowait off offline oid old open parallel
partition percent permissions pivot raw readratio recover respect rejectlog resort restore snapshot
sysdate system tag tdes text255 text32k timestamp top truncatecolumns unnest unpivot wallet without
"""
_RESERVED = frozenset((_POSTGRES_WORDS + _REDSHIFT_WORDS).split())


def _engine(engine: str | None) -> str:
    return (engine or "").lower().split("+", 1)[0]


def identifier(name: str, engine: str | None) -> str:
    """A name as the engine's SQL spells it. ``name`` is spelt as the catalog has it."""
    known = _engine(engine)
    if known in _FOLDS_DOWN and _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    if known in _FOLDS_UP and _PLAIN.fullmatch(name):
        name = name.upper()
    return quoted(name, engine)


def path(parts: Iterable[str | None], engine: str | None) -> str:
    """A table's name with its schema and catalog, as far as they are known."""
    return ".".join(identifier(part, engine) for part in parts if part)


def index_name(
    table: str, columns: Iterable[str], engine: str | None, *, suffix: str = "idx", taken: Iterable[str] = ()
) -> str:
    """A name for a new index such as ``orders_country_idx``, not longer than the engine takes.

    Args:
        table: the table's name.
        columns: its key columns.
        engine: the SQLAlchemy dialect's name.
        suffix: how the name ends.
        taken: names that the table has already; case is folded.
    """
    longest = _LONGEST.get(_engine(engine), _LONGEST_ELSEWHERE)
    stem = re.sub(r"\W+", "_", "_".join((table, *columns))).strip("_").lower() or "dashlint"
    used = {name.casefold() for name in taken}
    name = _cut(stem, suffix, longest)
    number = 2
    while name.casefold() in used:
        name = _cut(stem, f"{suffix}{number}", longest)
        number += 1
    return name


def _cut(stem: str, suffix: str, longest: int) -> str:
    name = f"{stem}_{suffix}"
    if len(name.encode()) <= longest:
        return name
    # What is cut away may be all that tells two names apart.
    mark = f"{zlib.crc32(stem.encode()):08x}"
    room = longest - len(mark) - len(suffix) - 2
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip('_')}_{mark}_{suffix}"
