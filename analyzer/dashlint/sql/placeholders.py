"""Stand-ins for values that only Superset, its configuration or its users know.

A stand-in must survive whatever a template does with it and end as something that parses
where the real value would. Bare in SQL, ``dashlint_today`` reads as a name; in quotes, as a
text. The SQL room knows the prefix and does not take such a name for a column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from jinja2.exceptions import UndefinedError
from jinja2.runtime import Undefined
from jinja2.utils import missing

from dashlint.sql.model import PLACEHOLDER_PREFIX
from dashlint.sql.sandbox import Unknowable

#: The time range that stands for "some range": one month, so that both ends differ.
SINCE = datetime(2024, 1, 1)  # noqa: DTZ001  Superset's bounds have no zone
UNTIL = datetime(2024, 2, 1)  # noqa: DTZ001

#: Names that JINJA_CONTEXT_ADDONS commonly gives to the clock, and attributes that read it.
CLOCK_NAMES = frozenset(
    {"now", "today", "utcnow", "yesterday", "tomorrow", "current_date", "current_timestamp"}
)
#: Names that lead to dates, though they do not read the clock by themselves.
DATE_NAMES = CLOCK_NAMES | {"datetime", "date", "timedelta", "relativedelta", "dateutil", "pendulum", "arrow"}

_NO_NAME = re.compile(r"[^0-9a-zA-Z_]+")


def placeholder_text(name: str) -> str:
    """A text that parses bare and in quotes: ``dashlint_`` and the name's letters."""
    return (PLACEHOLDER_PREFIX + _NO_NAME.sub("_", name).strip("_").lower())[:60]


class Placeholder(Unknowable):
    """Something unknown that a template goes on working with.

    Every attribute, item and call of it is unknown again; it is true, has one item, and is
    equal to nothing but itself.
    """

    __slots__ = ("_name", "_value")

    def __init__(self, name: str, value: datetime | None = None) -> None:
        self._name = name
        self._value = value

    def __str__(self) -> str:
        return str(self._value) if self._value is not None else placeholder_text(self._name)

    def follow(self, name: str) -> Any:
        """The attribute or item of that name."""
        real = getattr(self._value, name, None) if self._value is not None else None
        if name in {"strftime", "isoformat", "date", "timestamp", "year", "month", "day", "hour", "weekday"}:
            return real if real is not None else getattr(SINCE, name)
        return Placeholder(f"{self._name}_{name}", self._value)

    def __call__(self, *_: object, **__: object) -> Placeholder:
        return self

    def __iter__(self) -> Iterator[Placeholder]:
        yield self

    def __len__(self) -> int:
        return 1

    def __contains__(self, _: object) -> bool:
        return True

    def __int__(self) -> int:
        return 1

    def __index__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __add__(self, other: object) -> Any:
        return str(self) + other if isinstance(other, str) else self

    def __radd__(self, other: object) -> Any:
        return other + str(self) if isinstance(other, str) else self

    def _same(self, *_: object) -> Placeholder:
        return self

    __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __pow__ = __rpow__ = __neg__ = __pos__ = _same

    def _yes(self, _: object) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = _yes


def undefined_type(note: Callable[[str], None]) -> type[Undefined]:
    """The class of names that a template uses and nobody defined.

    As in Superset, such a name is false, empty and not ``defined``. Written into the text or
    worked with, it becomes a placeholder, and ``note`` is told its name.
    """

    def placeholder(self: Undefined, *_: object, **__: object) -> Placeholder:
        name = self._undefined_name if isinstance(self._undefined_name, str) else "value"
        if not issubclass(self._undefined_exception, UndefinedError):
            self._fail_with_undefined_error()  # the sandbox refused an attribute
        if self._undefined_obj is missing:
            note(name)
        return Placeholder(name, SINCE if name in DATE_NAMES else None)

    def after(self: Undefined, other: Any) -> Any:
        return other + placeholder(self)

    operations: dict[str, Callable[..., Any]] = dict.fromkeys(_OPERATIONS, placeholder)
    operations |= dict.fromkeys(("__lt__", "__le__", "__gt__", "__ge__"), lambda *_: False)
    operations |= {
        "__add__": lambda self, other: placeholder(self) + other,
        "__radd__": after,
        "__float__": lambda self: float(placeholder(self)),
        "__int__": lambda self: int(placeholder(self)),
        "__str__": lambda self: str(placeholder(self)),
        "follow": lambda self, name: placeholder(self).follow(name),
    }
    return type("Unknown", (Undefined, Unknowable), {"__slots__": (), **operations})


_OPERATIONS = (
    *("__call__", "__neg__", "__pos__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__mod__"),
    *("__truediv__", "__rtruediv__", "__floordiv__", "__rfloordiv__", "__pow__", "__rpow__", "__rmod__"),
)
