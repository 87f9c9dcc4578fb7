"""Filling and emptying the cache of a running Superset: requests that make it query the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from dashlint.sources.errors import SourceError
from dashlint.sources.rest.answers import one_line
from dashlint.sources.rest.client import Client
from dashlint.sources.rest.writing import Writer

#: What became of a request: its data were in the cache, or have been asked of the database and stored.
HIT, FILLED, FAILED = "hit", "filled", "failed"


class Filled(NamedTuple):
    """What became of one request; ``error`` is Superset's own sentence where it failed."""

    outcome: str
    error: str | None = None


class Warmer:
    """Sends what fills a cache, a few requests at a time. Threads may share it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._writer = Writer(client)

    def fill(self, body: Mapping[str, Any], *, force: bool = False) -> Filled:
        """``POST /api/v1/chart/data``; ``force`` asks the database even where the cache has an answer."""
        try:
            answer = self._writer.call("POST", "chart/data", {**body, "force": force})
        except SourceError as error:
            return Filled(FAILED, str(error))
        results = answer.get("result")
        found = [one for one in results if isinstance(one, Mapping)] if isinstance(results, list) else []
        wrong = next((str(one["error"]) for one in found if one.get("error")), None)
        if wrong is not None or not found:
            return self._failed(wrong or _no_result(answer))
        return Filled(HIT if all(one.get("is_cached") is True for one in found) else FILLED)

    def warm_up(self, chart_id: int, dashboard_id: int | None) -> Filled:
        """``PUT /api/v1/chart/warm_up_cache``, which always asks the database."""
        try:
            values = {"chart_id": chart_id, "dashboard_id": dashboard_id}
            answer = self._writer.call("PUT", "chart/warm_up_cache", values)
        except SourceError as error:
            return Filled(FAILED, str(error))
        results = answer.get("result")
        first = results[0] if isinstance(results, list) and results else None
        if not isinstance(first, Mapping):
            return Filled(FAILED, "the answer holds no result")
        wrong = first.get("viz_error")
        return self._failed(str(wrong)) if wrong else Filled(FILLED)

    def _failed(self, text: str) -> Filled:
        return Filled(FAILED, one_line(text, self._client.login.clean))

    def invalidate(self, dataset_ids: Iterable[int]) -> None:
        """``POST /api/v1/cachekey/invalidate`` for datasets.

        Raises:
            SourceError: the server refuses (permission ``can_invalidate`` on ``CacheRestApi``).
        """
        self._writer.call(
            "POST", "cachekey/invalidate", {"datasource_uids": [f"{one}__table" for one in dataset_ids]}
        )

    def contexts(self, chart_ids: Sequence[int]) -> dict[int, str | None]:
        """The saved query contexts of charts, as text; a chart that is not shown is left out."""
        with ThreadPoolExecutor(4, thread_name_prefix="dashlint-rest") as pool:
            return {
                one: text
                for one, text in zip(chart_ids, pool.map(self._context, chart_ids), strict=True)
                if text != ""
            }

    def _context(self, chart_id: int) -> str | None:
        try:
            found = self._client.json(f"chart/{chart_id}").get("result")
        except SourceError:
            return ""
        text = found.get("query_context") if isinstance(found, Mapping) else None
        return text if isinstance(text, str) and text else None


def _no_result(answer: Mapping[str, Any]) -> str:
    if "job_id" in answer:
        return "Superset answers later (GLOBAL_ASYNC_QUERIES): its worker fills the cache, unseen from here"
    return "the answer holds no result"


def run(
    warmer: Warmer,
    jobs: Sequence[tuple[Mapping[str, Any] | None, int | None, int | None]],
    *,
    concurrency: int,
    force: bool = False,
) -> Iterator[tuple[int, Filled]]:
    """Does jobs (body, or else chart and dashboard id), some at a time; each job's number and outcome.

    They start in their order, and one that fails stops no other.
    """
    from concurrent.futures import as_completed

    def do(job: tuple[Mapping[str, Any] | None, int | None, int | None]) -> Filled:
        body, chart_id, dashboard_id = job
        if body is not None:
            return warmer.fill(body, force=force)
        assert chart_id is not None, "a job has a body or a chart"
        return warmer.warm_up(chart_id, dashboard_id)

    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="dashlint-warm")
    try:
        waiting = {pool.submit(do, job): number for number, job in enumerate(jobs)}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
