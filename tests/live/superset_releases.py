"""Which Superset releases the tests can run, and what each needs beside it."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "6.1.0"


@dataclass(frozen=True)
class Release:
    """One release of Superset.

    Attributes:
        requirements: what pip is asked for beside `apache-superset` itself.
        pythons: minor versions of Python 3 that it runs on, the preferred one first.
        examples: dashboards, charts and datasets that its examples consist of.
    """

    requirements: tuple[str, ...]
    pythons: tuple[int, ...] = (11, 10, 12)
    examples: tuple[int, int, int] = (9, 103, 21)


# Not a requirement of Superset, but so common a warehouse that tests need it.
_POSTGRES = "psycopg2-binary>=2.9.9,<3"

RELEASES = {
    # Python: the wheel says >=3.10; pandas<2.2 and pyarrow<19 have no wheels for 3.13.
    "6.1.0": Release(
        requirements=(
            # 2.4 hands its factories an argument that SupersetMetastoreCache.__init__ does not take.
            "flask-caching==2.3.1",
            # superset/cli/test_db.py imports it, and with it every `superset` command; nothing requires it.
            "rich>=13,<16",
            # superset/db_engine_specs/aws_iam.py imports it, and with it every engine; nothing requires it.
            "cachetools>=5,<9",
            _POSTGRES,
        ),
    ),
}
