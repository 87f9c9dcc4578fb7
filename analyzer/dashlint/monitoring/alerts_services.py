"""Alerts on what Superset leans on: Redis, Celery's queue in it, PostgreSQL; and on exporters."""

from __future__ import annotations

from dashlint.cost.model import bytes_of
from dashlint.lint.amounts import size
from dashlint.monitoring.model import Alert, Alerts, Case, Predicted, Setup
from dashlint.monitoring.wording import humanized, number, percent

#: Choices, said as such in the alerts.
FULL = 0.9
EVICTED = 0.5
ROUNDS = 2
POOL = 0.8
CONNECTIONS = 0.85
#: Name of the metadata database, as in Superset's official chart and Compose file; and of Celery's queue.
METADATA = "superset"
QUEUE = "celery"
_REDIS, _POSTGRES = "redis_exporter", "postgres_exporter"


def add(alerts: Alerts, setup: Setup, known: Predicted) -> None:
    """Those of the services that are there."""
    if "redis" in setup.without:
        alerts.skip("Redis: memory, evictions", "--without redis")
    else:
        alerts.add("redis", _redis_down(), _redis_full(), _evictions(setup, known))
        if setup.redis_maxmemory is None:
            alerts.skip("Redis has another limit than planned", "no --redis-maxmemory")
        else:
            alerts.add("redis", _other_limit(int(setup.redis_maxmemory.value), setup.redis_maxmemory.source))
    if setup.without & {"celery", "redis"}:
        alerts.skip("Celery's queue", "--without celery, or no Redis that holds it")
    elif setup.celery_slots is None:
        alerts.skip("Celery's queue", "no --celery-slots: how many tasks run at once was not told")
    else:
        alerts.add("celery", _queue(setup.celery_slots.value, setup.celery_slots.source))
    if "postgres" in setup.without:
        alerts.skip("Metadata database", "--without postgres")
    else:
        alerts.add("metadata database", _postgres_down(), _pool(setup), _connections())
    alerts.add("exporters", _exporter())


def _redis_down() -> Alert:
    series = 'redis_up{instance="redis:6379"}'
    return Alert(
        "RedisDown",
        "redis_up == 0",
        "2m",
        "critical",
        "Redis {{ $labels.instance }} does not answer",
        "redis_exporter cannot reach it.",
        "Zero of one.",
        "Without its cache Superset asks the warehouse for everything; without its broker nothing "
        "asynchronous runs.",
        _REDIS,
        (
            Case({series: "0x20"}, "10m", {"instance": "redis:6379"}),
            Case({series: "1x20"}, "10m"),
        ),
    )


def _redis_full() -> Alert:
    where = 'instance="redis:6379"'
    never, lru = (
        f'redis_instance_info{{{where},maxmemory_policy="{policy}"}}'
        for policy in ("noeviction", "allkeys-lru")
    )
    memory, most = f"redis_memory_used_bytes{{{where}}}", f"redis_memory_max_bytes{{{where}}}"
    return Alert(
        "RedisFull",
        f"redis_memory_used_bytes / (redis_memory_max_bytes > 0) > {number(FULL)}\n"
        'and on (instance) redis_instance_info{maxmemory_policy="noeviction"}',
        "5m",
        "critical",
        "Redis {{ $labels.instance }} is nearly full and may evict nothing: writes are about to fail",
        "{{ $value | humanizePercentage }} of maxmemory are in use.",
        f"{percent(FULL)}: a choice. Only with noeviction: a cache with an eviction policy is full in good "
        "health.",
        "Is the queue growing, or do results of SQL Lab have no end? A cache belongs on an instance of its "
        "own with "
        "allkeys-lru.",
        _REDIS,
        (
            Case(
                {memory: "95x20", most: "100x20", never: "1x20"},
                "15m",
                {"instance": "redis:6379"},
                "95%",
            ),
            Case({memory: "95x20", most: "100x20", lru: "1x20"}, "15m"),
            Case({memory: "50x20", most: "100x20", never: "1x20"}, "15m"),
            Case({memory: "95x20", most: "0x20", never: "1x20"}, "15m"),
        ),
    )


def _evictions(setup: Setup, known: Predicted) -> Alert:
    evicted, writes = 'redis_evicted_keys_total{instance="redis:6379"}', "superset_data_cache_writes_total"
    needed = bytes_of(known.cache) if known.cache else None
    source = f"{percent(EVICTED)}: a choice"
    if needed is not None:
        source += f"; the results of the dashboards given need {size(needed)} at a time"
    if setup.redis_maxmemory is not None:
        source += f", maxmemory is {size(int(setup.redis_maxmemory.value))} ({setup.redis_maxmemory.source})"
    return Alert(
        "RedisEvictsResults",
        "sum(rate(redis_evicted_keys_total[15m])) / sum(rate(superset_data_cache_writes_total[15m])) > "
        f"{number(EVICTED)}",
        "30m",
        "warning",
        "Redis evicts results nearly as fast as Superset stores them",
        "{{ $value | humanizePercentage }} as many keys were evicted as stored.",
        f"{source}.",
        "More maxmemory, or fewer and smaller results: `dashlint cost` tells the size of the cache and what "
        "fills it. "
        "If Celery's queue is in the same instance, it may be evicted too: separate them.",
        _REDIS,
        (
            Case({evicted: "0+9x90", writes: "0+10x90"}, "60m", {}, "90%"),
            Case({evicted: "0+1x90", writes: "0+10x90"}, "60m"),
            Case({evicted: "0x90", writes: "0x90"}, "60m"),
        ),
    )


