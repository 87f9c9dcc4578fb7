"""A bounded load on a real Superset, predicted and measured.

    PYTHONPATH=. python -m benchmarks.capacity.load --prefix hp_example_ --redis redis://127.0.0.1:6379/13

People open the example's dashboards at random moments, each with a browser's six connections, and stay for a
minute; dashboards refresh by their own timers. The same people are simulated, and what the model says
(resident memory, requests in flight, hit ratio, bytes in Redis) is printed beside what was measured: the
kernel's high-water mark of each worker (VmHWM), begin and end of each request in gunicorn's hooks,
``is_cached`` of each answer, and of Redis ``MEMORY USAGE`` of all keys and ``used_memory``, which also counts
what is on its way to and from clients. Once with a data cache, once without. Redis must be one that nobody
else uses and that may be emptied.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

from benchmarks.capacity.alone import requests_of
from benchmarks.capacity.served import Line, Served, cpu_seconds, served
from benchmarks.memory.loads import CATALOG, EXPORT, status
from dashlint.analysis import Analysis
from dashlint.assets import Dashboard
from dashlint.capacity.demand import demand_of
from dashlint.capacity.memory import upper, worst_worker
from dashlint.capacity.model import Audience, Demand, Serving
from dashlint.capacity.simulation import AT_ONCE, Hour, play
from dashlint.catalog.load import CatalogSet, load
from dashlint.lint.amounts import size
from dashlint.sources import read
from dashlint.superset.settings import Settings
from tests.live.superset_client import SupersetSession

#: How often the heaviest dashboard is opened, where each other is once: two cores serve all of this.
HEAVY = 0.25
#: Seconds that a view lasts, so that there is something to see in some minutes.
VIEW = 60.0


class Page(NamedTuple):
    """A dashboard as a browser has it: its requests by wave, its timer."""

    title: str
    load: list[tuple[int, dict[str, Any]]]
    refresh: list[tuple[int, dict[str, Any]]]
    refresh_seconds: int


#: Bytes of all keys as Redis' allocator has them.
KEPT = """
local all = 0
for _, key in ipairs(redis.call('KEYS', '*')) do all = all + redis.call('MEMORY', 'USAGE', key) end
return all
"""
#: Moments, and the number of the dashboard that is opened then.
Come = list[tuple[float, int]]


class Tally:
    """What the people saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reads = self.hits = self.refused = 0
        self.seconds: list[float] = []

    def note(self, *, ok: bool, read: bool, hit: bool, seconds: float) -> None:
        with self.lock:
            self.reads += read and ok
            self.hits += hit and read and ok
            self.refused += not ok
            self.seconds.append(seconds)


def analysed(ttl: int, *, cached: bool) -> Analysis:
    """The example as its server is configured here."""
    catalogs, _problems = load([CATALOG])
    settings = Settings(
        version="6.1",
        data_cache_type="RedisCache" if cached else "NullCache",
        data_cache_default_timeout=ttl,
        auto_refresh_mode="fetch",
        feature_flags={"ENABLE_TEMPLATE_PROCESSING": True},
        given=frozenset({"DATA_CACHE_CONFIG"}),
    )
    return Analysis(read([str(EXPORT)]), settings, CatalogSet(catalogs), datetime.now())  # noqa: DTZ005


