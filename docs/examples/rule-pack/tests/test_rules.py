from pathlib import Path

import pytest

from dashlint.testing import cases, check


@pytest.mark.parametrize("case", cases(Path(__file__).parent.parent / "fixtures"), ids=str)
def test_rule(case):
    check(case)
