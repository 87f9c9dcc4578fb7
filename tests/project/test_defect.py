"""A crash must not look like a report: exit code 1 says that there are findings."""

from __future__ import annotations

import pytest

from dashlint.cli import main as command


def test_a_defect_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_words: list[str]) -> None:
        raise KeyError("no such chart")

    monkeypatch.setattr(command, "_run", broken)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 70
    said = capsys.readouterr()
    assert said.out == ""
    assert "no such chart" in said.err
    assert said.err.splitlines()[-1].endswith("please report it")
