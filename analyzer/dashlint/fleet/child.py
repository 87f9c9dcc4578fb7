"""Scans one workspace in a process of its own.

So a crash, or a kernel that kills for memory, ends that workspace alone, its memory is given back, and a
deadline can be kept. The process is a new Python, on every system. It gets the secrets of its own workspace
only, and ends when its parent does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, NamedTuple

from dashlint.fleet.model import FAILED, Failure, Inventory, Result, Workspace, read_result

#: Environment variables that hold secrets of no workspace, or of whichever is not meant.
_OURS = ("URL", "USERNAME", "PROVIDER", "DB_URL", "FLEET_BROKER", "FLEET_STORE", "FORGE_TOKEN")
_VARIABLES = {
    "password": "DASHLINT_PASSWORD",
    "token": "DASHLINT_TOKEN",
    "api_key": "DASHLINT_API_KEY",
    "session_cookie": "DASHLINT_SESSION_COOKIE",
    "preset_token": "DASHLINT_PRESET_TOKEN",
    "preset_secret": "DASHLINT_PRESET_SECRET",
    "db_password": "DASHLINT_DB_PASSWORD",
}
#: The module at the other end is above this room: the process is the border. The current folder is no place
#: to import from, as it is not for the installed command.
_START = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; from dashlint.cli.fleet_child import main; main()"
)
#: Seconds between two looks at whether the run was stopped.
_LOOK = 0.5


class Surroundings(NamedTuple):
    """Where workspaces are scanned: the folder of the inventory, an environment, and every variable in it
    that the inventory names.
    """

    folder: str
    environ: Mapping[str, str]
    named: frozenset[str] = frozenset()
    allow_plugins: bool | None = None


def surroundings(
    inventory: Inventory, environ: Mapping[str, str], *, allow_plugins: bool | None = None
) -> Surroundings:
    """Those of an inventory's workspaces."""
    named = {
        name
        for w in inventory.workspaces
        for name in (*w.secrets.values(), w.username_env)
        if name is not None
    }
    folder = str(Path(inventory.path).resolve().parent)
    return Surroundings(folder, environ, frozenset(named), allow_plugins)


def scan(
    workspace: Workspace,
    around: Surroundings,
    *,
    report: Path | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Scans a workspace; whatever goes wrong is in the result.

    Args:
        workspace: what to scan.
        around: where.
        report: where the whole report is written to, as ``dashlint scan --format json`` would.
        stop: when it is set, the process is ended.
    """
    started = datetime.now(timezone.utc)
    environ = environment(workspace, around)
    if isinstance(environ, Failure):
        return _failed(workspace, started, environ)
    job = {
        "workspace": workspace._replace(secrets={})._asdict(),
        "folder": around.folder,
        "allow_plugins": around.allow_plugins,
        "report": str(report.resolve()) if report is not None else None,
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 our own Python, and nothing of a job
                [sys.executable, "-c", _START], stdin=subprocess.PIPE, stdout=out, stderr=errors, env=environ
            )
        except OSError as error:
            message = f"no process could be started for it ({error.strerror}): scan fewer at a time"
            return _failed(workspace, started, Failure("no-process", message, 3, transient=True))
        try:
            ended = _wait(process, json.dumps(job), workspace.deadline, stop)
        finally:
            process.kill()
            process.wait()
            _close(process.stdin)
        if ended is not None:
            return _failed(workspace, started, ended)
        secrets = [environ[name] for name in _VARIABLES.values() if environ.get(name)]
        read = _answer(workspace.name, process.returncode, out, errors, secrets)
    if isinstance(read, Failure):
        return _failed(workspace, started, read)
    return read._replace(workspace=workspace.name, started=started, finished=datetime.now(timezone.utc))


def environment(workspace: Workspace, around: Surroundings) -> dict[str, str] | Failure:
    """What the process gets: its own secrets under dashlint's names, and nobody else's."""
    hidden = {*around.named, *_VARIABLES.values(), *(f"DASHLINT_{name}" for name in _OURS)}
    environ = {name: value for name, value in around.environ.items() if name not in hidden}
    wanted = {_VARIABLES[key]: name for key, name in workspace.secrets.items()}
    if workspace.username_env is not None:
        wanted["DASHLINT_USERNAME"] = workspace.username_env
    for variable, name in wanted.items():
        if not around.environ.get(name):
            what = variable.removeprefix("DASHLINT_").lower().replace("_", " ")
            return Failure(
                "no-credentials",
                f"the environment variable {name}, which should hold its {what}, is not set",
                4,
            )
        environ[variable] = around.environ[name]
    if workspace.username is not None:
        environ["DASHLINT_USERNAME"] = workspace.username
    return environ


def _wait(
    process: subprocess.Popen[bytes], job: str, deadline: float, stop: threading.Event | None
) -> Failure | None:
    """Hands the job over and waits. The pipe stays open: its end is how the process learns that we ended."""
    until = time.monotonic() + deadline
    assert process.stdin is not None
    try:
        process.stdin.write(job.encode() + b"\n")
        process.stdin.flush()
    except OSError:
        pass  # it has ended already, and its exit code says how
    while True:
        if stop is not None and stop.is_set():
            return Failure("interrupted", "the run was stopped before this workspace was done", 2)
        try:
            process.wait(min(_LOOK, max(0.0, until - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                return Failure(
                    "deadline", f"it was not done after {deadline:g} s: deadline gives it longer", 4
                )
        else:
            return None


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:
        pass  # what was not written yet, nobody reads any more


def _answer(
    name: str, code: int, out: IO[bytes], errors: IO[bytes], secrets: Collection[str]
) -> Result | Failure:
    out.seek(0)
    errors.seek(0)
    if code < 0:
        return Failure(
            "killed",
            f"its process was ended by signal {-code}"
            + (": most often because memory ran out; scan fewer at a time" if code == -9 else ""),
            3,
            transient=True,
        )
    try:
        raw: Any = json.loads(out.read())
        return read_result({"workspace": name, **raw})
    except (ValueError, TypeError, KeyError):
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        last = lines[-1] if lines else "it said nothing"
        for secret in secrets:
            last = last.replace(secret, "***")
        return Failure("crashed", f"dashlint ended with code {code}: {last}; please report it", 70)


def _failed(workspace: Workspace, started: datetime, failure: Failure) -> Result:
    return Result(
        workspace.name,
        FAILED,
        started=started,
        finished=datetime.now(timezone.utc),
        failure=failure,
    )
