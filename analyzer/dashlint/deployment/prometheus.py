"""Rules of Prometheus: their PromQL and the metrics that it names.

Read from rule files (``groups:``) and from ``PrometheusRule`` objects of the Prometheus operator.
Source: Prometheus, "Alerting rules" and "Querying basics"; promql/parser/lex.go for the words of PromQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashlint.assets.origin import Problem
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import AlertRule
from dashlint.deployment.part import Part, Source
from dashlint.deployment.yaml_tree import Entry, Trouble, documents

_KEYWORDS = frozenset({
    "and", "or", "unless", "atan2", "offset", "bool", "inf", "nan", "start", "end", "smoothed", "anchored",
})  # fmt: skip
#: Words that a list of labels follows.
_LABELS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?:[a-z0-9]*))
  | (?P<name>[A-Za-z_:][\w:]*)
  | (?P<sign>[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)


def read_prometheus(source: Source) -> Part:
    """A file of rules.

    Raises:
        Unreadable: nothing in it can be read.
    """
    alerts: list[AlertRule] = []
    problems: list[Problem] = []
    for document in documents(source.text, source.file):
        if isinstance(document, Trouble):
            raise Unreadable(document.reason, document.line, document.column)
        found, troubles = rules(document.at("groups"))
        alerts += found
        problems += troubles
    return Part(alerts=tuple(alerts), problems=tuple(problems))


def rules(groups: Entry) -> tuple[list[AlertRule], list[Problem]]:
    """The alerting and recording rules of some groups, and those without an expression."""
    found: list[AlertRule] = []
    problems: list[Problem] = []
    for group in groups.items:
        for rule in group.at("rules").items:
            name = rule.at("alert").text or rule.at("record").text
            expression = rule.at("expr")
            text = expression.text
            if name is None or text is None:
                sentence = "this rule has no name or no `expr`, so Prometheus refuses the file"
                problems.append(
                    Problem("unreadable-rule", sentence, rule.file, rule.place.line, rule.place.column)
                )
                continue
            found.append(AlertRule(name, expression.given(text), frozenset(metrics(text))))
    return found, problems


def metrics(expression: str) -> Iterator[str]:
    """The metrics that a PromQL expression names, ``{__name__="…"}`` among them."""
    tokens = [
        (found.lastgroup or "", found[0])
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "comment"
    ]
    position = 0
    while position < len(tokens):
        kind, text = tokens[position]
        following = tokens[position + 1][1] if position + 1 < len(tokens) else ""
        if text in {"{", "["} and kind == "sign":
            closing = {"{": "}", "[": "]"}[text]
            end = _end(tokens, position, closing)
            if text == "{":
                yield from _named(tokens[position + 1 : end])
            position = end + 1
        elif kind == "name" and text.lower() in _LABELS and following == "(":
            position = _end(tokens, position + 1, ")") + 1
        elif kind == "name" and following != "(" and not _is_word(text, following):
            yield text
            position += 1
        else:
            position += 1


def _is_word(text: str, following: str) -> bool:
    """Whether a name is a word of PromQL: an operator, or an aggregation (`sum by (pod) (…)`)."""
    return text.lower() in _KEYWORDS | _LABELS or following.lower() in {"by", "without"}


def _end(tokens: Sequence[tuple[str, str]], start: int, closing: str) -> int:
    for position in range(start + 1, len(tokens)):
        if tokens[position] == ("sign", closing):
            return position
    return len(tokens)


def _named(matchers: Sequence[tuple[str, str]]) -> Iterator[str]:
    for index, (kind, text) in enumerate(matchers):
        sign, value = (*matchers[index + 1 : index + 3], ("", ""), ("", ""))[:2]
        if (kind, text, sign[1], value[0]) == ("name", "__name__", "=", "text"):
            yield value[1][1:-1]
        # A quoted name alone is a metric, too (UTF-8 names of Prometheus 3).
        alone = index + 1 == len(matchers) or matchers[index + 1][1] == ","
        if kind == "text" and alone and (index == 0 or matchers[index - 1][1] == ","):
            yield text[1:-1]
