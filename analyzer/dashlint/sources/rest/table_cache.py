"""What servers said about tables, kept on disk between runs.

One small JSON file per table: names, types and indexes, and nothing that logs in anywhere. Files are replaced
in one step, so that runs at the same time do not meet halves.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dashlint.assets import Database
from dashlint.atomic import write_whole
from dashlint.sources.kept import cache_folder

#: A day (seconds): indexes change by migrations, which teams run less often than they scan.
DEFAULT_MAX_AGE = 86_400.0
_FORMAT = 1
_LARGEST = 2**24  # bytes; no table has so many columns


class TableCache:
    """A folder of answers."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        max_age: float = DEFAULT_MAX_AGE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is read or made yet.

        Args:
            folder: where the files are; by default, in the user's cache folder.
            max_age: seconds after which an answer is asked for again.
            clock: seconds since 1970.
        """
        self._folder = folder
        self._max_age = max_age
        self._clock = clock

    @property
    def folder(self) -> Path | None:
        """Where the files are; None where nothing is to be kept."""
        if self._folder is None:
            self._folder = cache_folder("tables")
        return self._folder

    def get(
        self, url: str, database: Database, table: tuple[str, str | None, str | None]
    ) -> dict[str, Any] | None:
        """An answer that is young enough; None if there is none, or it cannot be read."""
        key = _key(url, database, table)
        path = self._path(key)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                entry = json.loads(file.read(_LARGEST))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or entry.get("format") != _FORMAT or entry.get("key") != key:
            return None
        moment, answer = entry.get("time"), entry.get("answer")
        if not isinstance(moment, (int, float)) or not isinstance(answer, dict) or not _is_usable(answer):
            return None
        # A clock that was set back makes an answer look as if it came from the future.
        return answer if 0 <= self._clock() - moment < self._max_age else None

    def put(
        self,
        url: str,
        database: Database,
        table: tuple[str, str | None, str | None],
        answer: Mapping[str, Any],
    ) -> None:
        """Keep an answer. A folder that cannot be written costs time in the next run, and nothing else."""
        key = _key(url, database, table)
        entry = {"format": _FORMAT, "key": key, "time": self._clock(), "answer": answer}
        path = self._path(key)
        if path is not None:
            with contextlib.suppress(OSError):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                data = json.dumps(entry, separators=(",", ":")).encode()
                write_whole(path, data, private=True, lasting=False)

    def _path(self, key: list[str | None]) -> Path | None:
        folder = self.folder
        name = f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.json"
        return folder / name if folder is not None else None


def _key(url: str, database: Database, table: tuple[str, str | None, str | None]) -> list[str | None]:
    # The address has no credentials in it: address.parse took them out.
    return [url, database.uuid or str(database.id), *table]


def _is_usable(answer: Mapping[str, Any]) -> bool:
    return (
        isinstance(answer.get("columns"), list)
        and isinstance(answer.get("indexes"), (list, type(None)))
        and answer.get("kind") in {"table", "view", None}
    )
