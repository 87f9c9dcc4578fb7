"""Where an asset came from, and what went wrong on the way."""

from __future__ import annotations

from collections.abc import Callable

from dashlint.records import NamedTuple, dataclass, field

#: Finds a field in the text that an asset was read from. Takes a path such as
#: ``params.row_limit`` or ``metadata.native_filter_configuration[2].name`` and
#: gives ``(line, column)``, both counted from 1, or None if the field is not there.
Locator = Callable[[str], "tuple[int, int] | None"]


class Location(NamedTuple):
    """A place that a person can open: a file, perhaps a line in it, and a field."""

    file: str | None
    line: int | None = None
    column: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an asset was read from.

    ``file`` is the path as a person should see it (for a ZIP: ``export.zip/charts/a.yaml``;
    None for an asset read over REST). ``root`` names the export root or server that the
    asset belongs to: numeric ids mean something only within one root. ``locate`` finds a
    field's line on demand, so that positions cost nothing until a finding needs them.
    """

    file: str | None
    root: str
    locate: Locator | None = field(default=None, compare=False, repr=False)

    def location(self, path: str | None = None) -> Location:
        """The place of a field, or of the nearest thing around it where the field is not there.

        What follows a ``#`` tells findings about one field apart (``sql#2``) and is no part of it.
        """
        line, column = self._find(path) if path else (None, None)
        return Location(self.file, line, column, path)

    def _find(self, path: str) -> tuple[int, int] | tuple[None, None]:
        around = path.partition("#")[0] if self.locate is not None else ""
        while around and self.locate is not None:
            found = self.locate(around)
            if found is not None:
                return found
            around = around[: max(around.rfind("."), around.rfind("["), 0)]
        return None, None


class Problem(NamedTuple):
    """Something in the input, or on the way to it, that could not be used.

    ``message`` is one sentence: what, and what to do. ``kind`` is a stable word with
    dashes (``unreadable-file``, ``permission-denied``, ``duplicate-uuid``, …).
    """

    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
