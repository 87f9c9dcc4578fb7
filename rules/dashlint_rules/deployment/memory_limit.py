"""Workers that do not fit into their container's memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import cost_phrase, plural, size
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment
    from dashlint_rules.deployment.processes import Web


class MemoryLimit(Rule):
    """gunicorn's workers, or a dashboard that they answer, need more memory than the container may have.

    ## Why
    The kernel kills a process of a container that goes over its limit (exit code 137, `OOMKilled`), and
    gunicorn logs `Worker (pid:…) was sent SIGKILL! Perhaps out of memory?`. Whoever waits for one of the
    worker's requests gets an error. Each worker is a process with a Superset of its own.

    ## Example
    ```yaml
    command: gunicorn --workers 9 "superset.app:create_app()"
    mem_limit: 2g   # 9 workers at rest are 2.6 GiB
    ```

    ## Use instead
    Fewer workers with some threads each, or a limit that leaves room for what they answer.
    With `--with` an export of your dashboards, the dashboard that needs most is put into the sum:
    every request of one load at the same time, as many as the workers take.

    ## Source
    A worker at rest 292 MiB and gunicorn's master 28 MiB, measured on Superset 6.1.0 without `--preload`
    (benchmarks/memory/measured/server.csv); requests: docs/memory-model.md. With `--preload` workers share
    memory, of which there is no measurement: nothing is reported.
    """

    code = "DL612"
    severity = Severity.ERROR
    applies_to = "gunicorn in a container (or systemd unit) with a memory limit."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn that does not fit."""
        from dashlint_rules.deployment.processes import known, webs

        for web in webs(deployment):
            limit = known(web.container.memory_limit)
            workers = web.number("workers")
            if limit and workers and not web.says("preload"):
                yield from self._judged(web, workers, limit, analysis)

    def _judged(self, web: Web, workers: int, limit: int, analysis: Analysis) -> Iterator[Finding]:
        from dashlint.cost.capacity import MASTER, WORKER_AT_REST

        rest = workers * WORKER_AT_REST + MASTER
        if rest > limit:
            fits = max((limit - MASTER) // WORKER_AT_REST, 0)
            yield self.deployment_finding(
                web.place("workers"),
                f"{plural(workers, 'worker')} at rest need about {size(rest)} (each "
                f"{size(WORKER_AT_REST)}), and {web.where} may have {size(limit)}",
                advice=f"{plural(fits, 'worker')} would fit with nothing left to answer in: start fewer "
                "than that, with threads, or raise the limit"
                if fits > 1
                else "raise the limit: not even two workers fit with room to answer in",
            )
            return
        slots = web.slots
        if slots:
            yield from self._with_dashboards(web, workers, slots, limit, analysis)

    def _with_dashboards(
        self, web: Web, workers: int, slots: int, limit: int, analysis: Analysis
    ) -> Iterator[Finding]:
        from dashlint.cost.capacity import Deployment as Load

        load = Load(1, workers, slots)
        peaks = [(analysis.plan(one, load).peak, one) for one in analysis.workspace.dashboards]
        known = [(peak, one) for peak, one in peaks if peak.all_workers.expected is not None]
        if not known:
            return
        peak, heaviest = max(known, key=lambda found: found[0].all_workers.expected or 0)
        if (peak.all_workers.expected or 0) <= limit:
            return
        yield self.deployment_finding(
            web.place("workers"),
            f"one load of the dashboard {heaviest.title} takes {plural(workers, 'worker')} to "
            f"{cost_phrase(peak.all_workers)} ({plural(peak.running, 'request')} at once), and "
            f"{web.where} may have {size(limit)}",
            advice="lower what its charts ask for (`dashlint cost` says which), or raise the memory limit",
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            memory=peak.all_workers,
        )
