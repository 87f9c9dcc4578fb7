"""A superset_config.py of a deployment: values, places, and what the containers' environment says."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from dashlint.deployment import read
from dashlint.deployment.model import UNKNOWN, SupersetConfig


def config(tmp_path: Path, text: str, **others: str) -> SupersetConfig:
    (tmp_path / "superset_config.py").write_text(dedent(text), encoding="utf-8")
    for name, content in others.items():
        (tmp_path / name).write_text(dedent(content), encoding="utf-8")
    deployment, problems = read([tmp_path])
    assert problems == []
    (found,) = deployment.configs
    return found


def test_nested_keys_have_the_line_where_they_are_written(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        """\
        BASE = {
            "CACHE_TYPE": "RedisCache",
            "CACHE_DEFAULT_TIMEOUT": 300,
        }
        DATA_CACHE_CONFIG = {**BASE, "CACHE_KEY_PREFIX": "d"}
        class CeleryConfig(object):
            broker_url = "redis://r/0"
            beat_schedule = {"a": {"task": "x"}}
        CELERY_CONFIG = CeleryConfig
        CACHE_CONFIG = dict(BASE, CACHE_THRESHOLD=5)
        CACHE_CONFIG["CACHE_DIR"] = "/tmp"
        CACHE_CONFIG.update({"CACHE_ARGS": []})
        """,
    )
    lines = {path: place.line for path, place in found.places.items()}
    assert lines["DATA_CACHE_CONFIG.CACHE_TYPE"] == 2
    assert lines["DATA_CACHE_CONFIG.CACHE_KEY_PREFIX"] == 5
    assert lines["CELERY_CONFIG.broker_url"] == 7
    assert lines["CELERY_CONFIG.beat_schedule.a.task"] == 8
    assert lines["CACHE_CONFIG.CACHE_DEFAULT_TIMEOUT"] == 3
    assert lines["CACHE_CONFIG.CACHE_THRESHOLD"] == 10
    assert lines["CACHE_CONFIG.CACHE_DIR"] == 11
    assert lines["CACHE_CONFIG.CACHE_ARGS"] == 12
    assert found.settings["CELERY_CONFIG"].value["broker_url"] == "redis://r/0"
    assert {"BASE", "CeleryConfig"} <= found.read


def test_the_environment_of_its_containers_counts(tmp_path: Path) -> None:
    text = """\
        import os
        ROW_LIMIT = int(os.environ.get("LIMIT", "100"))
        SQL_MAX_ROW = int(os.getenv("OTHER", "7"))
        SECRET_KEY = os.environ["KEY"]
        """
    found = config(tmp_path, text, Dockerfile="FROM apache/superset:6.1.0\nENV LIMIT=500\n")
    assert found.settings["ROW_LIMIT"].value == 500
    assert found.settings["ROW_LIMIT"].assumed == ()
    assert found.settings["SQL_MAX_ROW"].value == 7
    assert found.settings["SQL_MAX_ROW"].assumed == ("OTHER",)
    assert found.settings["SECRET_KEY"].value is UNKNOWN
    assert found.environment == {"LIMIT", "OTHER", "KEY"}


def test_containers_that_disagree_leave_it_open(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        'import os\nROW_LIMIT = int(os.environ.get("LIMIT", "100"))\n',
        **{
            "a.dockerfile": "FROM apache/superset\nENV LIMIT=5\n",
            "b.dockerfile": "FROM apache/superset\nENV LIMIT=6\n",
        },
    )
    assert found.settings["ROW_LIMIT"].value is UNKNOWN


def test_what_makes_an_object_is_named_without_its_arguments(tmp_path: Path) -> None:
    found = config(tmp_path, 'RESULTS_BACKEND = RedisCache(host="r", password="s3cret")\n')
    assert found.settings["RESULTS_BACKEND"].value is UNKNOWN
    assert found.settings["RESULTS_BACKEND"].expression == "RedisCache(…)"
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("line", "complete"),
    [
        ("", True),
        ("from other import *", False),
        ("exec(open('x').read())", False),
        ("globals()['A'] = 1", False),
    ],
)
def test_a_file_that_may_set_anything_is_not_complete(tmp_path: Path, line: str, *, complete: bool) -> None:
    assert config(tmp_path, f"ROW_LIMIT = 5\n{line}\n").complete is complete


def test_broken_python_is_one_sentence_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "superset_config.py").write_text("A = 1\nB = = 2\n", encoding="utf-8")
    (tmp_path / "start.sh").write_text("gunicorn -w 4 app\n", encoding="utf-8")
    deployment, problems = read([tmp_path])
    assert len(deployment.containers) == 1
    (problem,) = problems
    assert (problem.kind, problem.line) == ("unreadable-file", 2)
    assert "no valid Python" in problem.message


def test_what_python_warns_of_is_not_told(tmp_path: Path) -> None:
    """Found by fuzzing: it stood on stderr, as of `<unknown>`. A warning fails this test."""
    assert config(tmp_path, "ROW_LIMIT = 5if 1else 2\n").settings is not None
