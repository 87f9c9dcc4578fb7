"""Writes a plan to a server, with a way back.

The file for the way back is on disk before the first change, and says after each one how far things are. An
object that somebody has changed since it was read stops everything, before anything of theirs is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dashlint.fix.server_plan import Reads, ServerEdit
from dashlint.fix.splice import same
from dashlint.fix.write import NotWrittenError, replace_file, write_new
from dashlint.sources.rest.writing import plain

VERSION = 1
#: What changes with every write, and what only tells of it.
_MOVES = ("changed", "last_saved", "thumbnail", "modified", "humanized")


class StoppedError(Exception):
    """Nothing more was written; the text is one sentence that says why and what holds now."""


class Writes(Reads, Protocol):
    """Reads and changes objects of a server."""

    def put(self, kind: str, number: int, values: dict[str, Any]) -> None: ...


@dataclass
class Entry:
    """An object in the file for the way back: its fields before and after the change.

    ``done`` is False until the change was seen on the server.
    """

    kind: str
    id: int
    uuid: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    done: bool = False


def apply(edits: Sequence[ServerEdit], server: Writes, url: str, file: Path) -> list[str]:
    """Makes the changes, in order.

    Args:
        edits: the plan.
        server: where.
        url: its address, for the file.
        file: where the old values go; must not exist.

    Returns:
        Sentences about objects of which the server changed more than was asked.

    Raises:
        StoppedError: somebody changed an object meanwhile.
        SourceError: the server refused a change. What was changed so far stays, and is in the file.
        NotWrittenError: the file cannot be written; nothing was changed.
    """
    entries = [Entry(e.kind, e.id, e.uuid, e.name, e.before, e.fields) for e in edits]
    saved = _dump(url, entries)
    write_new(file, saved)
    told = []
    for edit, entry in zip(edits, entries, strict=True):
        now = server.read(edit.kind, edit.id)
        if now.changed_on != edit.stored.changed_on or any(
            not same(now.detail.get(name), value) for name, value in edit.before.items()
        ):
            raise StoppedError(
                f"{edit.kind} “{edit.name}” was changed since it was read: nothing of it was touched, and "
                f"{_count(entries, file)}; run again"
            )
        server.put(edit.kind, edit.id, dict(edit.fields))
        after = server.read(edit.kind, edit.id)
        entry.after = {name: after.detail.get(name) for name in edit.fields}
        entry.done = True
        new = _dump(url, entries)
        replace_file(str(file), saved, new)
        saved = new
        told += _other_changes(edit, now.detail, after.detail)
    return told


def roll_back(file: Path, url: str, server: Writes, ask: Callable[[Sequence[Entry]], bool]) -> list[Entry]:
    """Puts the old values back, the last change first.

    Args:
        file: as :func:`apply` wrote it.
        url: the server's address, which must be the one in the file.
        server: where.
        ask: shows what would be put back and says whether to.

    Returns:
        What was put back; empty where nothing had to be, or was wanted.

    Raises:
        StoppedError: the file is none of ours or of another server, or an object was changed since.
        SourceError: the server refused a change.
    """
    entries = _load(file, url)
    wanted = []
    for entry in reversed(entries):
        now = server.read(entry.kind, entry.id).detail
        if _is(now, entry.before):
            continue
        if not _is(now, entry.after):
            raise StoppedError(
                f"{entry.kind} “{entry.name}” is neither as the fix left it nor as it was before, so nothing "
                "was put back: look at it by hand"
            )
        wanted.append(entry)
    if not wanted or not ask(wanted):
        return []
    for entry in wanted:
        if not _is(server.read(entry.kind, entry.id).detail, entry.after):
            raise StoppedError(
                f"{entry.kind} “{entry.name}” was changed meanwhile: it stays so, and those after it, too"
            )
        server.put(entry.kind, entry.id, dict(entry.before))
    return wanted


def _is(detail: Any, values: dict[str, Any]) -> bool:
    """Whether an object holds some values."""
    return all(same(plain(detail.get(name)), plain(value)) for name, value in values.items())


def _other_changes(edit: ServerEdit, before: Any, after: Any) -> list[str]:
    """What else is different after a change; not what tells of the change itself."""
    other = [
        name
        for name in before
        if name not in edit.fields
        and not any(word in name for word in _MOVES)
        and not same(before[name], after.get(name))
    ]
    other += [name for name, value in edit.fields.items() if not same(plain(value), plain(after.get(name)))]
    if not other:
        return []
    return [f"{edit.kind} “{edit.name}”: the server itself changed {', '.join(other)} along with it"]


def _count(entries: Sequence[Entry], file: Path) -> str:
    done = sum(entry.done for entry in entries)
    if not done:
        return "nothing was written"
    return f"{'1 object was' if done == 1 else f'{done} objects were'} written before (--rollback {file})"


def _dump(url: str, entries: Sequence[Entry]) -> bytes:
    document = {"version": VERSION, "url": url, "objects": [vars(entry) for entry in entries]}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _load(file: Path, url: str) -> list[Entry]:
    try:
        document = json.loads(file.read_bytes())
        entries = [Entry(**entry) for entry in document["objects"]]
        where, version = document["url"], document["version"]
    except OSError as error:
        raise StoppedError(f"{file} cannot be read: {(error.strerror or 'error').lower()}") from None
    except (ValueError, KeyError, TypeError):
        raise StoppedError(f"{file} is not a file that `dashlint fix --url` wrote") from None
    if version != VERSION:
        raise StoppedError(f"{file} is of version {version}: this dashlint reads version {VERSION}")
    if where != url:
        raise StoppedError(f"{file} is of {where}, not of {url}: nothing was put back")
    if not all(
        entry.kind in ("chart", "dataset", "dashboard") and type(entry.id) is int for entry in entries
    ):
        raise StoppedError(f"{file} is not a file that `dashlint fix --url` wrote")
    return entries


__all__ = ["Entry", "NotWrittenError", "StoppedError", "apply", "roll_back"]
