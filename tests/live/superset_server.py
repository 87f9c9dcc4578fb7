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
from collections.abc import Sequence
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
    build,
    clean_environment,
    last_lines,
)
from tests.live.superset_releases import DEFAULT, RELEASES
from tests.live.superset_runs import new_home, running, stop

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
            home, lock = new_home(version)
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


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise UnavailableError(f"port {port} {why}; --port 0 takes a free one") from None


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
    signal.signal(signal.SIGTERM, _interrupt)
    server = start(options.version, port=options.port, config=options.config, detached=options.detach)
    accounts = ", ".join(f"{name} ({role})" for name, role in ACCOUNTS.items())
    sys.stdout.write(
        f"Superset {server.version} is at {server.url}\n"
        f"Log in as {accounts}; the password is the name.\n"
        f"It is a fresh copy of the examples in {server.home}, removed when it ends.\n"
        f"{'The command `stop`' if options.detach else 'Ctrl-C'} ends it.\n"
    )
    sys.stdout.flush()
    if not options.detach:
        try:
            server.process.wait()
        except KeyboardInterrupt:
            sys.stderr.write("stopping\n")
        finally:
            server.stop()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _build(options: argparse.Namespace) -> None:
    sys.stdout.write(f"{build(options.version).template}\n")


def _stop(options: argparse.Namespace) -> None:
    servers = running()
    wanted = {url: home for url, home in servers.items() if options.port in (None, urlsplit(url).port)}
    if len(wanted) > 1:
        # They may be somebody else's: another terminal's, or a test run's.
        raise UnavailableError(
            f"more than one server runs; name one by its --port: {', '.join(sorted(wanted))}"
        )
    for url, home in wanted.items():
        stop(home)
        sys.stdout.write(f"stopped {url}\n")
    if not wanted:
        sys.stderr.write("no such server runs\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 1 where there is no Superset to be had."""
    parser = argparse.ArgumentParser(description="A real Superset with its examples, on loopback.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, help_text in (
        ("serve", _serve, "serve a fresh copy until Ctrl-C; builds it first where that was not done yet"),
        ("build", _build, "only build (once; some minutes) and print where"),
        ("stop", _stop, "end the server that runs (with --detach, or in another terminal)"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(function=function)
        if function is not _stop:
            command.add_argument("--version", default=DEFAULT, choices=RELEASES, help=f"default: {DEFAULT}")
        else:
            command.add_argument("--port", type=int, help="which one, where several run")
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
