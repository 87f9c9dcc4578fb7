"""Resident memory of a worker, from what it holds.

Python's own peak is most of it. The driver's buffer and Arrow's pool come on top, and so does what was
freed and is not used again: after the frame is made, rows and buffer are free, but their pages are still
the process's when the answer is made. How much of that remains is measured, not derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashlint.cost.families import coefficients
from dashlint.cost.frames import Frame
from dashlint.cost.stages import Stages
from dashlint.records import NamedTuple

#: The size at which the powers in coefficients.json change nothing.
_UNIT = 1e7


class Part(NamedTuple):
    """One query of a request: as fetched, as answered, and its stages."""

    fetched: Frame
    out: Frame
    stages: Stages


class Resident(NamedTuple):
    """Bytes of resident memory above the level before: at the peak, after the answer, at a hit's peak."""

    peak: float
    retained: float
    hit: float


def resident(parts: Iterable[Part], python_answer: float, python_hit: float) -> Resident:
    """The resident memory of a request.

    ``python_answer`` are the Python bytes when its answer (or a cache entry) is at its largest, and
    ``python_hit`` when it is answered from the cache.
    """
    figures = coefficients()["resident"]
    base, loading, reading = figures["base"], figures["loading"], figures["read"]
    left = kept = read = numpy = load = before = 0.0
    for fetched, out, stage in parts:
        # The first rows find room in pages that are already there.
        rows = max(0.0, fetched.fetched - figures["slack"])
        left += _freed(figures["left"], fetched, rows)
        kept += _freed(figures["kept"], fetched, rows) + figures["kept"]["entry"] * stage.entry
        read += (
            reading["entry"] * stage.entry + reading["uniques"] * out.uniques + reading["cells"] * out.cells
        )
        numpy += stage.numpy
        held = fetched.buffer + rows + fetched.objects + fetched.pointers
        held += loading["arrow"] * fetched.arrow + loading["uniques"] * fetched.uniques
        load = max(load, before + held + loading["utf8"] * fetched.fetched_utf8)
        before += stage.held
    answer = python_answer + figures["numpy"] * numpy + _bent(left, figures["left"])
    peak = base + max(answer, load)
    retained = min(peak, figures["kept"]["base"] + _bent(kept, figures["kept"]))
    hit = base + python_hit + reading["numpy"] * numpy + _bent(read, reading)
    return Resident(peak, retained, hit)


def _freed(weights: Mapping[str, float], fetched: Frame, rows: float) -> float:
    """What was held while the frame was made, as far as its pages remain."""
    return (
        weights["buffer"] * fetched.buffer
        + weights["arrow"] * fetched.arrow
        + weights["uniques"] * fetched.uniques
        + weights["documents"] * fetched.documents
        + weights["cells"] * fetched.cells
        + weights["rows"] * rows
    )


def _bent(value: float, figures: Mapping[str, float]) -> float:
    """The more was freed, the smaller a part of it remains: a power, which is 1 to 1 at 10 MB."""
    return float(_UNIT * (value / _UNIT) ** figures["power"])
