"""What a file says, in as little memory as a large repository asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from dashlint.sources.archive import Files, Unreadable
from dashlint.sources.yaml_text import YamlError, decode, parse

#: Text up to this length is looked up among what was seen: names, ids and colours come again and again, long
#: text is SQL or a title.
_SHORT = 48
_PLAIN = frozenset({str, int})


class Stored(Mapping[str, Any]):
    """A file's contents, read again when somebody asks: rules do not, ``dashlint fix`` does.

    Of 10,000 charts and 500 datasets, contents that nobody looks at would take 45 MiB
    (benchmarks/generate.py). A file that has become unreadable is empty.
    """

    __slots__ = ("_files", "_path")

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path

    def __getitem__(self, key: str) -> Any:
        return _contents(self._files, self._path)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_contents(self._files, self._path))

    def __len__(self) -> int:
        return len(_contents(self._files, self._path))


# Somebody who asks for one key asks for another.
@lru_cache(maxsize=16)
def _contents(files: Files, path: str) -> Mapping[str, Any]:
    try:
        found = parse(decode(files.read(path)).content)
    except (Unreadable, YamlError):
        return {}
    return found if isinstance(found, Mapping) else {}


def compact(value: Any, seen: dict[Any, Any]) -> Any:
    """The same value, whose keys, short texts and whole numbers are one object each wherever they occur.

    So are lists of nothing else: a dashboard says for each of its charts which charts it filters, and for
    each node of its layout what stands above it. ``seen`` holds what there was before. Of the contents of
    10,000 charts, keys are 40 % of the bytes (benchmarks/generate.py).
    """
    kind = type(value)
    if kind is str:
        return seen.setdefault(value, value) if len(value) <= _SHORT else value
    if kind is int:
        return seen.setdefault(value, value)
    if kind is dict:
        return {intern(key) if type(key) is str else key: compact(item, seen) for key, item in value.items()}
    if kind is list:
        items = [compact(item, seen) for item in value]
        # With other values in them, lists can be equal and not the same: 1 equals true.
        return seen.setdefault(tuple(items), items) if _PLAIN.issuperset(map(type, items)) else items
    return value
