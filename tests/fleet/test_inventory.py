"""What an inventory may say, and the sentence for what it may not."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from dashlint.fleet import inventory
from dashlint.fleet.inventory_schema import json_schema
from dashlint.fleet.model import Inventory
from dashlint.lint.config import ConfigError
from tests.paths import ROOT

TOML = """
concurrency-per-server = 3
[servers."superset.example.com"]
concurrency = 1
[defaults]
username = "dashlint"
password-env = "SHARED_PASSWORD"
timeout = 20
profile = "medium"
[[workspaces]]
name = "sales"
url = "https://Superset.example.com/superset/welcome/"
catalog = ["sales.sql", "postgresql://reader@db/sales"]
[[workspaces]]
name = "hosted"
url = "https://acme.app.preset.io"
preset-token-env = "PRESET_TOKEN"
preset-secret-env = "PRESET_SECRET"
[[workspaces]]
name = "exports"
path = ["a.zip", "b"]
timeout = 5
"""
YAML = """
defaults: {username: dashlint, password-env: SHARED_PASSWORD}
workspaces:
- {name: sales, url: 'https://superset.example.com'}
"""


def load(folder: Path, text: str, name: str = "fleet.toml") -> Inventory:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return inventory.load(path)


def test_defaults_hold_for_who_says_nothing_else(tmp_path: Path) -> None:
    found = load(tmp_path, TOML)
    sales, hosted, exports = found.workspaces
    assert sales.server == "superset.example.com"
    assert (found.limit("superset.example.com"), found.limit("elsewhere")) == (1, 3)
    assert dict(sales.secrets) == {"password": "SHARED_PASSWORD"}
    assert sales.catalog == (str(tmp_path / "sales.sql"), "postgresql://reader@db/sales")
    # Another way to log in replaces the password: a token beside it would not be what is used.
    assert dict(hosted.secrets) == {"preset_token": "PRESET_TOKEN", "preset_secret": "PRESET_SECRET"}
    assert exports.paths == (str(tmp_path / "a.zip"), str(tmp_path / "b"))
    assert (sales.timeout, exports.timeout, sales.profile) == (20, 5, "medium")
    assert exports.server is None


def test_yaml_says_the_same(tmp_path: Path) -> None:
    (workspace,) = load(tmp_path, YAML, "fleet.yaml").workspaces
    assert (workspace.username, dict(workspace.secrets)) == ("dashlint", {"password": "SHARED_PASSWORD"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'url = "https://x"\npassword = "s3cret"',
            "workspaces[1]: 'password' must not stand in an inventory",
        ),
        ('url = "https://x"\napi_key = "s3cret"', "'api_key' must not stand in an inventory"),
        ('url = "https://x"\npassword-env = "s3cret!"', "not the name of an environment variable"),
        ('url = "https://me:s3cret@x"', "must not hold an account or a password"),
        ('url = "https://x"\ncatalog = ["postgresql://me:s3cret@db/x"]', "must not hold a password"),
        ('url = "https://x"\nsecret = "s3cret"', "unknown key 'workspaces[1].secret'"),
        ('url = "superset.example.com"', "starts with http:// or https://"),
        ('url = "https://x"\npath = "y"', "give either url or path"),
        ("", "give either url or path"),
        ('url = "https://x"\ntimeout = 0', "workspaces[1].timeout: input should be greater than 0"),
        ('url = "https://x"\npasword-env = "X"', "did you mean 'password-env'?"),
        ('url = "https://x"\n[servers.y]\nconcurrency = 1', "servers.y: no workspace is there"),
        ('url = "https://x"\n[[workspaces]]\nname = "A"\nurl = "https://y"', "two workspaces are called 'A'"),
    ],
)
def test_one_sentence_for_what_is_wrong_and_never_a_secret(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, f'[[workspaces]]\nname = "a"\n{line}\n')
    assert said in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "fleet.toml"))
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fleet.toml", "workspaces = [", "is not valid TOML"),
        ("fleet.yaml", "workspaces:\n- {password: s3cret", "is not valid YAML: line 2"),
        ("fleet.yml", "- a", "holds keys at its top"),
        ("fleet.json", "{}", "a .toml, .yaml or .yml file"),
        ("fleet.toml", "", "workspaces: field required"),
        ("fleet.toml", "workspaces = []", "workspaces: list should have at least 1 item"),
        ("fleet.toml", '[[workspaces]]\nname = "../up"\nurl = "https://x"', "letters, digits, dots"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text, name)
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)


def test_the_published_schema_is_the_one_that_checks() -> None:
    schema = json.loads((ROOT / "docs" / "fleet-inventory.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()
    jsonschema.validate({"workspaces": [{"name": "a", "url": "https://x", "password-env": "A"}]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"workspaces": [{"name": "a", "url": "https://x", "password": "A"}]}, schema)


def test_choosing_by_name(tmp_path: Path) -> None:
    found = load(tmp_path, TOML)
    assert [w.name for w in inventory.chosen(found, ["exports", "sales"])] == ["sales", "exports"]
    assert len(inventory.chosen(found, [])) == 3
    with pytest.raises(ConfigError, match="did you mean 'sales'"):
        inventory.chosen(found, ["sale"])


def test_the_inventory_of_the_docs_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    found = load(tmp_path, page.partition("```toml\n")[2].partition("```")[0])
    assert [w.name for w in found.workspaces] == ["sales", "acme", "nightly-export"]
    assert dict(found.workspaces[0].secrets) == {"password": "FLEET_PASSWORD"}
