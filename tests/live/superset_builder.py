"""Installs Superset into an environment of its own, and fills a home for it once.

Everything lies in one state folder (`.superset/` beside the sources, or `$DASHLINT_SUPERSET_HOME`):

    6.1.0/venv-<key>/   Superset and what it needs
    6.1.0/home-<key>/   the template: metadata and examples, never served itself
    6.1.0/build.log     what pip and Superset said
    runs/               a copy of a template for each running server

The keys are hashes of whatever the result depends on, so a changed recipe is built beside the old one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.live.superset_releases import DEFAULT, RELEASES, Release

RECIPE = Path(__file__).parent / "recipe"
STATE_VARIABLE = "DASHLINT_SUPERSET_HOME"
_DATABASES = ("superset.db", "examples.db")
_PROGRESS = "progress: "


class UnavailableError(Exception):
    """No Superset can be had on this machine; the message says why and what would help."""


class BuildError(Exception):
    """Superset could be installed, but did not become the one that was wanted."""


@dataclass(frozen=True)
class Build:
    """A finished build: the environment's Python, and the template of a home."""

    version: str
    python: Path
    template: Path

    def copy_home(self, target: Path) -> None:
        """Copy the template to `target`, which must be an existing folder; takes about 0.1 s."""
        for name in _DATABASES:
            shutil.copyfile(self.template / name, target / name)
        # The metadata holds the absolute path of the example data.
        uri = f"sqlite:///{target / 'examples.db'}?check_same_thread=false"
        with closing(sqlite3.connect(target / "superset.db")) as metadata, metadata:
            metadata.execute("UPDATE dbs SET sqlalchemy_uri = ? WHERE database_name = 'examples'", (uri,))


def state_folder() -> Path:
    """Where builds and runs are kept: `$DASHLINT_SUPERSET_HOME`, or `.superset` at the top of the sources."""
    given = os.environ.get(STATE_VARIABLE)
    return Path(given).expanduser().resolve() if given else Path(__file__).resolve().parents[2] / ".superset"


def older_releases() -> list[str]:
    """The releases beside the default one that were built here: tests do not build them by themselves."""
    return [version for version in RELEASES if version != DEFAULT and (state_folder() / version).is_dir()]


def build(version: str) -> Build:
    """The environment and template of `version`; made if they are not there yet, which takes minutes.

    Raises:
        UnavailableError: no suitable Python, or pip could not install.
        BuildError: Superset's own commands failed, or the examples are not complete.
    """
    if sys.platform == "win32":
        raise UnavailableError("gunicorn, Superset's server, does not run on Windows")
    release = RELEASES.get(version)
    if release is None:
        raise UnavailableError(f"no recipe for Superset {version}; there is one for {', '.join(RELEASES)}")
    python = find_python(release)
    folder = state_folder() / version
    folder.mkdir(parents=True, exist_ok=True)
    (state_folder() / ".gitignore").write_text("*\n", encoding="utf-8")
    with alone(folder / "build.lock"), (folder / "build.log").open("a", encoding="utf-8") as log:
        job = _Job(version, release, folder, log)
        environment = job.install(python)
        return Build(version, _python_in(environment), job.fill(environment))


def find_python(release: Release) -> Path:
    """The preferred Python for a release, from PATH, pyenv or uv, that can make virtual environments.

    Raises:
        UnavailableError: there is none.
    """
    for minor in release.pythons:
        for candidate in _pythons(minor):
            if _can_make_environments(candidate, minor):
                return candidate
    wanted = ", ".join(f"3.{minor}" for minor in release.pythons)
    raise UnavailableError(
        f"this Superset needs a Python {wanted} with its venv module; "
        "none is on PATH (python3.11, …), nor under pyenv or uv"
    )


def clean_environment(**more: str) -> dict[str, str]:
    """The environment variables for Superset's processes: ours, without what would lead Superset elsewhere.

    A `SUPERSET_CONFIG_PATH` of the person at the keyboard may point to a production database.
    """
    strange = ("SUPERSET", "FLASK_", "GUNICORN_", "PYTHON", "VIRTUAL_ENV", "DASHLINT_SUPERSET_MORE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return {
        **kept,
        "SUPERSET_CONFIG_PATH": str(RECIPE / "superset_config.py"),
        "FLASK_APP": "superset",
        **more,
    }


