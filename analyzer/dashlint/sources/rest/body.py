"""The body of an answer, unpacked piece by piece, so that no size takes anybody by surprise.

urllib3 unpacks a whole piece of the network at a time (a thousandfold of it, for zeros), and as many layers
as the server names. Here a piece is unpacked only as far as the limit allows, and one layer is all there is:
nothing else was asked for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

#: What requests ask for; others need libraries that may not be there.
ACCEPTED = "gzip, deflate"
_PIECE = 2**16  # bytes


class TooLargeError(Exception):
    """There is more than was allowed."""


class BrokenError(Exception):
    """The body ends too early, or is not what its headers say."""


class UnknownCodingError(Exception):
    """It is packed in a way that nobody asked for."""


def read_body(response: requests.Response, most: int) -> bytes:
    """The whole body.

    Args:
        response: opened with ``stream=True``.
        most: the largest number of bytes to accept, after decompression.

    Raises:
        TooLargeError, BrokenError, UnknownCodingError: as they say.
        OSError, urllib3.exceptions.HTTPError: the connection broke.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    pieces = response.raw.stream(_PIECE, decode_content=False)
    if coding in {"", "identity"}:
        parts, size = [], 0
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise TooLargeError
            parts.append(piece)
        body = b"".join(parts)
    elif coding in {"gzip", "x-gzip", "deflate"}:
        body = _unpacked(pieces, coding, most)
    else:
        raise UnknownCodingError
    # urllib3 1 does not compare; its count is of bytes on the wire, as Content-Length is.
    declared = response.headers.get("content-length", "")
    if re.fullmatch(r"[0-9]{1,18}", declared) and response.raw.tell() < int(declared):
        raise BrokenError
    return body


def has_known_end(response: requests.Response) -> bool:
    """Whether a body that broke off would be noticed by its length."""
    named = response.headers
    # A header that broke off has no number.
    length = named.get("content-length", "").strip()
    return length.isdecimal() or "chunked" in named.get("transfer-encoding", "").lower()


def _unpacked(pieces: Iterator[bytes], coding: str, most: int) -> bytes:
    parts: list[bytes] = []
    size, unpacker = 0, None
    try:
        for piece in pieces:
            if unpacker is None and piece:
                # Some servers leave out the header of RFC 1950, whose low bits are always 8.
                bare = coding == "deflate" and piece[0] & 0x0F != 8
                unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if bare else _unpacker(coding)
            packed = piece
            while packed and unpacker is not None:
                made = unpacker.decompress(packed, most + 1 - size)
                parts.append(made)
                size += len(made)
                if size > most:
                    raise TooLargeError
                packed = unpacker.unconsumed_tail  # what the limit left over
                if unpacker.eof and coding != "deflate":
                    packed = unpacker.unused_data  # gzip may have several members
                    unpacker = _unpacker(coding) if packed else unpacker
    except zlib.error:
        raise BrokenError from None
    if unpacker is not None and not unpacker.eof:
        raise BrokenError
    return b"".join(parts)


def _unpacker(coding: str) -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | (0 if coding == "deflate" else 16))
