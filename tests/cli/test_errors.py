"""Bad input: one clear sentence, its own exit code, never a traceback."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, Run
from tests.paths import FIXTURES

EXPORT = FIXTURES / "rules" / "DL301" / "flagged"


def said(result: Outcome, code: int, *words: str) -> str:
    """The one sentence on stderr; checks the exit code and that stdout stays empty."""
    assert result.code == code, result
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    errors = [line for line in lines if line.startswith("dashlint: error: ")]
    assert len(errors) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in errors[0]
    return errors[0]


def test_nothing_named(run: Run) -> None:
    said(run("scan"), 2, "nothing to scan", "--url")


def test_both_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said(run("scan", EXPORT, "--url", "http://127.0.0.1:1"), 2, "not both")
    # A server in the environment does not get in the way of a path on the command line.
    monkeypatch.setenv("DASHLINT_URL", "http://127.0.0.1:1")
    assert run("scan", EXPORT).code == 1


def test_no_such_path(run: Run) -> None:
    said(run("scan", "no/such/export"), 2, "no/such/export")


def test_empty_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said(run("scan", "empty"), 3, "empty")


def test_not_a_zip(run: Run, tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"this is no archive")
    said(run("scan", "export.zip"), 3, "export.zip")


def test_a_zip_of_something_else(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    said(run("scan", "other.zip"), 3, "other.zip")


def test_truncated_zip(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cut.zip", "w") as archive:
        archive.writestr("x/charts/a.yaml", "slice_name: a\n" * 500)
    whole = (tmp_path / "cut.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    said(run("scan", "cut.zip"), 3, "cut.zip")


def test_only_a_broken_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "a.yaml").write_text("slice_name: a\nviz_type: [\n")
    said(run("scan", "."), 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "yaml"], ["--format yaml", "terminal, json"]),
        (["--select", "DL999"], ["there is no rule 'DL999'"]),
        (["--select", "performance"], ["dashlint rules"]),
        (["--select", "missing-row-limits"], ["did you mean 'missing-row-limit'?"]),
        (["--fail-on", "fatal"], ["--fail-on fatal", "never"]),
        (["--min-confidence", "sure"], ["--min-confidence sure"]),
        (["--setting", "ROW_LIMIT"], ["KEY=VALUE"]),
        (["--catalog", "missing.sql"], ["missing.sql"]),
        (["--config", "missing.toml"], ["missing.toml"]),
        (["--color", "pink"], ["--color pink"]),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], words: list[str]) -> None:
    said(run("scan", EXPORT, *arguments), 2, *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fail_on = 'error'\n", ["unknown key 'fail_on'", "did you mean 'fail-on'?"]),
        ("fail-on = 'fatal'\n", ["fail-on"]),
        ("select = 'DL3'\n", ["select"]),
        ("[rules.DL102]\nbudged = '1GiB'\n", ["DL102", "did you mean 'budget'?"]),
        ("[rules.DL102]\nbudget = 'much'\n", ["budget", "512MiB"]),
        ("[rules.DL999]\nx = 1\n", ["DL999"]),
        ("[[suppress]]\nrule = 'DL301'\nasset = 'x'\n", ["reason"]),
        ("select = [\n", ["not valid TOML"]),
    ],
)
def test_wrong_configuration(run: Run, tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "dashlint.toml").write_text(text)
    said(
        run("scan", EXPORT, "--config", "dashlint.toml"),
        2,
        "dashlint.toml" if "rules" not in text else "",
        *words,
    )


def test_unknown_rule_to_explain(run: Run) -> None:
    said(run("explain", "missing-row-limits"), 2, "did you mean 'missing-row-limit'?")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("scna", "'scan'"),
        (EXPORT, f"'dashlint scan {EXPORT}'"),
        ("https://me:secret@superset.example.com", "'dashlint scan --url ADDRESS'"),
        ("dl301", "'dashlint explain DL301'"),
        ("version", "'dashlint --version'"),
        ("x" * 5000, "No such command"),
    ],
)
def test_a_word_that_is_no_command(run: Run, word: str | Path, meant: str) -> None:
    result = run(word)
    assert (result.code, result.stdout) == (2, "")
    # The box around it breaks lines.
    assert meant.replace(" ", "") in "".join(result.stderr.replace("│", "").split())
    assert "secret" not in result.stderr


@pytest.mark.parametrize("words", [(), ("scan",), ("catalog", "snapshot")])
def test_h_is_help(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words, "-h") == run(*words, "--help")
    assert run(*words, "-h").code == 0


def test_nobody_answers(run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said(run("scan", "--url", f"http://127.0.0.1:{port}"), 4, "127.0.0.1")


@pytest.fixture
def website() -> Iterator[str]:
    """A web server that is no Superset."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><title>Welcome</title></html>")

        do_POST = do_GET  # noqa: N815 http.server calls it so

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_html_instead_of_json(run: Run, website: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHLINT_PASSWORD", "hunter2")
    sentence = said(run("scan", "--url", website, "--username", "admin"), 4)
    assert "hunter2" not in sentence
