"""Workers that do not fit into their container's memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import cost_phrase, plural, size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import Web, webs
from dashlint_rules.deployment.settings import known

if TYPE_CHECKING:
    from dashlint.assets import Dashboard
    from dashlint.cost.model import Cost
    from dashlint.deployment.model import Deployment


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
    effort = Effort.LINE
    remedy = "fit workers, threads and the memory limit to each other"
    applies_to = "gunicorn in a container (or systemd unit) with a memory limit."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn that does not fit."""
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
        peaks = [(_peak(one, workers, slots, analysis), one) for one in analysis.workspace.dashboards]
        if not peaks:
            return
        peak, heaviest = max(peaks, key=lambda found: (found[0].expected or 0, found[0].upper or 0))
        sure = (peak.expected or 0) > limit
        if not sure:
            # Nobody knows all rows, but what they can be at most does not fit, either.
            peak, heaviest = max(peaks, key=lambda found: found[0].upper or 0)
            if (peak.upper or 0) <= limit:
                return
        yield self.deployment_finding(
            web.place("workers"),
            f"one load of the dashboard {heaviest.title} takes {plural(workers, 'worker')} of {slots} "
            f"{'request' if slots == 1 else 'requests'} at once to {cost_phrase(peak)}, and {web.where} may "
            f"have {size(limit)}",
            advice="lower what its charts ask for (`dashlint cost` says which), or raise the memory limit",
            severity=Severity.WARNING if sure else Severity.INFO,
            confidence=Confidence.MEDIUM if sure else Confidence.LOW,
            memory=peak,
        )


def _peak(dashboard: Dashboard, workers: int, slots: int, analysis: Analysis) -> Cost:
    """Bytes of all workers while one viewer loads a dashboard; of requests whose size is unknown, nothing."""
    from dashlint.cost.capacity import Deployment as Load
    from dashlint.cost.capacity import peak
    from dashlint.cost.model import Cost

    load = Load(1, workers, slots)
    sent = analysis.load(dashboard).requests
    costs = [analysis.request_costs(request, dashboard).cold for request in sent]
    expected = peak([cost for cost in costs if cost.expected is not None], load).all_workers
    upper = peak([cost for cost in costs if cost.upper is not None], load).all_workers
    return Cost(expected.expected, upper.upper, upper.basis)
