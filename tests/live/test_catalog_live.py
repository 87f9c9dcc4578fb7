"""Superset's own metadata database as a warehouse: read live and from its dump, both say the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dashlint.catalog import ddl, live
from tests.catalog.databases import postgres_database
from tests.catalog.test_live_agrees import compare
from tests.live.superset_builder import UnavailableError, build, clean_environment
from tests.live.superset_releases import DEFAULT


def test_superset_s_tables_agree(tmp_path: Path) -> None:
    try:
        superset = build(DEFAULT)
    except UnavailableError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"no Superset to test with: {reason}")
        pytest.skip(f"no Superset to test with: {reason}")
    with postgres_database("metadata") as database:
        config = tmp_path / "superset_config.py"
        url = database.url.replace("postgresql://", "postgresql+psycopg2://", 1)
        config.write_text(f"SECRET_KEY = 'x' * 42\nSQLALCHEMY_DATABASE_URI = {url!r}\n", encoding="utf-8")
        environment = clean_environment(SUPERSET_HOME=str(tmp_path), SUPERSET_CONFIG_PATH=str(config))
        command = [str(superset.python.parent / "superset"), "db", "upgrade"]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        written, problems = ddl.read(database.dump())
        assert problems == ()
        read, _ = live.read(database.url)
        columns, indexes = compare(written, read)
        assert len(read.tables) > 50
        assert columns > 500
        assert indexes > 120
        # Run twice: what is not in order by itself would differ.
        assert [t.name for t in live.read(database.url)[0].tables] == [t.name for t in read.tables]
