"""Feature flags that multiply what a Superset does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.settings import flag, place_of

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment


class _Flag(NamedTuple):
    costly: bool
    what: str
    advice: str


_FLAGS = {
    "CACHE_QUERY_BY_USER": _Flag(
        costly=True,
        what="every user has cache entries of their own: no one is served from what another one loaded",
        advice=(
            "turn it off unless databases show each user other rows in a way that Superset does not know; "
            "row-level security and Jinja's user macros are in the keys anyway"
        ),
    ),
    "CACHE_IMPERSONATION": _Flag(
        costly=True,
        what="on databases that impersonate users every user has cache entries of their own",
        advice="turn it off where the database shows all users the same rows, or size the cache for it",
    ),
    "FORCE_GARBAGE_COLLECTION_AFTER_EVERY_REQUEST": _Flag(
        costly=True,
        what="every request, however small, ends with a full garbage collection, while all threads wait",
        advice="turn it off, and recycle workers with gunicorn's --max-requests and --max-requests-jitter",
    ),
    "DASHBOARD_VIRTUALIZATION": _Flag(
        costly=False,
        what="a tab renders all of its charts when it opens, also those far below the screen",
        advice="delete it from FEATURE_FLAGS: the default is True",
    ),
}


class CostlyFlag(Rule):
    """A feature flag multiplies cache entries or work.

    ## Why
    Some flags cost something on every request. `CACHE_QUERY_BY_USER` and `CACHE_IMPERSONATION` put the user
    into the cache's keys, so a dashboard with 20 users needs 20 times the entries and runs its queries 20
    times. `FORCE_GARBAGE_COLLECTION_AFTER_EVERY_REQUEST` collects after each request.

    ## Example
    ```python
    FEATURE_FLAGS = {"CACHE_QUERY_BY_USER": True}
    ```

    ## Use instead
    Leave the flag at its default, unless you need what it does; then plan the cache for it.

    ## Source
    superset/common/query_object.py, `cache_key`; superset/initialization/__init__.py,
    `cleanup_analytics_memory`; superset/config.py: DEFAULT_FEATURE_FLAGS.
    """

    code = "DL626"
    severity = Severity.INFO
    effort = Effort.LINE
    remedy = "turn off flags that multiply work"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each flag."""
        for config in deployment.configs:
            for name, told in _FLAGS.items():
                if flag(config, name) is told.costly:
                    yield self.deployment_finding(
                        place_of(config, "FEATURE_FLAGS", name),
                        f"{name} is {'on' if told.costly else 'off'}: {told.what}",
                        field=f"FEATURE_FLAGS.{name}",
                        advice=told.advice,
                    )
