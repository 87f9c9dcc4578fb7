"""A Jinja environment for templates that nobody vouches for.

Jinja's own sandbox keeps a template away from Python's internals. It does not keep it from
filling the memory or running for ever, so every operation that can make a value larger, and
every turn of a loop, is weighed here and ends the rendering when a limit is passed. What is many
small operations has a deadline.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

if TYPE_CHECKING:
    from jinja2.runtime import Undefined

#: Jinja's sandbox allows ranges of 100,000 (``jinja2.sandbox.MAX_RANGE``), Superset keeps that.
MAX_RANGE = 100_000
#: Turns of loops and calls. Far above any template that builds one SQL statement.
MAX_STEPS = 100_000
#: Characters of one text, items of one list (nested ones included), characters of the output.
MAX_SIZE = 1_000_000
#: Characters and items of everything that one rendering makes, thrown away or not: many values that
#: are each just below their limit fill a memory, too.
MAX_MADE = 20 * MAX_SIZE

_BIG_NUMBER = re.compile(r"\d{5,}")
# Filters whose numbers are values, not sizes.
_ANY_NUMBER = frozenset({"default", "d", "int", "float", "round", "abs", "max", "min", "sum"})
_GUARD = "dashlint guard: "  # no template can name a filter with a blank and a colon


class Unknowable:
    """A value that nobody knows. Its attributes, items and calls are decided by itself."""

    __slots__ = ()

    def follow(self, name: str) -> Any:
        raise NotImplementedError

    def __call__(self, *_: object, **__: object) -> Any:
        raise NotImplementedError


class LimitError(Exception):
    """The template asks for more than any SQL needs."""


class Budget:
    """What one rendering may still use."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._output = MAX_SIZE
        self._made = MAX_MADE

    def step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise LimitError(f"it takes more than {MAX_STEPS:,} steps")

    def made(self, value: Any) -> Any:
        """Count a value that an operation gave."""
        if isinstance(value, (str, list, tuple, dict, set, frozenset)):
            weight = _weigh(value)
            if weight > MAX_SIZE:
                raise LimitError(f"a text grows beyond {MAX_SIZE:,} characters")
            self._made -= weight
            if self._made < 0:
                raise LimitError(f"it makes more than {MAX_MADE:,} characters or items in all")
        if isinstance(value, int) and value.bit_length() > 4096:
            raise LimitError("a number grows beyond all bounds")
        return value

    @jinja2.pass_context  # else Jinja would write what is constant unasked
    def write(self, _: Any, value: Any) -> Any:
        """Count what goes to the output (Jinja's ``finalize``)."""
        self._output -= _weigh(value)
        if self._output < 0:
            raise LimitError(f"it writes more than {MAX_SIZE:,} characters")
        return value


