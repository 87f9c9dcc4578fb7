"""What the rules on processes, timeouts, connections and memory say of the guide's deployments."""

from __future__ import annotations

import pytest

from dashlint.cli.inputs import Facts, analyse, opened, read_deployment
from dashlint.cli.scan import judged
from dashlint.cli.servers import ServerOptions
from dashlint.lint.config import Config
from tests.paths import FIXTURES

GUIDE = FIXTURES / "deployments"
CODES = tuple(f"DL{number}" for number in range(612, 624))


def found(name: str) -> list[tuple[str, str, str]]:
    """Code, severity and the last part of the field of each finding."""
    config = Config(select=CODES)
    deployment, problems = read_deployment([GUIDE / name])
    with opened([], ServerOptions(), deployment) as read:
        analysis, more = analyse(read, config, Facts(), deployment)
    report = judged(analysis, [*problems, *more], config, whole=False)
    assert [problem for problem in report.problems if problem.kind == "rule-failed"] == []
    return sorted(
        (one.rule, one.severity.value, (one.location.field or "").rpartition(".")[2])
        for one in report.findings
    )


def test_small() -> None:
    # Nine workers on a server whose memory no file tells, for ever; shared_buffers by a reload.
    assert found("guide-small") == [
        ("DL614", "info", "max-requests"),
        ("DL623", "info", "shared_buffers"),
    ]


def test_medium() -> None:
    # A thousand greenlets, each with its result set.
    assert found("guide-medium") == [("DL616", "warning", "worker-connections")]


def test_large() -> None:
    # No jitter; four sync workers and a probe of 30 seconds; a request half the limit. A pool of 20 + 40 is
    # one connection for each sync worker: nothing about connections.
    assert found("guide-large") == [
        ("DL614", "info", "max-requests"),
        ("DL622", "info", "memory"),
        ("DL622", "warning", "livenessProbe"),
    ]


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_corrected_forms_have_none(size: str) -> None:
    assert found(f"guide-{size}-corrected") == []
