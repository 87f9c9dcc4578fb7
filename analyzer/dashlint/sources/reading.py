"""From the files of one place to what they say, and what could not be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.assets import Problem
from dashlint.sources.archive import OVERRIDES, Files, Unreadable
from dashlint.sources.folder import Folder
from dashlint.sources.kinds import OTHER, is_meant_as_asset, kind_of, may_be_asset, place_of
from dashlint.sources.roots import parent
from dashlint.sources.yaml_text import Parsed, YamlError, decode, parse, parse_marked

if TYPE_CHECKING:
    from dashlint.sources.parsed_cache import ParsedCache

#: Files below which parsing takes less time than anybody notices: 0.2 ms each (benchmarks/read_exports.py).
WORTH_KEEPING_FROM = 200
#: Files from which a fifth less memory counts more than 3 % more time: 222 instead of 277 MiB and 8.5
#: instead of 8.2 s for the scan of 10,000 charts (benchmarks/generate.py).
WORTH_COMPACTING_FROM = 20_000

_TEMPLATE = (
    "it is a Jinja template: its statements are left out and its expressions stay text, so what it says here "
    "can differ from what it becomes"
)


class Found(NamedTuple):
    """A file that says what an asset is. ``is_whole``: parsing it once more gives the same ``raw``."""

    kind: str
    path: str
    shown: str
    raw: dict[str, Any]
    is_plain: bool
    is_whole: bool


class _Left(NamedTuple):
    """A file that is no asset: what keeps it from being read, if anything, and whether it begins like one."""

    problem: Problem | None = None
    is_meant: bool = False


_NOT_OURS = _Left()


@dataclass
class Reading:
    """What the files of one place say.

    ``others`` are further files that belong to exports (metadata, saved queries, themes, tags). ``rest`` are
    the files that hold no asset.
    """

    found: list[Found] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    rest: dict[str, _Left] = field(default_factory=dict)


def read_files(files: Files, problems: list[Problem], *, keeps: bool = False) -> Reading:
    """Reads every YAML file of a place that can be an asset.

    Args:
        files: the place.
        problems: what is wrong is added to them.
        keeps: what many files say is kept for the next run.
    """
    paths = list(files.paths(problems))
    if not isinstance(files, Folder) or len(paths) < WORTH_KEEPING_FROM:
        return _Reader(files, problems).read(paths)
    from dashlint.sources.parsed_cache import ParsedCache

    with closing(ParsedCache(files.on_disk(""), writes=keeps)) as cache:
        return _Reader(files, problems, cache).read(paths)


def explain_rest(files: Files, reading: Reading, roots: set[str], problems: list[Problem]) -> None:
    """Problems for the files that should be assets and are none.

    Those are the files that lie where Superset puts assets, in the export roots that were found (or
    anywhere, if nothing was found), others there that begin like an asset, and broken ones that begin like
    an asset wherever they lie.
    """
    for path, left in reading.rest.items():
        place = place_of(path)
        is_inside = place is not None and (not roots or _root_of(path, place[0]) in roots)
        if place is not None and is_inside and (place[1] or left.is_meant):
            problems.append(left.problem or _what_is_wrong(files, path, place[0]))
        elif left.problem is not None and (left.is_meant or not (roots or place)):
            problems.append(left.problem)


def _root_of(path: str, kind: str) -> str:
    folder = parent(path)
    while kind + "s" != folder.rpartition("/")[2]:
        folder = parent(folder)
    return parent(folder)


class _Reader:
    """Reads the files of one place."""

    def __init__(self, files: Files, problems: list[Problem], cache: ParsedCache | None = None) -> None:
        self._files = files
        self._problems = problems
        self._cache = cache
        self._reading = Reading()
        self._compact: Callable[[Any], Any] | None = None

    def read(self, paths: Sequence[str]) -> Reading:
        if len(paths) >= WORTH_COMPACTING_FROM:
            from dashlint.sources.stored import compact

            self._compact = partial(compact, seen={})
        overrides: dict[str, Mapping[str, Any]] = {}
        for path in paths:
            try:
                data = self._files.read(path)
            except Unreadable as error:
                self._problems.append(Problem(error.kind, error.reason, self._files.shown(path)))
                continue
            if path.endswith(OVERRIDES) and place_of(path):
                overrides[path] = _read_overrides(self._files, path, data, self._reading, self._problems)
            elif may_be_asset(data):
                self._read_one(path, data)
            else:
                self._reading.rest[path] = _NOT_OURS
        if overrides:
            _apply(overrides, self._files, self._reading, self._problems)
        return self._reading

    def _read_one(self, path: str, data: bytes) -> None:
        known = self._cache.get(data) if self._cache is not None else None
        if known is not None:
            self._add(path, known.kind, known.raw, is_plain=known.is_plain, is_whole=True)
            return
        shown = self._files.shown(path)
        try:
            text = decode(data)
            parsed, is_templated = _parse(text.content)
        except YamlError as error:
            message = f"it cannot be read as YAML: {error.reason}"
            problem = Problem("unreadable-file", message, shown, error.line, error.column)
            self._reading.rest[path] = _Left(problem, is_meant_as_asset(data))
            return
        raw = parsed.value
        kind = kind_of(raw)
        if kind is None:
            self._reading.rest[path] = _Left(is_meant=is_meant_as_asset(data))
            return
        if kind is OTHER:
            self._reading.others.append(path)
            return
        is_whole = not is_templated
        if "{{ '" in text.content:
            from dashlint.sources.templated import is_escaped, unescape

            if is_escaped(text.content):
                raw, is_whole = unescape(raw), False
        self._add(path, kind, raw, is_plain=parsed.is_plain, is_whole=is_whole)
        if is_templated:
            self._problems.append(Problem("templated-file", _TEMPLATE, shown))
        if text.guessed:
            message = f"it is not UTF-8, and was read as {text.guessed}: save it as UTF-8"
            self._problems.append(Problem("wrong-encoding", message, shown))
        if self._cache is not None and is_whole and not text.guessed:
            from dashlint.sources.parsed_cache import Entry

            self._cache.put(data, Entry(kind, raw, parsed.is_plain))

    def _add(self, path: str, kind: str, raw: dict[str, Any], *, is_plain: bool, is_whole: bool) -> None:
        raw = self._compact(raw) if self._compact is not None else raw
        found = Found(kind, path, self._files.shown(path), raw, is_plain, is_whole)
        self._reading.found.append(found)


def _parse(text: str) -> tuple[Parsed, bool]:
    """What a text says, and whether it had to be freed of Jinja first."""
    try:
        return parse_marked(text), False
    except YamlError:
        from dashlint.sources.templated import attempts, restore

        for attempt in attempts(text):
            try:
                value = parse(attempt.text)
            except YamlError:
                continue
            return Parsed(restore(value, attempt.pieces), is_plain=False), True
        raise


def _what_is_wrong(files: Files, path: str, kind: str) -> Problem:
    """Why a file that lies among assets is none."""
    shown = files.shown(path)
    try:
        text = decode(files.read(path)).content
        value = _parse(text)[0].value
    except Unreadable as error:
        return Problem(error.kind, error.reason, shown)
    except YamlError as error:
        message = f"it cannot be read as YAML: {error.reason}"
        return Problem("unreadable-file", message, shown, error.line, error.column)
    if value is None:
        what = "is empty"
    elif isinstance(value, list):
        what = "holds a list and not the keys of an asset"
    elif isinstance(value, Mapping):
        what = f"lacks the keys by which a {kind} is known"
    else:
        what = "holds text and not the keys of an asset"
    return Problem("invalid-asset", f"it lies among the {kind}s but {what}, so it is left out", shown)


def _read_overrides(
    files: Files, path: str, data: bytes, reading: Reading, problems: list[Problem]
) -> Mapping[str, Any]:
    try:
        value = _parse(decode(data).content)[0].value
    except YamlError as error:
        message = f"it cannot be read as YAML: {error.reason}"
        problems.append(Problem("unreadable-file", message, files.shown(path), error.line, error.column))
        return {}
    reading.others.append(path)
    return value if isinstance(value, Mapping) else {}


def _apply(
    overrides: Mapping[str, Mapping[str, Any]], files: Files, reading: Reading, problems: list[Problem]
) -> None:
    """Lays ``x.overrides.yaml`` over ``x.yaml``, as superset-cli does (…/sync/native/command.py)."""
    index = {found.path: i for i, found in enumerate(reading.found)}
    for path, values in overrides.items():
        stem, _, suffix = path.rpartition(".overrides")
        place = index.get(stem + suffix)
        if place is None:
            message = f"it overrides {files.shown(stem + suffix)}, which is not there or holds no asset"
            problems.append(Problem("stray-overrides", message, files.shown(path)))
        else:
            found = reading.found[place]
            reading.found[place] = found._replace(raw=_merged(found.raw, values), is_whole=False)


def _merged(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in values.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(old, value)
        else:
            merged[key] = value
    return merged