def _weigh(value: Any) -> int:
    """Characters and items of a value, nested ones too, as often as they are reached."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (list, tuple, dict, set, frozenset)):
        return 16
    weight = 0
    waiting: list[Any] = [value]
    while waiting:
        current: Any = waiting.pop()
        if isinstance(current, str):
            weight += len(current)
        elif isinstance(current, dict):
            waiting.extend(current.values())
            weight += sum(len(key) if isinstance(key, str) else 1 for key in current)
        elif isinstance(current, (list, tuple, set, frozenset)):
            waiting.extend(current)
        weight += 1
        if weight + len(waiting) > MAX_SIZE:
            raise LimitError(f"a value grows beyond {MAX_SIZE:,} characters or items")
    return weight


def _refuse_product(left: int, right: int) -> None:
    if left * right > MAX_SIZE:
        raise LimitError(f"a value grows beyond {MAX_SIZE:,} characters or items")


def _sized(arguments: Iterable[Any]) -> None:
    """Refuse numbers that would be taken as a size (``center``, ``range``, ``batch``…)."""
    for argument in arguments:
        if isinstance(argument, int) and abs(argument) > MAX_RANGE:
            raise LimitError(f"it asks for a size of {argument:,}"[:80])


def _multiplying(name: str, value: Any, arguments: tuple[Any, ...]) -> None:
    """Refuse text operations whose result is the product of two sizes."""
    if name in {"replace", "join", "translate", "format", "indent", "format_map", "expandtabs"}:
        sizes = [_weigh(argument) for argument in arguments]
        _refuse_product(_weigh(value) + 1, max(sizes, default=0) + 1)
    if name in {"format", "format_map"} and isinstance(value, str) and _BIG_NUMBER.search(value):
        raise LimitError("it asks for a very wide field")


class Environment(SandboxedEnvironment):
    """Superset's kind of environment (``jinja_context.py``), with limits."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, undefined: type[Undefined], budget: Budget) -> None:
        # Not optimized: the optimizer would evaluate constant expressions unweighed.
        super().__init__(undefined=undefined, finalize=budget.write, optimized=False)
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": str}
        self.budget = budget
        self.globals.pop("lipsum", None)
        self.globals["range"] = self._range
        self.filters = {name: self._guarded(name, function) for name, function in self.filters.items()}
        self.filters["random"] = self.filters["first"]  # the same text every time
        self.filters[_GUARD + "concat"] = self._concat
        self.filters[_GUARD + "loop"] = self._loop
        self.filters[_GUARD + "literal"] = budget.made

    def add_filter(self, name: str, function: Callable[..., Any]) -> None:
        self.filters[name] = self._guarded(name, function)

    def build(self, tree: nodes.Template) -> jinja2.Template:
        """The template of a parsed tree, guarded. The tree is changed."""
        _Guards().visit(tree)
        code = self.compile(tree, filename="<template>")
        return self.template_class.from_code(self, code, self.make_globals(None))

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # keeps Jinja's marks (pass_context…)
        def guarded(*arguments: Any, **named: Any) -> Any:
            self.budget.step()
            values = (*arguments, *named.values())
            if name not in _ANY_NUMBER:
                _sized(values[1:])
            plain = tuple(v for v in values if isinstance(v, (str, list, tuple, dict)))
            if plain:
                _multiplying(name, plain[0], plain[1:])
            if name == "sum" and plain and len(plain[0]) * _weigh(plain[0]) > MAX_MADE:
                # Lists are added up (``sum(start=[])``) by copying all that came before, each time.
                raise LimitError("it adds up too many lists")
            return self.budget.made(function(*arguments, **named))

        return guarded

    def _range(self, *arguments: int) -> range:
        found = range(*arguments)
        if len(found) > MAX_RANGE:
            raise LimitError(f"it asks for a range of more than {MAX_RANGE:,} numbers")
        return found

    def _concat(self, parts: list[Any]) -> str:
        self.budget.step()
        return str(self.budget.made("".join(str(self._plain(part)) for part in parts)))

    @staticmethod
    def _plain(value: Any) -> Any:
        _weigh(value)
        return value

    def _loop(self, iterable: Iterable[Any]) -> Iterator[Any]:
        for item in iterable:
            self.budget.step()
            yield item

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Unknowable) and not attribute.startswith("_"):
            return obj.follow(attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Unknowable) and not str(argument).startswith("_"):
            return obj.follow(str(argument))
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.budget.step()
        if operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(value, (str, list, tuple)) and isinstance(times, int):
                    _refuse_product(_weigh(value) + 1, max(times, 0))
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _refuse_product(left.bit_length() * 250, max(right, 0))
        elif operator == "%" and isinstance(left, str):
            if _BIG_NUMBER.search(left) or "*" in left:
                raise LimitError("it asks for a very wide field")
            _refuse_product(left.count("%") + 1, _weigh(right) + 1)
        return self.budget.made(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063  Jinja's signature
        __self.budget.step()
        if isinstance(__obj, Unknowable):
            return __obj(*args, **kwargs)
        # Jinja wraps ``str.format``; the method itself is behind the wrapper.
        owner = getattr(getattr(__obj, "__wrapped__", __obj), "__self__", None)
        if isinstance(owner, (str, list, dict, set)):
            values = (*args, *kwargs.values())
            _sized(values)
            _multiplying(getattr(__obj, "__name__", ""), owner, values)
        result = super().call(__context, __obj, *args, **kwargs)
        if isinstance(owner, (list, dict, set)):
            _weigh(owner)
        return __self.budget.made(result)


class _Guards(NodeTransformer):
    """Puts a guard where Jinja's sandbox has no hook: ``~``, loops, literals of lists, plain text."""

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802  Jinja's name
        """Text becomes a value: a loop writes it as often as it turns."""
        return nodes.Const(node.data, lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  Jinja's name
        self.generic_visit(node)
        return self._filter(nodes.List(node.nodes, lineno=node.lineno), "concat")

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  Jinja's name
        self.generic_visit(node)
        node.iter = self._filter(node.iter, "loop")
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802  Jinja's name
        self.generic_visit(node)
        return self._filter(node, "literal") if node.items else node

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802  Jinja's name
        self.generic_visit(node)
        return self._filter(node, "literal") if node.ctx == "load" and node.items else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802  Jinja's name
        self.generic_visit(node)
        return self._filter(node, "literal") if node.items else node

    @staticmethod
    def _filter(node: Any, name: str) -> nodes.Filter:
        return nodes.Filter(node, _GUARD + name, [], [], None, None, lineno=node.lineno)


def template_error(error: BaseException) -> tuple[str, int | None]:
    """What went wrong, as part of a sentence, and the template's line if it is known."""
    if isinstance(error, RecursionError):
        return "it calls itself without end, or is nested too deeply", None
    if isinstance(error, SyntaxError):
        # Python's compiler has limits of its own: 20 loops within each other, 100 levels in all.
        return "it is nested too deeply", None
    line = getattr(error, "lineno", None) if isinstance(error, jinja2.TemplateSyntaxError) else None
    trace = error.__traceback__
    while trace is not None and not isinstance(error, jinja2.TemplateSyntaxError):
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    message = error.message if isinstance(error, jinja2.TemplateSyntaxError) else str(error)
    text = " ".join((message or "").split()) or type(error).__name__
    return text[:300], line
