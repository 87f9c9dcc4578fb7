"""The HTML report in a real Chromium, offline: words in its console or requests to a network fail a test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright
from typer.testing import CliRunner

from dashlint.cli.app import app
from tests.paths import FIXTURES

EXPORT = FIXTURES / "exports" / "harbour-and-pine"
FACTS = ("--catalog", str(FIXTURES / "exports" / "harbour-and-pine-catalog"), "--today", "2026-11-21")

#: Opens a file of a report at a fragment: ``opened(path, "dashboard=…", width=390)``.
Opened = Callable[..., Page]


def dashlint(*arguments: object) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code in {0, 1}, result.stderr
    return result.stdout


def printed(*arguments: object) -> dict[str, Any]:
    """What a command prints as JSON."""
    document: dict[str, Any] = json.loads(dashlint(*arguments, "--format", "json"))
    return document


def _executable(playwright: Playwright) -> str | None:
    known = [shutil.which("chromium"), shutil.which("google-chrome"), playwright.chromium.executable_path]
    return next((path for path in known if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        executable = _executable(playwright)
        if executable is None:
            pytest.skip("needs a Chromium: install one, or run `playwright install chromium`")
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """What pages have said in their console or asked of a network; a test that expects some takes it out."""
    return []


@pytest.fixture
def opened(browser: Browser, complaints: list[str]) -> Iterator[Opened]:
    contexts = []

    def note(request: Request) -> None:
        if not request.url.startswith("file:"):
            complaints.append(f"asks for {request.url}")

    def opening(path: Path, fragment: str = "", *, width: int = 1280, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", note)
        page.goto(f"{path.as_uri()}#{fragment}")
        page.wait_for_selector("h1")
        return page

    yield opening
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the bundled example."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    dashlint("scan", EXPORT, *FACTS, "-q", "--output", f"html={path}")
    return path


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """The same as JSON."""
    return printed("scan", EXPORT, *FACTS)
