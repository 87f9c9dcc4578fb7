"""Rules from files: what is run, what is not, and what is said when something is wrong with one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from dashlint.testing import cases, check
from tests.cli.conftest import Run
from tests.paths import FIXTURES, ROOT

PACK = ROOT / "docs" / "examples" / "rule-pack"
PLUGIN = PACK / "acme_dashlint_rules" / "slow_refresh.py"
FLAGGED = PACK / "fixtures" / "ACME101" / "flagged"
RULE = """
from dashlint.lint.rule import Rule

class {name}(Rule):
    '''Something of our own.'''
    code = {code!r}
"""


@pytest.mark.parametrize("case", cases(PACK / "fixtures"), ids=str)
def test_the_example_by_its_cases(case: object) -> None:
    from dashlint.testing import Case

    assert isinstance(case, Case)
    findings = check(case, plugins=[PLUGIN])
    assert [f.message for f in findings] == (
        ["refreshes every 60 s and sends 1 queries each time, but new data come every 3,600 s"]
        if case.flagged
        else []
    )


def test_a_scan_with_the_example(run: Run, tmp_path: Path) -> None:
    assert "refreshes every 60 s" not in run("scan", FLAGGED).stdout
    assert "refreshes every 60 s" in run("scan", FLAGGED, "--plugin", PLUGIN).stdout
    (tmp_path / "dashlint.toml").write_text("[rules.ACME101]\nmin-seconds = 10\n", "utf-8")
    configured = run("scan", FLAGGED, "--plugin", PLUGIN, "--config", "dashlint.toml")
    assert configured.code == 1, configured.stderr
    assert "refreshes every 60 s" not in configured.stdout
    assert "The schedule of Acme's loads." in run("explain", "slow-refresh", "--plugin", PLUGIN).stdout
    assert "ACME101" in run("rules", "--plugin", PLUGIN).stdout
    schema = json.loads(run("config", "--schema", "--plugin", PLUGIN).stdout)
    assert "min-seconds" in schema["$defs"]["_Rules"]["properties"]["ACME101"]["properties"]


def test_no_bytecode_is_left_beside_a_plugin(run: Run, tmp_path: Path) -> None:
    shutil.copy(PLUGIN, tmp_path / "fresh_refresh.py")
    assert run("rules", "--plugin", "fresh_refresh.py").code == 0
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such file"),
        ("x = (\n", "line 1: it is no valid Python"),
        ("import os\n\nos.nothing\n", "line 3: AttributeError"),
        ("import no_such_module_of_a_test\n", "No module named"),
        ("raise SystemExit(0)\n", "SystemExit"),
        ("x = 1\n", "there is no rule in it"),
        (RULE.format(name="A", code="DL102"), "the code DL102 belongs to memory-of-a-load already"),
        (RULE.format(name="A", code="xy1"), "the code 'xy1' is no capital letters"),
        (RULE.format(name="A", code=101), "three digits"),
        (RULE.format(name="A", code="XY101") + RULE.format(name="B", code="XY102"), "name() of its own"),
    ],
)
def test_what_is_wrong_is_one_sentence(run: Run, tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "wrong_one.py"
    if text is not None:
        path.write_text(text, "utf-8")
    sys.modules.pop("dashlint_plugins.wrong_one", None)
    result = run("scan", FLAGGED, "--plugin", "wrong_one.py")
    assert result.code == 2
    assert said in result.stderr
    assert "wrong_one.py" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_rule_that_raises_is_a_problem(run: Run, tmp_path: Path) -> None:
    (tmp_path / "raising.py").write_text(
        RULE.format(name="Raising", code="XY101")
        + "    def check_chart(self, chart, analysis):\n        raise KeyError('colour')\n",
        "utf-8",
    )
    result = run("scan", FLAGGED, "--plugin", "raising.py")
    assert result.code in {0, 1}
    assert "XY101 (raising) failed on" in result.stderr


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A configuration that names a plugin, which leaves a mark when it is run."""
    (tmp_path / "trap.py").write_text(
        f"open({str(tmp_path / 'mark')!r}, 'w').close()\n" + RULE.format(name="Trap", code="XY101"), "utf-8"
    )
    (tmp_path / "dashlint.toml").write_text(
        'plugins = ["trap.py"]\nignore = ["XY101"]\nseverity = { trap = "info" }\n', "utf-8"
    )
    sys.modules.pop("dashlint_plugins.trap", None)
    return tmp_path / "mark"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("scan", FLAGGED, "--config", "dashlint.toml"), 2),
        (("scan", "export"), 2),
        (("diff", FLAGGED, FLAGGED), 2),
        (("baseline", "export"), 2),
        (("fix", "export", "--dry-run"), 2),
        (("trace", "export"), 0),
        (("cost", "export"), 0),
        (("graph", "export"), 0),
        (("rules",), 0),
        (("config",), 0),
        (("explain", "DL102"), 0),
        (("scan", "export", "--no-plugins", "--fail-on", "never"), 0),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else str(words),
)
def test_a_configuration_runs_no_code_by_itself(
    run: Run, trap: Path, words: tuple[object, ...], code: int
) -> None:
    shutil.copytree(FLAGGED, trap.parent / "export")
    result = run(*words)
    assert not trap.exists(), "a file that came with an export was run"
    assert result.code == code, result.stderr
    if code == 2:
        assert "--allow-plugins" in result.stderr
    if words[0] == "rules" or "--no-plugins" in words:
        assert "left out" in result.stderr


def test_a_configuration_that_is_trusted(run: Run, trap: Path) -> None:
    shutil.copytree(FLAGGED, trap.parent / "export")
    assert run("scan", "export", "--allow-plugins", "--fail-on", "never").code == 0
    assert trap.exists()


@pytest.mark.slow
def test_the_example_as_an_installed_pack(tmp_path: Path) -> None:
    """pip install, into an environment that sees the packages that dashlint needs."""
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder)
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    installed = subprocess.run(
        [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps",
         "--no-build-isolation", "--disable-pip-version-check", str(folder)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "NO_COLOR": "1"}

    def python_runs(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python), *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    scan = python_runs("-m", "dashlint", "scan", "fixtures/ACME101/flagged", "--format", "json")
    assert "ACME101" in {f["rule"] for f in json.loads(scan.stdout)["findings"]}, scan.stderr
    own = python_runs("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert "3 passed" in own.stdout, own.stdout + own.stderr


def test_cases_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are no cases"):
        cases(tmp_path)
    (tmp_path / "XY101" / "flagged").mkdir(parents=True)
    with pytest.raises(ValueError, match="XY101 has no clean case"):
        cases(tmp_path)


def test_a_case_that_fails_says_why() -> None:
    from dashlint.testing import Case

    clean = FIXTURES / "rules" / "DL303" / "clean"
    with pytest.raises(AssertionError, match="DL303 found nothing"):
        check(Case("DL303", clean)._replace(path=_named(clean, "flagged")))
    flagged = FIXTURES / "rules" / "DL303" / "flagged"
    with pytest.raises(AssertionError, match="DL303 found something"):
        check(Case("DL303", _named(flagged, "clean")))


def _named(folder: Path, name: str) -> Path:
    """The same folder by a path that ends with another name."""
    import tempfile

    link = Path(tempfile.mkdtemp()) / name
    shutil.copytree(folder, link)
    return link
