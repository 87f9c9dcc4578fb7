"""The busiest hour, played: people open dashboards at random, requests queue, workers grow and shrink.

What the closed forms leave out is in it: a load sends six requests at a time, each worker has a queue of
its own, threads of a worker share one core, equal misses in flight are not merged, and memory is held from
the database's answer to the end of the response.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dashlint.capacity.formulas import present
from dashlint.capacity.model import Call, Demand, Serving, Visit
from dashlint.cost.capacity import MASTER, WORKER_AT_REST
from dashlint.cost.model import bytes_of

if TYPE_CHECKING:
    import simpy

    Steps = Generator[simpy.Event, Any, None]

#: Requests that a browser has under way at one host over HTTP/1.1.
AT_ONCE = 6
HOUR = 3600.0
#: Seconds of CPU after which another thread has its turn. CPython's is 5 ms (sys.getswitchinterval); coarser
#: ones come to the same where requests take longer, and are quicker to play.
TURN = 0.25


class Hour(NamedTuple):
    """What one simulated hour brought.

    Bytes resident at the highest moment: ``worker`` of one worker, ``pod`` of one pod with its master.
    ``waits`` are the seconds that each request waited for a thread, ``late`` those that took longer than the
    browser waits. ``in_flight`` is the most that ran at once.
    """

    requests: int
    hits: int
    reads: int
    worker: int
    pod: int
    in_flight: int
    late: int
    waits: tuple[float, ...]
    cpu_seconds: float
    seconds: float
    entries: int


class Outcome(NamedTuple):
    """All simulated hours together. Shares are 0 to 1, None where nothing can be said."""

    hours: int
    seconds: float
    requests: int
    hit_ratio: float | None
    worker: int
    pod: int
    in_flight: int
    over: float | None
    over_at_most: float | None
    late: float
    waits_p50: float
    waits_p95: float
    waits_p99: float
    cores_busy: float


class _Worker:
    """A process of gunicorn: its threads, the lock that they share, and what it holds."""

    def __init__(self, env: simpy.Environment, pod: _Pod, threads: int) -> None:
        import simpy

        self.pod = pod
        self.threads = simpy.Resource(env, threads)
        self.lock = simpy.Resource(env, 1)
        self.held = self.most = 0

    def hold(self, size: int) -> None:
        self.held += size
        self.most = max(self.most, self.held)
        self.pod.held += size
        self.pod.most = max(self.pod.most, self.pod.held)


class _Pod:
    """A container: its workers, and the cores that they share where there are fewer of them."""

    def __init__(self, env: simpy.Environment, serving: Serving) -> None:
        import simpy

        self.held = self.most = 0
        self.workers = [_Worker(env, self, serving.threads) for _ in range(serving.workers)]
        self.cores = None
        self.speed = 1.0
        if serving.cpus is not None and serving.cpus < serving.workers:
            whole = max(1, math.ceil(serving.cpus))
            self.cores = simpy.Resource(env, whole)
            self.speed = serving.cpus / whole


class _Play:
    """One run."""

    def __init__(
        self,
        demand: Demand,
        serving: Serving,
        query_seconds: float,
        patience: float,
        seed: int,
        *,
        fresh: bool,
        come: Sequence[tuple[float, int]] | None = None,
    ) -> None:
        import simpy

        self.env = simpy.Environment()
        self.demand = demand
        self.query_seconds = query_seconds
        self.patience = patience
        self.random = random.Random(seed)  # noqa: S311 no secret
        self.pods = [_Pod(self.env, serving) for _ in range(serving.pods)]
        self.workers = [worker for pod in self.pods for worker in pod.workers]
        self.fresh = fresh
        self.come = come
        self.expires = {} if fresh else _warm(demand, self.random)
        self.stored: dict[tuple[int, int], int] = {}
        self.requests = self.hits = self.reads = self.late = self.running = self.in_flight = 0
        self.cpu = 0.0
        self.waits: list[float] = []

    def arrivals(self) -> Steps:
        """People who are there already, and those who come, at random moments."""
        if self.come is not None:
            for when, number in self.come:
                yield self.env.timeout(when - self.env.now)
                self.env.process(self.view(self.demand.visits[number]))
            return
        audience = self.demand.audience
        shares = [visit.share for visit in self.demand.visits]
        for _ in range(0 if self.fresh else _poisson(self.random, audience.viewers)):
            (visit,) = self.random.choices(self.demand.visits, shares)
            self.env.process(self.view(visit, self.random.uniform(0, audience.view_seconds)))
        while True:
            yield self.env.timeout(self.random.expovariate(audience.views_per_second))
            (visit,) = self.random.choices(self.demand.visits, shares)
            self.env.process(self.view(visit))

    def view(self, visit: Visit, since: float = 0.0) -> Steps:
        """One person and one dashboard: the load, and then refreshes and filter changes until they leave.

        Who came ``since`` some seconds has the load behind them.
        """
        import simpy

        browser = simpy.Resource(self.env, AT_ONCE)
        began = self.env.now - since
        if not since:
            if visit.page_cpu:
                yield from self.answer(visit.page_cpu, 0.0, 0)
            yield from self.send(visit.load, browser)
        audience = self.demand.audience
        moments: list[tuple[float, tuple[Call, ...], float]] = []
        if visit.refresh_seconds:
            times = int(audience.view_seconds // visit.refresh_seconds)
            moments += [(n * visit.refresh_seconds, visit.refresh, visit.spread) for n in range(1, times + 1)]
        if visit.filters:
            for _ in range(_poisson(self.random, audience.filter_changes)):
                when = self.random.uniform(0, audience.view_seconds)
                moments.append((when, self.random.choice(visit.filters), 0.0))
        for when, calls, spread in sorted(moments, key=lambda pair: pair[0]):
            if when < since:
                continue
            yield self.env.timeout(max(0.0, began + when - self.env.now))
            yield from self.send(calls, browser, spread)

    def send(self, calls: tuple[Call, ...], browser: simpy.Resource, spread: float = 0.0) -> Steps:
        """The requests of one event, wave by wave, each of them over ``spread`` seconds."""
        state = self.random.random()
        for wave in sorted({call.wave for call in calls}):
            sent = [call for call in calls if call.wave == wave]
            gap = spread / max(1, len(sent) - 1)
            yield self.env.all_of(
                [
                    self.env.process(self.call(call, int(state * call.states), browser, number * gap))
                    for number, call in enumerate(sent)
                ]
            )

    def call(self, call: Call, state: int, browser: simpy.Resource, later: float = 0.0) -> Steps:
        """One request, sent some seconds ``later``, from the browser's queue to its answer."""
        if later:
            yield self.env.timeout(later)
        with browser.request() as connection:
            yield connection
            self.requests += 1
            key = (call.key, state)
            hit = call.ttl is not None and not call.force and self.expires.get(key, -1.0) > self.env.now
            if call.ttl is not None and not call.force:
                self.reads += 1
                self.hits += hit
            if hit:
                yield from self.answer(call.cpu_hit, 0.0, bytes_of(call.hit) or 0)
                return
            asked = sum(self.random.expovariate(1 / self.query_seconds) for _ in range(call.statements))
            yield from self.answer(call.cpu_cold, asked, bytes_of(call.cold) or 0)
            if call.ttl is not None:
                self.expires[key] = self.env.now + (call.ttl or math.inf)
                self.stored[key] = bytes_of(call.entry) or 0

    def answer(self, cpu: float, database: float, size: int) -> Steps:
        """A request in a worker that it happens to reach: waiting, the database, the work on its rows."""
        worker = self.random.choice(self.workers)
        came = self.env.now
        with worker.threads.request() as thread:
            yield thread
            self.waits.append(self.env.now - came)
            self.running += 1
            self.in_flight = max(self.in_flight, self.running)
            if database:
                yield self.env.timeout(database)
            worker.hold(size)
            yield from self.work(worker, cpu)
            worker.hold(-size)
            self.cpu += cpu
            self.running -= 1
        self.late += self.env.now - came > self.patience

    def work(self, worker: _Worker, cpu: float) -> Steps:
        """CPU in turns: threads of a process pass their lock on, processes the cores that they share."""
        left = cpu
        while left > 0:
            turn = min(left, TURN)
            left -= turn
            with worker.lock.request() as lock:
                yield lock
                if worker.pod.cores is None:
                    yield self.env.timeout(turn)
                    continue
                with worker.pod.cores.request() as core:
                    yield core
                    yield self.env.timeout(turn / worker.pod.speed)


