"""Splits the text of a shell command into words, as far as that needs no shell.

``shlex`` does the splitting. What only a run would tell, ``$(nproc)`` or a variable that nobody set, makes
the whole word unknown; its text is kept for people.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashlint.deployment.model import UNKNOWN

#: ``${NAME}``, ``${NAME:-default}``, ``${NAME-default}``, ``$NAME``, Kubernetes' ``$(NAME)`` (masked before).
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-=?+])([^{}]*))?\}|([A-Za-z_]\w*|[0-9@*#?$!]))")
#: Stand-ins for what a shell would run, from Unicode's private use area: no shell gives them a meaning.
_MASK = "\ue000{}\ue001"
_MASKED = re.compile("\ue000(\\d+)\ue001")
_OPERATORS = frozenset({"&&", "||", ";", "|", "&", "(", ")", "{", "}", ";;", "|&", "!"})
_REDIRECT = re.compile(r"\d*[<>]+&?\d*-?$")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
#: Words after which a command begins, and what stands before one without being it.
KEYWORDS = frozenset(
    {"do", "then", "else", "elif", "if", "while", "until", "time", "exec", "nohup", "sudo", "env"}
)


class Word(NamedTuple):
    """A word of a command. ``value`` is its text, or :data:`UNKNOWN`; ``text`` is as it was written.

    ``assumed`` are the variables whose default was taken.
    """

    value: Any
    text: str
    assumed: tuple[str, ...] = ()


class Command(NamedTuple):
    """A simple command: its words, the variables that it sets for itself, and why a shell refuses it."""

    words: tuple[Word, ...]
    assignments: Mapping[str, Word]
    broken: str = ""


def commands(text: str, environment: Mapping[str, Any]) -> Iterator[Command]:
    """The simple commands of one logical line. ``environment`` are the variables that are known.

    Quotes that are not closed make one command of what stands before them, marked as broken.
    """
    masked, hidden = _hide(text)
    lexer = shlex.shlex(masked, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    broken = ""
    tokens: list[str] = []
    try:
        tokens.extend(iter(lexer))
    except ValueError:
        broken = "a quote is not closed"
    simple = list(_simple(tokens))
    for number, raw in enumerate(simple, 1):
        words, reason = _unquoted(raw)
        yield _command(words, hidden, environment, reason or (broken if number == len(simple) else ""))


def of_argv(argv: Sequence[Any], environment: Mapping[str, Any]) -> Command:
    """A command as a list of words, of which no shell makes anything (``["gunicorn", "--workers", "4"]``)."""
    words = []
    for one in argv:
        text = str(one)
        words.append(Word(UNKNOWN if one is UNKNOWN else expanded(text, {}, environment, only="$("), text))
    return Command(tuple(words), {})


def expanded(text: str, hidden: Mapping[str, str], environment: Mapping[str, Any], only: str = "") -> Any:
    """A word with the variables that are known, or :data:`UNKNOWN`."""
    return _expand(text, hidden, environment, [], only)


def _expand(
    text: str, hidden: Mapping[str, str], environment: Mapping[str, Any], assumed: list[str], only: str = ""
) -> Any:
    unknown = False

    def variable(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match.group(1) or match.group(4)
        value = environment.get(name)
        if value is UNKNOWN:
            unknown = True
        elif value is not None and (value != "" or match.group(2) != ":-"):
            return str(value)
        elif match.group(2) in {":-", "-", ":=", "="}:
            assumed.append(name)
            inner = _expand(match.group(3), hidden, environment, assumed)
            unknown = unknown or inner is UNKNOWN
            return "" if inner is UNKNOWN else str(inner)
        else:
            unknown = True
        return ""

    if only:  # Kubernetes expands $(NAME) of the container's own environment, and nothing else

        def own(match: re.Match[str]) -> str:
            nonlocal unknown
            value = environment.get(match.group(1), match.group(0))
            unknown = unknown or value is UNKNOWN
            return str(value)

        value = re.sub(r"\$\((\w+)\)", own, text)
        return UNKNOWN if unknown else value
    value = _VARIABLE.sub(variable, text)
    return UNKNOWN if unknown or _MASKED.search(value) else value


def _command(
    tokens: Sequence[str], hidden: Mapping[str, str], environment: Mapping[str, Any], broken: str
) -> Command:
    words: list[Word] = []
    assignments: dict[str, Word] = {}
    for token in tokens:
        match = _ASSIGNMENT.fullmatch(token)
        text = match.group(2) if match and not words else token
        assumed: list[str] = []
        value = _expand(text, hidden, {**environment}, assumed)
        word = Word(value, _MASKED.sub(lambda m: hidden[m.group(0)], text), tuple(assumed))
        if match and not words:
            assignments[match.group(1)] = word
        else:
            words.append(word)
    while words and words[0].value in KEYWORDS:
        del words[0]
    return Command(tuple(words), assignments, broken)


def _simple(tokens: Sequence[str]) -> Iterator[list[str]]:
    """Tokens between operators. A parenthesis right after a word is kept: a shell stumbles over it."""
    current: list[str] = []
    skip = False
    for token in tokens:
        if skip:
            skip = False
        elif token.startswith("(") and current and token.strip("()") == "":
            current.append(token)
        elif token in _OPERATORS or (token and set(token) <= set("();|&")):
            if current:
                yield current
            current = []
        elif _REDIRECT.fullmatch(token):
            skip = not token.endswith("-") and "&" not in token
            if current and current[-1].isdigit():
                current.pop()  # 2> file
        else:
            current.append(token)
    if current:
        yield current


def _unquoted(tokens: list[str]) -> tuple[list[str], str]:
    """Joins ``superset.app:create_app`` and ``()``, which a shell refuses; says so."""
    joined: list[str] = []
    reason = ""
    for token in tokens:
        if joined and token.startswith("(") and token.strip("()") == "":
            joined[-1] += token
            reason = f"the parentheses of {joined[-1]} need quotes"
        else:
            joined.append(token)
    return joined, reason


def _hide(text: str) -> tuple[str, dict[str, str]]:
    """The text with what a shell would run behind stand-ins: ``$(…)``, ``$((…))`` and backticks."""
    hidden: dict[str, str] = {}
    out: list[str] = []
    at = 0
    quoted = False
    while at < len(text):
        end = at + 1
        if text[at] == "'":
            quoted = not quoted
        elif not quoted and text.startswith("$(", at):
            end = _closing(text, at + 1)
        elif not quoted and text[at] == "`":
            end = text.find("`", at + 1) + 1 or len(text)
        if end > at + 1:
            mark = _MASK.format(len(hidden))
            hidden[mark] = text[at:end]
            out.append(mark)
        else:
            out.append(text[at])
        at = end
    return "".join(out), hidden


def _closing(text: str, at: int) -> int:
    """The place behind the parenthesis that closes the one at ``at``."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)
