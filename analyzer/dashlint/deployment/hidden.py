"""Values that nobody should see: they can be compared and used, but not printed by accident."""

from __future__ import annotations

import re
from typing import Any

from dashlint.sources.masking import is_secret_name, mask_uri

#: What is shown in place of a hidden value.
SHOWN = "••••••"

_URL = re.compile(r"[A-Za-z][\w+.-]*://")


class Hidden(str):
    """A text that equals the secret, and prints as dots: in a message, a log, a traceback, JSON's default.

    Only what joins texts (``"".join``, ``+``) or encodes them takes the value itself.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return SHOWN

    def __repr__(self) -> str:
        return repr(SHOWN)

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    @property
    def secret(self) -> str:
        """The text itself."""
        return "".join(self)


class HiddenUrl(Hidden):
    """A URL with a password: prints with the password masked."""

    __slots__ = ()

    def __str__(self) -> str:
        return mask_uri(self.secret)[0]

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def guarded(name: str, value: Any) -> Any:
    """A value, hidden if its name or the password in it says that it is a secret."""
    if not isinstance(value, str) or not value or isinstance(value, Hidden):
        return value
    if _URL.match(value):
        return HiddenUrl(value) if mask_uri(value)[0] != value else value
    return Hidden(value) if is_secret_name(name) else value
