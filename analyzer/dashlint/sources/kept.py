"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

#: A folder for what is kept, or nothing, to keep and read nothing.
VARIABLE = "DASHLINT_CACHE_DIR"


def cache_folder(part: str) -> Path | None:
    """The folder for one kind of thing, which need not exist; None where nothing is to be kept."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return Path(given) / part if given else None
    import platformdirs

    return Path(platformdirs.user_cache_dir("dashlint", appauthor=False)) / part
