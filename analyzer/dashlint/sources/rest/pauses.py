"""How long to wait between two tries, and how much waiting a server gets in all."""

from __future__ import annotations

import email.utils
import random
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timezone

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0  # seconds
#: A server that asks for a longer pause than this (seconds) is not waited for.
LONGEST_RETRY_AFTER = 60.0


def pause(attempt: int) -> float:
    """Seconds to wait after an attempt, the first being 1."""
    # Between half and all of it, so that many clients do not come back together.
    wait: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1))
    return wait * (0.5 + random.random() / 2)  # noqa: S311 no secret depends on it


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After``, which holds seconds or a date (RFC 9110 §10.2.3); None without.

    A date is compared with the server's own clock where it tells that: ours may be another.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", text):
        return float(text[:12])
    moment = moment_of(text)
    if moment is None:
        return None
    now = moment_of(headers.get("date", "")) or datetime.now(timezone.utc)
    return max(0.0, (moment - now).total_seconds())


def moment_of(text: str) -> datetime | None:
    """A date of HTTP, in UTC; None where it is none."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


class Patience:
    """Counts the seconds that a server has cost for nothing. Threads may share it.

    Attributes:
        most: when they are spent, no more are given.
    """

    def __init__(self, most: float) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._spent = 0.0

    @property
    def left(self) -> float:
        return max(0.0, self.most - self._spent)

    def spend(self, seconds: float) -> None:
        with self._lock:
            self._spent += max(0.0, seconds)
