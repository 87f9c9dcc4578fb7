"""A superset_config.py is followed without running it, and what it does not tell stays unknown."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashlint.superset import config_file
from dashlint.superset.config_ast import evaluate
from dashlint.superset.config_expr import UNKNOWN, unsure
from dashlint.superset.settings import Settings


def value_of(source: str, name: str = "X") -> Any:
    return evaluate(dedent(source)).values[name]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("X = 60 * 60", 3600),
        ("X = 10_000", 10_000),
        ("from datetime import timedelta\nX = int(timedelta(days=1).total_seconds())", 86_400),
        ("import datetime as dt\nX = dt.timedelta(hours=2).seconds", 7200),
        ("import os\nX = int(os.environ.get('A', '7'))", 7),
        ("from os import getenv\nX = getenv('A', 'redis')", "redis"),
        ("import os\nX = os.environ.get('A') or 'b'", "b"),
        ("HOST = 'h'\nPORT = 1\nX = f'redis://{HOST}:{PORT}/0'", "redis://h:1/0"),
        ("A = {'a': 1}\nX = {**A, 'b': 2}", {"a": 1, "b": 2}),
        ("A = {'a': 1}\nX = A | {'a': 2}", {"a": 2}),
        ("X = dict(a=1)\nX.update({'b': 2})\nX['c'] = 3", {"a": 1, "b": 2, "c": 3}),
        ("X = 1\nX += 2", 3),
        ("X: int = 4", 4),
        ("A, X = 1, 2", 2),
        ("B = True\nif B:\n    X = 1\nelse:\n    X = 2", 1),
        ("X = 1 if 2 > 1 else 0", 1),
        (
            "class X:\n    broker_url = 'redis://q/0'\n    worker_prefetch_multiplier = 1",
            {
                "broker_url": "redis://q/0",
                "worker_prefetch_multiplier": 1,
            },
        ),
        ("try:\n    X = 1\nexcept ImportError:\n    X = 1", 1),
    ],
)
def test_what_a_file_says(source: str, expected: object) -> None:
    assert value_of(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import os\nX = os.environ['A']",
        "import os\nX = os.environ.get('A')",
        "import os\nif os.environ.get('A') == 'prod':\n    X = 1\nelse:\n    X = 2",
        "X = open('/etc/passwd').read()",
        "from secrets import X",
        "X = [n for n in range(3)]",
        "for X in range(3):\n    pass",
        "def X():\n    return 1",
        "X = 9 ** 9 ** 9",
        "X = 'a' * 10 ** 9",
        "X = '%1000000000d' % 1",
        "X = {}[1]",
        "X = 1 / 0",
        "Y = {}\nX = {**Z, 'a': 1}",
        "int = len\nX = int([1])",
        "X = {'a': 1}\nX.setdefault('b', 2)",
    ],
)
def test_what_only_the_server_knows_stays_unknown(source: str) -> None:
    assert unsure(value_of(source))


def test_part_of_a_mapping_may_be_unknown() -> None:
    source = "import os\nX = {'CACHE_TYPE': 'RedisCache', 'CACHE_REDIS_URL': os.environ['URL']}"
    assert value_of(source) == {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": UNKNOWN}


def read(tmp_path: Path, source: str) -> tuple[Settings, list[str]]:
    path = tmp_path / "superset_config.py"
    path.write_text(dedent(source), encoding="utf-8")
    settings, problems = config_file.read(path, Settings())
    return settings, [f"{problem.line}: {problem.message}" for problem in problems]


def test_settings_come_from_the_file(tmp_path: Path) -> None:
    settings, problems = read(
        tmp_path,
        """
        from datetime import timedelta
        ROW_LIMIT = 5000
        DATA_CACHE_CONFIG = {
            "CACHE_TYPE": "flask_caching.backends.rediscache.RedisCache",
            "CACHE_DEFAULT_TIMEOUT": int(timedelta(hours=6).total_seconds()),
        }
        FEATURE_FLAGS = {"AG_GRID_TABLE_ENABLED": True}
        SECRET_KEY = "hidden"
        """,
    )
    assert problems == []
    assert settings.row_limit == 5000
    assert (settings.data_cache_type, settings.data_cache_default_timeout) == ("RedisCache", 21_600)
    assert settings.caches_data is True
    assert settings.flag("AG_GRID_TABLE_ENABLED")
    assert settings.given == {"ROW_LIMIT", "DATA_CACHE_CONFIG", "FEATURE_FLAGS"}
    assert "hidden" not in repr(settings)


def test_doubts_are_named_with_their_line(tmp_path: Path) -> None:
    settings, problems = read(
        tmp_path,
        """\
        import os
        from company import *
        ROW_LIMIT = load()
        SQL_MAX_ROW = int(os.getenv("MOST_ROWS", "7"))
        SAMPLES_ROW_LIMIT = "many"
        DATA_CACHE_CONFIG = {"CACHE_TYPE": os.environ["CACHE"]}
        """,
    )
    given, assumed = "with --setting ", "its default is assumed"
    default, unknown = "and the default written there is assumed", "is only known when Superset runs"
    assert problems == [
        "2: what `from company import *` sets is not known: name what matters with --setting KEY=VALUE",
        f"3: what ROW_LIMIT is set to {unknown}; {assumed} (say it {given}ROW_LIMIT=…)",
        f"4: SQL_MAX_ROW depends on the environment (MOST_ROWS), {default} (say it {given}SQL_MAX_ROW=…)",
        "6: in DATA_CACHE_CONFIG, only the running Superset knows CACHE_TYPE",
        "5: SAMPLES_ROW_LIMIT is 'many', not a whole number; its default is assumed",
    ]
    assert (settings.row_limit, settings.sql_max_row) == (50_000, 7)
    assert settings.given == {"SQL_MAX_ROW"}
    assert settings.caches_data is None


@pytest.mark.parametrize("source", ["ROW_LIMIT = = 3", "\0", "(" * 5000 + ")" * 5000])
def test_a_file_that_is_no_python_is_one_problem(tmp_path: Path, source: str) -> None:
    settings, problems = read(tmp_path, source)
    assert settings == Settings()
    assert len(problems) == 1


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    settings, problems = config_file.read(tmp_path / "none.py", Settings())
    assert settings == Settings()
    assert [p.message for p in problems] == [
        "none.py cannot be read (No such file or directory), so Superset's defaults are assumed"
    ]


@pytest.mark.parametrize(
    "values",
    [{"ROW_LIMIT": "x"}, {"ROW_LIMIT": True}, {"DATA_CACHE_CONFIG": 3}, {"FEATURE_FLAGS": []}],
)
def test_a_single_setting_that_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    (key,) = values
    with pytest.raises(ValueError, match=key):
        config_file.apply(values, Settings())


def test_flags_add_up() -> None:
    settings = config_file.apply({"FEATURE_FLAGS": {"A": True}}, Settings(feature_flags={"B": True}))
    assert settings.feature_flags == {"A": True, "B": True}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet="XY=+-*/%|{}[]()'\": \n0123456789,.ifosend", max_size=80))
def test_no_text_makes_it_fail_otherwise(source: str) -> None:
    with suppress(SyntaxError, ValueError):
        evaluate(source)
