"""What RESULTS_BACKEND is made by, as cachelib itself takes its arguments."""

from __future__ import annotations

import pytest

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN, Made
from dashlint.deployment.part import ConfigText
from dashlint.deployment.superset_config import follow


def made(text: str) -> Made | None:
    return follow(ConfigText(text, Location("superset_config.py", 1)), {"HOST": "results"}).calls.get(
        "RESULTS_BACKEND"
    )


@pytest.mark.parametrize(
    "call",
    [
        'RedisCache("results", 6380)',
        'RedisCache(host="results", port=6380)',
        'RedisCache("results", port=6380)',
        'cachelib.RedisCache(os.environ["HOST"], 6380)',
    ],
)
def test_arguments_by_name_and_position(call: str) -> None:
    found = made(
        f"import os\nimport cachelib\nfrom cachelib.redis import RedisCache\nRESULTS_BACKEND = {call}\n"
    )
    assert found is not None
    assert found.name == "RedisCache"
    assert found.arguments == {"host": "results", "port": 6380}


def test_what_nobody_knows_is_unknown() -> None:
    assert made("RESULTS_BACKEND = RedisCache(*parts)\n") is None
    assert made("RESULTS_BACKEND = RedisCache(**parts)\n") is None
    found = made("RESULTS_BACKEND = RedisCache(host=find())\n")
    assert found is not None
    assert found.arguments["host"] is UNKNOWN


def test_of_two_branches_none_is_taken() -> None:
    text = "if find():\n    RESULTS_BACKEND = RedisCache('a')\nelse:\n    RESULTS_BACKEND = RedisCache('b')\n"
    assert made(text) is None


def test_arguments_are_not_printed() -> None:
    assert "hunter2" not in repr(made('RESULTS_BACKEND = RedisCache(password="hunter2")\n'))
