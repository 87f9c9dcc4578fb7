"""All files of the folder."""

from __future__ import annotations

from dashlint.monitoring import alerts_memory, alerts_services, alerts_superset
from dashlint.monitoring.grafana import dashboard_file
from dashlint.monitoring.logs import logs_file
from dashlint.monitoring.mapping import mapping_file, snippet
from dashlint.monitoring.model import Alerts, Predicted, Setup
from dashlint.monitoring.readme import readme_file
from dashlint.monitoring.rules import RULES_FILE, rules_file, tests_file
from dashlint.monitoring.scraping import process_file, scrape_file

_WHAT = {
    RULES_FILE: "Prometheus' alert rules; each says where its threshold comes from",
    "alerts.test.yml": "their unit tests, for `promtool test rules`",
    "statsd-mapping.yml": "statsd_exporter: Superset's StatsD names as Prometheus metrics",
    "superset_config_statsd.py": "lines for superset_config.py",
    "prometheus-scrape.yml": "jobs for prometheus.yml",
    "process-exporter.yml": "process-exporter: which processes are Superset's",
    "grafana-dashboard.json": "a dashboard to import into Grafana",
    "log-queries.md": "log queries for running out of memory",
}


def alerts_for(setup: Setup, known: Predicted) -> Alerts:
    """The alerts of a deployment, and what was left out."""
    found = Alerts()
    alerts_superset.add(found, setup, known)
    alerts_memory.add(found, setup, known)
    alerts_services.add(found, setup, known)
    return found


def files(setup: Setup, known: Predicted) -> dict[str, str]:
    """The text of each file by its name; the same for the same input."""
    alerts = alerts_for(setup, known)
    written = {
        RULES_FILE: rules_file(alerts),
        "alerts.test.yml": tests_file(alerts),
        "statsd-mapping.yml": mapping_file(setup),
        "superset_config_statsd.py": snippet(),
        "prometheus-scrape.yml": scrape_file(setup),
        **({"process-exporter.yml": process_file()} if setup.place == "hosts" else {}),
        "grafana-dashboard.json": dashboard_file(setup, known),
        "log-queries.md": logs_file(setup),
    }
    described = {name: _WHAT[name] for name in written}
    return {"README.md": readme_file(setup, known, alerts, described), **written}
