"""Python files of a deployment: ``superset_config.py``, ``gunicorn.conf.py``, Celery's settings, scripts."""

from __future__ import annotations

import ast
from typing import Any

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN, Given, Program, Script
from dashlint.deployment.options import GUNICORN_SETTINGS
from dashlint.deployment.part import ConfigText, Part, Source
from dashlint.deployment.python_places import Place, places_of
from dashlint.deployment.superset_config import evaluated, plain


def read_superset_config(source: Source) -> Part:
    """A ``superset_config.py``; it is followed when the containers' environment is known."""
    return Part(configs=(ConfigText(source.text, Location(source.file, 1)),))


def read_gunicorn_config(source: Source) -> Part:
    """A ``gunicorn.conf.py``: its settings under the names of gunicorn's options.

    Raises:
        Unreadable: it is no Python.
    """
    found = _settings(source, expressions=True)
    settings = {
        GUNICORN_SETTINGS.get(name, name.replace("_", "-")): given
        for name, given in found.items()
        if name != "wsgi_app"
    }
    return Part(programs=(Program("gunicorn", Location(source.file, 1), settings, found.get("wsgi_app")),))


def read_celery_config(source: Source) -> Part:
    """A module of Celery's settings (``celeryconfig.py``), by Celery's own names.

    Raises:
        Unreadable: it is no Python.
    """
    return Part(programs=(Program("celery", Location(source.file, 1), _settings(source, expressions=False)),))


def read_python_script(source: Source) -> Part:
    """Other Python that somebody runs beside Superset, for rules that look for what does nothing."""
    return Part(scripts=(Script(Location(source.file, 1), source.text, "python"),))


def _settings(source: Source, *, expressions: bool) -> dict[str, Given]:
    """The lower-case names of a module, as far as they hold data."""
    found, tree = evaluated(source.text, {})
    places = places_of(tree)
    written = _written(tree, source.text) if expressions else {}
    settings: dict[str, Given] = {}
    for name, value in found.values.items():
        if name.startswith("_") or not name.islower() or name not in places:
            continue  # functions and what is imported are no settings of their own
        known: Any = plain(value)
        place = places.get(name) or Place(found.lines.get(name, 1))
        expression = written.get(name, "") if known is UNKNOWN else ""
        settings[name] = Given(
            known,
            Location(source.file, place.line, place.column, name),
            found.assumed.get(name, ()),
            expression,
        )
    return settings


def _written(tree: ast.Module, text: str) -> dict[str, str]:
    """What is written behind each name that is assigned."""
    return {
        target.id: " ".join((ast.get_source_segment(text, statement.value) or "").split())
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
