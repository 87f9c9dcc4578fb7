"""A short run of every fuzz target, the same each time; `make fuzz` runs them for long."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import TARGETS, seeds

#: Inputs of each target: some seconds.
INPUTS = {"yaml": 150, "zip": 25, "sql": 150, "deployment": 300, "log": 60, "workspace": 20}


@pytest.mark.parametrize("name", TARGETS)
def test_real_inputs_do_not_fail(name: str, tmp_path: Path) -> None:
    for number, seed in enumerate(seeds(name)[:40]):
        folder = tmp_path / str(number)
        folder.mkdir()
        TARGETS[name](seed, folder)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs_end_in_a_report_or_a_sentence(name: str, tmp_path: Path) -> None:
    random = Random(name)
    known = seeds(name)
    assert known
    for number in range(INPUTS[name]):
        data = mutated(random.choice(known), random)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            TARGETS[name](data, folder)
        except Exception as error:
            raise AssertionError(f"input {number} of {name} fails: {data[:300]!r}") from error
