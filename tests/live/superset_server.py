"""A real Superset on loopback, for tests and by hand: `python tests/live/superset_server.py --help`.

Needs nothing but the standard library. superset_builder.py says what it installs, and where.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

if not __package__:  # started as a script: Python has put this folder on its path, not the repository
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.live.recipe.fill_home import ACCOUNTS
from tests.live.superset_builder import (
    RECIPE,
    Build,
    BuildError,
    UnavailableError,
    alone,
    build,
    clean_environment,
    last_lines,
    state_folder,
)
from tests.live.superset_releases import DEFAULT, RELEASES

if TYPE_CHECKING:
    from tests.live.superset_client import SupersetSession

# Ten times and more what it takes on two cores (README.md): only a server that hangs meets these.
_START_SECONDS = 180
_STOP_SECONDS = 30


@dataclass(frozen=True)
class Account:
    """Somebody who can log in."""

    username: str
    password: str


class SupersetServer:
    """A running Superset with its own copy of the examples; `start` makes one.

    Attributes:
        url: where it listens, without a slash at the end.
        version: the release.
        home: its folder, with superset.db (metadata), examples.db (data) and server.log.
        username, password: of `admin`.
        admin, alpha, viewer, newcomer: accounts with the roles Admin, Alpha, Gamma with the data of the
            Sales Dashboard, and Gamma without any data.
    """

    def __init__(self, url: str, version: str, home: Path, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.version = version
        self.home = home
        self.process = process
        self.admin = Account("admin", "admin")
        self.alpha = Account("alpha", "alpha")
        self.viewer = Account("viewer", "viewer")
        self.newcomer = Account("newcomer", "newcomer")
        self.username, self.password = self.admin.username, self.admin.password

    def session(self, account: Account | None = None) -> SupersetSession:
        """A `requests` session that takes paths and is logged in: as `admin`, or as `account`."""
        from tests.live.superset_client import SupersetSession

        who = account or self.admin
        return SupersetSession(self.url, who.username, who.password)

    def export_dashboards(self, ids: Sequence[int]) -> bytes:
        """The ZIP that Superset's own export of these dashboards gives (`GET /api/v1/dashboard/export/`)."""
        # Superset's query strings are Rison: !(1,2,3) is a list.
        return self._download(f"/api/v1/dashboard/export/?q=!({','.join(map(str, ids))})")

    def export_assets(self) -> bytes:
        """The ZIP of everything in this instance (`GET /api/v1/assets/export/`)."""
        return self._download("/api/v1/assets/export/")

    def stop(self) -> None:
        """End the server and remove its folder."""
        _end(self.process)
        shutil.rmtree(self.home, ignore_errors=True)

    def _download(self, path: str) -> bytes:
        with self.session() as session:
            answer = session.get(path)
            answer.raise_for_status()
            return answer.content


def start(
    version: str = DEFAULT, *, port: int = 0, config: Path | None = None, detached: bool = False
) -> SupersetServer:
    """Build Superset if need be, and serve a fresh copy of it on 127.0.0.1.

    Args:
        version: a release that superset_releases.py lists.
        port: 0 takes a free one.
        config: a Python file whose names override those of recipe/superset_config.py.
        detached: let it outlive this process. Otherwise it ends with it, however that ends.

    Raises:
        UnavailableError: this machine has no Python for it, pip could not install it, or the port is taken.
        BuildError: it did not become what it should, or does not start.
    """
    with contextlib.ExitStack() as on_failure:
        # Listening starts here, before the server: nobody can take the port in between, and the first
        # request waits in the queue until Superset is there to answer it.
        with _listen(port) as listener:
            made = build(version)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            home, lock = _new_home(version)
            with os.fdopen(lock):
                on_failure.callback(shutil.rmtree, home, ignore_errors=True)
                made.copy_home(home)
                inherited = (listener.fileno(), lock)
                process = _spawn(made, home, inherited, config, detached=detached)
        on_failure.callback(_end, process)
        (home / "server.json").write_text(json.dumps({"pid": process.pid, "url": url}), encoding="utf-8")
        _wait_until_healthy(url, process, home / "server.log")
        on_failure.pop_all()
    return SupersetServer(url, version, home, process)