def play(
    demand: Demand,
    serving: Serving,
    *,
    query_seconds: float,
    patience: float,
    seed: int,
    seconds: float = HOUR,
    fresh: bool = False,
    come: Sequence[tuple[float, int]] | None = None,
) -> Hour:
    """One busiest hour (or ``seconds``). The same seed brings the same hour.

    A ``fresh`` one begins with an empty cache and nobody there. ``come`` are the moments at which people
    open which visit, where these are not to be random.

    ``query_seconds`` is the mean of a statement in the warehouse (exponentially distributed), ``patience``
    the seconds after which the browser gives up (SUPERSET_WEBSERVER_TIMEOUT).
    """
    run = _Play(demand, serving, max(query_seconds, 1e-9), patience, seed, fresh=fresh, come=come)
    run.env.process(run.arrivals())
    run.env.run(until=seconds)
    return Hour(
        run.requests,
        run.hits,
        run.reads,
        WORKER_AT_REST + max(worker.most for worker in run.workers),
        MASTER + serving.workers * WORKER_AT_REST + max(pod.most for pod in run.pods),
        run.in_flight,
        run.late,
        tuple(run.waits),
        run.cpu,
        seconds,
        sum(run.stored.values()),
    )


def simulate(
    demand: Demand,
    serving: Serving,
    *,
    query_seconds: float,
    patience: float,
    seed: int = 1,
    hours: int = 20,
    requests: int = 25_000,
) -> Outcome:
    """Several busiest hours, of about so many ``requests`` altogether: where there are more, shorter ones.

    ``over`` is the share of hours in which a pod needed more than its memory; ``over_at_most`` its upper
    bound at 95 % confidence (Wilson's score interval), as so few hours prove little.
    """
    rate = sum(flow.rate for flow in demand.flows())
    if rate <= 0:
        return Outcome(0, 0.0, 0, None, WORKER_AT_REST, 0, 0, None, None, 0.0, 0.0, 0.0, 0.0, 0.0)
    seconds = min(HOUR, max(60.0, requests / hours / rate))
    played = [
        play(
            demand,
            serving,
            query_seconds=query_seconds,
            patience=patience,
            seed=seed * 1_000_003 + number,
            seconds=seconds,
        )
        for number in range(hours)
    ]
    waits = sorted(wait for hour in played for wait in hour.waits)
    reads = sum(hour.reads for hour in played)
    over = over_at_most = None
    if serving.memory is not None:
        over = sum(hour.pod > serving.memory for hour in played) / hours
        over_at_most = _wilson(over, hours)
    return Outcome(
        hours,
        seconds,
        sum(hour.requests for hour in played),
        sum(hour.hits for hour in played) / reads if reads else None,
        max(hour.worker for hour in played),
        max(hour.pod for hour in played),
        max(hour.in_flight for hour in played),
        over,
        over_at_most,
        sum(hour.late for hour in played) / max(1, len(waits)),
        _quantile(waits, 0.5),
        _quantile(waits, 0.95),
        _quantile(waits, 0.99),
        sum(hour.cpu_seconds for hour in played) / (seconds * hours),
    )


