"""YAML through PyYAML: for what the fast reader might read otherwise, and for what is wrong.

PyYAML reads what a stranger wrote, so some things are bounded first: nesting (its C loader is recursive and
takes the whole process down at about 100,000 levels) and what aliases stand for ("billion laughs").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import yaml

from dashlint.limits import limits, option
from dashlint.sources.yaml_text import YamlError

#: Levels of nesting. Layouts of dashboards have fewer than 30 (13 exports of Superset 6.1.0: at most 9).
MAX_DEPTH = 200
#: Characters of a number. Those of databases have 76 digits at most (ClickHouse's Decimal256); PyYAML takes
#: quadratic time for the 400,000 digits of ``1:59:59…``, and Python refuses to write more than 4,300.
MAX_DIGITS = 1_000

_SAFE: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LOADER(_SAFE):  # type: ignore[misc]
    """PyYAML's safe loader, without numbers that nobody means."""

    def construct_yaml_int(self, node: Any) -> Any:
        _refuse_digits(node)
        return super().construct_yaml_int(node)

    def construct_yaml_float(self, node: Any) -> Any:
        _refuse_digits(node)
        return super().construct_yaml_float(node)


_LOADER.add_constructor("tag:yaml.org,2002:int", _LOADER.construct_yaml_int)
_LOADER.add_constructor("tag:yaml.org,2002:float", _LOADER.construct_yaml_float)


def _refuse_digits(node: Any) -> None:
    if isinstance(node.value, str) and len(node.value) > MAX_DIGITS:
        mark = node.start_mark
        raise YamlError(f"a number has more than {MAX_DIGITS:,} digits", mark.line + 1, mark.column + 1)


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"
_NESTED = re.compile(r"^ {200}|(?:[-?:] +){50}", re.MULTILINE)
# Quoted pieces of the text stay out of messages: a database's file may hold a password in them.
_QUOTED = re.compile(r"\s*(?P<quote>['\"])(?P<what>.{3,}?)(?P=quote)", re.DOTALL)


def parse_slowly(text: str) -> Any:
    """What a YAML text says, read by PyYAML; see :func:`dashlint.sources.yaml_text.parse`.

    Raises:
        YamlError: the text is not YAML, or YAML that expands beyond all measure.
    """

    def build() -> Any:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _refuse_expansion(node, text)
            return loader.construct_document(node)
        finally:
            loader.dispose()

    return _as_json(_guarded(text, build))


def compose(text: str) -> yaml.Node | None:
    """The nodes of a YAML text, with their marks.

    Raises:
        YamlError: as :func:`parse_slowly`.
    """

    def build() -> Any:
        node = yaml.compose(text, Loader=_LOADER)
        if node is not None:
            _refuse_expansion(node, text)
        return node

    node: yaml.Node | None = _guarded(text, build)
    return node


def _guarded(text: str, build: Callable[[], Any]) -> Any:
    try:
        _refuse_depth(text)
        _refuse_many(text)
        return build()
    except (YamlError, MemoryError):
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = _QUOTED.sub("", error.problem or error.context or "it is not YAML")
        if "nesting depth" in reason:
            # PyYAML from 6.0.4 on stops by itself, at 1,000 levels.
            reason = _TOO_DEEP
        raise YamlError(reason, mark.line + 1 if mark else None, mark.column + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"the character U+{_code(error):04X} is not allowed in YAML", line) from None
    except Exception as error:  # noqa: BLE001  PyYAML's constructors raise whatever int() and date() do
        raise YamlError(f"a value cannot be read ({type(error).__name__})") from None


def _code(error: Any) -> int:
    character = error.character
    return character if isinstance(character, int) else ord(character[:1] or "?")


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") < MAX_DEPTH and not _NESTED.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else None
                raise YamlError(_TOO_DEEP, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_many(text: str) -> None:
    """Refuses more values than anybody means, before an object is made of each."""
    most = limits().values
    # Every value but the first has one of these before it.
    if sum(map(text.count, ("\n", ",", ":", "[", "{", "- ", "? "))) < most:
        return
    found = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.AliasEvent)):
            found += 1
            if found > most:
                raise YamlError(_too_many("it holds"))


def _too_many(what: str) -> str:
    return f"{what} more than {limits().values:,} values ({option('values')} in the configuration)"


def _refuse_expansion(root: yaml.Node, text: str) -> None:
    """Refuses a document that its aliases make endless, or longer than anybody means it to be."""
    if "*" not in text or "&" not in text:
        return
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    pending: list[tuple[yaml.Node, bool]] = [(root, False)]
    while pending:
        node, done = pending.pop()
        key = id(node)
        children = _children(node)
        if done:
            open_nodes.discard(key)
            sizes[key] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[key] > limits().values:
                raise YamlError(_too_many("its aliases stand for"), node.start_mark.line + 1)
        elif key in open_nodes:
            raise YamlError("an alias stands for a value that contains it", node.start_mark.line + 1)
        elif key not in sizes:
            open_nodes.add(key)
            pending.append((node, True))
            pending.extend((child, False) for child in children)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _as_json(value: Any) -> Any:
    """The value with text in place of what JSON does not know: dates, binary data, sets."""
    if isinstance(value, dict):
        return {_key(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, set):
        return [_as_json(item) for item in value]
    return _scalar(value)


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, tuple) else _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("latin-1") if isinstance(value, bytes) else value
