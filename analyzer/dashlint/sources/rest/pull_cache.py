"""What a server said of dashboards and charts, kept so that the next pull fetches only what changed since.

One file for each server and account. An object counts as unchanged where everything that lists say of it is
equal, its `changed_on` above all. Whether one moment is before another is not asked: clocks do not matter.

What can be trusted was looked up in Superset 6.1:

* Charts and dashboards: every change through the ORM sets `changed_on` (superset/models/helpers.py:
  ``AuditMixinNullable``), on PostgreSQL and SQLite to the microsecond. MySQL's DATETIME has seconds: there,
  what changed within the server's last minute is not kept.
* A dashboard's export also holds charts that its layout lacks, and uuids of datasets; both may change without
  it, so they count, too. Only the colours of its labels may be written without a new `changed_on`
  (``PUT /dashboard/{id}/colors?mark_updated=false``): nothing is judged by them.
* Datasets: refreshing columns from the source writes columns and leaves the dataset as it was
  (superset/commands/dataset/refresh.py), and no list tells of columns. So they are always fetched, and
  databases come with them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from dashlint import __version__
from dashlint.atomic import write_whole
from dashlint.sources.rest.account import Account
from dashlint.sources.rest.collect import Item
from dashlint.sources.rest.plan import Plan, dashboards_of

_log = logging.getLogger("dashlint")

_FORMAT = 1
_LARGEST = 2**30  # bytes; as large as a pull may be by default (transport.py: MAX_TOTAL)
#: What is kept; see above.
KINDS = ("dashboard", "chart")
# Where a moment has whole seconds: what changed so shortly before may change again within the same second.
# One second would do, were all of a deployment's clocks the same.
_SETTLED = timedelta(seconds=60)


class PullCache:
    """The file of one server and account.

    Attributes:
        used: how many objects came from it.
    """

    def __init__(self, folder: Path, url: str, account: Account) -> None:
        """Prepare; nothing is read or made yet.

        Args:
            folder: where the files are.
            url: the server, without credentials.
            account: who is logged in. What it may see or do is part of the key: other rights, another file.
        """
        self.folder = folder
        self.used = 0
        permissions = sorted(account.permissions or ())
        told = json.dumps([account.username, account.roles, permissions, account.permissions is None])
        self._key = [url, hashlib.sha256(told.encode()).hexdigest()]
        self._stamps: dict[tuple[str, int], str] = {}

    @property
    def path(self) -> Path:
        return self.folder / f"pull-{hashlib.sha256(json.dumps(self._key).encode()).hexdigest()[:32]}.json"

    def take(self, plan: Plan) -> None:
        """Put what is kept and unchanged into a plan whose lists were read, and nothing else yet."""
        now = plan.client.server_time
        self._stamps = {
            (kind, number): stamp
            for kind in KINDS
            for number in plan.rows.get(kind, {})
            if (stamp := _stamp(plan, kind, number, now)) is not None
        }
        kept = self._read()
        for (kind, number), stamp in self._stamps.items():
            entry = kept.get(f"{kind}/{number}")
            if isinstance(entry, dict) and entry.get("stamp") == stamp and isinstance(entry.get("raw"), dict):
                uuid, way = entry.get("uuid"), entry.get("way")
                self.used += plan.found.add(
                    Item(kind, number, uuid if isinstance(uuid, str) else None, entry["raw"], str(way))
                )

    def keep(self, items: Iterable[Item]) -> None:
        """Write what was fetched after :meth:`take`. A folder that cannot be written is told."""
        objects = {}
        for item in items:
            stamp = self._stamps.get((item.kind, item.id or 0))
            # What was put together from its dashboards may be told by them in another way tomorrow.
            if stamp is None or not (
                item.way == "export" or (item.way, item.kind) == ("detail", "dashboard")
            ):
                continue
            if _is_exact(item.raw):
                entry = {"stamp": stamp, "uuid": item.uuid, "way": item.way, "raw": item.raw}
                objects[f"{item.kind}/{item.id}"] = entry
        try:
            self._write(json.dumps(objects, separators=(",", ":")).encode())
        except OSError as error:
            _log.warning(
                "--cache %s: it cannot be written (%s), so the next run fetches everything again",
                self.folder,
                (error.strerror or type(error).__name__).lower(),
            )

    def _head(self, body: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(body).hexdigest()
        return {"format": _FORMAT, "dashlint": __version__, "key": self._key, "sha256": digest}

    def _read(self) -> Mapping[str, Any]:
        try:
            with self.path.open("rb") as file:
                # In a folder that others may write, their files are not ours.
                if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                    return {}
                head, body = json.loads(file.readline(10_000)), file.read(_LARGEST)
            if head != self._head(body):
                return {}
            found = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, body: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = json.dumps(self._head(body)).encode() + b"\n" + body
        write_whole(self.path, data, private=True, lasting=False)


def _stamp(plan: Plan, kind: str, number: int, now: datetime | None) -> str | None:
    """Everything on which an object's export depends, as lists tell it; None where they do not."""
    row = plan.row(kind, number)
    changed = row.get("changed_on_utc")
    if not isinstance(changed, str) or not _is_settled(changed, now):
        return None
    datasets = plan.rows.get("dataset")
    charts = plan.rows.get("chart")
    if datasets is None or charts is None:
        return None
    if kind == "chart":
        own = {key: value for key, value in row.items() if key != "dashboards"}
        dataset = row.get("datasource_id")
        around: list[object] = [datasets.get(dataset, {}).get("uuid") if isinstance(dataset, int) else None]
    else:
        own = dict(row)
        around = [
            [(n, chart.get("uuid")) for n, chart in charts.items() if number in dashboards_of(chart)],
            [(n, dataset.get("uuid")) for n, dataset in datasets.items()],
        ]
    text = json.dumps([own, around], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_settled(changed: str, now: datetime | None) -> bool:
    """Whether another change would show as another moment (superset/models/helpers.py: changed_on_utc)."""
    try:
        moment = datetime.strptime(changed, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return False
    if moment.microsecond:
        return True
    return now is not None and now - moment.astimezone(timezone.utc) > _SETTLED


def _is_exact(raw: Mapping[str, Any]) -> bool:
    """Whether JSON gives back what YAML said: it has no dates, and no keys but texts."""
    try:
        return bool(json.loads(json.dumps(raw)) == raw)
    except (TypeError, ValueError, RecursionError):
        return False
