"""Which of the credentials at hand logs in, and that none of them shows."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials
from dashlint.sources.rest.credentials import VARIABLES

ALL = {variable: f"secret-{variable}" for variable in VARIABLES.values()} | {"DASHLINT_PROVIDER": "ldap"}


def never(username: str) -> str | None:
    raise AssertionError(f"nobody should be asked for the password of {username}")


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"DASHLINT_USERNAME": "ann", "DASHLINT_PASSWORD": "x"}, "password"),
        ({"DASHLINT_TOKEN": "x"}, "token"),
        ({"DASHLINT_API_KEY": "sst_x"}, "api-key"),
        ({"DASHLINT_SESSION_COOKIE": "x"}, "session-cookie"),
        ({"DASHLINT_PRESET_TOKEN": "x", "DASHLINT_PRESET_SECRET": "y"}, "preset"),
        ({}, "anonymous"),
        ({"DASHLINT_PASSWORD": "", "DASHLINT_TOKEN": ""}, "anonymous"),
        (ALL, "token"),
    ],
)
def test_the_environment_decides_how_to_log_in(environ: dict[str, str], way: str) -> None:
    assert Credentials.from_environment(environ, ask_password=never).way == way


def test_an_account_on_the_command_line_wins_over_tokens_in_the_environment() -> None:
    found = Credentials.from_environment(ALL, username="bob")
    assert (found.way, found.username, found.password) == ("password", "bob", "secret-DASHLINT_PASSWORD")
    assert found.token is None


def test_the_account_of_the_environment_given_once_more_changes_nothing() -> None:
    environ = {"DASHLINT_USERNAME": "ann", "DASHLINT_TOKEN": "x"}
    assert Credentials.from_environment(environ, username="ann").way == "token"


def test_a_secret_that_was_given_wins_over_those_in_the_environment() -> None:
    found = Credentials.from_environment(ALL, username="ann", password="typed")
    assert (found.way, found.password) == ("password", "typed")
    assert Credentials.from_environment(ALL, api_key="sst_k").way == "api-key"


def test_the_password_is_asked_for_only_where_it_is_needed() -> None:
    asked: list[str] = []

    def ask(username: str) -> str:
        asked.append(username)
        return "typed"

    assert Credentials.from_environment({}, username="ann", ask_password=ask).password == "typed"
    Credentials.from_environment({"DASHLINT_USERNAME": "ann", "DASHLINT_TOKEN": "x"}, ask_password=ask)
    Credentials.from_environment({"DASHLINT_PASSWORD": "x"}, username="ann", ask_password=ask)
    assert asked == ["ann"]


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"DASHLINT_PASSWORD": "x"}, "DASHLINT_USERNAME"),
        ({"DASHLINT_USERNAME": "ann"}, "DASHLINT_PASSWORD"),
        ({"DASHLINT_PRESET_TOKEN": "x"}, "DASHLINT_PRESET_SECRET"),
        ({"DASHLINT_PRESET_SECRET": "x"}, "DASHLINT_PRESET_TOKEN"),
    ],
)
def test_half_of_a_pair_is_told(environ: dict[str, str], word: str) -> None:
    with pytest.raises(SourceError, match=word) as caught:
        Credentials.from_environment(environ, ask_password=lambda _: None)
    assert (caught.value.kind, caught.value.exit_code) == ("no-credentials", 4)


def test_a_token_may_come_with_its_newline_and_its_scheme() -> None:
    assert Credentials(token="Bearer abc\n").token == "abc"
    assert Credentials(api_key=" sst_abc\r\n").api_key == "sst_abc"


@pytest.mark.parametrize("value", ["ab\ncd", "ab\r\nX-Evil: 1", "ab\0cd", "grüße"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(value: str) -> None:
    with pytest.raises(SourceError) as caught:
        Credentials(token=value)
    assert (caught.value.kind, caught.value.exit_code) == ("bad-credentials", 2)
    assert "DASHLINT_TOKEN" in str(caught.value)
    assert value not in str(caught.value)


def test_the_provider_is_one_that_superset_knows() -> None:
    assert Credentials.from_environment({"DASHLINT_PROVIDER": "ldap"}).provider == "ldap"
    assert Credentials.from_environment({"DASHLINT_PROVIDER": "ldap"}, provider="db").provider == "ldap"
    assert Credentials.from_environment({}, provider="ldap").provider == "ldap"
    with pytest.raises(SourceError, match="db, ldap"):
        Credentials(provider="oauth")


def test_the_login_of_an_address_serves_where_there_is_no_other() -> None:
    assert Credentials().with_login("ann", "x").way == "password"
    assert Credentials(token="t").with_login("ann", "x").way == "token"
    assert Credentials().with_login(None, None).way == "anonymous"


def test_no_text_made_of_credentials_shows_a_secret() -> None:
    found = Credentials.from_environment(ALL | {"DASHLINT_USERNAME": "ann"})
    assert found.secrets
    for text in (repr(found), str(found), f"{found}", f"{found!r:>200}", repr([found]), repr({"c": found})):
        assert "ann" in text
        assert not any(secret in text for secret in found.secrets)
    # All fields that hold secrets are known as such.
    harmless = {"username", "provider", "preset_auth_url"}
    assert set(found.secrets) == {
        getattr(found, f.name) for f in dataclasses.fields(found) if f.name not in harmless
    }


def test_credentials_survive_the_way_to_another_process() -> None:
    found = Credentials(username="ann", password="x")
    assert pickle.loads(pickle.dumps(found)) == found
