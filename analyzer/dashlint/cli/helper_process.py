"""Starts a helper, talks to it and ends it (:mod:`dashlint.cli.helper` is its other end)."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from dashlint import __version__
from dashlint.cli.messages import Messages
from dashlint.limits import limits
from dashlint.sources.kept import VARIABLE

#: It imports what this process imports, from the same places; those come through the pipe, as all else does.
_START = (
    "import sys, marshal; sys.path[:] = marshal.load(sys.stdin.buffer); "
    "from dashlint.cli.helper import main; main()"
)


class Helper:
    """One process."""

    def __init__(self, sources: Sequence[str], number: int, of: int) -> None:
        """Starts it.

        Args:
            sources: what it reads.
            number: which one it is, from 1 on.
            of: how many processes there are, with this one.

        Raises:
            OSError: it cannot be started.
        """
        if not sys.executable or getattr(sys, "frozen", False):
            raise OSError("this Python is a part of another program")
        # It logs in nowhere: no password of ours is its business.
        environ = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("DASHLINT_") or key == VARIABLE
        }
        self._process = subprocess.Popen(  # noqa: S603 our own Python, and nothing of an input
            [sys.executable, *(["-I"] if sys.flags.isolated else []), "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = (self._process.stdin, self._process.stdout)
        with suppress(OSError):  # it has ended already, which is noticed soon
            self._process.stdin.write(marshal.dumps([str(path) for path in sys.path]))
        try:
            self.messages = Messages(self._process.stdout, self._process.stdin)
        except RuntimeError as error:
            self.close()
            raise OSError(str(error)) from None  # no thread is to be had
        self.messages.send(
            marshal.dumps(
                {
                    "version": __version__,
                    "sources": list(sources),
                    "limits": tuple(limits()),
                    "number": number,
                    "of": of,
                }
            )
        )
        self.number = number

    def close(self) -> None:
        """Ends it, if it has not ended."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            with suppress(OSError, ValueError):  # what was not sent, nobody reads any more
                pipe.close()
