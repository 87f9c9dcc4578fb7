"""The ``superset_config.py`` that the official chart writes: its own beginning, then ``configOverrides``.

Source: apache/superset, helm/superset/templates/_helpers.tpl, ``define "superset-config"``.
"""

from __future__ import annotations

import re

from dashlint.assets.origin import Location
from dashlint.deployment.part import ConfigText
from dashlint.deployment.yaml_tree import Entry

#: The settings that the chart itself makes, in other words: what they are, and which variables they read.
_BEGINNING = """\
import os
from os import getenv as env
from flask_caching.backends.rediscache import RedisCache
CACHE_CONFIG = {
    "CACHE_TYPE": "RedisCache",
    "CACHE_DEFAULT_TIMEOUT": 300,
    "CACHE_KEY_PREFIX": "superset_",
    "CACHE_REDIS_URL": f"redis://{os.environ.get('REDIS_HOST')}:{os.environ.get('REDIS_PORT')}/CACHE_DB",
}
DATA_CACHE_CONFIG = CACHE_CONFIG
CELERY_CONFIG = {
    "broker_url": f"redis://{os.environ.get('REDIS_HOST')}:{os.environ.get('REDIS_PORT')}/CELERY_DB",
    "result_backend": f"redis://{os.environ.get('REDIS_HOST')}:{os.environ.get('REDIS_PORT')}/CELERY_DB",
}
RESULTS_BACKEND = RedisCache(host=env("REDIS_HOST"), port=env("REDIS_PORT"), key_prefix="superset_results")
SQLALCHEMY_DATABASE_URI = (
    f"postgresql+psycopg2://{os.environ.get('DB_USER')}:{os.environ.get('DB_PASS')}"
    f"@{os.environ.get('DB_HOST')}:{os.environ.get('DB_PORT')}/{os.environ.get('DB_NAME')}"
)
SECRET_KEY = env("SECRET_KEY", THE_CHARTS_OWN)
"""
_TEMPLATE = re.compile(r"\{\{.{0,1000}?\}\}", re.DOTALL)


def config_of(values: Entry) -> ConfigText:
    """The configuration that a release gets; its lines lead to the values that they come from."""
    connections = values.at("supersetNode", "connections")
    # Numbers of the databases since chart 0.10; before, they were written into the template as they are here.
    beginning = _BEGINNING.replace("CACHE_DB", _number(connections.at("redis_cache_db"), "1"))
    beginning = beginning.replace("CELERY_DB", _number(connections.at("redis_celery_db"), "0"))
    lines = beginning.split("\n")
    node = connections if connections.exists else values.at("supersetNode")
    origins = [Location(values.file, node.place.line, None, "configOverrides")] * len(lines)
    for entry in values.at("configOverrides").mapping.values():
        text = entry.text
        if text is None:
            continue
        # An expression of Helm's in Python text: a name that nobody knows, on as many lines.
        own = _TEMPLATE.sub(lambda found: "HELM_TEMPLATE" + "\\\n" * found[0].count("\n"), text).split("\n")
        first = entry.first_line
        lines += own
        origins += [
            Location(
                entry.file, first + index if entry.literal is not None and first else first, None, entry.path
            )
            for index in range(len(own))
        ]
    return ConfigText("\n".join(lines), origins[0], "configOverrides", tuple(origins))


def _number(entry: Entry, default: str) -> str:
    text = entry.text
    return text if text is not None and text.isdigit() else default
