"""Sizes as Kubernetes, Docker, systemd, Redis and PostgreSQL write them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.deployment.quantities import (
    docker_bytes,
    kubernetes,
    kubernetes_bytes,
    kubernetes_cores,
    postgres_bytes,
    postgres_milliseconds,
    redis_bytes,
    systemd_bytes,
    systemd_cores,
)

GIB = 1024**3


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("512Mi", 512 * 1024**2),
        ("512M", 512_000_000),
        ("1.5Gi", 3 * GIB // 2),
        ("128974848", 128_974_848),
        ("129e6", 129_000_000),
        ("129E6", 129_000_000),
        ("1E", 10**18),
        ("128974848000m", 128_974_848),
        ("0.5", 1),
        (".5Gi", GIB // 2),
        ("5.Ki", 5120),
        ("+1k", 1000),
        ("9Ei", 2**63 - 1),
    ],
)
def test_memory_of_kubernetes(text: str, bytes_: int) -> None:
    assert kubernetes_bytes(text) == bytes_


@pytest.mark.parametrize("text", ["1GB", "1g", "1 Gi", "1K", "", "Gi", "1e", "1..5", "1Mi2", "-1Gi", "½"])
def test_what_is_no_memory_of_kubernetes(text: str) -> None:
    assert kubernetes_bytes(text) is None


@pytest.mark.parametrize(("text", "cores"), [("250m", 0.25), ("2", 2.0), ("0.1", 0.1), ("100u", 0.001)])
def test_cores_of_kubernetes(text: str, cores: float) -> None:
    assert kubernetes_cores(text) == cores


@given(
    st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]),
)
def test_a_quantity_and_its_plain_number_are_the_same(number: Decimal, suffix: str) -> None:
    factors: dict[str, int | Fraction] = {"": 1, "m": Fraction(1, 1000), "k": 10**3, "M": 10**6, "G": 10**9}
    factors |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    expected = min(Fraction(number) * factors[suffix], Fraction(2**63 - 1))
    assert kubernetes(f"{number:f}{suffix}") == expected
    assert kubernetes_bytes(f"{number:f}{suffix}") == math.ceil(expected)


@given(st.integers(0, 10**9), st.integers(-9, 9), st.sampled_from("eE"))
def test_exponents_are_powers_of_ten(number: int, power: int, sign: str) -> None:
    assert kubernetes(f"{number}{sign}{power}") == Fraction(number) * Fraction(10) ** power


@given(st.text(max_size=20))
def test_any_text_is_a_quantity_or_none(text: str) -> None:
    for read in (kubernetes_bytes, docker_bytes, redis_bytes, postgres_milliseconds):
        value = read(text)
        assert value is None or isinstance(value, int)


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("512m", 512 * 2**20),
        ("2g", 2 * GIB),
        ("2GB", 2 * GIB),
        ("1.5g", 3 * GIB // 2),
        ("300", 300),
        ("1 GiB", GIB),
        ("64kb", 65536),
        ("4x", None),
        ("-1g", None),
        ("g", None),
    ],
)
def test_sizes_of_docker(text: str, bytes_: int | None) -> None:
    assert docker_bytes(text) == bytes_


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("4gb", 4 * GIB),
        ("4G", 4 * 10**9),
        ("100mb", 100 * 2**20),
        ("1k", 1000),
        ("7", 7),
        ("50%", None),
        ("1t", None),
    ],
)
def test_sizes_of_redis(text: str, bytes_: int | None) -> None:
    assert redis_bytes(text) == bytes_


def test_a_number_of_postgresql_counts_in_the_settings_own_unit() -> None:
    assert postgres_bytes("128", 8192) == 2**20
    assert postgres_bytes("128MB", 8192) == 128 * 2**20
    assert postgres_bytes("-1", 1024) == -1
    assert postgres_bytes("128mb", 8192) is None
    assert postgres_milliseconds("1.5s") == 1500


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("2G", 2 * GIB),
        ("1.5G", 3 * GIB // 2),
        ("512M", 512 * 1024**2),
        ("1073741824", GIB),
        ("50%", None),
        # Refused by systemd, which then sets no limit.
        ("2GiB", None),
        ("2g", None),
    ],
)
def test_memory_of_systemd(text: str, bytes_: int | None) -> None:
    assert systemd_bytes(text) == bytes_


@pytest.mark.parametrize(("text", "cores"), [("150%", 1.5), ("20%", 0.2), ("2", None), ("", None)])
def test_cores_of_systemd(text: str, cores: float | None) -> None:
    assert systemd_cores(text) == cores
