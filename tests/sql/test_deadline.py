"""Work that has no end of its own gets one, in every thread, and nothing is raised afterwards."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import pytest

from dashlint.deadline import OutOfTimeError, in_time


def endless(seconds: float) -> None:
    def work() -> None:
        while True:
            with contextlib.suppress(Exception):  # what parsers do when they try something out
                time.sleep(0)

    in_time(seconds, work)


def test_endless_work_ends() -> None:
    with pytest.raises(OutOfTimeError):
        endless(0.1)


def test_endless_work_ends_in_another_thread() -> None:
    ended = threading.Event()

    def work() -> None:
        with pytest.raises(OutOfTimeError):
            endless(0.1)
        ended.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ended.wait(60)


def test_the_outer_deadline_counts_where_the_inner_one_was_caught() -> None:
    def caught() -> None:
        while True:
            with contextlib.suppress(OutOfTimeError):
                endless(0.05)

    with pytest.raises(OutOfTimeError):
        in_time(0.2, caught)


def test_an_error_of_the_work_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        in_time(60, lambda: 1 / 0)
    assert in_time(60, divmod, 7, 2) == (3, 1)


def test_nothing_is_raised_after_the_end() -> None:
    """Work that ends at about its deadline, thousands of times: the interruption hits it, or nobody."""
    for number in range(3000):
        with contextlib.suppress(OutOfTimeError):
            in_time(0.0002 * (number % 5), sum, range(2000))
    time.sleep(0.05)
    assert sum(range(1000)) == 499_500


def test_a_profiler_can_watch_what_follows() -> None:
    code = """
import sys
from dashlint.deadline import in_time
in_time(60, int)
sys.setprofile(lambda *_: None)
(lambda: None)()
print("went on")
"""
    ran = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60, check=True)
    assert ran.stdout == b"went on\n"