def main() -> None:
    """Prints both rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prefix", default="hp_example_")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/13")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--viewers", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--ttl", type=int, default=60, help="CACHE_DEFAULT_TIMEOUT")
    parser.add_argument("--query-seconds", type=float, default=0.15, help="as measured by alone.py")
    parser.add_argument("--cpus", type=float, default=1.0, help="cores that are left for gunicorn")
    parser.add_argument("--core-speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    for cached in (True, False):
        run(options, cached=cached)


def run(options: argparse.Namespace, *, cached: bool) -> None:
    """One load, with or without a data cache."""
    analysis = analysed(options.ttl, cached=cached)
    dashboards = list(analysis.workspace.dashboards)
    audience = Audience(options.viewers, VIEW, 0.0, 1)
    weights = {d.uuid: HEAVY if d.title == "Sales overview" else 1.0 for d in dashboards}
    demand = demand_of(analysis, dashboards, audience, weights, core_speed=options.core_speed)
    # These people do not wait between the requests of a refresh.
    demand = demand._replace(visits=tuple(v._replace(spread=0.0, page_cpu=0.0) for v in demand.visits))
    serving = Serving(1, options.workers, options.threads, None, options.cpus)
    come = arrivals(demand, options)
    print("opened:", {demand.visits[n].dashboard.title: [m for _t, m in come].count(n) for _t, n in come})
    predicted = [_played(demand, serving, options, seed, come) for seed in range(20)]
    redis = options.redis
    with (
        served(
            redis,
            options.prefix,
            workers=options.workers,
            threads=options.threads,
            timeout=options.ttl,
            cached=cached,
        ) as server,
        server.session() as session,
    ):
        pages = [page_of(analysis, dashboard, session) for dashboard in dashboards]
        warm_up(server, pages, options)
        _redis(redis, "flushdb")
        empty = used(redis)
        for pid in server.workers:
            Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
        before, cpu = len(server.lines()), cpu_seconds(server.workers)
        tally, most_kept, most_used = crowd(server, pages, come, options)
        cpu = cpu_seconds(server.workers) - cpu
        peaks = [status(pid, "VmHWM") for pid in server.workers]
        lines = [line for line in server.lines()[before:] if line.path == "/api/v1/chart/data"]
    report(
        demand, serving, predicted, tally, peaks, lines, (most_kept, most_used - empty), cpu, cached=cached
    )


def _played(demand: Demand, serving: Serving, options: argparse.Namespace, seed: int, come: Come) -> Hour:
    return play(
        demand,
        serving,
        query_seconds=options.query_seconds,
        patience=60.0,
        seed=seed,
        seconds=options.seconds,
        fresh=True,
        come=come,
    )


def arrivals(demand: Demand, options: argparse.Namespace) -> Come:
    """When somebody opens which dashboard: the same for the model and for the server."""
    chance, found = random.Random(options.seed), []
    now = chance.expovariate(options.viewers / VIEW)
    while now < options.seconds:
        shares = [visit.share for visit in demand.visits]
        found.append((now, chance.choices(range(len(shares)), shares)[0]))
        now += chance.expovariate(options.viewers / VIEW)
    return found


def page_of(analysis: Analysis, dashboard: Dashboard, session: SupersetSession) -> Page:
    """The bodies that its browser sends."""

    def bodies(event: str) -> list[tuple[int, dict[str, Any]]]:
        immune = dashboard.refresh_immune_chart_ids if event == "refresh" else ()
        return [
            # The example's dashboards are refreshed from the cache: DASHBOARD_AUTO_REFRESH_MODE is "fetch".
            (request.round, {**sent, "force": False})
            for request, sent in requests_of(analysis, dashboard, session, event)
            if request.chart_id not in immune
        ]

    seconds = dashboard.refresh_frequency
    return Page(dashboard.title, bodies("load"), bodies("refresh") if seconds else [], seconds)


def warm_up(server: Served, pages: Sequence[Page], options: argparse.Namespace) -> None:
    """All code has run in every worker, on results of seven rows."""
    with server.session() as session, ThreadPoolExecutor(options.workers * options.threads) as pool:
        for page in pages:
            small = [
                {**sent, "force": True, "queries": [{**q, "row_limit": 7} for q in sent["queries"]]}
                for _wave, sent in page.load
            ]
            list(pool.map(lambda body: session.post("/api/v1/chart/data", json=body), small * 2))


def crowd(
    server: Served, pages: Sequence[Page], come: Come, options: argparse.Namespace
) -> tuple[Tally, int, int]:
    """Lets people come until the time is over; ends when the last of them has gone.

    With what they saw come the most bytes of Redis' keys, and of all that it holds.
    """
    tally, people, left = Tally(), [], list(come)
    began, most, kept = time.monotonic(), 0, 0
    while (now := time.monotonic() - began) < options.seconds:
        while left and left[0][0] <= now:
            _when, number = left.pop(0)
            until = began + options.seconds
            people.append(threading.Thread(target=view, args=(server, pages[number], tally, until)))
            people[-1].start()
        most = max(most, used(options.redis))
        kept = max(kept, int(_redis(options.redis, "eval", KEPT, "0")))
        time.sleep(0.1)
    for person in people:
        person.join()
    return tally, kept, most


def view(server: Served, page: Page, tally: Tally, until: float) -> None:
    """One person: the load, then refreshes until the minute or the whole is over."""
    came = time.monotonic()
    with server.session() as session, ThreadPoolExecutor(AT_ONCE) as browser:

        def send(bodies: list[tuple[int, dict[str, Any]]]) -> None:
            for wave in sorted({number for number, _ in bodies}):
                list(browser.map(one, [sent for number, sent in bodies if number == wave]))

        def one(sent: dict[str, Any]) -> None:
            if time.monotonic() > until:
                return
            began = time.monotonic()
            try:
                answer = session.post("/api/v1/chart/data", json=sent)
            except requests.ConnectionError:
                # gunicorn closes idle connections, now and then one that a request is on its way in.
                tally.note(ok=False, read=False, hit=False, seconds=time.monotonic() - began)
                return
            hit = b'"is_cached":true' in answer.content.replace(b'": ', b'":')[:100_000] or (
                b'"is_cached": true' in answer.content
            )
            tally.note(ok=answer.ok, read=not sent["force"], hit=hit, seconds=time.monotonic() - began)

        send(page.load)
        number = 1
        while page.refresh_seconds and number * page.refresh_seconds <= VIEW:
            time.sleep(max(0.0, came + number * page.refresh_seconds - time.monotonic()))
            if time.monotonic() > until:
                break
            send(page.refresh)
            number += 1


def used(redis: str) -> int:
    """Bytes of all that Redis holds, with the buffers of its clients."""
    for line in _redis(redis, "info", "memory").splitlines():
        if line.startswith("used_memory:"):
            return int(line.partition(":")[2])
    raise RuntimeError("Redis tells no used_memory")


def _redis(url: str, *words: str) -> str:
    return subprocess.run(["redis-cli", "-u", url, *words], check=True, capture_output=True, text=True).stdout


def in_flight(lines: Sequence[Line]) -> int:
    """The most requests that workers ran at once."""
    moments = sorted([(line.began, 1) for line in lines] + [(line.ended, -1) for line in lines])
    running = most = 0
    for _when, step in moments:
        running += step
        most = max(most, running)
    return most


def report(
    demand: Demand,
    serving: Serving,
    predicted: Sequence[Hour],
    tally: Tally,
    peaks: Sequence[int],
    lines: Sequence[Line],
    redis: tuple[int, int],
    used_cpu: float,
    *,
    cached: bool,
) -> None:
    """What was predicted and what came."""
    ratios = sorted(hour.hits / hour.reads for hour in predicted if hour.reads)
    served_most = f"{_sizes(hour.worker for hour in predicted)}; at the worst moment at most "
    served_most += size(worst_worker(demand, serving.threads, upper))
    cpu = sum(hour.cpu_seconds for hour in predicted) / len(predicted)
    ratio = f"{ratios[len(ratios) // 2]:.0%} ({ratios[0]:.0%} to {ratios[-1]:.0%})" if ratios else "none"
    if tally.refused > len(lines) / 2:
        raise SystemExit(
            f"{tally.refused} of {len(lines)} requests were refused, so nothing was compared: "
            "are the example's databases there (python fixtures/company/build.py)?"
        )
    rows = [
        ("requests", _span(h.requests for h in predicted), f"{len(lines)} ({tally.refused} refused)"),
        ("at once", _span(hour.in_flight for hour in predicted), str(in_flight(lines))),
        ("hit ratio", ratio, f"{tally.hits / tally.reads:.0%}" if tally.reads else "none"),
        ("highest worker", served_most, ", ".join(size(peak) for peak in peaks)),
        ("keys in Redis", _sizes(hour.entries for hour in predicted), size(redis[0])),
        ("used_memory", "", size(redis[1])),
        ("CPU", f"{cpu:.0f} s", f"{used_cpu:.0f} s"),
    ]
    print(f"## {'With' if cached else 'Without'} a data cache")
    for name, model, real in rows:
        print(f"| {name} | {model} | {real} |", flush=True)


def _span(values: Any) -> str:
    found = sorted(values)
    return f"{found[len(found) // 2]:,} ({found[0]:,} to {found[-1]:,})"


def _sizes(values: Any) -> str:
    found = sorted(values)
    return f"{size(found[len(found) // 2])} ({size(found[0])} to {size(found[-1])})"


if __name__ == "__main__":
    main()
