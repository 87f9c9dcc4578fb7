"""Bytes of a file to text and back, without losing one."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from dashlint.fix.errors import CannotEditError

# Longer marks first: UTF-16's mark is the beginning of UTF-32's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class FileText(NamedTuple):
    """A file's text with its own line ends; ``mark`` and ``encoding`` make the bytes of it again."""

    content: str
    mark: bytes
    encoding: str

    def encoded(self, content: str) -> bytes:
        """Bytes of another content in the same form."""
        return self.mark + content.encode(self.encoding)

    @property
    def line_end(self) -> str:
        """How the first line ends, which new lines copy; a line feed where there is no end."""
        for place, character in enumerate(self.content):
            if character == "\n":
                return "\n"
            if character == "\r":
                return "\r\n" if self.content[place + 1 : place + 2] == "\n" else "\r"
        return "\n"


def read_text(data: bytes) -> FileText:
    """The text of a file, by its byte order mark or as UTF-8.

    Raises:
        CannotEditError: the bytes are in another encoding, so that writing them back could change them.
    """
    mark, encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = FileText(data[len(mark) :].decode(encoding), mark, encoding)
    except UnicodeDecodeError:
        raise CannotEditError("the file is not UTF-8: save it as UTF-8 first") from None
    if text.encoded(text.content) != data:
        raise CannotEditError(f"the file is not clean {encoding.upper()}: save it as UTF-8 first")
    return text
