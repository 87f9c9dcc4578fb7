"""The README of the folder: what to install, what the thresholds rest on, what each alert means."""

from __future__ import annotations

from dashlint.cost.model import bytes_of
from dashlint.lint.amounts import cost_phrase, plural, size
from dashlint.monitoring.mapping import PREFIX, STATSD_PORT
from dashlint.monitoring.model import Alert, Alerts, Figure, Predicted, Setup
from dashlint.monitoring.scraping import commands
from dashlint.monitoring.wording import number, one_line, percent

_PLACE = {"kubernetes": "Kubernetes", "compose": "Docker Compose", "hosts": "plain hosts"}
#: Dashboards that are listed.
_LISTED = 10


def readme_file(setup: Setup, known: Predicted, alerts: Alerts, files: dict[str, str]) -> str:
    """Markdown."""
    listed = "\n".join(f"| `{name}` | {what} |" for name, what in files.items())
    parts = [
        f"# Monitoring of Superset on {_PLACE[setup.place]}\n",
        (
            "Written by `dashlint monitor` for one deployment. Run it again with `--force` after a change of "
            "workers, limits "
            "or dashboards.\n"
        ),
        f"| file | is |\n|---|---|\n{listed}\n",
        _install(setup),
        _numbers(setup),
        _predictions(setup, known),
        "## What each alert means\n",
    ]
    for group, members in alerts.groups.items():
        parts.append(f"### {group[0].upper()}{group[1:]}\n")
        parts += [_alert(alert) for alert in members]
    if alerts.left_out:
        rows = "\n".join(f"| {left.what} | {left.why} |" for left in alerts.left_out)
        parts.append(f"## Left out\n\n| alert | why |\n|---|---|\n{rows}\n")
    parts.append(_limits())
    return "\n".join(parts)


def _install(setup: Setup) -> str:
    rows = "\n".join(f"| {name} | {how} |" for name, how in commands(setup))
    text = (
        "## Install\n\n"
        "1. Superset: `pip install statsd` into its environment, and the lines of "
        "`superset_config_statsd.py` into "
        "superset_config.py. Superset has no `/metrics` of its own.\n"
    )
    if "gunicorn" not in setup.without:
        text += (
            f'2. gunicorn: `GUNICORN_CMD_ARGS="--statsd-host=HOST:{STATSD_PORT} --statsd-prefix={PREFIX}"` '
            "in its environment. It needs no package.\n"
        )
    return (
        f"{text}3. The exporters:\n\n| exporter | started as |\n|---|---|\n{rows}\n\n"
        "4. Prometheus: the jobs of `prometheus-scrape.yml`, and `alerts.yml` as a rule file. Keep the names "
        "of the "
        "jobs: alerts ask for them.\n"
        "5. Grafana: import `grafana-dashboard.json` and choose the Prometheus data source.\n\n"
        "Check the rules, here and after editing them:\n\n"
        "```sh\npromtool check rules alerts.yml\npromtool test rules alerts.test.yml\n```\n"
    )


def _numbers(setup: Setup) -> str:
    def row(name: str, figure: Figure | None, shown: str | None = None) -> str:
        if figure is None:
            return f"| {name} | not told | |"
        return f"| {name} | {shown or number(figure.value)} | {figure.source} |"

    def in_bytes(figure: Figure | None) -> str | None:
        return size(int(figure.value)) if figure else None

    rows = [
        row("web servers (pods, containers, hosts)", setup.replicas),
        row("workers of each", setup.workers),
        row("threads of each worker", setup.threads),
        row("memory of each web server", setup.memory_limit, in_bytes(setup.memory_limit)),
        row("Redis maxmemory", setup.redis_maxmemory, in_bytes(setup.redis_maxmemory)),
        row("Celery tasks at once", setup.celery_slots),
        row("connections of a process to the metadata database", setup.pool),
        row("a chart is slow after (seconds)", setup.slow),
        row("loads to be in time", setup.load_share, percent(setup.load_share.value)),
        row("lookups to be answered by the cache", setup.hit_share, percent(setup.hit_share.value)),
    ]
    return "## What thresholds rest on\n\n| | value | from |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _predictions(setup: Setup, known: Predicted) -> str:
    lines = [
        "## What dashlint predicts for it\n",
        f"- One web server at rest: {size(known.at_rest)} (measured on Superset 6.1).",
        f"- The heaviest request: {cost_phrase(known.heaviest)}"
        + (f", {one_line(known.heaviest_name)}." if known.heaviest_name else "."),
        f"- The data cache: {cost_phrase(known.cache)}.",
    ]
    limit = setup.memory_limit.value if setup.memory_limit else None
    rows = [
        f"| {one_line(load.title)} | {load.requests} | {cost_phrase(load.peak)} | "
        f"{_fits(bytes_of(load.peak), limit)} |"
        for load in known.loads[:_LISTED]
    ]
    if rows:
        who = plural(setup.viewers, "viewer")
        lines.append(
            f"\nOne web server when {who} open{'s' if setup.viewers == 1 else ''} a dashboard at the same "
            "moment, nothing "
            "cached:\n\n| dashboard | requests | memory | fits |\n|---|---|---|---|"
        )
        lines += rows
    if len(known.loads) > _LISTED:
        lines.append(
            f"\n{len(known.loads) - _LISTED} lighter dashboards are not listed; `dashlint cost` has all."
        )
    return "\n".join(lines) + "\n"


def _fits(needed: int | None, limit: float | None) -> str:
    if needed is None or limit is None:
        return "unknown"
    return "yes" if needed <= limit else "no"


def _alert(alert: Alert) -> str:
    held = f" for {alert.hold}" if alert.hold != "0m" else ""
    summary = alert.summary.replace("{{ $labels.", "<").replace(" }}", ">")
    summary = summary.replace("<", "`").replace(">", "`")
    return (
        f"**{alert.name}** ({alert.severity}{held}): {summary}.\n\n"
        f"- Threshold: {alert.threshold}\n- What to do: {alert.todo}\n- Needs: {alert.needs}.\n"
    )


def _limits() -> str:
    return (
        "## What this cannot see\n\n"
        "- How long people wait in the browser: durations are those of Superset's own requests. Superset's "
        "table `logs` "
        "has the browser's (`mount_dashboard`, `load_chart`, in milliseconds).\n"
        "- Which dashboard or chart a request was for: StatsD names have neither. The table `logs` has "
        "them.\n"
        "- Superset's timers of SQL Lab on Celery workers, unless these have STATS_LOGGER too.\n"
        "- StatsD goes by UDP: what is lost on the way is missing from the figures.\n"
    )
