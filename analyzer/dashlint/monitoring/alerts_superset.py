"""Alerts on what Superset and gunicorn say of themselves, by way of statsd_exporter."""

from __future__ import annotations

from dashlint.monitoring.model import Alert, Alerts, Case, Predicted, Setup, Severity
from dashlint.monitoring.wording import number, percent

#: Requests for the data of charts (superset/charts/data/api.py: ``data`` by POST, ``get_data`` by GET).
CHARTS = 'api="ChartDataRestApi",endpoint=~"data|get_data"'
_DURATION = "superset_api_request_duration_seconds"
_EXPORTER = "statsd_exporter"
_CHART = '{api="ChartDataRestApi",endpoint="data"'
#: Windows and factors for a budget of 30 days: 14.4 spends 2 % of it in an hour, 6 spends 5 % in six hours
#: (Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
BURNS: tuple[tuple[str, float, str, str, Severity], ...] = (
    ("Fast", 14.4, "1h", "5m", "critical"),
    ("Slowly", 6, "6h", "30m", "warning"),
)
#: Choices of ours, said as such in each alert: no measurement stands behind them.
FAILED = 0.05
FAILED_AT_LEAST = 5
BUSY = 0.8
LOOKUPS = 100


def add(alerts: Alerts, setup: Setup, known: Predicted) -> None:
    """Durations, failures, the cache, busy threads, dead workers."""
    alerts.add("superset", _slow(setup), _failing())
    if known.typical_requests:
        alerts.add("superset", *_budget(setup, known.typical_requests))
    else:
        alerts.skip("SLO of dashboard loads", "no dashboard with charts was given")
    if known.caches_data is False:
        alerts.skip(
            "Cache hit ratio",
            "DATA_CACHE_CONFIG stores nothing (NullCache): every query goes to the warehouse",
        )
    elif known.cacheable == 0:
        alerts.skip("Cache hit ratio", "no chart's result may be stored (cache timeout -1)")
    else:
        alerts.add("superset", _hit_ratio(setup, known))
    alerts.add("superset", _busy(setup))
    if "gunicorn" in setup.without:
        alerts.skip("Dead workers of gunicorn", "--without gunicorn")
    else:
        alerts.add("superset", _died())
    if setup.place == "hosts":
        alerts.skip(
            "Superset is silent",
            "on plain hosts nobody is known to ask for /health all the time, so silence may just be night",
        )
    else:
        alerts.add("superset", _silent())


def _slow(setup: Setup) -> Alert:
    bound = setup.slow.value
    slow = number(bound)
    quick = _histogram({bound: "0+10x60", bound * 2: "0+10x60"})
    late = _histogram({bound: "0x60", bound * 2: "0+10x60"})
    return Alert(
        "SupersetChartsSlow",
        f"histogram_quantile(0.95, sum by (le) (rate({_DURATION}_bucket{{{CHARTS}}}[10m]))) > {slow}",
        "10m",
        "warning",
        f"One request in twenty for a chart's data takes longer than {slow} s",
        "The 95th percentile of 10 minutes is {{ $value | humanizeDuration }}.",
        f"{slow} s: {setup.slow.source}.",
        "Look at the duration panel: all charts or a few? Find the statements in the warehouse's list of "
        "running "
        "queries; `dashlint cost` names the heaviest charts. If threads are busy too, requests wait for each "
        "other.",
        _EXPORTER,
        (
            Case(quick, "30m"),
            # All of them between the bound and twice the bound: 95 % of the way, as a histogram reads.
            Case(late, "30m", {}, _duration(bound * 1.95)),
            Case(_histogram({bound: "0x60", bound * 2: "0x60"}), "30m"),  # nobody asks
        ),
    )


def _histogram(counts: dict[float, str]) -> dict[str, str]:
    """The series of a histogram by the bounds of its buckets; the last of them holds everything."""
    series = {f'{_DURATION}_bucket{_CHART},le="{bound:g}"}}': text for bound, text in counts.items()}
    return {**series, f'{_DURATION}_bucket{_CHART},le="+Inf"}}': [*counts.values()][-1]}


def _duration(seconds: float) -> str:
    """What ``humanizeDuration`` of Prometheus makes of seconds below an hour (template/template.go)."""
    if seconds < 1:
        return f"{seconds * 1000:.4g}ms"
    if seconds < 60:
        return f"{seconds:.4g}s"
    return f"{int(seconds) // 60}m {int(seconds) % 60}s"


