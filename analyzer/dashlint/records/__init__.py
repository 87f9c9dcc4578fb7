"""``dataclass`` and ``NamedTuple`` of the standard library, made in a fraction of the time.

A scan defines more than a hundred of these classes before it reads its first file. The standard library
writes Python text for each and compiles it, and to do so ``dataclasses`` imports ``inspect``, which brings
along the parser, the tokenizer and the disassembler: a quarter of the scan of one file (docs/performance.md).
What every scan loads takes its classes from here; what is loaded on demand need not.

To type checkers these are the originals. They mean the same, as far as they go:
``tests/project/test_records.py`` holds them against the standard library, whose ``replace``, ``fields`` and
``asdict`` take them for its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
    from typing import NamedTuple
else:
    from dashlint.records.classes import dataclass, field, fields, replace
    from dashlint.records.tuples import NamedTuple

__all__ = ["NamedTuple", "dataclass", "field", "fields", "replace"]
