"""Python files of a deployment: ``superset_config.py``."""

from __future__ import annotations

from dashlint.assets.origin import Location
from dashlint.deployment.part import ConfigText, Part, Source


def read_superset_config(source: Source) -> Part:
    """A ``superset_config.py``; it is followed when the containers' environment is known."""
    return Part(configs=(ConfigText(source.text, Location(source.file, 1)),))
