"""Alerts on memory and on what was killed for it, from what measures it where Superset runs."""

from __future__ import annotations

from dashlint.cost.model import bytes_of
from dashlint.lint.amounts import size
from dashlint.monitoring.model import Alert, Alerts, Case, Predicted, Setup
from dashlint.monitoring.wording import humanized, number, one_line, percent

#: Without a prediction or a limit: a choice.
USUAL = 0.9
#: A threshold below would alert all day, one above too late, whatever the prediction says: choices.
LOWEST, HIGHEST = 0.7, 0.95
RESTARTS = 2
GROUP = "superset-web"
_MEMORY = (
    "Who opened what? The dashboards at the top of `dashlint cost` are the ones to make smaller; until then "
    "fewer "
    "threads (--threads) bound how many requests meet. Memory that stays after the load is Python's: recycle "
    "workers with --max-requests and --max-requests-jitter."
)
_KILLED = (
    "Match the time with the log (log-queries.md) and with the dashboard that was opened. `dashlint cost "
    "--limit` says "
    "which do not fit."
)


def add(alerts: Alerts, setup: Setup, known: Predicted) -> None:
    """What the place measures."""
    share, why = share_of_limit(setup, known)
    if setup.place == "kubernetes":
        alerts.add("memory", _near(setup, share, why), *_killed(setup), _pod_killed(setup), _restarts(setup))
    elif setup.place == "compose":
        alerts.add("memory", _near(setup, share, why), *_killed(setup), _starts(setup))
    else:
        if setup.memory_limit is None:
            alerts.skip(
                "Memory near its limit", "no --limit: a plain host has none that an exporter could tell"
            )
        else:
            alerts.add("memory", _group(setup.memory_limit.value, share, why))
        alerts.add("memory", _host_killed(), _missing(setup))


def share_of_limit(setup: Setup, known: Predicted) -> tuple[float, str]:
    """The share of the memory limit at which one more heavy request no longer fits, and why."""
    limit, heaviest = setup.memory_limit, bytes_of(known.heaviest) if known.heaviest else None
    if limit is None or heaviest is None:
        missing = "no --limit was given" if limit is None else "no chart's cost is known"
        return USUAL, f"{percent(USUAL)} of the limit: a choice, as {missing}"
    room = 1 - heaviest / limit.value
    share = min(max(room, LOWEST), HIGHEST)
    how = "expected" if known.heaviest is not None and known.heaviest.expected is not None else "at most"
    why = (
        f"{percent(share)} of {size(int(limit.value))} ({limit.source}): above it the heaviest request no "
        "longer fits, "
        f"{how} {size(heaviest)} for {one_line(known.heaviest_name)}"
    )
    if share != room:
        why += f" (that would be {percent(room)}; {percent(LOWEST)} to {percent(HIGHEST)} are kept, a choice)"
    return share, why


def selector(setup: Setup) -> str:
    """The labels of Superset's containers in cAdvisor's metrics."""
    if setup.place == "kubernetes":
        return f'namespace="{setup.namespace}",container="{setup.container}"'
    return f'container_label_com_docker_compose_service="{setup.container}"'


def limits(setup: Setup) -> str:
    """PromQL of the containers' memory limits, in bytes."""
    if setup.place == "kubernetes":
        return f'max by (pod) (kube_pod_container_resource_limits{{resource="memory",{selector(setup)}}})'
    return f"max by (name) (container_spec_memory_limit_bytes{{{selector(setup)}}} > 0)"


def used(setup: Setup) -> str:
    """PromQL of the containers' memory that the kernel cannot take back, in bytes."""
    label = "pod" if setup.place == "kubernetes" else "name"
    return f"max by ({label}) (container_memory_working_set_bytes{{{selector(setup)}}})"


def _labels(setup: Setup) -> tuple[str, dict[str, str]]:
    """The label that names a container, and that label in the tests."""
    return ("pod", {"pod": "superset-1"}) if setup.place == "kubernetes" else ("name", {"name": "superset-1"})


