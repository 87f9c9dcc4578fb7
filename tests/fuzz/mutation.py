"""Small changes to real inputs, for runs without a fuzzer: the same seed makes the same changes."""

from __future__ import annotations

from random import Random

#: What breaks readers more often than other bytes do.
_PIECES = (
    *(b"{{", b"}}", b"{%", b"%}", b"'", b'"', b"\\", b"\n", b"\t", b"\0", b"\xff", b"\xc3", b": ", b"- "),
    *(b"&a ", b"*a", b"<<: ", b"!!binary ", b"|\n", b">-\n", b"#", b"[", b"]", b"{", b"}", b"null", b"true"),
    *(b"~", b".nan", b"-1", b"9" * 40, b"1e999", b"0x", b"\xe2\x80\xae", b"\xed\xa0\x80", b"''", b"(", b")"),
    *(b"SELECT ", b" FROM ", b" JOIN ", b"/*", b"*/", b"--", b";", b"$$", b"`", b"=", b",", b"PK\x03\x04"),
)


def mutated(seed: bytes, random: Random) -> bytes:
    """The seed with one to eight changes, mostly one."""
    data = bytearray(seed)
    for _ in range(random.choice((1, 1, 1, 2, 4, 8))):
        place = random.randint(0, len(data))
        end = min(len(data), place + random.choice((1, 1, 4, 16, 200)))
        kind = random.randrange(6)
        if kind == 0:
            data[place:place] = random.choice(_PIECES)
        elif kind == 1:
            del data[place:end]
        elif kind == 2:
            data[place:end] = random.choice(_PIECES)
        elif kind == 3 and place < len(data):
            data[place] ^= 1 << random.randrange(8)
        elif kind == 4:
            data[place:place] = data[place:end] * random.choice((1, 2, 50))
        elif kind == 5:
            other = random.randint(0, len(data))
            data[place:place] = data[other : other + 200]
    return bytes(data)
