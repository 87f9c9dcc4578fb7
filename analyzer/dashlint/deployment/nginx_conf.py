"""nginx: how long each location waits for what it passes requests on to.

Source: nginx.org, "Configuration file's structure" and "Configuration file measurement units";
ngx_http_proxy_module and ngx_http_uwsgi_module (``proxy_read_timeout``, ``uwsgi_read_timeout``: inherited
from the surrounding block where a block has none; between two reads, and a chart's answer comes all at once).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dashlint.assets.origin import Location
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.model import UNKNOWN, Given, Proxy
from dashlint.deployment.part import Part, Source

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>\#[^\n]*)|(?P<mark>[{};])|"(?P<double>(?:[^"\\]|\\.)*)\""""
    r"""|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<word>(?!["'])(?:\$\{[^}\s]*\}|\\.|[^\s;{}])+)""",
    re.DOTALL,
)
_PART = re.compile(r"(\d+)(ms|[smhdwMy]?)\s*")
_UNITS: Mapping[str, float] = {
    "ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000,
    "y": 31_536_000,
}  # fmt: skip
_PASSES = ("proxy_pass", "uwsgi_pass")
#: Files that are included everywhere and set no timeouts.
_HARMLESS = re.compile(r"mime\.types$|(?:fastcgi|uwsgi|scgi)_params$|modules")
#: Blocks in each other; nginx itself has fewer than ten.
_DEPTH = 50


class _Directive(NamedTuple):
    name: str
    words: tuple[str, ...]
    line: int
    block: tuple[_Directive, ...] | None = None


class _Scope(NamedTuple):
    """What the blocks around a directive say: timeouts by name, and whether a file that was not read may."""

    timeouts: Mapping[str, Given]
    open: bool


def read_nginx_conf(source: Source) -> Part:
    """A configuration of nginx, or a file that one includes.

    Raises:
        Unreadable: its blocks or quotes do not match.
    """
    return Part(proxies=tuple(proxies(source.text, source.file)))


def proxies(text: str, file: str, *, first_line: int = 1, prefix: str = "") -> Iterator[Proxy]:
    """What a configuration passes on, and how long it waits for it.

    Raises:
        Unreadable: its blocks or quotes do not match.
    """
    directives = _parsed(text, first_line)
    upstreams = {
        one.words[0]: tuple(
            server.words[0] for server in one.block if server.name == "server" and server.words
        )
        for one in _all(directives)
        if one.name == "upstream" and one.words and one.block is not None
    }
    # What the block says that includes a file is known only of the main configuration.
    whole = any(one.name == "http" for one in directives)
    yield from _of_block(directives, _Scope({}, not whole), upstreams, file, prefix)


def seconds(text: str) -> float | None:
    """An interval of nginx in seconds: ``60``, ``60s``, ``1m 30s``; None for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(_PART.sub("", text)).strip():
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def _of_block(
    block: Sequence[_Directive],
    around: _Scope,
    upstreams: Mapping[str, tuple[str, ...]],
    file: str,
    prefix: str,
) -> Iterator[Proxy]:
    here = _scope(block, around, file, prefix)
    for one in block:
        if one.name in _PASSES and one.words:
            name = one.name.replace("_pass", "_read_timeout")
            place = _place(one, file, prefix)
            timeout = here.timeouts.get(name) or (Given(UNKNOWN, place) if here.open else None)
            target = one.words[0].partition("://")[2] or one.words[0]
            host = target.partition("/")[0]
            yield Proxy("nginx", place, upstreams.get(host, (host,)), name, timeout)
        elif one.block is not None and one.name != "upstream":
            path = f"{prefix}.{_label(one)}" if prefix else _label(one)
            yield from _of_block(one.block, here, upstreams, file, path)


def _scope(block: Sequence[_Directive], around: _Scope, file: str, prefix: str) -> _Scope:
    own = {
        one.name: Given(value if (value := seconds(" ".join(one.words))) is not None else UNKNOWN,
                        _place(one, file, prefix))
        for one in block
        if one.name.endswith("_read_timeout") and one.words
    }  # fmt: skip
    included = any(
        one.name == "include" and one.words and not _HARMLESS.search(one.words[0]) for one in block
    )
    # A file included here may say it anew, but not what this block itself says: nginx refuses that.
    inherited = {} if included else around.timeouts
    return _Scope({**inherited, **own}, around.open or included)


def _label(block: _Directive) -> str:
    """What tells a block apart from others of its name."""
    words = block.words
    if block.name == "server":
        words = next((one.words[:1] for one in block.block or () if one.name == "server_name"), ())
    return " ".join((block.name, *words))


def _place(one: _Directive, file: str, prefix: str) -> Location:
    return Location(file, one.line, None, f"{prefix}.{one.name}" if prefix else one.name)


def _all(directives: Sequence[_Directive]) -> Iterator[_Directive]:
    for one in directives:
        yield one
        yield from _all(one.block or ())


def _parsed(text: str, first_line: int) -> tuple[_Directive, ...]:
    tokens = _tokens(text, first_line)
    found, closed = _block(tokens, 0)
    if closed:
        raise Unreadable("a block is closed that was not opened")
    return found


def _block(tokens: Iterator[tuple[str, bool, int]], depth: int) -> tuple[tuple[_Directive, ...], bool]:
    """The directives up to the end of a block, and whether that was a brace."""
    if depth > _DEPTH:
        raise Unreadable("its blocks are nested too deeply")
    found: list[_Directive] = []
    words: list[tuple[str, int]] = []
    for text, is_mark, line in tokens:
        if not is_mark:
            words.append((text, line))
        elif text == "}":
            return tuple(found), True
        else:
            block: tuple[_Directive, ...] | None = None
            if text == "{":
                block, closed = _block(tokens, depth + 1)
                if not closed:
                    raise Unreadable("a block is not closed", line)
            if words:
                name, at = words[0]
                found.append(_Directive(name, tuple(word for word, _ in words[1:]), at, block))
            words = []
    return tuple(found), False


def _tokens(text: str, line: int) -> Iterator[tuple[str, bool, int]]:
    """Words and marks, whether it is a mark, and the line."""
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise Unreadable("its quotes do not match", line)
        kind = found.lastgroup
        if kind in {"double", "single", "word"}:
            yield found[kind], False, line
        elif kind == "mark":
            yield found["mark"], True, line
        line += found[0].count("\n")
        position = found.end()
