"""Amounts of memory and CPU as configuration files write them."""

from __future__ import annotations

import re
from typing import Any

from dashlint.deployment.model import UNKNOWN

_SIZE = re.compile(r"([0-9.]+)\s*([KMGT]?)(i?)B?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def memory(text: str) -> Any:
    """Bytes of ``2G``, ``512M``, ``1073741824``: powers of 1024, as systemd and Docker read them.

    None where there is no limit (``infinity``), :data:`UNKNOWN` for a share of the machine (``50%``).
    """
    if text.strip().lower() == "infinity":
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return UNKNOWN
    try:
        return int(float(match.group(1)) * 1024 ** _POWERS[match.group(2).upper()])
    except ValueError:
        return UNKNOWN


def cpu_percent(text: str) -> Any:
    """Cores of systemd's ``CPUQuota=150%``; :data:`UNKNOWN` where it is no share."""
    number = text.strip().removesuffix("%")
    try:
        return float(number) / 100
    except ValueError:
        return UNKNOWN
