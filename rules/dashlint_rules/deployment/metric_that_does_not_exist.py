"""Alerts on metrics that nobody sends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment

#: Metrics that guides name and that Superset never sends, with what there is instead.
_NOWHERE = {
    "superset_query_duration_seconds": (
        "the database's own statistics (pg_stat_statements), or the timers of Superset's API over StatsD"
    ),
    "superset_cache_hits_total": "counter loaded_from_cache over StatsD, or redis_keyspace_hits_total",
    "superset_cache_misses_total": "counter loaded_from_source over StatsD, or redis_keyspace_misses_total",
    "superset_worker_memory_bytes": "container_memory_working_set_bytes of the container",
    "superset_dashboard_load_seconds": "the response times of the proxy in front of Superset",
}
_CLASSES = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"})
_ADVICE = "set STATS_LOGGER = StatsdStatsLogger(host, port, prefix) and run statsd_exporter"


class MetricThatDoesNotExist(Rule):
    """An alert rule uses a metric that Superset never sends, or a metric is made that nobody updates.

    ## Why
    Superset has no `/metrics` page. It sends counters and times through `STATS_LOGGER`, to nobody by default.
    An alert on a metric that does not exist never fires and looks as if all were well. An object of
    prometheus_client that `superset_config.py` makes is never updated and never shown.

    ## Example
    ```yaml
    expr: superset_worker_memory_bytes > 2e9
    ```

    ## Use instead
    `container_memory_working_set_bytes` for memory, and for what Superset counts:
    ```python
    STATS_LOGGER = StatsdStatsLogger(host="statsd-exporter", port=9125, prefix="superset")
    ```
    with Prometheus' statsd_exporter.

    A metric that one of the deployment's own scripts names is taken to be its own.

    ## Source
    superset/config.py: STATS_LOGGER (DummyStatsLogger); superset/stats_logger.py; the source of 4.1.4 to
    6.1.0 holds none of these names.
    """

    code = "DL627"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "alert on metrics that exist"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each rule and metric, and for each object."""
        for alert in deployment.alerts:
            for metric in sorted(alert.metrics):
                real = _nearest(metric)
                if real is None or any(metric in script.text for script in deployment.scripts):
                    continue
                yield self.deployment_finding(
                    alert.expression.location,
                    f"the rule {alert.name} can never fire: nothing sends {metric}",
                    field=f"{alert.expression.location.field}#{metric}",
                    advice=f"use {real}",
                )
        for config in deployment.configs:
            for name, given in config.made.items():
                module, _, made = str(given.value).rpartition(".")
                if module == "prometheus_client" and made in _CLASSES and name not in config.read:
                    yield self.deployment_finding(
                        given.location,
                        f"nothing updates or shows the {made} {name}: Superset does not know it",
                        advice=_ADVICE,
                    )


def _nearest(metric: str) -> str | None:
    """What to use instead of a metric that does not exist, whichever series of a histogram is named."""
    for end in ("", "_bucket", "_sum", "_count"):
        if metric.endswith(end) and metric.removesuffix(end) in _NOWHERE:
            return _NOWHERE[metric.removesuffix(end)]
    return None
