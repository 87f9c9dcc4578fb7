"""Which Superset releases the tests can run, and what each needs beside it.

Each was installed, filled and started on Linux with Python 3.11 in November 2026, 6.1.0 also with 3.10 and
3.12.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "6.1.0"


@dataclass(frozen=True)
class Release:
    """One release of Superset.

    Attributes:
        requirements: what pip is asked for beside `apache-superset` itself.
        examples: dashboards, charts and datasets that its examples consist of.
        pythons: minor versions of Python 3 that it runs on, the preferred one first. Superset 4 and 5 ask for
            a pandas that has no wheels for 3.12.
        data_from: the release whose example data it gets. Only 6.1.0 brings its data along; the ones before
            download theirs, which is slow and needs a network that reaches more than a package index.
        without_data: example tables that `data_from` does not have. They are there, but empty.
    """

    requirements: tuple[str, ...]
    examples: tuple[int, int, int]
    pythons: tuple[int, ...] = (11, 10)
    data_from: str | None = None
    without_data: tuple[str, ...] = ()


# Not a requirement of Superset, but so common a warehouse that tests need it.
_POSTGRES = "psycopg2-binary>=2.9.9,<3"

# superset/cli/test_db.py imports it, and with it every `superset` command; Superset does not require it,
# and Flask-Limiter 4 no longer does.
_RICH = "rich>=13,<16"

_ONLY_ON_THE_NETWORK = ("channel_members", "channels", "covid_vaccines", "exported_stats", "users_channels")

RELEASES = {
    "6.1.0": Release(
        requirements=(
            # 2.5 hands caches an argument that SupersetMetastoreCache.__init__ does not take.
            "flask-caching==2.3.1",
            _RICH,
            # superset/db_engine_specs/aws_iam.py imports it, and with it every engine; nothing requires it.
            "cachetools>=5,<9",
            _POSTGRES,
        ),
        examples=(9, 103, 21),
        # The NumPy, pandas and pyarrow that it asks for have no wheels for 3.13.
        pythons=(11, 10, 12),
    ),
    "6.0.0": Release(
        requirements=(_RICH, _POSTGRES),
        examples=(11, 121, 25),
        data_from="6.1.0",
        without_data=_ONLY_ON_THE_NETWORK,
    ),
    "5.0.0": Release(
        # marshmallow 4 refuses Superset's field definitions (`minLength`).
        requirements=("marshmallow>=3.24,<4", _POSTGRES),
        examples=(11, 120, 24),
        data_from="6.1.0",
        without_data=_ONLY_ON_THE_NETWORK,
    ),
    "4.1.4": Release(
        requirements=(_POSTGRES,),
        examples=(11, 120, 24),
        data_from="6.1.0",
        without_data=_ONLY_ON_THE_NETWORK,
    ),
}
