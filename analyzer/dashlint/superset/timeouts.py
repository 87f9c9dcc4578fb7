"""How long a chart's data are kept, and which setting says so."""

from __future__ import annotations

from functools import lru_cache

from dashlint.assets import Chart, Database, Dataset
from dashlint.superset.query import CacheTimeout
from dashlint.superset.settings import Settings


def effective(
    chart: Chart | None,
    dataset: Dataset | None,
    database: Database | None,
    settings: Settings,
    *,
    legacy: bool = False,
) -> CacheTimeout:
    """The timeout in seconds (-1: neither read nor written, 0: kept for ever) and its origin.

    The first value set counts, from chart to dataset to database. On ``chart/data`` a 0 found
    there stops the search and gives way to the defaults; ``explore_json`` passes over a chart's
    0 and takes a dataset's or database's 0 as it is. ``chart`` is None for filter options.

    Source: ``common/query_context.py:get_cache_timeout``,
    ``common/query_context_processor.py:get_cache_timeout``, ``viz.py:BaseViz.cache_timeout``,
    ``models/slice.py:Slice.form_data`` (puts in a chart's timeout only if it is not 0).
    """
    steps = (
        ("chart", _of_chart(chart, legacy=legacy)),
        ("dataset", dataset.cache_timeout if dataset is not None else None),
        ("database", database.cache_timeout if database is not None else None),
    )
    for origin, seconds in steps:
        if seconds is None or (legacy and origin == "chart" and seconds == 0):
            continue
        if seconds or legacy:
            return _timeout(seconds, origin)
        break
    if settings.data_cache_default_timeout is not None:
        return _timeout(settings.data_cache_default_timeout, "data-cache-config")
    return _timeout(settings.cache_default_timeout, "config")


#: Each request and each chart has one, and there are few different ones.
_timeout = lru_cache(maxsize=256, typed=True)(CacheTimeout)


def _of_chart(chart: Chart | None, *, legacy: bool) -> int | None:
    """The chart's timeout; a legacy chart may bring one along in its form data, too."""
    if chart is None:
        return None
    saved = chart.params.get("cache_timeout")
    if legacy and not chart.cache_timeout and isinstance(saved, int) and saved:
        return int(saved)
    return chart.cache_timeout
