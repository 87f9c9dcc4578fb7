"""How much of an input is read: what holds for one process, as the limits of an operating system do.

Exports and SQL come from people whom nobody knows, and every limit here stands between one of their files and
the memory or the time of a worker. They are options: the table ``[limits]`` of the configuration. What would
take the process down however much memory there is (levels of nesting) is no option, and stands where it is
looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashlint.records import NamedTuple

MIB = 1024 * 1024


class Limits(NamedTuple):
    """The most that is read; the names are those of the configuration, with dashes.

    Attributes:
        file_mib: MiB of one file. Superset itself takes in 100 MB (config.py: ZIPPED_FILE_MAX_SIZE), but the
            YAML of the largest dashboards has a few hundred kB.
        total_mib: MiB of all files of one ZIP, unpacked, or of one folder; 10,000 charts take about 40 MB
            (benchmarks/generate.py).
        files: entries of one ZIP, or YAML files of one folder; 100,000 charts with their dashboards and
            datasets have fewer.
        growth: how many times a file of more than 1 MiB may grow when it is unpacked. Superset itself refuses
            a ZIP beyond 200 (config.py: ZIP_FILE_MAX_COMPRESS_RATIO).
        values: values of one file, with aliases spelled out: a hundred times those of the largest dashboard
            met (9,000), read in about five seconds with a GiB of memory.
        sql_length: characters of one statement. sqlglot reads about 200,000 a second (30.30, CPython 3.11).
        sql_seconds: seconds for one question to a statement: to parse it, to follow its columns.
        template_seconds: seconds for one Jinja template.
    """

    file_mib: int = 32
    total_mib: int = 1024
    files: int = 200_000
    growth: int = 200
    values: int = 1_000_000
    sql_length: int = 400_000
    sql_seconds: int = 10
    template_seconds: int = 3


_current = Limits()


def limits() -> Limits:
    """The limits that hold now."""
    return _current


def use(new: Limits) -> None:
    """Sets the limits of this process, before anything is read."""
    global _current  # noqa: PLW0603  one process, one set of limits: that is what they are
    _current = new


@contextmanager
def limited(**changed: int) -> Iterator[None]:
    """Other limits for a while."""
    before = _current
    use(before._replace(**changed))
    try:
        yield
    finally:
        use(before)


def option(name: str) -> str:
    """How a limit is called in messages: ``limits.file-mib``."""
    return f"limits.{name.replace('_', '-')}"
