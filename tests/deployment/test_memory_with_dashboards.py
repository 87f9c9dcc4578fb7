"""Workers against the memory of their container, with the dashboards that they serve."""

from __future__ import annotations

from pathlib import Path

from dashlint.cli.inputs import Facts, analyse, opened, read_deployment
from dashlint.cli.scan import judged
from dashlint.cli.servers import ServerOptions
from dashlint.lint.config import Config
from dashlint.lint.model import Finding
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
CATALOG = str(FIXTURES / "exports" / "harbour-and-pine-catalog")


def found(folder: Path, memory: str, threads: int) -> list[Finding]:
    file = folder / "docker-compose.yml"
    file.write_text(
        "services:\n  superset:\n    image: registry.example.com/superset:6.1.0\n"
        f'    command: gunicorn --threads {threads} "superset.app:create_app()"\n    mem_limit: {memory}\n'
    )
    config = Config(select=("DL612",))
    deployment, _ = read_deployment([file])
    with opened([EXPORT], ServerOptions(), deployment) as read:
        analysis, _ = analyse(read, config, Facts((CATALOG,), today="2026-11-21"), deployment)
    return list(judged(analysis, [], config, whole=False).findings)


def test_the_dashboard_that_needs_most_is_named(tmp_path: Path) -> None:
    [finding] = found(tmp_path, "500m", 8)
    assert "Sales overview" in finding.message
    assert finding.memory is not None
    assert finding.memory.expected is not None
    assert finding.memory.expected > 500 * 2**20


def test_fewer_threads_hold_less_at_once(tmp_path: Path) -> None:
    [many], [few] = found(tmp_path, "340m", 8), found(tmp_path, "340m", 2)
    assert many.memory is not None
    assert few.memory is not None
    assert (few.memory.upper or 0) < (many.memory.upper or 0)


def test_enough_memory_is_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, "8g", 8) == []
