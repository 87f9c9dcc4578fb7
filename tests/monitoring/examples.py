"""A deployment and what its dashboards cost, made up."""

from __future__ import annotations

from typing import Any

from dashlint.cost.model import Cost
from dashlint.monitoring import Figure, Load, Predicted, Setup

GIB = 2**30
MIB = 2**20
KNOWN = Predicted(
    heaviest=Cost(300 * MIB, None, "statistics"),
    heaviest_name="Orders on Sales",
    at_rest=1200 * MIB,
    cache=Cost(100 * MIB, 200 * MIB, "statistics"),
    caches_data=True,
    cacheable=0.9,
    typical_requests=8,
    loads=(Load("Sales", 8, Cost(2 * GIB, 3 * GIB, "statistics")), Load("Odd", 3, Cost(None, None))),
)


def setup(place: str, **more: Any) -> Setup:
    """A deployment on two servers of which everything was told."""
    told: dict[str, Any] = {
        "replicas": Figure(2, "--replicas"),
        "workers": Figure(4, "--workers"),
        "threads": Figure(8, "--threads"),
        "slow": Figure(10, "--slow"),
        "load_share": Figure(0.95, "--load-target"),
        "hit_share": Figure(0.7, "--hit-ratio"),
        "pool": Figure(15, "SQLAlchemy's default"),
        "memory_limit": Figure(4 * GIB, "--limit"),
        "redis_maxmemory": Figure(2 * GIB, "--redis-maxmemory"),
        "celery_slots": Figure(8, "--celery-slots"),
    }
    return Setup(place=place, **{**told, **more})
