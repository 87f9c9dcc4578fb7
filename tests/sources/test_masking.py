"""No secret of a database's file is kept anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashlint.assets import Database
from dashlint.sources import read
from dashlint.sources.masking import mask_uri
from tests.sources.exports import database, write

SECRET = "hunter2"


def read_database(folder: Path, **values: Any) -> Database:
    workspace = read(write(folder, {"databases/shop.yaml": database(**values)}))
    assert workspace.problems == ()
    [found] = workspace.databases
    return found


@pytest.mark.parametrize(
    ("uri", "masked"),
    [
        (f"postgresql://u:{SECRET}@h:5432/db", "postgresql://u:XXXXXXXXXX@h:5432/db"),
        (f"postgresql+psycopg2://u:p:{SECRET}@h/db", "postgresql+psycopg2://u:XXXXXXXXXX@h/db"),
        (f"mysql://u:p@ss/{SECRET}?x@h/db?charset=utf8", "mysql://u:XXXXXXXXXX@h/db?charset=utf8"),
        (
            f"databricks://token:{SECRET}@h:443/?http_path=/sql",
            "databricks://token:XXXXXXXXXX@h:443/?http_path=/sql",
        ),
        (f"trino://h/c?access_token={SECRET}&x=1", "trino://h/c?access_token=XXXXXXXXXX&x=1"),
        (f"duckdb:///md:?motherduck_token={SECRET}", "duckdb:///md:?motherduck_token=XXXXXXXXXX"),
        (
            f"mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BX%7D%3BUID%3Dsa%3BPWD%3D{SECRET}%3BServer%3Dx",
            "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BX%7D%3BUID%3Dsa%3BPWD%3DXXXXXXXXXX%3BServer%3Dx",
        ),
        (f"awsathena+rest://AKIA:{SECRET}@athena/db?s3_staging_dir=s3://b", None),
        (f"elasticsearch+https://:{SECRET}@h", "elasticsearch+https://:XXXXXXXXXX@h"),
    ],
)
def test_real_passwords_are_masked_and_remembered_as_such(
    tmp_path: Path, uri: str, masked: str | None
) -> None:
    found = read_database(tmp_path, sqlalchemy_uri=uri)
    assert found.has_password
    assert SECRET not in str(found.uri)
    assert SECRET not in str(found.raw)
    if masked is not None:
        assert found.uri == masked


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://u:XXXXXXXXXX@h/db",
        "postgresql://u:@h/db",
        "postgresql://u@h/db",
        "postgresql://h:5432/db",
        "sqlite:////data/a.db?check_same_thread=false",
        "bigquery://project",
        "gsheets://",
        "clickhousedb://h/d?compression=lz4&token=",
    ],
)
def test_uris_without_a_password_stay_as_they_are(tmp_path: Path, uri: str) -> None:
    found = read_database(tmp_path, sqlalchemy_uri=uri)
    assert not found.has_password
    assert found.uri == uri


@pytest.mark.parametrize(
    "place", ["${DB_PASSWORD}", "$DB_PASSWORD", "{{ env['PW'] }}", "%(pw)s", "<password>", "****"]
)
def test_places_for_a_password_are_no_password(tmp_path: Path, place: str) -> None:
    assert not read_database(tmp_path, sqlalchemy_uri=f"postgresql://u:{place}@h/db").has_password


def test_secrets_elsewhere_in_the_file(tmp_path: Path) -> None:
    found = read_database(
        tmp_path,
        password=SECRET,
        encrypted_extra=f'{{"service_account_info": {{"private_key": "{SECRET}"}}}}',
        ssh_tunnel={"server_address": "jump", "password": SECRET, "private_key": SECRET},
        extra={
            "engine_params": {
                "connect_args": {
                    "password": SECRET,
                    "authToken": SECRET,
                    "aws_secret_access_key": SECRET,
                    "nested": [f"postgresql://a:{SECRET}@b/c"],
                    "key": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
                    "sslmode": "require",
                    "private_key_path": "/keys/a.pem",
                    "token_timeout": 3,
                }
            },
            "metadata_cache_timeout": {"schema_cache_timeout": 600},
        },
        something_new=f'{{"api_key": "{SECRET}"}}',
    )
    assert SECRET not in str(found.raw) + str(found.extra) + repr(found)
    connect = found.extra["engine_params"]["connect_args"]
    assert (connect["sslmode"], connect["private_key_path"], connect["token_timeout"]) == (
        "require",
        "/keys/a.pem",
        3,
    )
    assert found.extra["metadata_cache_timeout"] == {"schema_cache_timeout": 600}
    assert found.raw["ssh_tunnel"]["server_address"] == "jump"


def test_extra_stored_as_text_is_masked_too(tmp_path: Path) -> None:
    found = read_database(tmp_path, extra=f'{{"connect_args": {{"password": "{SECRET}"}}}}')
    assert found.extra == {"connect_args": {"password": "XXXXXXXXXX"}}
    assert SECRET not in str(found.raw)


def test_a_broken_database_file_does_not_give_its_secret_away(tmp_path: Path) -> None:
    for number, line in enumerate((f"password: *{SECRET}", f"password: '{SECRET}", f"a: b: {SECRET}")):
        write(tmp_path, {f"databases/{number}.yaml": f"database_name: shop\nsqlalchemy_uri: x\n{line}\n"})
    write(tmp_path, {"databases/good.yaml": database()})
    workspace = read(tmp_path)
    assert len(workspace.problems) == 3
    assert SECRET not in str(workspace.problems)


@given(st.text(st.characters(exclude_characters="@=", exclude_categories=["Cs"]), min_size=1))
def test_whatever_stands_before_the_at_sign_goes(password: str) -> None:
    masked, _ = mask_uri(f"postgresql://u:{password}@host/db")
    assert masked == "postgresql://u:XXXXXXXXXX@host/db"