def _failing() -> Alert:
    chart = "superset_api_requests_total"
    bad, good = f'{chart}{_CHART},outcome="warning"}}', f'{chart}{_CHART},outcome="success"}}'
    failed = f'sum(rate({chart}{{{CHARTS},outcome=~"warning|error"}}[10m]))'
    return Alert(
        "SupersetChartsFail",
        f"{failed} / sum(rate({chart}{{{CHARTS}}}[10m])) > {number(FAILED)}\n"
        f'and sum(increase({chart}{{{CHARTS},outcome=~"warning|error"}}[10m])) > {FAILED_AT_LEAST}',
        "5m",
        "warning",
        "Requests for charts' data fail",
        "{{ $value | humanizePercentage }} of the last 10 minutes failed.",
        f"{percent(FAILED)} and more than {FAILED_AT_LEAST} in 10 minutes: a choice, not a measurement.",
        "A failed query is a `warning` (status 400, as is a refused permission), a defect or a lost database "
        "an "
        "`error`. Superset's log has the message; a warehouse that is away fails every chart of its "
        "datasets.",
        _EXPORTER,
        (
            Case({good: "0+90x60", bad: "0+10x60"}, "30m", {}, "10%"),
            Case({good: "0+99x60", bad: "0+1x60"}, "30m"),
            Case({good: "0+0.1x60", bad: "0+0.1x60"}, "30m"),  # half of very few
            Case({good: "0+10x60"}, "30m"),
        ),
    )


def _budget(setup: Setup, requests: int) -> tuple[Alert, ...]:
    share = setup.load_share.value ** (1 / requests)
    budget = 1 - share
    slow = setup.slow.value
    # Prometheus 3 stores a whole number's bound as 10.0, older ones as the exporter writes it: 10.
    bounds = (f"{slow:g}", f"{slow:.1f}") if slow == int(slow) else (f"{slow:g}",)
    bound = "|".join(one.replace(".", "\\\\.") for one in bounds)
    return tuple(_burn(setup, requests, (share, budget), f'le=~"{bound}"', burn) for burn in BURNS)


def _burn(
    setup: Setup,
    requests: int,
    shares: tuple[float, float],
    bound: str,
    burn: tuple[str, float, str, str, Severity],
) -> Alert:
    how, factor, long, short, severity = burn
    share, budget = shares
    limit = number(factor * budget, 6)
    slow = f"{setup.slow.value:g}"

    def spent(window: str) -> str:
        quick = f"sum(rate({_DURATION}_bucket{{{CHARTS},{bound}}}[{window}]))"
        return f"(1 - {quick} / sum(rate({_DURATION}_count{{{CHARTS}}}[{window}]))) > {limit}"

    def answered(quick: str, every: str) -> dict[str, str]:
        return {
            f'{_DURATION}_bucket{_CHART},le="{slow}"}}': quick,
            f"{_DURATION}_count{_CHART}}}": every,
        }

    return Alert(
        f"SupersetDashboardLoads{how}BurnBudget",
        f"{spent(long)}\nand\n{spent(short)}",
        "2m",
        severity,
        f"Dashboards miss their target: {percent(setup.load_share.value)} of loads within {slow} s",
        "{{ $value | humanizePercentage }} of charts' requests in " + long + f" took longer than {slow} s.",
        f"{percent(factor * budget, 4)} of requests: a load with {requests} requests (the dashboard in the "
        "middle "
        f"of those given) is in time with {percent(setup.load_share.value)} chance where {percent(share, 4)} "
        "of "
        f"requests are, taken as independent ({setup.load_share.source}); {factor:g} times the rest "
        f"({percent(budget, 4)}) spends a month's budget early (The Site Reliability Workbook, chapter 5).",
        "The same as SupersetChartsSlow. Durations are the server's: what the browser waits for and draws "
        "comes "
        "on top.",
        _EXPORTER,
        (
            Case(answered("0x60", "0+100x60"), "55m", {}, "100%"),
            Case(answered("0+100x60", "0+100x60"), "55m"),
            # It was slow and is quick again: over.
            Case(answered("0x20 100+100x40", "0+100x60"), "55m"),
        ),
    )


def _hit_ratio(setup: Setup, known: Predicted) -> Alert:
    cacheable = 1.0 if known.cacheable is None else known.cacheable
    least = setup.hit_share.value * cacheable
    hits = "sum(increase(superset_data_cache_hits_total[1h])) or vector(0)"
    lookups = f"(({hits}) + sum(increase(superset_data_cache_unforced_misses_total[1h])))"
    hit, miss = "superset_data_cache_hits_total", "superset_data_cache_unforced_misses_total"
    source = f"{percent(least)}: {percent(setup.hit_share.value)} ({setup.hit_share.source})"
    if known.cacheable is not None and known.cacheable < 1:
        source += f", of the {percent(cacheable)} of charts whose result may be stored at all"
    if known.caches_data is None:
        source += (
            ". Whether chart data are cached was not told (--superset-config): "
            "Superset's default stores nothing"
        )
    few = max(0.0, least - 0.1)
    return Alert(
        "SupersetCacheHitRatioLow",
        f"({hits}) / {lookups} < {number(least)}\nand {lookups} > {LOOKUPS}",
        "30m",
        "warning",
        "Charts are seldom answered from the cache",
        "{{ $value | humanizePercentage }} of lookups in the last hour found a result; forced refreshes are "
        "not "
        "counted.",
        f"{source}. Below {LOOKUPS} lookups an hour nothing is said: a choice.",
        "Was the cache emptied or Redis restarted? Any edit of a dataset empties its entries. Evictions "
        "(RedisEvictsResults) mean that it is too small. Filters on a column that a chart lacks defeat the "
        "cache "
        "in 6.1 (DL203); timeouts are DL401 to DL406.",
        _EXPORTER,
        (
            Case(
                {hit: f"0+{few * 100:.0f}x180", miss: f"0+{100 - few * 100:.0f}x180"}, "150m", {}, _share(few)
            ),
            Case({miss: "0+10x180"}, "150m", {}, "0%"),  # there never was a hit
            Case({hit: "0+99x180", miss: "0+1x180"}, "150m"),
            Case({hit: "0+0.1x180", miss: "0+0.9x180"}, "150m"),  # too few to tell
        ),
    )


