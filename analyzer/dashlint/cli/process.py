"""How the process of a command treats its memory: it lives once, and ends at once."""

from __future__ import annotations

import errno
import gc
import os
import sys

#: New objects between two searches for garbage. Nearly all that a run creates is there to stay; parsed SQL is
#: not, and half a million objects of it are some 50 MiB. With Python's own 700 these searches took 2 % of the
#: scan of one dashboard, with 50,000 a tenth of the scan of 10,000 charts (CPython 3.11, benchmarks/run.py).
GARBAGE_THRESHOLD = 500_000
#: New objects for each one that was read, below which nothing is searched. What rules ask of 10,000 charts
#: are 4 to 5 for each, nearly all to stay, and two searches through them took 0.2 to 0.5 s (CPython 3.11,
#: benchmarks/generate.py). Parsed SQL leaves some 200 for each virtual dataset (15 of the bundled example).
_GROWTH = 10
#: Beyond, what is garbage all the same takes more memory than searching takes time: of 100,000 charts, 1,513
#: MiB without a bound, 1,314 with this one, for no more time (benchmarks/run.py --huge).
_MOST = 3_000_000


def keep_what_was_read() -> None:
    """What there is by now is never searched for garbage, and what follows from it only once it is much more.

    The latter only in the process of a command: another one may live for long.
    """
    gc.freeze()
    threshold = gc.get_threshold()[0]
    if threshold >= GARBAGE_THRESHOLD:
        gc.set_threshold(max(threshold, min(_GROWTH * gc.get_freeze_count(), _MOST)))


#: What a stream says that takes no more: the disk is full, a quota, a limit of the process, the device.
UNWRITABLE = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO") if hasattr(errno, name)
)


def cannot_write(error: OSError) -> None:
    """Tells that the report cannot be written, and ends the process: 2, as for a file of ``--output``."""
    try:
        sys.stderr.write(f"dashlint: error: the output cannot be written: {error.strerror}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nor can anybody be told
    # At once: Python would try again to write what is left.
    os._exit(2)


def leave(code: object) -> None:
    """Ends the process with an exit code, its output written.

    Python would first free all objects one by one, and the operating system then all memory at once: of a
    large scan, a tenth of the time. Returns, so that Python can end as usual, where the code is none that a
    process can have, or the output cannot be written.
    """
    status = 0 if code is None else code
    if not isinstance(status, int):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if error.errno in UNWRITABLE:
            cannot_write(error)
        return
    except ValueError:
        return
    os._exit(status & 0xFF)
