"""What a YAML file is: by what it says, and only then by the folder that it lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CHART, DASHBOARD, DATASET, DATABASE = "chart", "dashboard", "dataset", "database"

#: The folder that Superset gives each kind (superset/commands/*/export.py: _file_name).
FOLDER_OF = {CHART: "charts", DASHBOARD: "dashboards", DATASET: "datasets", DATABASE: "databases"}
KIND_OF_FOLDER = {folder: kind for kind, folder in FOLDER_OF.items()}
#: Folders of what an export may also hold, and nothing here looks into.
OTHER_FOLDERS = frozenset({"queries", "themes"})

#: Other things that an export holds, and that are no assets of ours.
OTHER = "other"

# The keys that the import schemas require of each kind (superset/*/schemas.py: ImportV1…Schema), and
# further ones of which at least one is there, so that other people's YAML is not taken for Superset's.
_KEYS = (
    (CHART, "viz_type", ("slice_name", "params", "query_context", "dataset_uuid")),
    (CHART, "slice_name", ("params", "query_context", "dataset_uuid")),
    (DASHBOARD, "dashboard_title", ("position", "metadata", "slug", "uuid", "json_metadata")),
    (DASHBOARD, "position", ("metadata",)),
    (DATASET, "table_name", ("columns", "metrics", "database_uuid", "main_dttm_col")),
    (DATABASE, "database_name", ("sqlalchemy_uri", "expose_in_sqllab", "extra", "uuid")),
    (DATABASE, "sqlalchemy_uri", ("uuid", "extra")),
)
_OTHER_KEYS = (
    ("timestamp", "version"),  # metadata.yaml
    ("label", "sql"),  # queries/
    ("theme_name", "json_data"),  # themes/
    ("tags",),  # tags.yaml
)

# What every asset's file says somewhere. Looked for in the bytes, so that a repository's other YAML files
# need not be read.
_MARKERS = (
    b"viz_type", b"dashboard_title", b"table_name", b"database_name", b"slice_name", b"sqlalchemy_uri",
)  # fmt: skip
_TOP_LEVEL = re.compile(
    rb"^(?:viz_type|slice_name|dashboard_title|table_name|database_name|sqlalchemy_uri)[ ]*:", re.MULTILINE
)
#: Exports of Superset 1 and older, before there were YAML exports.
OLD_JSON = b"__Dashboard__"


def may_be_asset(data: bytes) -> bool:
    """Whether a file's bytes hold any word that an asset's file holds."""
    return any(marker in data for marker in _MARKERS) or data[:2] in {b"\xff\xfe", b"\xfe\xff"}


def is_meant_as_asset(data: bytes) -> bool:
    """Whether a file's bytes, or its beginning, look as if it was meant to be an asset."""
    return _TOP_LEVEL.search(data) is not None


def kind_of(raw: Any) -> str | None:
    """The kind of what a file says: one of this module's words, None for what is not Superset's."""
    if not isinstance(raw, Mapping):
        return None
    for kind, required, others in _KEYS:
        if required in raw and any(key in raw for key in others):
            return kind
    for keys in _OTHER_KEYS:
        if all(key in raw for key in keys):
            return OTHER
    return None


def place_of(path: str) -> tuple[str, bool] | None:
    """The kind whose folder a path lies in, and whether it lies where Superset would put it.

    Superset puts files directly into the kind's folder, datasets into a folder for their database.
    """
    parts = path.split("/")
    for index in range(len(parts) - 2, -1, -1):
        kind = KIND_OF_FOLDER.get(parts[index])
        if kind is not None:
            depth = len(parts) - 1 - index
            return kind, depth <= (2 if kind == DATASET else 1)
    return None
