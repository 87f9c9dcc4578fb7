"""`superset`: a real Superset for the tests in this folder, one for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.live.superset_builder import UnavailableError
from tests.live.superset_server import SupersetServer, start

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A folder's hook is shown the tests of all folders.
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def superset() -> Iterator[SupersetServer]:
    """Superset with its own examples. Tests that change something there put it back, or `start` their own."""
    try:
        server = start()
    except UnavailableError as reason:
        _unavailable(str(reason))
    try:
        yield server
    finally:
        server.stop()


def _unavailable(reason: str) -> NoReturn:
    """Skip, except in CI: there, a test that does not run is a test that fails."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"no Superset to test with: {reason}", pytrace=False)
    pytest.skip(f"no Superset to test with: {reason}")
