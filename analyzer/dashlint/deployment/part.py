"""What a reader gives: the part of a deployment that one file, or one kind of file, tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dashlint.assets.origin import Location, Problem
from dashlint.deployment.model import AlertRule, Container, Given, Program, Proxy, Script


class Source(NamedTuple):
    """A file's text. ``file`` is its path as it was given, which also leads to the files beside it."""

    file: str
    text: str


class ConfigText(NamedTuple):
    """The text of a ``superset_config.py``: a file, or inside a ConfigMap or Helm's ``configOverrides``.

    It is followed when all files have been read, since what it says may depend on the containers'
    environment. ``location`` is that of the text's first line; what is said about line n of it stands n - 1
    lines further down, unless ``origins`` gives the place of each line by itself: for a text that was put
    together from several. Where ``location`` has no line, no line of the text stands in the file as it is.
    ``prefix`` leads to it inside the file (``configOverrides.cache``).
    """

    text: str
    location: Location
    prefix: str = ""
    origins: tuple[Location, ...] = ()


@dataclass(frozen=True)
class Part:
    """What one reader found. ``programs`` are settings of programs that stand in no container.

    Such are a ``gunicorn.conf.py`` and a module of Celery settings: they count for the programs that name
    them (``--config``), or alone where none does.
    """

    containers: tuple[Container, ...] = ()
    configs: tuple[ConfigText, ...] = ()
    programs: tuple[Program, ...] = ()
    postgres: Mapping[str, Given] = field(default_factory=dict)
    alerts: tuple[AlertRule, ...] = ()
    scripts: tuple[Script, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    problems: tuple[Problem, ...] = ()
