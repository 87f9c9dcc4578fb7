"""What can be wrong with an answer: by name, for tables of tests."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from tests.sources_rest.faulty import Fault, Good, Line


def whole(change: Callable[[Good], Good]) -> Fault:
    """Another answer, sent properly."""
    return lambda line, good: line.send(change(good).raw)


def answers(status: int, body: bytes = b"", **headers: str) -> Fault:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda line, _good: line.send(Good(status, named, body).raw)


def said(change: Callable[[dict[str, Any], Line], object]) -> Fault:
    """The same JSON with something changed in it; what is no JSON stays as it is."""

    def fault(line: Line, good: Good) -> None:
        try:
            content = json.loads(good.body)
        except ValueError:
            line.send(good.raw)
            return
        change(content, line)
        line.send(replace(good, body=json.dumps(content).encode()).raw)

    return fault


def cut(share: float, *, by_reset: bool = False, sized: bool = True) -> Fault:
    """The connection ends after a part of the answer."""

    def fault(line: Line, good: Good) -> None:
        raw = good.raw if sized else good.head + good.body
        line.send(raw[: int(len(raw) * share)])
        if by_reset:
            line.reset()

    return fault


def cut_at(position: int, *, by_reset: bool, sized: bool = True) -> Fault:
    def fault(line: Line, good: Good) -> None:
        raw = good.raw if sized else good.head + good.body
        line.send(raw[:position])
        if by_reset:
            line.reset()

    return fault


def _half_then_nothing(line: Line, good: Good) -> None:
    line.send(good.raw[: len(good.head) + 30 + len(good.body) // 2])
    line.stall()


def _drip_body(line: Line, good: Good) -> None:
    raw = good.with_header("Content-Length", "1000000").raw
    line.send(raw[:-1])
    line.drip(b" " * 100_000)


def _bomb(line: Line, good: Good) -> None:
    packed = gzip.compress(b'{"result": "' + b" " * (80 * 2**20) + b'"}')
    line.send(replace(good, body=packed).with_header("Content-Encoding", "gzip").raw)


def _bomb_in_a_bomb(line: Line, good: Good) -> None:
    packed = gzip.compress(gzip.compress(b" " * (80 * 2**20)))
    line.send(replace(good, body=packed).with_header("Content-Encoding", "gzip, gzip").raw)


def _torn_gzip(line: Line, good: Good) -> None:
    packed = gzip.compress(good.body)
    line.send(replace(good, body=packed[: len(packed) // 2]).with_header("Content-Encoding", "gzip").raw)


def _endless(content: dict[str, Any], line: Line) -> None:
    """Every page has rows that no other page has, and there are always more."""
    number = re.search(r"page:(\d+)", unquote(line.path))
    rows = content.get("result")
    if number and isinstance(rows, list):
        first = 1000 + 5 * int(number[1])
        content["result"] = [*rows, *({"id": first + n, "dashboards": []} for n in range(5))]
        content["count"] = 10**9


def _other_ids(content: dict[str, Any], line: Line) -> None:
    """Objects are told under the ids of others."""
    result = content.get("result")
    for entry in result if isinstance(result, list) else [result]:
        if isinstance(entry, dict) and isinstance(entry.get("id"), int):
            entry["id"] += 1


def _odd_ids(content: dict[str, Any], line: Line) -> None:
    result = content.get("result")
    odd = [True, None, "7", 1.5, -1, 10**40, [1], {"id": 1}]
    for number, entry in enumerate(result if isinstance(result, list) else [result]):
        if isinstance(entry, dict):
            entry["id"] = odd[number % len(odd)]


def _counter(content: dict[str, Any], line: Line) -> None:
    _counter.calls += 1  # type: ignore[attr-defined]
    if "count" in content:
        content["count"] += _counter.calls  # type: ignore[attr-defined]


_counter.calls = 0  # type: ignore[attr-defined]

STALLS: dict[str, Fault] = {
    "stall": lambda line, _: line.stall(),
    "stall-in-body": _half_then_nothing,
    "drip-headers": lambda line, good: line.drip(good.with_header("X-Long", "x" * 10_000).raw),
    "drip-body": _drip_body,
}


def _redirect(status: int, target: Callable[[Line], str]) -> Fault:
    return lambda line, _: line.send(Good(status, (("Location", target(line)),), b"").raw)


REDIRECTS: dict[str, Fault] = {
    **{
        f"redirect-{status}": _redirect(status, lambda line: line.elsewhere + line.path)
        for status in (301, 302, 303, 307, 308)
    },
    "redirect-without-scheme": _redirect(307, lambda line: line.elsewhere.removeprefix("http:")),
    "redirect-other-name": _redirect(302, lambda line: line.elsewhere.replace("127.0.0.1", "localhost")),
    "redirect-userinfo": _redirect(302, lambda line: line.elsewhere.replace("//", "//ann:pw@")),
    "redirect-backslash": _redirect(302, lambda line: line.elsewhere.replace("http://", "\\\\")),
    "redirect-circle": _redirect(302, lambda line: line.path),
    "redirect-file": _redirect(302, lambda _: "file:///etc/passwd"),
}

QUICK: dict[str, Fault] = {
    "reset-at-once": cut(0, by_reset=True),
    "closed-at-once": cut(0),
    "reset-in-the-middle": cut(0.7, by_reset=True),
    "closed-in-the-middle": cut(0.7),
    "closed-without-length": cut(0.9, sized=False),
    "torn-gzip": _torn_gzip,
    "bomb": _bomb,
    "bomb-in-a-bomb": _bomb_in_a_bomb,
    "unknown-coding": whole(lambda good: good.with_header("Content-Encoding", "br")),
    "page": answers(200, b"<html><title>Hello</title></html>", Content_Type="text/html"),
    "page-as-json": answers(200, b"<html><title>Hello</title></html>", Content_Type="application/json"),
    "json-as-bytes": whole(lambda good: good.with_header("Content-Type", "application/octet-stream")),
    "empty": answers(200, Content_Type="application/json"),
    "no-content": answers(204),
    "list": answers(200, b"[]", Content_Type="application/json"),
    "null": answers(200, b"null", Content_Type="application/json"),
    "empty-object": answers(200, b"{}", Content_Type="application/json"),
    "null-result": answers(200, b'{"result": null, "count": 3}', Content_Type="application/json"),
    "text-result": answers(200, b'{"result": "many", "count": "many"}', Content_Type="application/json"),
    "nested": answers(200, b'{"result":' + b"[" * 100_000, Content_Type="application/json"),
    "huge-number": answers(200, b'{"count":' + b"9" * 10_000 + b"}", Content_Type="application/json"),
    "not-utf-8": answers(200, b'{"result": "\xff\xfe"}', Content_Type="application/json"),
    "no-http": lambda line, _: line.send(b"220 mail.example ESMTP\r\n"),
    "odd-status": lambda line, _: line.send(b"HTTP/1.1 999999 What\r\n\r\n"),
    "odd-length": lambda line, good: line.send(good.with_header("Content-Length", "\xb2").head + good.body),
    "odd-chunks": lambda line, good: line.send(
        good.with_header("Transfer-Encoding", "chunked").head + b"zz\r\nabc\r\n"
    ),
    "many-headers": whole(lambda good: replace(good, headers=(*good.headers, *[("X", "y")] * 500))),
    "long-header": whole(lambda good: good.with_header("X", "y" * 100_000)),
    "not-logged-in": answers(401, b'{"msg": "Missing Authorization Header"}'),
    "forbidden": answers(403, b'{"message": "Forbidden"}', Content_Type="application/json"),
    "not-found": answers(404, b'{"message": "Not found"}', Content_Type="application/json"),
    "unprocessable": answers(422, b'{"msg": "Signature verification failed"}'),
    "too-many": answers(429),
    "too-many-for-an-hour": answers(429, Retry_After="3600"),
    "too-many-for-ever": answers(429, Retry_After="9" * 5000),
    "too-many-odd": answers(429, Retry_After="\xb2"),
    "failure": answers(500, b'{"message": "Fatal error"}', Content_Type="application/json"),
    "unavailable": answers(503, Retry_After="Wed, 21 Oct 2199 07:28:00 GMT"),
    "skewed": answers(503, Retry_After="Wed, 21 Oct 1999 07:28:01 GMT", Date="Wed, 21 Oct 1999 07:28:00 GMT"),
    "wrong-clock": whole(lambda good: good.with_header("Date", "Fri, 01 Jan 1971 00:00:00 GMT")),
    "endless-pages": said(_endless),
    "counts-too-many": said(lambda content, _: "count" in content and content.update(count=10**12)),
    "counts-none": said(lambda content, _: "count" in content and content.update(count=0)),
    "counts-badly": said(lambda content, _: "count" in content and content.update(count=-1)),
    "does-not-count": said(lambda content, _: content.pop("count", None)),
    "counts-on": said(_counter),
    "other-ids": said(_other_ids),
    "odd-ids": said(_odd_ids),
}
