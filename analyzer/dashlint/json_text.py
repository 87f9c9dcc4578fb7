"""JSON that somebody else wrote, as its standard has it (RFC 8259): reports, baselines, catalogs, views.

Python's own reader also takes ``NaN`` and ``Infinity``, makes an infinity of ``1e999``, and raises three
kinds of errors. Here there is one kind.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def decode(text: str, *, finite: bool = True) -> Any:
    """What a JSON text says: dicts, lists, text, numbers, booleans, None.

    Args:
        text: the text.
        finite: whether ``NaN`` and infinite numbers are refused; who says no looks at each number.

    Raises:
        ValueError: it is no JSON; one sentence says why. A ``json.JSONDecodeError`` says where, too.
    """
    try:
        return json.loads(text, parse_constant=_refused, parse_float=_finite) if finite else json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if isinstance(error, _NumberError):
            raise
        raise ValueError("a number has too many digits") from None


class _NumberError(ValueError):
    """A number that JSON or counting does not know."""


def _refused(name: str) -> NoReturn:
    raise _NumberError(f"{name} is no number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _NumberError(f"the number {digits:.20} is too large")
    return value