def _series(setup: Setup, metric: str, more: str = "") -> str:
    label, _ = _labels(setup)
    return f'{metric}{{{selector(setup)},{label}="superset-1"{more}}}'


def _near(setup: Setup, share: float, why: str) -> Alert:
    label, labels = _labels(setup)
    memory = _series(setup, "container_memory_working_set_bytes")
    if setup.place == "kubernetes":
        limit = _series(setup, "kube_pod_container_resource_limits", ',resource="memory"')
        needs = "cAdvisor (in the kubelet) and kube-state-metrics"
    else:
        limit, needs = _series(setup, "container_spec_memory_limit_bytes"), "cAdvisor"
    return Alert(
        "SupersetMemoryNearLimit",
        f"{used(setup)}\n/ {limits(setup)} > {number(share)}",
        "2m",
        "warning",
        f"Superset's container {{{{ $labels.{label} }}}} is near its memory limit",
        "{{ $value | humanizePercentage }} of the limit are in use.",
        f"{why}.",
        _MEMORY,
        needs,
        (
            Case({memory: "990x30", limit: "1000x30"}, "20m", labels, "99%"),
            Case({memory: "600x30", limit: "1000x30"}, "20m"),
            Case({memory: "990x30"}, "20m"),  # no limit, no alert
        ),
    )


def _killed(setup: Setup) -> tuple[Alert, ...]:
    label, labels = _labels(setup)
    events = _series(setup, "container_oom_events_total")
    return (
        Alert(
            "SupersetProcessOomKilled",
            f"sum by ({label}) (increase(container_oom_events_total{{{selector(setup)}}}[10m])) > 0",
            "0m",
            "critical",
            f"The kernel killed a process in {{{{ $labels.{label} }}}} for memory",
            "Within 10 minutes. The container may have gone on: gunicorn starts a new worker.",
            "One is enough: each one ended requests that people waited for.",
            _KILLED,
            "cAdvisor",
            (
                Case({events: "0x20 1x40"}, "25m", labels),
                Case({events: "3x60"}, "25m"),
            ),
        ),
    )


def _pod_killed(setup: Setup) -> Alert:
    where = selector(setup)
    reason = _series(setup, "kube_pod_container_status_last_terminated_reason", ',reason="OOMKilled"')
    restarts = _series(setup, "kube_pod_container_status_restarts_total")
    last = "kube_pod_container_status_last_terminated_reason"
    return Alert(
        "SupersetContainerOomKilled",
        f'max by (pod) ({last}{{reason="OOMKilled",{where}}}) == 1\n'
        f"and on (pod) (sum by (pod) (increase(kube_pod_container_status_restarts_total{{{where}}}[15m])) > "
        "0)",
        "0m",
        "critical",
        "Superset's container in {{ $labels.pod }} was killed for memory and restarted",
        "Its last end was OOMKilled, within 15 minutes.",
        "One is enough: with all its workers every request in it ended.",
        _KILLED,
        "kube-state-metrics",
        (
            Case({reason: "_x20 1x40", restarts: "0x20 1x40"}, "25m", {"pod": "superset-1"}),
            Case({reason: "1x60", restarts: "1x60"}, "25m"),  # long ago
            Case({restarts: "0x20 1x40"}, "25m"),  # for another reason
        ),
    )


def _restarts(setup: Setup) -> Alert:
    series = _series(setup, "kube_pod_container_status_restarts_total")
    return Alert(
        "SupersetRestarts",
        f"sum by (pod) (increase(kube_pod_container_status_restarts_total{{{selector(setup)}}}[1h])) > "
        f"{RESTARTS}",
        "0m",
        "warning",
        "Superset's container in {{ $labels.pod }} restarts again and again",
        "{{ $value | humanize }} times in an hour.",
        f"More than {RESTARTS} in an hour: a choice; a rollout makes new pods and does not count.",
        "`kubectl describe pod` has the last reason: OOMKilled, or a probe that failed because all threads "
        "were busy.",
        "kube-state-metrics",
        (
            Case({series: "0+0.1x120"}, "90m", {"pod": "superset-1"}, "6"),
            Case({series: "0x60 1x60"}, "90m"),
        ),
    )


