"""What ``dashlint.records`` makes does what the standard library's classes do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import typing
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from dashlint import records


def plain(make: Any, field: Any) -> type:
    @make(frozen=True)
    class Plain:
        """A key."""

        name: str
        size: int = 3
        place: str | None = field(default=None, compare=False, repr=False)
        words: tuple[str, ...] = field(default_factory=tuple)

        @property
        def double(self) -> int:
            return self.size * 2

    return Plain


def changing(make: Any, field: Any) -> type:
    @make
    class Changing:
        """Can be changed, and is no key."""

        name: str
        found: list[str] = field(default_factory=list)

    return Changing


def itself(make: Any, field: Any) -> type:
    @make(frozen=True, eq=False)
    class Itself:
        """Equal to itself alone."""

        name: str
        raw: dict[str, int] = field(default_factory=dict, repr=False)

    return Itself


def slotted(make: Any, field: Any) -> type:
    @make(frozen=True, slots=True)
    class Slotted:
        """Has a place for each field and no dictionary."""

        name: str
        size: int = 3
        found: int | None = field(default=None, init=False, repr=False)
        words: tuple[str, ...] = field(default_factory=tuple)

        @property
        def double(self) -> int:
            return self.size * 2

    return Slotted


def values(record: Any) -> dict[str, Any]:
    """What a record holds."""
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}


def outcome(act: Callable[[], Any]) -> Any:
    """What comes out: a value, or the kind of error."""
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error)


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 5), {"place": "here"}),
    ((), {"words": ("x",), "name": "a"}),
    ((), {}),
    ((), {"size": 5}),
    (("a",), {"name": "b"}),
    (("a",), {"colour": 1}),
    (("a", 1, None, (), 2), {}),
    (("a",), {"found": 1}),
]


@pytest.mark.parametrize("arguments", CALLS, ids=str)
@pytest.mark.parametrize("declare", [plain, slotted])
def test_a_record_is_made_of_the_same_arguments(
    declare: Callable[[Any, Any], type], arguments: tuple[tuple[Any, ...], dict[str, Any]]
) -> None:
    places, named = arguments

    def made(module: Any) -> Any:
        return outcome(lambda: values(declare(module.dataclass, module.field)(*places, **named)))

    assert made(records) == made(dataclasses)


ACTS: dict[str, Callable[[type], Any]] = {
    "repr": lambda cls: repr(cls("a")),
    "equal": lambda cls: (cls("a") == cls("a"), cls("a") != cls("b"), cls("a") == "a"),
    "hash": lambda cls: len({cls("a"), cls("a"), cls("b")}),
    "what does not count": lambda cls: cls("a", place=1) == cls("a", place=2),
    "set": lambda cls: setattr(cls("a"), "name", "b"),
    "set something else": lambda cls: type(outcome(lambda: setattr(cls("a"), "other", "b"))),
    "delete": lambda cls: delattr(cls("a"), "name"),
    "defaults on the class": lambda cls: (getattr(cls, "size", None) == 3, hasattr(cls, "found")),
    "each has its own": lambda cls: cls("a").found is cls("a").found,
    "dictionary": lambda cls: vars(cls("a")),
    "match": lambda cls: cls.__match_args__,  # type: ignore[attr-defined]
    "document": lambda cls: cls.__doc__,
    "property": lambda cls: cls("a").double,
    "types": lambda cls: tuple(get_type_hints(cls)),
    "copy": lambda cls: values(copy.deepcopy(cls("a"))),
    "fields": lambda cls: [(f.name, f.repr, f.compare, f.init) for f in dataclasses.fields(cls)],
    "asdict": lambda cls: dataclasses.asdict(cls("a")),
    "replace": lambda cls: values(dataclasses.replace(cls("a"), name="b")),
    "replace what is not there": lambda cls: dataclasses.replace(cls("a"), colour="b"),
    "one of them": lambda cls: dataclasses.is_dataclass(cls("a")),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("declare", [plain, changing, itself, slotted])
def test_a_record_does_what_a_dataclass_does(
    declare: Callable[[Any, Any], type], act: Callable[[type], Any]
) -> None:
    ours = outcome(lambda: act(declare(records.dataclass, records.field)))
    theirs = outcome(lambda: act(declare(dataclasses.dataclass, dataclasses.field)))
    assert ours == theirs


def test_a_frozen_record_says_what_cannot_be_set() -> None:
    record = plain(records.dataclass, records.field)("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        record.name = "b"


@pytest.mark.parametrize("declare", [plain, changing, itself, slotted])
def test_fields_are_told_without_the_standard_library(declare: Callable[[Any, Any], type]) -> None:
    ours = declare(records.dataclass, records.field)
    theirs = declare(dataclasses.dataclass, dataclasses.field)
    before = records.fields(ours)
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in before]
    for found in (before, records.fields(ours), records.fields(ours("a"))):
        for our, their in zip(found, dataclasses.fields(theirs), strict=True):
            assert (our.name, our.init, our.repr, our.compare) == (
                their.name,
                their.init,
                their.repr,
                their.compare,
            )
            assert their.default in {our.default, dataclasses.MISSING}


def test_replaced_fields_are_new_and_the_others_the_same() -> None:
    record = plain(records.dataclass, records.field)("a", place="here", words=("x",))
    ours, theirs = (module.replace(record, size=9) for module in (records, dataclasses))
    assert vars(ours) == vars(theirs) == {"name": "a", "size": 9, "place": "here", "words": ("x",)}
    with pytest.raises(TypeError):
        records.replace(record, colour="red")


class Ours(records.NamedTuple):
    """A pair."""

    name: str
    size: int | None = 3

    @property
    def double(self) -> int:
        return (self.size or 0) * 2

    @classmethod
    def of(cls, name: str) -> Ours:
        return cls(name.upper())


class Theirs(typing.NamedTuple):
    """A pair."""

    name: str
    size: int | None = 3

    @property
    def double(self) -> int:
        return (self.size or 0) * 2

    @classmethod
    def of(cls, name: str) -> Theirs:
        return cls(name.upper())


TUPLE_ACTS: dict[str, Callable[[Any], Any]] = {
    "values": lambda cls: (tuple(cls("a")), tuple(cls(size=1, name="a")), tuple(cls.of("a"))),
    "too few": lambda cls: cls(),
    "too many": lambda cls: cls("a", 1, 2),
    "unknown": lambda cls: cls("a", colour=1),
    "set": lambda cls: setattr(cls("a"), "name", "b"),
    "replace": lambda cls: tuple(cls("a")._replace(size=4)),
    "dictionary": lambda cls: cls("a")._asdict(),
    "fields": lambda cls: (cls._fields, cls._field_defaults, cls.__match_args__),
    "repr": lambda cls: repr(cls("a")).partition("(")[2],
    "property": lambda cls: cls("a").double,
    "document": lambda cls: cls.__doc__,
    "types": lambda cls: tuple(get_type_hints(cls).items()),
    "place": lambda cls: (cls.__module__, cls.__qualname__ == cls.__name__),
    "pickle": lambda cls: pickle.loads(pickle.dumps(cls("a"))) == ("a", 3),
    "kept": lambda cls: (copy.copy(cls("a")) == cls("a"), hash(cls("a")) == hash(("a", 3))),
}


@pytest.mark.parametrize("act", TUPLE_ACTS.values(), ids=TUPLE_ACTS)
def test_a_named_tuple_does_what_typing_s_does(act: Callable[[Any], Any]) -> None:
    assert outcome(lambda: act(Ours)) == outcome(lambda: act(Theirs))
