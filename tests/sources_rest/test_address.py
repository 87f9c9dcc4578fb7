"""What people paste becomes an address, and secrets stay on the server that they are for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.sources.errors import SourceError
from dashlint.sources.rest.address import parse, same_server


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://superset.example.com", "https://superset.example.com"),
        ("  https://superset.example.com/ \n", "https://superset.example.com"),
        ("HTTPS://Superset.Example.COM:443/", "https://superset.example.com"),
        ("http://localhost:8088", "http://localhost:8088"),
        ("http://[::1]:8088/", "http://[::1]:8088"),
        # The page that somebody has open.
        ("https://bi.example.com/superset/welcome/", "https://bi.example.com"),
        ("https://bi.example.com/superset/dashboard/births/?native_filters_key=x", "https://bi.example.com"),
        ("https://bi.example.com/login/?next=%2F", "https://bi.example.com"),
        ("https://bi.example.com:8443/superset/dashboard/7/?owner=a@b", "https://bi.example.com:8443"),
        ("https://bi.example.com/dashboard/list/", "https://bi.example.com"),
        ("https://bi.example.com/api/v1/chart/7", "https://bi.example.com"),
        # Superset below a path (SUPERSET_APP_ROOT).
        ("https://example.com/superset/", "https://example.com/superset"),
        ("https://example.com/bi/tools", "https://example.com/bi/tools"),
        ("https://example.com/superset/superset/welcome/", "https://example.com/superset"),
        ("https://example.com/bi/superset/dashboard/7/", "https://example.com/bi"),
    ],
)
def test_the_address_of_the_server_is_found_in_what_was_pasted(pasted: str, base: str) -> None:
    assert parse(pasted).base == base


def test_a_login_in_the_address_is_taken_out_of_it() -> None:
    address = parse("https://ann%40corp:p%40ss%2Fword@example.com/bi/")
    assert tuple(address) == ("https://example.com/bi", "ann@corp", "p@ss/word")
    assert address.host == "example.com"
    assert "word" not in repr(address)


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "superset.example.com",
        "example.com:8088",
        "ftp://example.com",
        "https://",
        "http://:8088",
        "http://example.com:port",
        "http://example.com:99999",
        "https://exa mple.com",
        "http://[::1",
        "file:///etc",
    ],
)
def test_what_is_no_address_is_told_as_such(pasted: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(pasted)
    assert (caught.value.kind, caught.value.exit_code) == ("not-a-url", 2)


@pytest.mark.parametrize(
    "pasted",
    [
        "ann:hunter2@example.com",
        "https://ann:hunter2@",
        "https://ann:hunter2@x:y",
        "https://ann:hun/ter2@x:8",
        "https://ann:hunter2@exa mple.com",
        "ftp://ann:hunter2@example.com",
        "https://a:hunter2@b@exa mple.com",
        "https://ann:x@0/hunter2@example.com/",
        "https://ann:0?hunter2@example.com/",
        "https://ann:0#hunter2@example.com/",
        "https://ann:x@0?hunter2@example.com/",
    ],
)
def test_the_password_in_a_wrong_address_is_not_shown(pasted: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(pasted)
    assert "hunter2" not in str(caught.value)
    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("http://a.example:8088/x", "http://a.example:8088/x/", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example:8088/", "https://a.example:8443/", False),
        ("http://a.example:8088/", "https://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("http://127.0.0.1:8088/", "http://localhost:8088/", False),
        ("https://a.example/", "https://a.example.evil.example/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://a.example/", "https://a.example@b.example/", False),
        ("https://a.example/", "file:///etc/passwd", False),
        ("https://a.example/", "https://a.example:port/", False),
    ],
)
def test_a_secret_goes_to_its_own_server_only(url: str, other: str, *, same: bool) -> None:
    assert same_server(url, other) is same


@given(st.text(max_size=60))
def test_no_text_makes_it_stumble(text: str) -> None:
    try:
        base = parse(text).base
    except SourceError:
        return
    assert base.startswith(("http://", "https://"))


@given(st.text(alphabet="abcXYZ019:/?#[]@!$&'()*+,;=%-._~ ", min_size=1, max_size=30))
def test_whatever_the_password_no_sentence_shows_it(password: str) -> None:
    secret = f"s3cr3t{password}s3cr3t"
    shown = []
    try:
        address = parse(f"https://ann:{secret}@example.com/")
    except SourceError as refusal:
        shown.append(str(refusal))
    else:
        shown += [address.base, repr(address), address.host]
    assert not [text for text in shown if "s3cr3t" in text]
