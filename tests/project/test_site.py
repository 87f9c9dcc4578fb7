"""The documentation: what is generated, where findings lead, and what it may ask of a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dashlint.cli.errors import ExitCode
from dashlint.cli.main import DEFECT
from dashlint.cli.quick import COMMANDS
from dashlint.cli.reference import man
from dashlint.cli.reference.facts import ENVIRONMENT, EXIT_CODES
from dashlint.cli.reference.model import Command, commands
from dashlint.lint import links
from dashlint.lint.config_schema import json_schema
from dashlint.lint.options import describe
from dashlint.lint.registry import load_rules
from dashlint.lint.rule import Rule
from dashlint.report.json_read import read_finding
from tests.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCS = ROOT / "docs"
RULES = load_rules()[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as CI builds it, strictly."""
    folder = tmp_path_factory.mktemp("site")
    words = ("-q", "-n", "-W", "--keep-going", "-b", "html", "-d", str(folder / "trees"))
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *words, str(DOCS), str(folder / "html")],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'analyzer'}{os.pathsep}{ROOT / 'rules'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "html"


class Addresses(HTMLParser):
    """What a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.loaded.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in (
            "stylesheet",
            "icon",
            "preload",
            "preconnect",
            "dns-prefetch",
        ):
            self.loaded.append(given.get("href") or "")


def test_every_address_that_a_finding_carries_is_a_page(site: Path) -> None:
    urls = {rule.code: rule.url() for rule in RULES}
    assert len(urls) > 40
    missing = {
        code: url
        for code, url in urls.items()
        if url is None or not (site / url.removeprefix(links.SITE)).is_file()
    }
    assert missing == {}
    # And it is the page of that rule.
    for rule in RULES:
        page = (site / "rules" / f"{rule.code}.html").read_text(encoding="utf-8")
        assert f"{rule.name()} ({rule.code})" in page


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 60
    foreign = []
    for page in pages:
        addresses = Addresses()
        addresses.feed(page.read_text(encoding="utf-8"))
        foreign += [(page.name, url) for url in addresses.loaded if re.match(r"(https?:)?//", url)]
    styles = [
        path for path in site.rglob("*.css") if re.search(r"url\(['\"]?(https?:)?//", path.read_text("utf-8"))
    ]
    assert foreign == []
    assert styles == []


def test_options_keep_their_dashes(site: Path) -> None:
    page = (site / "commands.html").read_text(encoding="utf-8")
    assert "running Superset with --url" in page


def test_the_published_schemas_are_files_of_the_site(site: Path) -> None:
    for name in (
        "configuration.schema.json",
        "cost.schema.json",
        "fleet-inventory.schema.json",
        "fleet.schema.json",
        "report.schema.json",
    ):
        assert (site / name).read_bytes() == (DOCS / name).read_bytes()


def test_the_site_has_one_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Documentation"] == links.SITE


def test_a_packs_rule_has_the_address_that_it_names() -> None:
    class Own(Rule):
        code = "XX001"
        documentation = "https://example.com/rules/own"

    class Bad(Rule):
        code = "XX002"
        documentation = "https://example.com/) [x](javascript:alert(1)"

    class Silent(Rule):
        code = "XX003"

    assert Own.url() == "https://example.com/rules/own"
    assert Bad.url() is None
    assert Silent.url() is None


@pytest.mark.parametrize("url", ["https://evil.example.com/", None, f"{links.SITE}rules/DL302.html"])
def test_a_comparison_from_elsewhere_brings_no_addresses_along(url: str | None) -> None:
    raw: dict[str, Any] = {
        "rule": "DL301",
        "name": "missing-row-limit",
        "severity": "info",
        "confidence": "high",
        "message": "m",
        "location": {},
        "dashboards": [],
        "url": url,
        "asset": {"kind": "chart", "uuid": "u", "id": None, "name": "n"},
    }
    assert read_finding(raw).url is None
    assert read_finding({**raw, "url": links.rule_page("DL301")}).url == links.rule_page("DL301")


@pytest.fixture(scope="module")
def known() -> list[Command]:
    return commands()


def test_every_command_and_option_is_described(known: list[Command]) -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert {command.words.split()[1] for command in known} >= set(COMMANDS)
    for command in known:
        assert command.summary, command.words
        for members in (command.arguments, *command.panels.values()):
            for one in members:
                assert one.help, (command.words, one)
        section = page.split(f"\n## {command.words}\n")[1].split("\n## ")[0]
        for name in (name for members in command.panels.values() for one in members for name in one.names):
            assert f"`{name}`" in section, (command.words, name)


def test_every_exit_code_and_variable_is_described() -> None:
    assert [ending.code for ending in EXIT_CODES] == [*map(int, ExitCode), DEFECT]
    read = {
        name
        for path in (ROOT / "analyzer").rglob("*.py")
        for name in re.findall(r"\"(DASHLINT_[A-Z_]*[A-Z])\"", path.read_text(encoding="utf-8"))
    }
    assert len(read) > 8
    assert read <= set(ENVIRONMENT)


def test_every_key_and_option_of_the_configuration_is_described() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    for key in json_schema(RULES)["properties"]:
        assert f"| `{key}` |" in page
    for rule in RULES:
        if not rule.__module__.startswith("dashlint_rules."):
            continue
        for option in describe(rule):
            section = page.split(f"### {rule.code} ")[1].split("\n### ")[0]
            assert f"| `{option.name}` |" in section


@pytest.mark.optional
@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "man").glob("*.1")))
def test_man_pages_are_plain_and_right(name: str, known: list[Command]) -> None:
    text = (DOCS / "man" / name).read_text(encoding="ascii")
    assert man.pages(known)[name] == text
    try:
        shown = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "error"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("mandoc is not installed")
    assert shown.returncode == 0, shown.stdout


def test_text_cannot_become_a_command_of_troff() -> None:
    assert man._text(".TH evil") == r"\&.TH evil"
    assert man._text("'so /etc/passwd") == r"\(aqso /etc/passwd"
    assert man._text("a\\fBb -x “é”") == r"a\efBb \-x \(lq\[u00E9]\(rq"


def test_the_figures_of_the_accuracy_page_are_those_of_the_trace_page() -> None:
    rows = re.findall(
        r"^\| (?:captured|examples|made up) \| \S+ \| (\d+) \| ([\d,]+) \| (\d+) \| (\d+) \|$",
        (DOCS / "trace.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    boards, right, missing, extra = (sum(int(row[at].replace(",", "")) for row in rows) for at in range(4))
    page = (DOCS / "accuracy.md").read_text(encoding="utf-8")
    assert f"{boards} dashboards" in page
    assert f"{right:,} right, {missing} missing, {extra} extra" in page
