"""A shell's text and a container's words as simple commands, shells and wrappers taken off."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from dashlint.deployment.model import EMPTY, Given, Unknown

#: Stands for a word that is not known; what has a `$` in it when a program reads it is unknown.
STAND_IN = "$UNKNOWN"
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_SHELL_FLAGS = re.compile(r"-[a-zA-Z]*c")
#: Words before a command that change nothing about what it is.
_WORDS = frozenset(
    {"exec", "then", "do", "else", "time", "nohup", "!", "{", "if", "while", "until", "command"}
)
#: Wrappers, and how many arguments of their own they take besides options.
_WRAPPERS: Mapping[str, int] = {
    "tini": 0, "dumb-init": 0, "catatonit": 0, "env": 0, "ddtrace-run": 0, "opentelemetry-instrument": 0,
    "gosu": 1, "su-exec": 1, "setpriv": 0, "nice": 0, "ionice": 0, "stdbuf": 0, "timeout": 1,
    "wait-for-it.sh": 1, "wait-for-it": 1, "wait-for": 1, "dockerize": 0,
    "docker-entrypoint.sh": 0, "entrypoint.sh": 0,
}  # fmt: skip
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^{}$]*))?\})"
)
_KUBERNETES_VARIABLE = re.compile(r"\$(\$)?\(([A-Za-z_][\w.-]*)\)")


def commands(
    words: Sequence[Any], environment: Mapping[str, str | Unknown] = EMPTY
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The simple commands that words start, shells and wrappers taken off, with variables set before them."""
    yield from _commands([word if isinstance(word, str) else STAND_IN for word in words], environment, 0)


def _commands(
    words: list[str], environment: Mapping[str, str | Unknown], depth: int
) -> Iterator[tuple[list[str], dict[str, str]]]:
    argv, own = _unwrapped(words)
    if not argv:
        return
    script = _script(argv)
    if script is None or depth > 5:
        yield argv, own
        return
    for simple in split_script(expanded(script, environment)):
        for inner, more in _commands(simple, environment, depth + 1):
            yield inner, {**own, **more}


def split_script(script: str) -> list[list[str]]:
    """The simple commands of a shell's text; what cannot be split by lines is left out."""
    joined = re.sub(r"\\\n", " ", script)
    kept = "\n".join(line for line in joined.split("\n") if not line.lstrip().startswith("#"))
    try:
        return _split(kept)
    except ValueError:
        found: list[list[str]] = []
        for line in kept.split("\n"):
            try:
                found += _split(line)
            except ValueError:
                continue
        return found


def expanded(text: str, environment: Mapping[str, str | Unknown]) -> str:
    """A shell's text with the variables that are known in place of their names."""

    def value(found: re.Match[str]) -> str:
        known = environment.get(found["bare"] or found["braced"])
        if known is None and found["default"] is not None:
            return found["default"]
        return found[0] if known is None or isinstance(known, Unknown) else known

    return _VARIABLE.sub(value, text) if "$" in text else text


def kubernetes_expanded(text: str, environment: Mapping[str, Given]) -> str:
    """A word of a Kubernetes command with ``$(NAME)`` replaced where it is known; ``$$(NAME)`` is left."""

    def value(found: re.Match[str]) -> str:
        if found[1]:
            return f"$({found[2]})"
        given = environment.get(found[2])
        known = given is not None and isinstance(given.value, str)
        return "".join(given.value) if given is not None and known else found[0]

    return _KUBERNETES_VARIABLE.sub(value, text) if "$(" in text else text


def _split(text: str) -> list[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    simple: list[list[str]] = [[]]
    for token in lexer:
        if token and not token.strip(";&|\n"):
            simple.append([])
        else:
            simple[-1].append(token)
    return [words for words in simple if words]


def _unwrapped(words: list[str]) -> tuple[list[str], dict[str, str]]:
    own: dict[str, str] = {}
    while words:
        word = words[0]
        name = PurePosixPath(word).name
        if _ASSIGNMENT.match(word):
            key, _, value = word.partition("=")
            own[key] = value
            words = words[1:]
        elif word in _WORDS:
            words = words[1:]
        elif name in _WRAPPERS and len(words) > 1:
            words = _behind(words[1:], _WRAPPERS[name])
        elif _is_runner(name, words[1:2]) and len(words) > 2:
            words = words[2:]
        else:
            break
    return words, own


def _is_runner(name: str, following: list[str]) -> bool:
    """Whether a program with its first argument only runs what comes behind: `python -m`, `uv run`."""
    if re.fullmatch(r"python[0-9.]*", name):
        return following == ["-m"]
    if name == "newrelic-admin":
        return following == ["run-program"]
    return name in {"poetry", "uv", "pipenv"} and following == ["run"]


def unwrapped(words: Sequence[Any]) -> list[Any]:
    """The words behind wrappers such as `tini --`; words that are not known stay what they are."""
    texts = [word if isinstance(word, str) else STAND_IN for word in words]
    rest = _unwrapped(texts)[0]
    return list(words[len(words) - len(rest) :])


def _behind(words: list[str], own_arguments: int) -> list[str]:
    if "--" in words:
        return words[words.index("--") + 1 :]
    while words and words[0].startswith("-"):
        words = words[1:]
    return words[own_arguments:]


def _script(argv: Sequence[str]) -> str | None:
    if PurePosixPath(argv[0]).name not in _SHELLS:
        return None
    for index, word in enumerate(argv[1:], 1):
        if _SHELL_FLAGS.fullmatch(word) and index + 1 < len(argv):
            return argv[index + 1]
        if not word.startswith(("-", "+")):
            return None
    return None
