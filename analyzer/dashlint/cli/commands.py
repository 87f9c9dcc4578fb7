"""The group of all commands, for those who leave the command out."""

from __future__ import annotations

import os
import re
from typing import Any

from typer.core import TyperGroup


class Commands(TyperGroup):
    """Names the call that was meant where the first word is no command but what a command is about."""

    # Any: newer releases of typer bring a click of their own.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As in click.

        Raises:
            UsageError: there is no such command.
        """
        word = args[0] if args else ""
        # Not a word of the address: there may be a password in it.
        if re.match(r"https?:/", word):
            ctx.fail("An address is no command. Did you mean 'dashlint scan --url ADDRESS'?")
        if self.get_command(ctx, word) is None and (meant := _meant(word)):
            ctx.fail(f"No such command {word!r}. Did you mean 'dashlint {meant}'?")
        return super().resolve_command(ctx, args)


def _meant(word: str) -> str | None:
    if re.fullmatch(r"DL\d{3}", word.upper()):
        return f"explain {word.upper()}"
    if word == "version":
        return "--version"
    # Unlike Path's, this knows names that are too long for the system: they do not exist.
    return f"scan {word}" if os.path.exists(word) else None  # noqa: PTH110
