"""From StatsD names to Prometheus metrics: statsd_exporter's mapping, and what has to be set for it.

Superset's names are ``<prefix>.<API class>.<function>.<outcome>`` (superset/views/base_api.py:
statsd_metrics), ``<prefix>.<event>`` (superset/utils/log.py) and single counters
(superset/common/utils/query_cache_manager.py). gunicorn's own are in gunicorn/instrument/statsd.py.
Both send timers in milliseconds; the exporter makes seconds of them.
"""

from __future__ import annotations

from typing import Any

from dashlint.monitoring.model import Setup
from dashlint.monitoring.wording import as_yaml

PREFIX = "superset"
#: Port that takes StatsD, and port that is scraped (statsd_exporter's defaults).
STATSD_PORT = 9125
METRICS_PORT = 9102
#: Seconds, from a cached answer to the browser's own timeout (SUPERSET_WEBSERVER_TIMEOUT, 60) and beyond.
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)

#: Counters of the data cache, each with the metric's name.
CACHE = {
    "loaded_from_cache": "superset_data_cache_hits_total",
    "loaded_from_source": "superset_data_cache_misses_total",
    "loaded_from_source_without_force": "superset_data_cache_unforced_misses_total",
    "set_cache_key": "superset_data_cache_writes_total",
}


def buckets(slow: float) -> list[float]:
    """Bounds of histograms in seconds; ``slow`` is one, so that what is slower can be counted exactly."""
    return sorted({*_BUCKETS, float(slow)})


def mapping(setup: Setup) -> dict[str, Any]:
    """statsd_exporter's configuration."""
    rules = [_rule("gunicorn.request.duration", "superset_gunicorn_request_duration_seconds", timer=True)]
    rules.append(_rule("gunicorn.requests", "superset_gunicorn_requests_total"))
    rules.append(_rule("gunicorn.request.status.*", "superset_gunicorn_responses_total", status="$1"))
    rules.append(_rule("gunicorn.log.*", "superset_gunicorn_log_messages_total", level="$1"))
    rules.append(_rule("gunicorn.workers", "superset_gunicorn_workers"))
    rules += [_rule(name, metric) for name, metric in CACHE.items()]
    rules.append(_rule("sqllab.query.*", "superset_sqllab_step_duration_seconds", timer=True, step="$1"))
    rules.append(
        _rule("*.*.time", "superset_api_request_duration_seconds", timer=True, api="$1", endpoint="$2")
    )
    rules += [
        _rule(f"*.*.{outcome}", "superset_api_requests_total", api="$1", endpoint="$2", outcome=outcome)
        for outcome in ("success", "warning", "error")
    ]
    rules.append(
        {
            "match": rf"{PREFIX}\.(.+)",
            "match_type": "regex",
            "match_metric_type": "counter",
            "name": "superset_events_total",
            "labels": {"event": "$1"},
        }
    )
    return {
        "defaults": {
            "observer_type": "histogram",
            "histogram_options": {"buckets": buckets(setup.slow.value)},
        },
        "mappings": rules,
    }


def mapping_file(setup: Setup) -> str:
    """The mapping with what it is for."""
    return (
        "# For prometheus/statsd_exporter: --statsd.mapping-config=statsd-mapping.yml\n"
        "# Superset and gunicorn send milliseconds; the exporter makes seconds of them.\n"
        + as_yaml(mapping(setup))
    )


def snippet() -> str:
    """What superset_config.py needs."""
    return f"""# Superset tells what it does as StatsD only where STATS_LOGGER is set: the default is silent
# (superset/config.py, superset/stats_logger.py). The class needs a package that Superset does not
# bring along: pip install statsd
#
# Put these lines into superset_config.py of the web server and of the Celery workers.
import os

from superset.stats_logger import StatsdStatsLogger

STATS_LOGGER = StatsdStatsLogger(
    host=os.environ.get("STATSD_HOST", "localhost"),
    port=int(os.environ.get("STATSD_PORT", "{STATSD_PORT}")),
    prefix="{PREFIX}",
)
"""


def _rule(match: str, name: str, *, timer: bool = False, **labels: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"match": f"{PREFIX}.{match}", "name": name}
    if timer:
        rule["match_metric_type"] = "observer"
    return {**rule, "labels": labels} if labels else rule
