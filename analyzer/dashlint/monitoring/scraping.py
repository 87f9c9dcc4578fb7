"""What Prometheus scrapes, and what the exporters are started with."""

from __future__ import annotations

from typing import Any

from dashlint.monitoring.alerts_memory import GROUP
from dashlint.monitoring.alerts_services import QUEUE
from dashlint.monitoring.mapping import METRICS_PORT, STATSD_PORT
from dashlint.monitoring.model import Setup
from dashlint.monitoring.rules import RULES_FILE
from dashlint.monitoring.wording import as_yaml

#: The port of each exporter: what it listens on by default.
_PORTS = {"redis": 9121, "postgres": 9187, "process": 9256, "node": 9100, "cadvisor": 8080}


def scrape_file(setup: Setup) -> str:
    """Prometheus' configuration for these alerts; the addresses are to be adapted."""
    jobs = [_job("statsd", "statsd-exporter" if setup.place != "hosts" else "localhost", METRICS_PORT)]
    host = "localhost" if setup.place == "hosts" else None
    if "redis" not in setup.without:
        jobs.append(_job("redis", host or "redis-exporter", _PORTS["redis"]))
    if "postgres" not in setup.without:
        jobs.append(_job("postgres", host or "postgres-exporter", _PORTS["postgres"]))
    if setup.place == "compose":
        jobs.append(_job("cadvisor", "cadvisor", _PORTS["cadvisor"]))
    if setup.place == "hosts":
        jobs += [_job("process", "localhost", _PORTS["process"]), _job("node", "localhost", _PORTS["node"])]
    more = (
        "# cAdvisor (in each kubelet) and kube-state-metrics are scraped by the cluster's own Prometheus, "
        "such as that\n"
        "# of kube-prometheus-stack; these alerts take their metrics from there.\n"
        if setup.place == "kubernetes"
        else ""
    )
    return (
        "# Put these jobs and the rule file into prometheus.yml; adapt the addresses.\n"
        + more
        + as_yaml({"rule_files": [RULES_FILE], "scrape_configs": jobs})
    )


def process_file() -> str:
    """process-exporter's configuration: gunicorn of Superset as one group, Celery's workers as another."""
    return (
        "# For ncabatoff/process-exporter: -config.path process-exporter.yml\n"
        "# The first group that fits takes the process; each expression has to be found in the command "
        "line.\n"
        + as_yaml(
            {
                "process_names": [
                    {"name": GROUP, "cmdline": ["gunicorn", "superset\\.app:create_app"]},
                    {"name": "superset-worker", "cmdline": ["celery", "superset\\.tasks\\.celery_app"]},
                ]
            }
        )
    )


def commands(setup: Setup) -> tuple[tuple[str, str], ...]:
    """The exporters and how each is started."""
    found = [
        (
            "statsd_exporter",
            (
                "`statsd_exporter --statsd.mapping-config=statsd-mapping.yml "
                f"--statsd.listen-udp=:{STATSD_PORT} --web.listen-address=:{METRICS_PORT}`"
            ),
        )
    ]
    if "redis" not in setup.without:
        queue = f" -check-single-keys={QUEUE}" if "celery" not in setup.without else ""
        found.append(("redis_exporter", f"`redis_exporter -redis.addr=redis://HOST:6379{queue}`"))
    if "postgres" not in setup.without:
        found.append(
            ("postgres_exporter", "`DATA_SOURCE_NAME=postgresql://USER@HOST/superset postgres_exporter`")
        )
    if setup.place == "hosts":
        found.append(("process-exporter", "`process-exporter -config.path process-exporter.yml`"))
        found.append(("node_exporter", "`node_exporter`"))
    elif setup.place == "compose":
        found.append(
            ("cAdvisor", "as its own container, with the host's /sys, /var/lib/docker and /var/run mounted")
        )
    else:
        found.append(("kube-state-metrics", "with kube-prometheus-stack; cAdvisor is part of each kubelet"))
    return tuple(found)


def _job(name: str, host: str, port: int) -> dict[str, Any]:
    return {"job_name": f"superset-{name}", "static_configs": [{"targets": [f"{host}:{port}"]}]}