def _other_limit(planned: int, source: str) -> Alert:
    series = 'redis_memory_max_bytes{instance="redis:6379"}'
    return Alert(
        "RedisLimitDiffers",
        f"redis_memory_max_bytes < {planned} or redis_memory_max_bytes == 0",
        "15m",
        "warning",
        "Redis {{ $labels.instance }} runs with another maxmemory than planned",
        "It is {{ $value | humanize1024 }}B; 0 means that nothing bounds it.",
        f"{size(planned)} ({source}).",
        "A restart forgets what CONFIG SET said: put maxmemory into redis.conf or the command line.",
        _REDIS,
        (
            Case({series: "0x60"}, "30m", {"instance": "redis:6379"}, "0"),
            Case({series: f"{planned}x60"}, "30m"),
            Case({series: f"{planned * 2}x60"}, "30m"),
        ),
    )


def _queue(slots: float, source: str) -> Alert:
    series = f'redis_key_size{{key="{QUEUE}",db="db0"}}'
    most = ROUNDS * slots
    return Alert(
        "SupersetTasksWait",
        f'sum(redis_key_size{{key="{QUEUE}"}}) > {number(most)}',
        "10m",
        "warning",
        "Celery's queue is longer than its workers can soon take",
        "{{ $value | humanize }} tasks wait.",
        f"{number(most)}: {ROUNDS} rounds of {number(slots)} tasks that run at once ({source}); {ROUNDS} is "
        "a choice.",
        "`celery -A superset.tasks.celery_app:app inspect active` tells what runs. No worker at all, one "
        "long query in "
        "each, or a burst of reports and thumbnails?",
        f"redis_exporter with -check-single-keys={QUEUE}",
        (
            Case({series: f"{number(most + 1)}x30"}, "20m", {}, humanized(most + 1)),
            Case({series: f"{number(most)}x30"}, "20m"),
            Case({series: f"0x15 {number(most + 9)}x2 0x20"}, "18m"),  # a burst that is worked off
        ),
    )


def _postgres_down() -> Alert:
    series = 'pg_up{instance="postgres:5432"}'
    return Alert(
        "MetadataDatabaseDown",
        "pg_up == 0",
        "1m",
        "critical",
        "PostgreSQL {{ $labels.instance }} does not answer",
        "postgres_exporter cannot reach it.",
        "Zero of one.",
        "Without its metadata database Superset answers nothing but /health, so probes stay green.",
        _POSTGRES,
        (
            Case({series: "0x20"}, "10m", {"instance": "postgres:5432"}),
            Case({series: "1x20"}, "10m"),
        ),
    )


def _pool(setup: Setup) -> Alert:
    web = setup.replicas.value * setup.workers.value
    celery = setup.celery_slots.value if setup.celery_slots else 0
    most = (web + celery) * setup.pool.value
    series = f'pg_stat_activity_count{{datname="{METADATA}",state="idle in transaction"}}'
    more = f" and {celery:g} processes of Celery" if celery else ""
    return Alert(
        "MetadataPoolNearlyUsedUp",
        f'sum(pg_stat_activity_count{{datname="{METADATA}",state!="idle"}}) > {number(POOL * most)}',
        "5m",
        "warning",
        "Superset uses nearly all connections that its pools may open to the metadata database",
        "{{ $value | humanize }} connections are at work.",
        f"{percent(POOL)} (a choice) of {number(most)}: {web:g} web workers{more} × {setup.pool.value:g} "
        "connections "
        f"({setup.pool.source}). One process may run out before the sum does.",
        "Long transactions? `SELECT * FROM pg_stat_activity WHERE datname = 'superset'`. With more threads "
        "per worker "
        "than pool_size + max_overflow, requests wait for a connection (QueuePool limit … reached, in the "
        "log).",
        _POSTGRES,
        (
            Case({series: f"{most:.0f}x20"}, "15m", {}, humanized(most)),
            Case({series: "0x20"}, "15m"),
            # Idle ones are what a pool is for.
            Case({series.replace("idle in transaction", "idle"): f"{most:.0f}x20"}, "15m"),
        ),
    )


def _connections() -> Alert:
    where = 'instance="postgres:5432"'
    count, most = (
        f'pg_stat_activity_count{{{where},datname="other",state="idle"}}',
        f"pg_settings_max_connections{{{where}}}",
    )
    return Alert(
        "PostgresConnectionsNearMax",
        "sum by (instance) (pg_stat_activity_count) / max by (instance) (pg_settings_max_connections) "
        f"> {number(CONNECTIONS)}",
        "5m",
        "critical",
        "PostgreSQL {{ $labels.instance }} is running out of connections",
        "{{ $value | humanizePercentage }} of max_connections are taken.",
        f"{percent(CONNECTIONS)}: a choice.",
        "Whose are they? `SELECT datname, usename, count(*) FROM pg_stat_activity GROUP BY 1, 2`. Superset "
        "may open "
        "processes × (pool_size + max_overflow); a pooler such as PgBouncer bounds them.",
        _POSTGRES,
        (
            Case({count: "90x20", most: "100x20"}, "15m", {"instance": "postgres:5432"}, "90%"),
            Case({count: "50x20", most: "100x20"}, "15m"),
        ),
    )


def _exporter() -> Alert:
    series = 'up{job="superset-statsd",instance="exporter:9102"}'
    return Alert(
        "SupersetMonitoringDown",
        'up{job=~"superset-.+"} == 0',
        "5m",
        "warning",
        "{{ $labels.job }} at {{ $labels.instance }} cannot be scraped: its alerts are blind",
        "Prometheus gets no answer from it.",
        "Zero of one.",
        "Is the exporter running, and is the address in prometheus-scrape.yml right?",
        "Prometheus itself",
        (
            Case({series: "0x20"}, "10m", {"job": "superset-statsd", "instance": "exporter:9102"}),
            Case({series: "1x20"}, "10m"),
        ),
    )
