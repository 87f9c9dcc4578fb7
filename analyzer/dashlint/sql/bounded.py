"""Questions to a statement end in time, whatever the statement is.

Some texts of a few hundred characters keep a parser, or the search for the origin of a column, busy for
hours: 25 CTEs that each join the one before with itself have 2^25 paths to the first.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from dashlint.deadline import OutOfTimeError, in_time
from dashlint.limits import Limits, limits

P = ParamSpec("P")
T = TypeVar("T")

#: How many times the limit may be lost to statements that take too long, before those that follow get a tenth
#: of it each: ten thousand charts can show one such dataset.
_TIMES = 6
#: Seconds that a statement gets in any case.
_LEAST = 0.1


class _Lost:
    """Seconds that were spent without an answer, under the limits that hold: others begin anew."""

    seconds = 0.0
    under: Limits | None = None


def within_time(otherwise: Callable[..., Any]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a question to a statement give ``otherwise(…)`` where it takes too long or nests too deeply."""

    def decorate(question: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(question)
        def bounded(*args: P.args, **kwargs: P.kwargs) -> T:
            # Loaded before time runs: of an import that is cut short, some modules stay and miss the others.
            import sqlglot  # noqa: F401

            begun = time.monotonic()
            try:
                return in_time(_allowed(), question, *args, **kwargs)
            except OutOfTimeError:
                _Lost.seconds += time.monotonic() - begun
                return cast("T", otherwise(*args, **kwargs))
            except RecursionError:
                return cast("T", otherwise(*args, **kwargs))

        return bounded

    return decorate


def _allowed() -> float:
    if _Lost.under is not limits():
        _Lost.under, _Lost.seconds = limits(), 0.0
    seconds = float(limits().sql_seconds)
    return seconds if _Lost.seconds < _TIMES * seconds else max(_LEAST, seconds / 10)
