"""A folder of results: a folder per run, in it ``run.json`` and a file per workspace.

Files are written aside and renamed, so that whoever reads sees a whole one.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dashlint.atomic import write_whole
from dashlint.fleet.model import DONE, Result, Run, read_result, result_values
from dashlint.lint.config import ConfigError

_RUN = "run.json"
_PLACES = "places"
#: Seconds within which a file of a few bytes is written.
_WRITTEN_WITHIN = 60


class FolderStore:
    """See :class:`dashlint.fleet.store.Store`."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"{folder}: results are kept in a folder, and this is a file")
        self.folder = folder
        self.label = str(folder)

    def begin(self, run: Run) -> Run:
        there = self.run(run.id)
        if there is not None:
            more = tuple(name for name in run.workspaces if name not in there.workspaces)
            if not more:
                return there
            run = there._replace(workspaces=(*there.workspaces, *more))
        values = {"version": 1, **run._asdict(), "started": run.started.isoformat()}
        self._write(self.folder / run.id / _RUN, values)
        return run

    def run(self, run: str) -> Run | None:
        raw = _read(self.folder / run / _RUN)
        return _run(raw) if raw is not None else None

    def runs(self) -> list[Run]:
        found = [_run(raw) for path in self.folder.glob(f"*/{_RUN}") if (raw := _read(path)) is not None]
        return sorted(found, key=lambda run: (run.started, run.id), reverse=True)

    def keep(self, run: str, result: Result) -> bool:
        there = self.result(run, result.workspace)
        if there is not None and there.state == DONE:
            return False
        self._write(self._file(run, result.workspace), {"version": 1, **result_values(result)})
        return True

    def result(self, run: str, workspace: str) -> Result | None:
        path = self._file(run, workspace)
        raw = _read(path)
        if raw is None:
            return None
        try:
            return read_result({key: value for key, value in raw.items() if key != "version"})
        except (KeyError, TypeError, ValueError):
            raise ConfigError(
                f"{path}: this is no result that dashlint fleet of this version wrote"
            ) from None

    def results(self, run: str, *, only_new: bool = False) -> Mapping[str, Result]:
        known = self.run(run)
        found: dict[str, Result] = {}
        for name in known.workspaces if known is not None else ():
            result = self.result(run, name)
            if result is not None:
                findings = tuple(f for f in result.findings if f.new or not only_new)
                found[name] = result._replace(findings=findings)
        return found

    def before(self, run: str, workspace: str) -> tuple[str, Result] | None:
        this = self.run(run)
        for other in self.runs():
            if this is None or other.started >= this.started or workspace not in other.workspaces:
                continue
            result = self.result(other.id, workspace)
            if result is not None and result.state == DONE:
                return other.id, result
        return None

    def delete(self, run: str) -> None:
        for path in self.folder.glob(f"*/{_RUN}"):  # by what is there: an id may hold anything
            if path.parent.name != run:
                continue
            try:
                for inner in (path.parent / "reports", path.parent / "workspaces"):
                    if inner.is_dir():
                        shutil.rmtree(inner)
                path.unlink()  # last, so that what is interrupted is still a run that can be deleted
            except OSError as error:
                raise ConfigError(f"{path.parent}: cannot be deleted ({error.strerror})") from None
            with contextlib.suppress(OSError):
                path.parent.rmdir()  # stays where somebody keeps files of his own in it

    def hold(self, server: str, limit: int, owner: str, seconds: float) -> bool:
        """A place is a file that only one can create; who dies leaves it, so it is void after a while.

        Two that find a void one at the same moment may both take it: the bound is then exceeded by one.
        """
        paths = list(self._places(server, limit))
        for path in paths:
            raw = _read(path)
            if raw is not None and raw.get("owner") == owner:
                self._write(path, _place(owner, seconds))
                return True
        for path in paths:
            raw = _read(path)
            if raw is not None and _until(path, raw) < time.time():
                path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
                json.dump(_place(owner, seconds), file)
                return True
        return False

    def let_go(self, server: str, owner: str) -> None:
        for path in (self.folder / _PLACES).glob(f"{_plain(server)}.*.json"):
            raw = _read(path)
            if raw is not None and raw.get("owner") == owner:
                path.unlink(missing_ok=True)

    def report_file(self, run: str, workspace: str) -> Path | None:
        return self.folder / run / "reports" / f"{workspace}.json"

    def _file(self, run: str, workspace: str) -> Path:
        return self.folder / run / "workspaces" / f"{workspace}.json"

    def _places(self, server: str, limit: int) -> Iterator[Path]:
        for number in range(limit):
            yield self.folder / _PLACES / f"{_plain(server)}.{number}.json"

    def _write(self, path: Path, values: Mapping[str, Any]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(values, indent=1, ensure_ascii=False).encode())
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        # Only a place can be empty, for the moment between its creation and its first line.
        return {}
    return raw if isinstance(raw, Mapping) else {}


def _run(raw: Mapping[str, Any]) -> Run:
    try:
        return Run(
            raw["id"], datetime.fromisoformat(raw["started"]), raw["dashlint"], tuple(raw["workspaces"])
        )
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"a {_RUN} in the folder of results is not one that dashlint fleet wrote") from None


def _place(owner: str, seconds: float) -> dict[str, Any]:
    return {"owner": owner, "until": time.time() + seconds}


def _until(path: Path, raw: Mapping[str, Any]) -> float:
    """When a place becomes void. One that is empty is being written, or its writer died in that moment."""
    if "until" in raw:
        return float(raw["until"])
    return path.stat().st_mtime + _WRITTEN_WITHIN if path.exists() else 0.0


def _plain(server: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in server)
