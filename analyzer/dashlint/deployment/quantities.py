"""How much: memory and CPU as Kubernetes, Docker, systemd, Redis and PostgreSQL write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil

#: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ (n and u are there, too:
#: k8s.io/apimachinery, pkg/api/resource/suffix.go).
_KUBERNETES: Mapping[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{unit: Fraction(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<power>[+-]?[0-9]{1,3}))?"
)
#: No quantity is larger than this (the same page).
_MOST = 2**63 - 1
#: docker/go-units, size.go: RAMInBytes. All units are binary, whatever their spelling.
_DOCKER = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]*)?) ?(?P<unit>[kKmMgGtTpP]?)[iI]?[bB]?")
#: systemd.resource-control(5), MemoryMax=: powers of 1024 (systemd src/basic/parse-util.c: parse_size).
_SYSTEMD = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]*)?) ?(?P<unit>[BKMGTPE]?)")
#: redis src/util.c: memtoull. ``k`` is 1000 and ``kb`` is 1024.
_REDIS: Mapping[str, int] = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1024,
    "m": 1000**2,
    "mb": 1024**2,
    "g": 1000**3,
    "gb": 1024**3,
}
#: PostgreSQL, src/backend/utils/misc/guc.c: memory_unit_conversion_table and time_unit_conversion_table.
_POSTGRES_BYTES: Mapping[str, int] = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_POSTGRES_MILLISECONDS: Mapping[str, Fraction] = {
    "us": Fraction(1, 1000),
    "ms": Fraction(1),
    "s": Fraction(1000),
    "min": Fraction(60_000),
    "h": Fraction(3_600_000),
    "d": Fraction(86_400_000),
}


def kubernetes(text: str) -> Fraction | None:
    """A quantity of Kubernetes (``512Mi``, ``250m``, ``1e9``) in bytes or cores; None if it is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number = Fraction(found["number"])
    if found["power"] is not None:
        number *= Fraction(10) ** int(found["power"])
    else:
        number *= _KUBERNETES[found["suffix"] or ""]
    return max(min(number, Fraction(_MOST)), Fraction(-_MOST))


def kubernetes_bytes(text: str) -> int | None:
    """The bytes of a quantity, rounded up as Kubernetes does; None if it is none, or negative."""
    quantity = kubernetes(text)
    return ceil(quantity) if quantity is not None and quantity >= 0 else None


def kubernetes_cores(text: str) -> float | None:
    """The cores of a quantity, rounded up to a thousandth; None if it is none, or negative."""
    quantity = kubernetes(text)
    return ceil(quantity * 1000) / 1000 if quantity is not None and quantity >= 0 else None


def docker_bytes(text: str) -> int | None:
    """The bytes of a size as Docker and Compose write it (``512m``, ``2gb``); None if it is none."""
    found = _DOCKER.fullmatch(text.strip())
    if found is None:
        return None
    power = " kmgtp".index(found["unit"].lower() or " ")
    return int(Fraction(found["number"]) * 1024**power)


def systemd_bytes(text: str) -> int | None:
    """The bytes of ``MemoryMax=`` (``2G``, ``1073741824``); None for anything else, such as ``50%``."""
    found = _SYSTEMD.fullmatch(text.strip())
    return int(Fraction(found["number"]) * 1024 ** "BKMGTPE".index(found["unit"] or "B")) if found else None


def systemd_cores(text: str) -> float | None:
    """The cores of ``CPUQuota=150%``; None for anything else."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)%\s*", text)
    return float(found[1]) / 100 if found else None


def redis_bytes(text: str) -> int | None:
    """The bytes of a size as Redis writes it (``4gb``, ``100m``); None if it is none."""
    found = re.fullmatch(r"([0-9]{1,20})([a-z]*)", text.lower())
    if found is None or found[2] not in _REDIS:
        return None
    number = int(found[1]) * _REDIS[found[2]]
    return number if number < 2**64 else None


def postgres_bytes(text: str, base: int) -> int | None:
    """The bytes of a memory setting of PostgreSQL.

    Args:
        text: the value without quotes (``256MB``, ``32768``).
        base: bytes that a number without a unit counts in; the result is a multiple of it, as for the
            server (guc.c: convert_to_base_unit rounds).
    """
    found = _postgres(text)
    if found is None or (found[1] and found[1] not in _POSTGRES_BYTES):
        return None
    number, unit = found
    if not unit:
        return _rounded(number) * base if number >= 0 else _rounded(number)
    return _rounded(number * _POSTGRES_BYTES[unit] / base) * base


def postgres_milliseconds(text: str) -> int | None:
    """The milliseconds of a time setting of PostgreSQL whose own unit is ``ms``."""
    found = _postgres(text)
    if found is None or (found[1] and found[1] not in _POSTGRES_MILLISECONDS):
        return None
    return _rounded(found[0] * _POSTGRES_MILLISECONDS[found[1] or "ms"])


def _rounded(number: Fraction) -> int:
    # rint(): halves go to the even neighbour, as Python's round() does it.
    return round(number)


def _postgres(text: str) -> tuple[Fraction, str] | None:
    found = re.fullmatch(
        r"\s*([+-]?(?:0[xX][0-9a-fA-F]{1,15}|[0-9]{1,18}(?:\.[0-9]{0,18})?(?:[eE][+-]?[0-9]{1,2})?|\.[0-9]{1,18}))"
        r"\s*([A-Za-z]*)\s*",
        text,
    )
    if found is None:
        return None
    number, unit = found[1], found[2]
    if "x" in number.lower():
        return Fraction(int(number, 16)), unit
    # strtol reads a leading zero as octal (guc.c: parse_int).
    if re.fullmatch(r"[+-]?0[0-7]+", number):
        return Fraction(int(number, 8)), unit
    return Fraction(number), unit
