"""How a new value is written: as the text around it is."""

from __future__ import annotations

import json
from typing import Any

# No line is broken: what is written is short, and what was there stays as it is.
_WIDTH = 2**31


def as_json(value: Any, like: str) -> str:
    """JSON with the blanks and escapes of the JSON text that it goes into."""
    spaced = '": ' in like
    return json.dumps(value, ensure_ascii=like.isascii(), separators=(", ", ": ") if spaced else (",", ":"))


def as_flow(value: Any, quote: str = "") -> str:
    """YAML on one line; a text is put into the quotes that the old one had."""
    import yaml

    if isinstance(value, str) and value.isprintable():
        if quote == "'":
            return "'" + value.replace("'", "''") + "'"
        if quote == '"':
            return json.dumps(value, ensure_ascii=False)
    text = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text.strip()[1:-1]


def as_block(value: Any, column: int, line_end: str) -> str:
    """YAML over several lines as Superset's exports have it, each after a line end.

    ``column`` is that of the key that holds the value: a list stands below it, a mapping two further in.
    """
    import yaml

    text = yaml.safe_dump(value, default_flow_style=False, sort_keys=False, allow_unicode=True, width=_WIDTH)
    margin = " " * (column + (0 if isinstance(value, list) else 2))
    return "".join(f"{line_end}{margin}{line}" for line in text.splitlines())


def is_filled(value: Any) -> bool:
    """Whether a value is a mapping or list that holds something."""
    return isinstance(value, dict | list) and bool(value)
