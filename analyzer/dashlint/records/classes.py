"""``dataclasses.dataclass`` whose methods are the same few functions for all classes: nothing is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NoReturn


class _Missing:
    """No default."""


class _Field:
    """What is said about a field."""

    name: str

    def __init__(
        self,
        *,
        default: Any = _Missing,
        default_factory: Any = _Missing,
        init: bool = True,
        repr: bool = True,  # noqa: A002 dataclasses' own word
        compare: bool = True,
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare


class _Fields:
    """The fields as the standard library describes them, once it asks."""

    def __init__(self, known: Sequence[_Field]) -> None:
        self.known = known
        self._described: Any = None

    def __get__(self, record: object, cls: Any) -> Any:
        if self._described is None:
            self._described = self._describe(cls)
        return self._described

    def _describe(self, cls: Any) -> Any:
        import dataclasses

        described = []
        for one in self.known:
            told = {key: value for key, value in vars(one).items() if value is not _Missing and key != "name"}
            described.append((one.name, cls.__annotations__[one.name], dataclasses.field(**told)))
        made: Any = dataclasses.make_dataclass(cls.__name__, described)
        return made.__dataclass_fields__


field = _Field


def dataclass(cls: Any = None, /, *, frozen: bool = False, eq: bool = True, slots: bool = False) -> Any:
    """``dataclasses.dataclass``, without inheritance, ``__post_init__`` and what else is not used."""
    if cls is None:
        return lambda made: dataclass(made, frozen=frozen, eq=eq, slots=slots)
    known = [_declared(cls, name) for name in cls.__annotations__]
    if slots:
        cls = _slotted(cls, [one.name for one in known])
    cls.__match_args__ = tuple(one.name for one in known if one.init)  # type: ignore[misc]
    cls.__dataclass_fields__ = _Fields(known)
    cls.__init__ = _initializer(known)
    cls.__repr__ = _describer([one.name for one in known if one.repr])
    if eq:
        compared = attrgetter(*(one.name for one in known if one.compare))
        cls.__eq__ = _comparer(compared)
        cls.__hash__ = _hasher(compared) if frozen else None
    if frozen:
        cls.__setattr__ = cls.__delattr__ = _refuse
    return cls


def fields(record: Any) -> tuple[_Field, ...]:
    """``dataclasses.fields``, of a class or of what it made."""
    cls = record if isinstance(record, type) else type(record)
    described: _Fields = cls.__dict__["__dataclass_fields__"]
    return tuple(described.known)


def replace(record: Any, /, **changes: Any) -> Any:
    """``dataclasses.replace``."""
    return type(record)(**{name: getattr(record, name) for name in record.__match_args__} | changes)


def _declared(cls: Any, name: str) -> _Field:
    """What a class says of a field. What stays on the class is its default, if it has one."""
    given = cls.__dict__.get(name, _Missing)
    if not isinstance(given, _Field):
        given = _Field(default=given)
    elif given.default is not _Missing:
        setattr(cls, name, given.default)
    else:
        delattr(cls, name)
    given.name = name
    return given


def _slotted(cls: Any, names: Sequence[str]) -> Any:
    """The same class whose instances have a place for each field, and no dictionary."""
    body = {k: v for k, v in vars(cls).items() if k not in (*names, "__dict__", "__weakref__")}
    body |= {"__slots__": tuple(names), "__qualname__": cls.__qualname__}
    # What pickle and copy do by themselves sets attributes, which a frozen record refuses.
    body["__getstate__"] = lambda self: [getattr(self, name) for name in names]
    body["__setstate__"] = lambda self, state: _set(self, zip(names, state, strict=True))
    return type(cls)(cls.__name__, cls.__bases__, body)


def _set(record: object, values: Iterable[tuple[str, Any]]) -> None:
    put = object.__setattr__
    for name, value in values:
        put(record, name, value)


def _initializer(known: Sequence[_Field]) -> Callable[..., None]:
    names = tuple(one.name for one in known if one.init)
    accepted = frozenset(names)
    template = {one.name: one.default for one in known}
    makers = {one.name: one.default_factory for one in known if one.default_factory is not _Missing}
    required = {one.name for one in known if one.default is _Missing and one.name not in makers}

    def initialize(self: object, /, *values: Any, **named: Any) -> None:
        if values:
            by_place = dict(zip(names, values, strict=False))
            if len(by_place) < len(values) or not by_place.keys().isdisjoint(named):
                raise TypeError(f"{type(self).__name__} takes {', '.join(names)}, each once")
            named |= by_place
        if not required <= named.keys():
            raise TypeError(f"{type(self).__name__} needs {', '.join(sorted(required - named.keys()))}")
        if not named.keys() <= accepted:
            raise TypeError(f"{type(self).__name__} takes no {', '.join(sorted(named.keys() - accepted))}")
        # All fields in their order, however they were named: instances share their keys, which saves memory.
        given = template | named
        for name, make in makers.items():
            if name not in named:
                given[name] = make()
        _set(self, given.items())

    return initialize


def _describer(names: Sequence[str]) -> Callable[[object], str]:
    def describe(self: object) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({told})"

    return describe


def _comparer(compared: Callable[[object], object]) -> Callable[[object, object], bool]:
    def equals(self: object, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    return equals


def _hasher(compared: Callable[[object], object]) -> Callable[[object], int]:
    return lambda self: hash(compared(self))


def _refuse(_self: object, name: str, *_value: object) -> NoReturn:
    """Nothing in a frozen record is set or deleted."""
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")
