"""As many workers as a machine has CPUs, whatever its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import webs

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment


class WorkersByCpuHabit(Rule):
    """The number of gunicorn's workers is computed of the machine's CPUs.

    ## Why
    Two workers per CPU and one more is gunicorn's advice for applications in general. Each worker of
    Superset is a process of about 292 MiB before it answers anything, and the number grows with the
    machine: on 64 CPUs it is 129. In a container `cpu_count()` is the node's number, whatever the container
    may use. A chart's request mostly waits for a database, for which a thread is enough.

    ## Example
    ```python
    workers = multiprocessing.cpu_count() * 2 + 1
    ```

    ## Use instead
    ```python
    workers = 4
    worker_class = "gthread"
    threads = 8
    ```
    in numbers that the memory is enough for.

    ## Source
    gunicorn's documentation ("How Many Workers?"); Python's os.cpu_count; a worker at rest: measured on
    Superset 6.1.0 (benchmarks/memory/measured/server.csv).
    """

    code = "DL613"
    severity = Severity.INFO
    effort = Effort.LINE
    remedy = "choose workers by memory"
    applies_to = "gunicorn."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each gunicorn whose workers are computed."""
        from dashlint.cost.capacity import MASTER, WORKER_AT_REST

        for web in webs(deployment):
            given = web.given("workers")
            if given is None or given.known or not _counts_cpus(given.expression):
                continue
            yield self.deployment_finding(
                given.location,
                f"the workers of {web.where} are counted by the machine's CPUs ({given.expression}), each "
                f"about {size(WORKER_AT_REST)} before it answers anything: one for each of 32 CPUs are "
                f"{size(32 * WORKER_AT_REST + MASTER)}",
                advice=f"a number that the memory is enough for, with threads: {web.line('workers', 4)} "
                f"{web.line('worker-class', 'gthread')} {web.line('threads', 8)}",
            )


def _counts_cpus(expression: str) -> bool:
    return "cpu_count" in expression or "nproc" in expression
