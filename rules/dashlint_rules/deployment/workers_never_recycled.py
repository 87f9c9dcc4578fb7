"""Workers that live as long as the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import webs

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment


class WorkersNeverRecycled(Rule):
    """gunicorn's workers are never replaced, or all of them at about the same time.

    ## Why
    A part of what the largest answers took stays with the process that made them, and what leaks stays
    too. A worker that ends after some requests gives it back. Without jitter, workers that share the load
    evenly reach their last request together, and for some seconds nobody answers while all start again.

    ## Example
    ```shell
    gunicorn --workers 4 "superset.app:create_app()"                      # never
    gunicorn --workers 4 --max-requests 1000 "superset.app:create_app()"  # all together
    ```

    ## Use instead
    `--max-requests 1000 --max-requests-jitter 100`, or WORKER_MAX_REQUESTS and WORKER_MAX_REQUESTS_JITTER for
    the official image. It is advice, not a mistake: a Superset of small answers does well without.

    ## Source
    gunicorn's settings max_requests and max_requests_jitter (both 0: no restarts; jitter is there "to avoid
    all workers restarting at the same time"); docker/entrypoints/run-server.sh of 6.1.0 (both 0);
    what a worker retains: docs/memory-model.md.
    """

    code = "DL614"
    severity = Severity.INFO
    effort = Effort.LINE
    remedy = "replace workers after some requests"
    applies_to = "gunicorn."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn whose workers stay, or go together."""
        for web in webs(deployment):
            most, jitter, workers = (
                web.number(name) for name in ("max-requests", "max-requests-jitter", "workers")
            )
            if most == 0:
                said = "is 0" if web.says("max-requests") else "is not set, which is 0"
                name = web.env_name("max-requests") or "max-requests"
                yield self.deployment_finding(
                    web.place("max-requests"),
                    f"{name} {said}: gunicorn's workers in {web.where} are never replaced, and keep "
                    "what their largest answers left behind",
                    advice=f"{web.line('max-requests', 1000)} {web.line('max-requests-jitter', 100)}",
                )
            elif most and jitter == 0 and workers and workers > 1:
                yield self.deployment_finding(
                    web.place("max-requests"),
                    f"all {workers} workers of {web.where} are replaced after {most} requests each, "
                    "without jitter: about all at the same time where they share the load evenly",
                    advice=web.line("max-requests-jitter", max(most // 10, 1)),
                )