def _starts(setup: Setup) -> Alert:
    series = _series(setup, "container_start_time_seconds")
    return Alert(
        "SupersetRestarts",
        f"max by (name) (changes(container_start_time_seconds{{{selector(setup)}}}[1h])) > {RESTARTS}",
        "0m",
        "warning",
        "Superset's container {{ $labels.name }} restarts again and again",
        "{{ $value | humanize }} times in an hour.",
        f"More than {RESTARTS} in an hour: a choice.",
        "`docker inspect` tells OOMKilled and the exit code (137 is SIGKILL); `docker logs` the rest.",
        "cAdvisor",
        (
            Case({series: "100x40 200x10 300x10 400x60"}, "90m", {"name": "superset-1"}, "3"),
            Case({series: "100x60 200x60"}, "90m"),
        ),
    )


def _group(limit: float, share: float, why: str) -> Alert:
    series = f'namedprocess_namegroup_memory_bytes{{groupname="{GROUP}",memtype="resident",instance="web-1"}}'
    labels = {"instance": "web-1"}
    return Alert(
        "SupersetMemoryNearLimit",
        f'sum by (instance) (namedprocess_namegroup_memory_bytes{{groupname="{GROUP}",memtype="resident"}}) '
        f"> {share * limit:.0f}",
        "2m",
        "warning",
        "Superset's processes on {{ $labels.instance }} are near their memory limit",
        "{{ $value | humanize1024 }}B are resident. Pages that workers share are counted once for each.",
        f"{size(int(share * limit))}, {why}.",
        _MEMORY,
        "process-exporter",
        (
            Case({series: f"{2**50}x30"}, "20m", labels, "1Pi"),
            Case({series: f"{limit * 0.5:.0f}x30"}, "20m"),
        ),
    )


def _host_killed() -> Alert:
    series = 'node_vmstat_oom_kill{instance="web-1",job="superset-node"}'
    return Alert(
        "HostOomKill",
        'increase(node_vmstat_oom_kill{job="superset-node"}[10m]) > 0',
        "0m",
        "critical",
        "The kernel of {{ $labels.instance }} killed a process for memory",
        "Within 10 minutes. It need not have been Superset's: the kernel's log tells.",
        "One is enough.",
        _KILLED,
        "node_exporter",
        (
            Case({series: "0x20 1x40"}, "25m", {"instance": "web-1", "job": "superset-node"}),
            Case({series: "4x60"}, "25m"),
        ),
    )


def _missing(setup: Setup) -> Alert:
    workers = int(setup.workers.value)
    series = f'namedprocess_namegroup_num_procs{{groupname="{GROUP}",instance="web-1"}}'
    return Alert(
        "SupersetWorkersMissing",
        f'sum by (instance) (namedprocess_namegroup_num_procs{{groupname="{GROUP}"}}) < {workers + 1}',
        "2m",
        "critical",
        "gunicorn on {{ $labels.instance }} has fewer processes than it should",
        "{{ $value | humanize }} are there.",
        f"{workers + 1}: gunicorn's master and {workers} workers ({setup.workers.source}).",
        "A worker that cannot start again and again: gunicorn's log, then memory. None at all: is the "
        "service up?",
        "process-exporter",
        (
            Case({series: f"{workers}x30"}, "20m", {"instance": "web-1"}, humanized(workers)),
            Case({series: "0x30"}, "20m", {"instance": "web-1"}, "0"),
            Case({series: f"{workers + 1}x30"}, "20m"),
        ),
    )
