"""Prints what a Superset makes of time ranges (JSON: a list in, pairs of moments out).

Runs inside its own environment: `python time_ranges.py < ranges.json`. An end that cannot be read is
the word "error".
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    from superset.utils.date_parser import (  # type: ignore[import-not-found, unused-ignore]
        get_since_until,
    )

    found: list[list[str | None]] = []
    for text in json.load(sys.stdin):
        try:
            ends = get_since_until(time_range=text, relative_start="today", relative_end="today")
        except Exception as error:  # noqa: BLE001 - whatever the server would answer with
            found.append(["error", str(error)])
            continue
        found.append([end.isoformat() if end else None for end in ends])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    from superset.app import create_app  # type: ignore[import-not-found, unused-ignore]

    with create_app().app_context():
        main()
