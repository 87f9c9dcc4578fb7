"""Messages between two of our own processes, through pipes that never make either of them wait to write."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import IO

#: Before each message, so that nobody takes what something else has printed for one.
_MARK = b"dashlint"
_LENGTH_BYTES = 8


class Gone(Exception):  # noqa: N818  nothing is wrong: somebody is gone
    """The other process has ended, or does not answer."""


class Messages:
    """Both directions, with a thread for each.

    A pipe holds little: two processes that write to each other and do not read would wait for ever.
    """

    def __init__(
        self, incoming: IO[bytes], outgoing: IO[bytes], *, at_end: Callable[[], None] | None = None
    ) -> None:
        """``at_end`` is called, in a thread of its own, when the other side has closed its end."""
        self._incoming = incoming
        self._outgoing = outgoing
        self._at_end = at_end
        self._received: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._to_send: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="dashlint-write", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, name="dashlint-read", daemon=True).start()

    def send(self, message: bytes) -> None:
        """Sends a message, some time; nothing happens where nobody is there to read it."""
        self._to_send.put(message)

    def receive(self, seconds: float | None = None) -> bytes:
        """The next message.

        Raises:
            Gone: there is none, or none within so many seconds.
        """
        try:
            message = self._received.get(timeout=seconds)
        except queue.Empty:
            raise Gone from None
        if message is None:
            self._received.put(None)  # for whoever asks again
            raise Gone
        return message

    def finish(self) -> None:
        """Waits until everything is sent; nothing can be sent any more."""
        self._to_send.put(None)
        self._writer.join()

    def _read(self) -> None:
        # A file that is closed meanwhile is no other case than its end.
        with contextlib.suppress(OSError, ValueError):
            while True:
                head = self._incoming.read(len(_MARK) + _LENGTH_BYTES)
                mark, length = head[: len(_MARK)], int.from_bytes(head[len(_MARK) :], "big")
                if mark != _MARK or len(head) < len(_MARK) + _LENGTH_BYTES:
                    break
                message = self._incoming.read(length)
                if len(message) < length:
                    break
                self._received.put(message)
        self._received.put(None)
        if self._at_end is not None:
            self._at_end()

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (message := self._to_send.get()) is not None:
                self._outgoing.write(_MARK + len(message).to_bytes(_LENGTH_BYTES, "big"))
                self._outgoing.write(message)
                self._outgoing.flush()
