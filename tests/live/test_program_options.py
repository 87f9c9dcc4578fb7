"""What is known of gunicorn's, Celery's and Superset's settings, compared with those of Superset 6.1."""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache
from typing import Any

from dashlint.deployment import options
from dashlint.superset import config_keys
from tests.live.superset_builder import build, clean_environment

ASK = """
import inspect, json, pathlib, re, sys
from gunicorn.config import KNOWN_SETTINGS
from celery.bin.celery import celery
spec = __import__("importlib.util", fromlist=["find_spec"]).find_spec("superset")
folder = pathlib.Path(spec.submodule_search_locations[0])
gunicorn = {}
for setting in KNOWN_SETTINGS:
    for option in setting.cli or []:
        gunicorn[option] = [setting.name, bool(setting.action and setting.action.startswith("store_"))]
told = [celery, celery.commands["worker"], celery.commands["beat"]]
every = [p for one in told for p in one.params if p.opts[0][0] == "-"]
found = [[list(p.opts), bool(getattr(p, "is_flag", False))] for p in every]
sources = {str(p.relative_to(folder)): p.read_text(errors="replace") for p in folder.rglob("*.py")}
# A configuration is asked for names in quotes.
words = {name: set(re.findall(r"[\\"']([A-Z][A-Z0-9_]+)[\\"']", text)) for name, text in sources.items()}
config = set(re.findall(r"^([A-Z][A-Z0-9_]+)\\s*(?::[^=\\n]*)?=", sources["config.py"], re.MULTILINE))
everywhere = set().union(*words.values())
json.dump({"gunicorn": gunicorn, "celery": found, "commands": sorted(celery.commands),
           "config": sorted(config), "words": sorted(everywhere)}, sys.stdout)
"""


@lru_cache(maxsize=1)
def real() -> dict[str, Any]:
    made = build("6.1.0")
    asked = subprocess.run(
        [str(made.python), "-c", ASK], env=clean_environment(), check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


def test_gunicorns_short_names_and_flags() -> None:
    cli = real()["gunicorn"]
    by_setting: dict[str, dict[str, str]] = {}
    for option, (setting, _) in cli.items():
        by_setting.setdefault(setting, {})["long" if option.startswith("--") else "short"] = option
    short = {n["short"][1:]: n["long"][2:] for n in by_setting.values() if "short" in n}
    assert dict(options.GUNICORN.short) == short
    valued = {option[2:] for option, (_, flag) in cli.items() if option.startswith("--") and not flag}
    assert not options.GUNICORN.flags & (valued - {"no-sendfile"})
    for setting, option in options.GUNICORN_SETTINGS.items():
        assert cli[f"--{option}"][0] == setting
    for setting, names in by_setting.items():
        if setting not in options.GUNICORN_SETTINGS and setting in (
            "workers",
            "threads",
            "max_requests",
            "timeout",
        ):
            assert names["long"] == f"--{setting.replace('_', '-')}"


def test_celerys_flags_and_commands() -> None:
    for names, is_flag in real()["celery"]:
        long = [name[2:] for name in names if name.startswith("--")]
        assert any(name in options.CELERY.flags for name in long) is is_flag, names
    assert set(real()["commands"]) >= {"worker", "beat", "inspect", "control", "multi", "purge"}
    for short in "AcPOlQEBn":
        (names,) = {tuple(n) for n, _ in real()["celery"] if f"-{short}" in n and "--hostname" not in n} or {
            ()
        }
        assert not names or f"--{options.CELERY.short[short]}" in names


def test_the_settings_are_those_of_its_config() -> None:
    assert set(real()["config"]) <= config_keys.config_keys("6.1")


def test_dead_names_are_nowhere_in_its_source() -> None:
    everywhere = set(real()["words"])
    assert everywhere & set(config_keys.DEAD) == set()
    assert everywhere & {"POSTGRES_HOST", "REDIS_HOST", "REDIS_URL", "SUPERSET_LOAD_EXAMPLES"} == set()
    gone = {name for name in config_keys.RENAMED if "6.1" not in config_keys.versions_with(name)}
    assert set(config_keys.RENAMED.values()) <= config_keys.config_keys("6.1")
    assert everywhere & gone == set()