def stop_all() -> list[str]:
    """End every server of this state folder, detached or not; their URLs."""
    stopped = []
    for home in _homes():
        # Where the lock is held, the process number is still that of the server. One that is only just
        # starting has not written it yet, and is left alone.
        if _is_served(home) and (home / "server.json").exists():
            server = json.loads((home / "server.json").read_text(encoding="utf-8"))
            os.kill(server["pid"], signal.SIGTERM)
            _is_served(home, wait=True)
            shutil.rmtree(home, ignore_errors=True)
            stopped.append(server["url"])
    return stopped


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise UnavailableError(f"port {port} {why}; --port 0 takes a free one") from None


def _new_home(version: str) -> tuple[Path, int]:
    """An empty folder for a run and its lock, which is held as long as any process has it open."""
    import fcntl  # not on Windows

    runs = state_folder() / "runs"
    runs.mkdir(exist_ok=True)
    with alone(state_folder() / "runs.lock"):
        for home in _homes():
            if not _is_served(home):  # its server was killed
                shutil.rmtree(home, ignore_errors=True)
        home = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=runs))
        lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return home, lock


def _homes() -> Iterator[Path]:
    return (state_folder() / "runs").glob("*-*")


def _is_served(home: Path, *, wait: bool = False) -> bool:
    """Whether a server runs in `home`; `wait` waits until none does."""
    import fcntl

    try:
        with (home / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _spawn(
    made: Build, home: Path, inherited: tuple[int, int], config: Path | None, *, detached: bool
) -> subprocess.Popen[bytes]:
    settings = {"SUPERSET_HOME": str(home)}
    if config:
        settings["DASHLINT_SUPERSET_MORE_CONFIG"] = str(config.resolve())
    if not detached:
        settings["DASHLINT_SUPERSET_OWNED"] = "1"
    command = (made.python, "-m", "gunicorn", "--config", RECIPE / "gunicorn_conf.py")
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "--bind", f"fd://{inherited[0]}", "superset.app:create_app()"],
            # The end of input tells the server that we are gone: gunicorn_conf.py.
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=clean_environment(**settings),
            pass_fds=inherited,
            start_new_session=True,  # Ctrl-C is for us; we end the server
        )


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_START_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health")
            status: object = connection.getresponse().status
        except OSError as error:  # it has ended and its socket with it, or hangs
            status = error
    if status != http.HTTPStatus.OK:
        raise BuildError(
            f"Superset does not start ({status}); its log ends so:\n{last_lines(log.read_bytes())}"
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def _serve(options: argparse.Namespace) -> None:
    server = start(options.version, port=options.port, config=options.config, detached=options.detach)
    accounts = ", ".join(f"{name} ({role})" for name, role in ACCOUNTS.items())
    sys.stdout.write(
        f"Superset {server.version} is at {server.url}\n"
        f"Log in as {accounts}; the password is the name.\n"
        f"It is a fresh copy of the examples in {server.home}, removed when it ends.\n"
    )
    sys.stdout.flush()
    if options.detach:
        sys.stdout.write("`stop` ends it.\n")
        return
    sys.stdout.write("Ctrl-C ends it.\n")
    sys.stdout.flush()
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        server.process.wait()
    except KeyboardInterrupt:
        sys.stderr.write("stopping\n")
    finally:
        server.stop()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _build(options: argparse.Namespace) -> None:
    sys.stdout.write(f"{build(options.version).template}\n")


def _stop(_: argparse.Namespace) -> None:
    for url in stop_all():
        sys.stdout.write(f"stopped {url}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 1 where there is no Superset to be had."""
    parser = argparse.ArgumentParser(description="A real Superset with its examples, on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, help_text in (
        ("serve", _serve, "serve a fresh copy until Ctrl-C; builds it first where that was not done yet"),
        ("build", _build, "only build (once; some minutes) and print where"),
        ("stop", _stop, "end every server that was started here"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(function=function)
        if function is not _stop:
            command.add_argument("--version", default=DEFAULT, choices=RELEASES, help=f"default: {DEFAULT}")
        if function is _serve:
            command.add_argument("--port", type=int, default=8088, help="0 takes a free one; default: 8088")
            command.add_argument("--config", type=Path, metavar="FILE", help="Python settings on top of ours")
            command.add_argument("--detach", action="store_true", help="return, and leave it running")
    options = parser.parse_args(arguments)
    try:
        options.function(options)
    except (UnavailableError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
