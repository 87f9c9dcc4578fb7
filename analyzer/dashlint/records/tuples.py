"""``typing.NamedTuple`` that never looks at what its types are."""

from __future__ import annotations

import collections
from typing import Any


class _Maker(type):
    """Makes a named tuple of a class's body."""

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, body)
        types = body.pop("__annotations__")
        defaults = [body.pop(field) for field in types if field in body]
        make: Any = collections.namedtuple  # noqa: PYI024 what typing makes of, too
        made = make(name, types, defaults=defaults, module=body.pop("__module__"))
        made.__annotations__ = made.__new__.__annotations__ = types
        for key, value in body.items():
            setattr(made, key, value)
        return made


class NamedTuple(metaclass=_Maker):
    """A tuple with names. Without generic types; a module needs ``from __future__ import annotations``."""