class _Job:
    """The two steps of a build, in order: `install`, then `fill`."""

    def __init__(self, version: str, release: Release, folder: Path, log: IO[str]) -> None:
        self._version = version
        self._release = release
        self._folder = folder
        self._log = log
        self._started = time.monotonic()

    def install(self, python: Path) -> Path:
        """The virtual environment with Superset in it. Scripts in it name its path, so it is built in place
        and marked when it is complete."""
        wanted = [f"apache-superset=={self._version}", *self._release.requirements]
        where = subprocess.run(
            [python, "-c", "import sys; print(sys.version)"], check=True, capture_output=True, text=True
        ).stdout
        target = self._folder / f"venv-{_key(where, *wanted)}"
        mark = target / "complete"
        if not mark.exists():
            shutil.rmtree(target, ignore_errors=True)
            self._say(f"installing Superset {self._version} with {python} (once; needs the network)")
            self._run([python, "-m", "venv", target], UnavailableError)
            # Only what is imported gets compiled, by the first import: saves 10 s.
            pip = ("-m", "pip", "install", "--quiet", "--no-compile", "--no-input")
            self._run([_python_in(target), *pip, *wanted], UnavailableError)
            mark.touch()
        return target

    def fill(self, environment: Path) -> Path:
        """The template home: built beside its place and renamed, so it is there as a whole or not at all."""
        recipe = [path.read_text(encoding="utf-8") for path in sorted(RECIPE.glob("*.py"))]
        target = self._folder / f"home-{_key(environment.name, *recipe)}"
        if not target.exists():
            for leftover in self._folder.glob("home-*.part"):
                shutil.rmtree(leftover)
            part = target.with_suffix(".part")
            part.mkdir()
            if self._release.data_from:
                shutil.copyfile(build(self._release.data_from).template / "examples.db", part / "examples.db")
            self._say("metadata tables")
            settings = clean_environment(SUPERSET_HOME=str(part))
            self._run([environment / "bin" / "superset", "db", "upgrade"], BuildError, settings)
            self._run([_python_in(environment), RECIPE / "fill_home.py"], BuildError, settings)
            self._check(part)
            part.rename(target)
            self._say("ready")
        return target

    def _check(self, home: Path) -> None:
        """Superset logs examples that it could not load and goes on; here that is an error."""
        with closing(sqlite3.connect(home / "superset.db")) as metadata:
            found = tuple(
                metadata.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("dashboards", "slices", "tables")
            )
            physical = metadata.execute(
                "SELECT table_name FROM tables WHERE sql IS NULL OR sql = ''"
            ).fetchall()
        if found != self._release.examples:
            raise BuildError(
                f"the examples should be {self._release.examples} dashboards, charts and datasets, "
                f"but are {found}: see {self._log.name}"
            )
        with closing(sqlite3.connect(home / "examples.db")) as examples:
            empty = {
                table
                for (table,) in physical
                if not examples.execute(f'SELECT EXISTS (SELECT * FROM "{table}")').fetchone()[0]
            }
        if empty != set(self._release.without_data):
            raise BuildError(f"the empty example tables are {sorted(empty)}: see {self._log.name}")

    def _run(
        self,
        command: Sequence[str | Path],
        error: type[Exception],
        environment: dict[str, str] | None = None,
    ) -> None:
        log = Path(self._log.name)
        self._log.write(f"\n$ {' '.join(map(str, command))}\n")
        self._log.flush()
        begin = log.stat().st_size
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment or clean_environment(),
            cwd=self._folder,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(_PROGRESS):
                    self._say(line.removeprefix(_PROGRESS).rstrip())
                else:
                    self._log.write(line)
                    self._log.flush()
        if process.returncode:
            raise error(
                f"`{' '.join(map(str, command))}` ended with {process.returncode}:\n"
                f"{last_lines(log.read_bytes()[begin:])}\nAll of it is in {log}."
            )

    def _say(self, text: str) -> None:
        sys.stderr.write(f"[superset {self._version}, {time.monotonic() - self._started:3.0f} s] {text}\n")
        sys.stderr.flush()


def last_lines(log: bytes, count: int = 12) -> str:
    """The end of a log, for an error message."""
    return "\n".join(log.decode("utf-8", "replace").strip().splitlines()[-count:])


def _python_in(environment: Path) -> Path:
    return environment / "bin" / "python"


def _pythons(minor: int) -> Iterator[Path]:
    """Where a Python 3.`minor` may be. Some of these are not there, or are another version."""
    names = (f"python3.{minor}", "python3")
    yield from (Path(found) for name in names if (found := shutil.which(name)))
    yield Path(sys.executable)
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python"), reverse=True)
    yield from sorted(
        home.glob(f".local/share/uv/python/cpython-3.{minor}.*/bin/python3.{minor}"), reverse=True
    )


def _can_make_environments(python: Path, minor: int) -> bool:
    # pyenv's shims exist for versions that are not active, and Debian splits ensurepip off.
    check = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file `path`: of two processes that want to build, the second waits for the first."""
    import fcntl  # not on Windows

    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"[superset] waiting for another process that is building ({path})\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
