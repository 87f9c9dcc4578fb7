"""Celery workers that are too many, too small or double."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import (
    LEAST_KIB_PER_CHILD,
    celery_workers,
    concurrency,
    copies,
    in_container,
    where,
)
from dashlint_rules.deployment.settings import celery_settings, known, only_config, place_of, whole

if TYPE_CHECKING:
    from dashlint.deployment.model import Container, Deployment, Program, SupersetConfig

_PER_CHILD = "worker_max_memory_per_child"


class CeleryWorker(Rule):
    """A Celery worker starts more processes than it should, restarts them for every task, or beat runs twice.

    ## Why
    Without `--concurrency` Celery starts as many processes as the machine has CPUs, each of them a
    Superset. In a container that is the node's number, whatever the container's CPU limit says.
    `--max-memory-per-child` below what a process has at rest replaces it after every task. Two beats send
    every scheduled report twice.

    ## Example
    ```shell
    celery --app=superset.tasks.celery_app:app worker                             # 64 processes on 64 CPUs
    celery --app=superset.tasks.celery_app:app worker -c 4 --max-memory-per-child=204800   # 200 MiB
    ```

    ## Use instead
    `-c 4 --max-memory-per-child=1048576` (1 GiB), beat as a process of its own with one copy, and
    `worker_prefetch_multiplier = 1` in a `CELERY_CONFIG` of your own, as Superset's has it: Celery's
    default of 4 lets a process that runs a long report hold three others back. A number of another unit
    than KiB is DL602's.

    ## Source
    Celery's settings worker_concurrency (the number of CPUs), worker_max_memory_per_child (kilobytes),
    worker_prefetch_multiplier (4); superset/config.py, CeleryConfig (1); a process of Superset at rest 292
    MiB, measured as a web worker (benchmarks/memory/measured/server.csv).
    """

    code = "DL621"
    effort = Effort.LINE
    remedy = "bound Celery's processes"
    applies_to = "Celery workers and beat."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """Findings about each worker, about beats, and about ``CELERY_CONFIG``."""
        config = only_config(deployment)
        for container, program in celery_workers(deployment):
            yield from self._processes(container, program, config, deployment)
            yield from self._child_memory(container, program, config)
            yield from self._beat(container, program, deployment)
        yield from self._beats(deployment)
        for one in deployment.configs:
            yield from self._prefetch(one)

    def _processes(
        self, container: Container, program: Program, config: SupersetConfig | None, deployment: Deployment
    ) -> Iterator[Finding]:

        if not in_container(container) or {"concurrency", "autoscale"} & set(program.options):
            return
        pool = program.options.get("pool")
        if program.launcher or (pool is not None and pool.value not in ("prefork", "processes")):
            return
        given = config.settings.get("CELERY_CONFIG") if config is not None else None
        unknown = (deployment.configs and config is None) or (given is not None and not given.known)
        if unknown or "worker_concurrency" in celery_settings(config):
            return
        limit = container.cpu_limit
        cores = (
            f", not its own {limit.value:g}"
            if limit is not None and isinstance(limit.value, (int, float))
            else ""
        )
        yield self.deployment_finding(
            program.location,
            f"{container.name} starts as many Celery processes as the machine has CPUs{cores}: no "
            "concurrency is given",
            field=f"{program.location.field or 'celery'}.concurrency",
            advice="--concurrency=4, or what its memory is enough for",
        )

    def _child_memory(
        self, container: Container, program: Program, config: SupersetConfig | None
    ) -> Iterator[Finding]:
        from dashlint.cost.capacity import WORKER_AT_REST

        given, told = program.options.get("max-memory-per-child"), celery_settings(config)
        if given is not None:
            kibibytes, place = known(given), given.location
        elif config is not None and _PER_CHILD in told:
            kibibytes, place = whole(told[_PER_CHILD]), place_of(config, "CELERY_CONFIG", _PER_CHILD)
        else:
            return
        # Less is a number in another unit, which DL602 says.
        if not kibibytes or kibibytes < LEAST_KIB_PER_CHILD:
            return
        most, processes = kibibytes * 1024, concurrency(program, config)
        limit = known(container.memory_limit)
        if most < WORKER_AT_REST:
            yield self.deployment_finding(
                place,
                f"max-memory-per-child {kibibytes} is {size(most)} (it is in KiB), and a process of "
                f"Superset has about {size(WORKER_AT_REST)} at rest: Celery replaces it after every task",
                advice="--max-memory-per-child=1048576 for 1 GiB",
                confidence=Confidence.MEDIUM,
            )
        elif limit and processes and most * processes > limit:
            yield self.deployment_finding(
                place,
                f"each of the {processes} processes of {where(container)} may have {size(most)} before it "
                f"is replaced, together {size(most * processes)}, and the container {size(limit)}",
                advice=f"--max-memory-per-child={limit // processes // 1024} or fewer processes",
                severity=Severity.INFO,
            )

    def _beat(self, container: Container, program: Program, deployment: Deployment) -> Iterator[Finding]:
        from dashlint.deployment.model import Role

        beat = program.options.get("beat")
        if beat is None:
            return
        count = copies(container, most=True)
        own = [one for one in deployment.of(Role.CELERY_BEAT) if one.location.file == container.location.file]
        if (count or 0) > 1:
            said = f"{where(container)} has {count} copies, each of them with a beat of its own (-B)"
        elif own:
            said = f"{where(container)} runs a beat of its own (-B) beside {where(own[0])}"
        else:
            return
        yield self.deployment_finding(
            beat.location,
            f"{said}: every scheduled task, reports among them, is sent more than once",
            advice="leave -B out, and run one `celery --app=superset.tasks.celery_app:app beat`",
        )

    def _beats(self, deployment: Deployment) -> Iterator[Finding]:
        from dashlint.deployment.model import Role

        for container in deployment.of(Role.CELERY_BEAT):
            count = copies(container, most=True)
            given = container.most_replicas or container.replicas
            if count is not None and count > 1 and given is not None:
                yield self.deployment_finding(
                    given.location,
                    f"{container.name} runs {count} copies of Celery's beat: every scheduled task, reports "
                    f"among them, is sent {count} times",
                    advice="one copy, with the Recreate strategy on Kubernetes",
                )

    def _prefetch(self, config: SupersetConfig) -> Iterator[Finding]:

        told = celery_settings(config)
        given = config.settings.get("CELERY_CONFIG")
        if not told or given is None or "worker_prefetch_multiplier" in told:
            return
        yield self.deployment_finding(
            given.location,
            "this CELERY_CONFIG stands in place of Superset's whole, and without its "
            "worker_prefetch_multiplier = 1: Celery's default lets each process reserve 4 tasks, which "
            "wait behind a long one",
            field="CELERY_CONFIG.worker_prefetch_multiplier",
            advice="worker_prefetch_multiplier = 1",
            severity=Severity.INFO,
        )
