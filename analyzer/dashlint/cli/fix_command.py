"""The command of ``dashlint fix`` that fits a scan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.cli.inputs import Facts
    from dashlint.cli.servers import ServerOptions


class Given(NamedTuple):
    """What the scan was called with: where it looked, what it knows, and which rules ran."""

    sources: tuple[Path, ...]
    server: ServerOptions
    facts: Facts
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: str | None = None
    config: Path | None = None
    #: Profile, persona and plugins, as they are given.
    choices: tuple[str, ...] = ()


def fix_command(given: Given, rules: Sequence[str] = (), *, unsafe: bool = False) -> str:
    """A command to paste. With ``rules``, for these alone; else for all that the scan has run."""
    words = ["dashlint", "fix", *_source(given)]
    facts = given.facts
    words += [word for entry in facts.catalog for word in ("--catalog", _without_password(str(entry)))]
    if facts.superset_version:
        words += ["--superset-version", facts.superset_version]
    if facts.superset_config:
        words += ["--superset-config", str(facts.superset_config)]
    words += [word for setting in facts.settings for word in ("--setting", setting)]
    if facts.today:
        words += ["--today", facts.today]
    if given.config is not None:
        words += ["--config", str(given.config)]
    words += given.choices
    if rules or given.select:
        words += ["--select", ",".join(rules or given.select)]
    if given.ignore and not rules:
        words += ["--ignore", ",".join(given.ignore)]
    if given.min_confidence:
        words += ["--min-confidence", given.min_confidence]
    import shlex

    return shlex.join(words) + (" --unsafe" if unsafe else "")


def _source(given: Given) -> list[str]:
    server = given.server
    if not server.url:
        # `exports/` as people write it: a folder is seen to be one.
        words = [f"{path}/" if path.is_dir() else str(path) for path in given.sources]
        if len(given.sources) == 1 and given.sources[0].is_file() and given.sources[0].suffix == ".zip":
            # A ZIP stays as it is.
            words += ["--output", str(given.sources[0].with_name(f"{given.sources[0].stem}-fixed.zip"))]
        return words
    words = ["--url", _without_password(server.url)]
    if server.username:
        words += ["--username", server.username]
    if server.provider != "db":
        words += ["--provider", server.provider]
    if server.ca_bundle:
        words += ["--ca-bundle", str(server.ca_bundle)]
    words += ["--insecure"] if server.insecure else []
    words += [word for name in server.dashboards for word in ("--dashboard", name)]
    words += ["--published-only"] if server.published_only else []
    return words + ([] if server.indexes else ["--no-indexes"])


def _without_password(place: str) -> str:
    """A URL without the password in it: what is shown ends up in logs and tickets."""
    # Rather too much than too little: a password may hold any sign, and some drivers take it as a parameter.
    place = re.sub(r"(://[^/:\s]*):\S*@", r"\1@", place)
    return re.sub(r"([?&](?:password|passwd|pwd|token)=)[^&]*", r"\1…", place, flags=re.IGNORECASE)
