"""An end for work whose time nobody can tell beforehand: a parser, or the search through a statement's names.

A thread cannot be killed and a process is dear, but CPython raises an exception in a thread that is running
Python when another asks for it (C API, ``PyThreadState_SetAsyncExc``). So one thread watches the clock; it
sleeps unless a deadline is near. This works in every thread and on every system; where the interpreter has no
such call, nothing is watched. What runs in C is ended when it comes back to Python.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds after which somebody who is still at it is interrupted again: an exception that arrives in the
#: middle of a finalizer is lost (Python's data model on ``__del__``).
_AGAIN = 1.0


class OutOfTimeError(Exception):
    """The work took longer than it may."""


class _Interrupt(BaseException):
    """What is raised in the working thread: no ``except Exception`` on the way shall hold it up."""


class _Watch:
    """The deadlines of all threads, by a token each; the watching thread is started by the first of them.

    A working thread takes no lock on its way out, since it may be interrupted while it holds it. It takes its
    token away instead, and waits until the watch is not just about to fire for that token.
    """

    def __init__(self) -> None:
        self._begun = threading.Condition()
        self._ends: dict[object, tuple[float, int]] = {}
        self._passed: set[object] = set()
        self._firing: object = None
        self._until = 0.0
        self._thread: threading.Thread | None = None

    def begin(self, token: object, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._ends[token] = (end, threading.get_ident())
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="dashlint-deadline", daemon=True)
            self._thread.start()
        elif end < self._until:
            with self._begun:
                self._begun.notify()

    def end(self, token: object) -> bool:
        """Takes a deadline away, with the exception that may be on its way; harmless when called twice.

        Tells whether the deadline has passed.
        """
        self._ends.pop(token, None)
        while self._firing is token:
            time.sleep(0)
        self._ends.pop(token, None)  # put back by the watch that was just about to fire
        passed = token in self._passed
        if passed:
            # Only then: CPython 3.11 takes even a request for nothing as one to look after at each call, and
            # stands still there while a profiler or debugger watches.
            _raise_in(threading.get_ident(), None)
        return passed

    def forget(self, token: object) -> None:
        """The deadline's work is over, and nobody will ask whether it has passed."""
        self._passed.discard(token)

    def _run(self) -> None:
        idle = False
        while True:
            now = time.monotonic()
            for token, (end, thread) in list(self._ends.items()):
                if end > now:
                    continue
                self._firing = token
                if token in self._ends:
                    self._passed.add(token)
                    self._ends[token] = (now + _AGAIN, thread)
                    _raise_in(thread, _Interrupt)
                self._firing = None
            with self._begun:
                # It looks once more a second after the last deadline before it sleeps: waking it costs more
                # than most of what is watched.
                idle = not self._ends and not idle
                ends = [end for end, _ in list(self._ends.values())]
                self._until = min(ends) if ends else time.monotonic() + 1 if idle else float("inf")
                self._begun.wait(
                    max(0.001, self._until - time.monotonic()) if self._until < float("inf") else None
                )


_watch = _Watch()


def in_time(seconds: float, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work gives, if it does within some seconds; such calls may stand within each other.

    This is no context manager: since CPython 3.13, an interruption that waits for the end of a call into C
    comes when the next function of Python begins. That would be ``__exit__``, before anything in it can catch
    it.

    Raises:
        OutOfTimeError: the time was up.
    """
    token = object()
    try:
        try:
            _watch.begin(token, seconds)
            return work(*args, **kwargs)
        finally:
            _watch.end(token)
    except _Interrupt:
        if not _watch.end(token):
            raise  # it is meant for a deadline further out
        raise OutOfTimeError from None
    finally:
        _watch.forget(token)


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """Asks for an exception in a thread, or takes back what was asked for."""
    try:
        from ctypes import c_ulong, py_object, pythonapi
    except ImportError:
        return  # another interpreter than CPython
    wanted = py_object(exception) if exception is not None else py_object()
    pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread), wanted)
