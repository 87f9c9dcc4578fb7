"""A fleet on Celery: ``celery -A dashlint.fleet.celery worker``.

A message holds a run's id and a workspace's name. Addresses and the names of secrets come from the inventory
that the worker reads itself: who can write into the broker can start scans, but not send a secret of the
worker to an address of his own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from celery import Celery
from celery.utils.log import get_task_logger

from dashlint.catalog.errors import CatalogError
from dashlint.fleet.child import Surroundings, scan, surroundings
from dashlint.fleet.inventory import load
from dashlint.fleet.model import Inventory, Result, Workspace
from dashlint.fleet.store import Store, open_store
from dashlint.fleet.work import Later, perform
from dashlint.lint.config import ConfigError

#: The task's name, and the queue that it waits in: other work of the same broker stays apart.
TASK = "dashlint.fleet.scan"
QUEUE = "dashlint"
#: Seconds after which a message is brought to another worker if nobody has said that it is done: Celery's own
#: (docs: "Using Redis", visibility timeout), or as long as the longest deadline and some minutes for keeping
#: what was found.
_LEAST, _MORE = 3600, 600
#: Seconds until a task is tried again whose inventory or store cannot be used at the moment.
_BROKEN = 60

_log = get_task_logger(__name__)


def create(broker: str, longest: float = 0) -> Celery:
    """An app that sends and receives by a broker. ``longest`` is the longest deadline, in seconds.

    A message counts as done when the task is (``acks_late``), and comes back when the process of a worker is
    lost (``reject_on_worker_lost``) or, after the visibility timeout, when all of it is. With Redis that
    timeout is the broker's, and the same for senders and workers.
    """
    app = Celery("dashlint.fleet", broker=broker)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=QUEUE,
        task_ignore_result=True,
        # One message at a time: others wait where any worker can take them.
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": _visibility(longest),
            "global_keyprefix": os.environ.get("DASHLINT_FLEET_PREFIX", "dashlint."),
        },
        worker_hijack_root_logger=False,
    )
    register(app)
    return app


def register(app: Celery) -> Any:
    """Adds the task to an app that there is already; gives the task."""

    @app.task(  # type: ignore[untyped-decorator]  # Celery has no types
        bind=True, name=TASK, acks_late=True, reject_on_worker_lost=True, ignore_result=True, max_retries=None
    )
    def scan_workspace(self: Any, run: str, workspace: str, attempt: int = 1) -> None:
        try:
            inventory = _inventory()
            around = surroundings(inventory, os.environ, allow_plugins=_allowed())
            scanning = partial(_scan, around)
            done = perform(run, workspace, attempt, inventory, _store(), scanning)
        except (ConfigError, CatalogError) as error:
            # Nothing is lost while somebody mends it.
            _log.error("%s of run %s again in %d s: %s", workspace, run, _BROKEN, error)
            raise self.retry(args=(run, workspace, attempt), kwargs={}, countdown=_BROKEN) from None
        if isinstance(done, Later):
            _log.info("%s of run %s again in %.0f s: %s", workspace, run, done.seconds, done.reason)
            raise self.retry(args=(run, workspace, done.attempt), kwargs={}, countdown=done.seconds)
        _log.info("%s of run %s: %s", workspace, run, done.state)

    return scan_workspace


def _scan(around: Surroundings, workspace: Workspace, report: Path | None) -> Result:
    return scan(workspace, around, report=report)


def send(broker: str, run: str, workspaces: Iterable[str], *, longest: float) -> None:
    """Puts a task per workspace into the queue. ``longest`` is their longest deadline, in seconds.

    Raises:
        CatalogError: the broker is not reached. Its address, which may hold a password, is not repeated.
    """
    from kombu.exceptions import OperationalError

    app = create(broker, longest)
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=2, interval_start=0.2)
            for name in workspaces:
                app.send_task(TASK, (run, name), queue=QUEUE, connection=connection)
    except (OperationalError, OSError) as error:
        message = f"--broker: it is not reached ({type(error).__name__}): is it running?"
        raise CatalogError("unreachable", message) from None


def __getattr__(name: str) -> Any:
    """``app``, which ``celery -A`` asks for: by then the environment has to say where the broker is."""
    if name in ("app", "celery"):
        return _app()
    raise AttributeError(name)


@lru_cache(maxsize=1)
def _app() -> Celery:
    longest = max(workspace.deadline for workspace in _inventory().workspaces)
    return create(_setting("BROKER"), longest)


@lru_cache(maxsize=1)
def _store() -> Store:
    return open_store(_setting("STORE"))


def _inventory() -> Inventory:
    path = Path(_setting("INVENTORY"))
    return _read_inventory(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _read_inventory(path: Path, changed: int) -> Inventory:  # noqa: ARG001 read anew when it has changed
    return load(path)


def _setting(name: str) -> str:
    value = os.environ.get(f"DASHLINT_FLEET_{name}")
    if not value:
        raise ConfigError(f"a worker needs the environment variable DASHLINT_FLEET_{name}: see docs/scale.md")
    return value


def _visibility(longest: float) -> float:
    text = os.environ.get("DASHLINT_FLEET_VISIBILITY", "")
    return int(text) if text.isdigit() and int(text) > 0 else max(_LEAST, longest + _MORE)


def _allowed() -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get(
        os.environ.get("DASHLINT_ALLOW_PLUGINS", "").lower()
    )


__all__ = ["QUEUE", "TASK", "create", "register", "send"]