def _share(value: float) -> str:
    return f"{round(value * 100):.0f}%"


def _busy(setup: Setup) -> Alert:
    whole = "gunicorn" not in setup.without
    metric = "superset_gunicorn_request_duration_seconds_sum" if whole else f"{_DURATION}_sum"
    slots = setup.slots
    series = metric if whole else f"{metric}{_CHART}}}"
    return Alert(
        "SupersetThreadsBusy",
        f"sum(rate({metric}[5m])) / {slots} > {number(BUSY)}",
        "10m",
        "warning",
        "Nearly all threads of the web server are busy: requests wait",
        "{{ $value | humanizePercentage }} of " + f"{slots} threads answer requests on average.",
        f"{percent(BUSY)}: a choice; {slots} threads are {setup.replicas.value:g} replicas "
        f"({setup.replicas.source}) "
        f"× {setup.workers.value:g} workers ({setup.workers.source}) × {setup.threads.value:g} threads "
        f"({setup.threads.source}). Seconds spent per second are the threads in use (Little's law).",
        "What is slow, the warehouse (SupersetChartsSlow) or the number of people? Another replica helps the "
        "second; more threads per worker also need more memory.",
        _EXPORTER,
        (
            Case({series: f"0+{slots * 60 * 0.9:g}x60"}, "30m", {}, "90%"),
            Case({series: f"0+{slots * 60 * 0.5:g}x60"}, "30m"),
        ),
    )


def _died() -> Alert:
    log = 'superset_gunicorn_log_messages_total{level=~"error|critical"}'
    series = 'superset_gunicorn_log_messages_total{level="error",job="superset-statsd"}'
    up = 'up{job="superset-statsd"}'
    return Alert(
        "SupersetWorkerDied",
        # The first message makes the series, from which no increase can be told.
        f"sum(increase({log}[10m])) > 0\n"
        f'or (sum(({log} unless {log} offset 10m) and on () (up{{job="superset-statsd"}} offset 10m)) > 0)',
        "0m",
        "warning",
        "gunicorn logged an error: most often a worker was killed or timed out",
        "Within the last 10 minutes.",
        "One message is enough: gunicorn writes one as error when a worker was sent SIGKILL or ends with a "
        "failure, "
        "as critical when it timed out (gunicorn/arbiter.py).",
        "Look for `was sent SIGKILL! Perhaps out of memory?` or `WORKER TIMEOUT` (log-queries.md). Killed "
        "for memory: "
        "which dashboard was opened then? The clients of Superset 6 ask again up to three times.",
        "statsd_exporter, and gunicorn with --statsd-host",
        (
            Case({series: "0x20 1x40", up: "1x60"}, "25m", {}),
            Case({series: "_x20 1x40", up: "1x60"}, "25m", {}),
            Case({series: "1x60", up: "1x60"}, "25m"),
            Case({series: "_x20 1x40", up: "_x20 1x40"}, "25m"),  # Prometheus was away, not the worker
        ),
    )


def _silent() -> Alert:
    lines = "statsd_exporter_lines_total"
    return Alert(
        "SupersetSilent",
        f'sum(rate({lines}{{job="superset-statsd"}}[10m])) == 0',
        "5m",
        "critical",
        "Superset sends no metrics at all",
        "No StatsD line in 10 minutes, not even the one of a health check.",
        "Zero: each health check alone is a line (superset/views/health.py counts `health`); the official "
        "image and "
        "chart check more often than every 10 minutes.",
        "Is Superset up? If so: STATS_LOGGER in superset_config.py, the package statsd, host and port of the "
        "exporter, UDP between them.",
        _EXPORTER,
        (
            Case({f'{lines}{{job="superset-statsd"}}': "5x60"}, "30m", {}, ""),
            Case({f'{lines}{{job="superset-statsd"}}': "0+4x60"}, "30m"),
        ),
    )