def _warm(demand: Demand, chance: random.Random) -> dict[tuple[int, int], float]:
    """The cache as it is on an ordinary day: each entry is there as likely as it is in the long run."""
    expires: dict[tuple[int, int], float] = {}
    for key, (reads, stores, ttl, states) in rates_of(demand).items():
        share = present(reads / states, ttl, stores / states)
        for state in range(states):
            if chance.random() < share:
                expires[key, state] = math.inf if ttl == 0 else chance.uniform(0, ttl or 0)
    return expires


def rates_of(demand: Demand, factor: float = 1.0) -> Mapping[int, tuple[float, float, int | None, int]]:
    """For each cache entry: reads and forced stores per second, timeout, and how many states it has."""
    found: dict[int, tuple[float, float, int | None, int]] = {}
    for call, rate in demand.flows(factor):
        reads, stores, _ttl, states = found.get(call.key, (0.0, 0.0, None, 1))
        found[call.key] = (
            reads + (0.0 if call.force else rate),
            stores + (rate if call.force else 0.0),
            call.ttl,
            max(states, call.states),
        )
    return found


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count += 1
        left += chance.expovariate(1.0)
    return count


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _wilson(share: float, count: int, z: float = 1.645) -> float:
    """The upper end of E. B. Wilson's score interval (1927), one-sided at 95 %."""
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return min(1.0, (middle + spread) / (1 + z * z / count))
