"""Texts that were made to keep a reader busy: each took hours, or would have, and takes seconds."""

from __future__ import annotations

import subprocess
import sys

import pytest

MANY = 300_000

#: What is called, with a text of about a megabyte.
TEXTS = {
    "a URI that is one long name": (
        "from dashlint.sources.masking import mask_uri",
        f"mask_uri('postgresql://h/db?' + 'a' * {3 * MANY})",
    ),
    "a secret's name": (
        "from dashlint.sources.masking import is_secret_name",
        f"is_secret_name('password' + '_expir' * {MANY})",
    ),
    "statements that never end": (
        "from dashlint.sources.templated import attempts",
        f"list(attempts('{{% ' * {MANY}))",
    ),
    "ten thousand statements that never end": (
        "from dashlint.sources.templated import attempts",
        "list(attempts(('{% ' + 'x' * 97 + chr(10)) * 9_999))",
    ),
    "dashes": (
        "from dashlint.sources.templated import attempts",
        f"list(attempts('{{{{ x }}}}' + chr(10) + '- ' * {MANY}))",
    ),
    "blanks": (
        "from dashlint.sources.templated import attempts",
        f"list(attempts('{{{{ x }}}}' + chr(10) + ' ' * {3 * MANY} + 'x'))",
    ),
    "signs that superset-cli escapes": (
        "from dashlint.sources.templated import unescape",
        f"unescape(chr(123) * 2 + ' ' + chr(39) + chr(123) * {2 * MANY})",
    ),
    "many Compose files in one": (
        "from dashlint.deployment.kinds import kind_of",
        f"kind_of('x.yaml', lambda: ('services:' + chr(10)) * {MANY})",
    ),
    "many groups of rules": (
        "from dashlint.deployment.kinds import kind_of",
        f"kind_of('x.yaml', lambda: ('groups:' + chr(10)) * {MANY} + '-' * {MANY})",
    ),
    "an empty script": (
        "from dashlint.deployment.kinds import kind_of",
        f"kind_of('x.py', lambda: chr(10) * {3 * MANY})",
    ),
    "proxies without servers": (
        "from dashlint.deployment.kinds import kind_of",
        f"kind_of('x.cfg', lambda: ('backend b' + chr(10)) * {MANY})",
    ),
    "templates of Helm that never end": (
        "from dashlint.deployment.helm_values import _TEMPLATE",
        f"_TEMPLATE.sub('', '{{{{ ' * {MANY // 10})",
    ),
    "a field's path": (
        "from dashlint.sources.positions import split",
        f"split('[' * {MANY // 10})",
    ),
    "comments of MySQL that never end": (
        "from dashlint.catalog.script import split",
        f"list(split('/*!' * {MANY}, 'mysql'))",
    ),
    "a line of a log": (
        "from dashlint.incidents.kills import _PATTERNS",
        f"[pattern.search('oom-kill:' * {MANY // 10}) for _, _, pattern in _PATTERNS]",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_ends(name: str) -> None:
    """The time is a guard against hours, not a measurement."""
    setup, call = TEXTS[name]
    done = subprocess.run(
        [sys.executable, "-c", f"{setup}; {call}"], timeout=240, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
