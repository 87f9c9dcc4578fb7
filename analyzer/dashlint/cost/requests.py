"""What a request costs a worker: its queries, their time shifts, and the cache, put into the memory model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from dashlint.assets import Dataset
from dashlint.cost import memory, rows
from dashlint.cost.memory import ResultCost, ResultSet
from dashlint.cost.model import BASES, UNKNOWN, Cost, Rows
from dashlint.records import NamedTuple, replace
from dashlint.superset.query import Query
from dashlint.superset.settings import Settings


class RequestCost(NamedTuple):
    """A request at its expected and at its greatest size. None is unknown.

    ``columns`` are those of its queries' results, as the model takes them.
    """

    expected: ResultCost | None
    upper: ResultCost | None
    basis: str
    cached: bool = True
    columns: tuple[tuple[Query, Sequence[memory.ColumnShape]], ...] = ()

    @property
    def assumed(self) -> tuple[str, ...]:
        """Names of the columns whose values' width is the default of their type."""
        found: dict[str, None] = {}
        for query, shapes in self.columns:
            names = [c.label for c in query.columns] + [m.label for m in query.metrics or ()]
            for name, unknown in zip(names, memory.defaults_used(shapes), strict=True):
                if "avg_width" in unknown:
                    found[name] = None
        return tuple(found)

    @property
    def cold(self) -> Cost:
        """Resident bytes when the database answers."""
        return self._figure("rss_peak")

    @property
    def hit(self) -> Cost:
        """Resident bytes when a cache answers, whether there is one or not: never more than cold.

        Both figures are fitted, and of a few rows they differ by less than what is measured as noise.
        """
        hit, cold = self._figure("cache_hit_peak"), self.cold
        return Cost(_least(hit.expected, cold.expected), _least(hit.upper, cold.upper), hit.basis)

    @property
    def warm(self) -> Cost:
        """Resident bytes when the cache answers; as much as cold where nothing is cached."""
        return self.hit if self.cached else self.cold

    @property
    def entry(self) -> Cost:
        """Bytes of the cache entries; 0 where nothing is stored."""
        return self._figure("cache_entry") if self.cached else Cost(0, 0, self.basis)

    def _figure(self, name: str) -> Cost:
        if self.expected is None and self.upper is None:
            return UNKNOWN
        return Cost(getattr(self.expected, name, None), getattr(self.upper, name, None), self.basis)


COST_UNKNOWN = RequestCost(None, None, "unknown")


def _least(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


class Part(NamedTuple):
    """A query, the rows that it returns, and the dataset that it asks."""

    query: Query
    rows: Rows
    dataset: Dataset | None


def parts_of(
    queries: Iterable[Query], dataset: Dataset | None, warehouse: rows.Warehouse, settings: Settings
) -> tuple[Part, ...]:
    """Every result that a request holds: that of each query and, before it, one for each of its time shifts.

    A time shift's statement takes ROW_LIMIT instead of the chart's limit, and its frame is held until it is
    joined (superset/models/helpers.py:processing_time_offsets).
    """
    found = []
    for query in queries:
        if query.time_offsets:
            shifted = replace(query, effective_limit=settings.row_limit, row_offset=0, time_offsets=())
            part = Part(shifted, rows.estimate(shifted, dataset, warehouse), dataset)
            found += [part] * len(query.time_offsets)
        found.append(Part(query, rows.estimate(query, dataset, warehouse), dataset))
    return tuple(found)


def request_cost(
    parts: Sequence[Part],
    warehouse: rows.Warehouse,
    settings: Settings,
    *,
    cached: bool,
) -> RequestCost:
    """The cost of a request whose queries return so many rows; its queries are held together.

    ``cached`` tells whether its results are stored at all.
    """
    cache = cache_of(settings) if cached else "none"
    stored = cache != "none"
    shapes = [
        _one(
            memory.shapes_of(
                part.query,
                part.dataset,
                warehouse,
                rows.time_buckets(part.query, part.dataset, warehouse) if part.dataset is not None else None,
            )
        )
        for part in parts
    ]
    kinds = [memory.kind_of(part.query) for part in parts]

    def at(counts: Sequence[int | None], cache: str) -> ResultCost | None:
        known = [count for count in counts if count is not None]
        if len(known) < len(parts):
            return None
        kept = [kind if kind.cache == cache else kind._replace(cache=cache) for kind in kinds]
        cost = _estimated(tuple(map(ResultSet, known, shapes, kept)))
        if cache != "none":
            return cost
        # What a hit would cost, were there a cache.
        hits = at(counts, "redis")
        return cost._replace(cache_hit_peak=hits.cache_hit_peak) if hits is not None else cost

    upper = at([part.rows.upper for part in parts], cache)
    expected = at([part.rows.expected for part in parts], cache)
    columns = tuple((part.query, shape) for part, shape in zip(parts, shapes, strict=True))
    basis = max((part.rows.basis for part in parts), key=BASES.index, default="measured")
    return RequestCost(_at_most(expected, upper), upper, basis, stored, columns)


@lru_cache(maxsize=4096)
def _one(shapes: tuple[memory.ColumnShape, ...]) -> tuple[memory.ColumnShape, ...]:
    """The same columns, which are one object for all requests that have them."""
    return shapes


@lru_cache(maxsize=4096)
def _estimated(results: tuple[ResultSet, ...]) -> ResultCost:
    """What the model says of a request, once for all requests of as many rows with the same columns.

    A chart asks for the same columns whatever its filters leave of the rows, and limits are round numbers.
    """
    return memory.request_cost(results)


def _at_most(expected: ResultCost | None, upper: ResultCost | None) -> ResultCost | None:
    """A sparse pivot of few rows may be estimated above the full one: never more than ``upper``."""
    if expected is None or upper is None:
        return expected
    return ResultCost(*map(min, expected, upper))


def cache_of(settings: Settings) -> str:
    """The data cache as the memory model names it; Redis while nobody told us.

    Class names and their short forms: flask-caching's ``backends`` package.
    """
    if settings.caches_data is None:
        return "redis"
    if not settings.caches_data:
        return "none"
    kind = settings.data_cache_type.lower()
    known = {"memcache": "memcached", "filesystem": "filesystem", "simple": "memory"}
    return next((name for word, name in known.items() if word in kind), "redis")
