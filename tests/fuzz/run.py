"""Fuzzes one target for a while: ``python -m tests.fuzz.run yaml --seconds 600``.

With atheris, which is guided by what of the code an input reaches (``make fuzz`` installs it), or with
``--mutate`` by mutations alone. An input that fails is written to the working directory.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import TARGETS, Target, emptied, seeds

#: Seconds after which one input counts as a hang: limits of time are 10 s for one statement.
HANG = 60


def by_mutation(name: str, target: Target, seconds: float, seed: int) -> int:
    """Runs a target until the time is over; the number of inputs."""
    random = Random(seed)
    known = seeds(name)
    begun = time.monotonic()
    count = 0
    while time.monotonic() - begun < seconds:
        data = mutated(random.choice(known), random)
        faulthandler.dump_traceback_later(HANG, exit=True)
        Path("last-input").write_bytes(data)
        with emptied() as folder:
            try:
                target(data, folder)
            except BaseException:
                Path(f"crash-{name}-{count}").write_bytes(data)
                raise
        count += 1
    faulthandler.cancel_dump_traceback_later()
    Path("last-input").unlink(missing_ok=True)
    return count


def by_coverage(name: str, target: Target, seconds: int) -> None:
    """Hands over to atheris, which ends the process."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

    corpus = Path(f"corpus-{name}")
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(data)

    def one(data: bytes) -> None:
        with emptied() as folder:
            target(data, folder)

    for data in seeds(name)[:10]:
        one(data)  # what is imported where it is needed is there now, and is watched, too
    gc.unfreeze()  # atheris finds functions by the collector
    options = [f"-max_total_time={seconds}", f"-timeout={HANG}", "-rss_limit_mb=4096", "-max_len=200000"]
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutate", action="store_true", help="by mutations alone")
    given = parser.parse_args()
    target = TARGETS[given.target]
    if not given.mutate:
        by_coverage(given.target, target, given.seconds)
        return
    count = by_mutation(given.target, target, given.seconds, given.seed)
    print(f"{given.target}: {count} inputs in {given.seconds} s, no crash, no hang")  # noqa: T201 what this command is for


if __name__ == "__main__":
    main()
