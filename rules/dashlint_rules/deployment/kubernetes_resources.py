"""Pods without a memory limit, and probes that kill busy workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.amounts import size
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.processes import Web, running, webs
from dashlint_rules.deployment.settings import known, number, only_config, whole

if TYPE_CHECKING:
    from dashlint.deployment.model import Container, Deployment

#: Kinds whose pods run on.
_LASTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
#: A probe's defaults (periodSeconds, failureThreshold), and Superset's time for a request, seconds.
_PERIOD, _FAILURES, _REQUEST = 10, 3, 60


class KubernetesResources(Rule):
    """A pod of Superset has no memory limit, asks for less than it may take, or has a probe that kills it.

    ## Why
    Without a limit one dashboard can take the memory of the whole node, and Kubernetes then ends pods of
    others. Pods are placed by their requests: where the limit is far above, several that use what they may do
    not fit on their node. A sync worker that answers a query answers no `/health`: with all workers busy the
    liveness probe fails, and Kubernetes kills the container with all queries that it runs.

    ## Example
    ```yaml
    resources: {}
    livenessProbe: {httpGet: {path: /health, port: 8088}, periodSeconds: 10}   # 4 sync workers
    ```

    ## Use instead
    ```yaml
    resources:
      requests: {memory: 4Gi, cpu: "1"}
      limits: {memory: 4Gi}
    ```
    `--worker-class gthread` with threads, or a liveness probe that waits longer than a request may take. A
    readiness probe keeps requests away from a pod that still starts.

    ## Source
    kubernetes.io, "Resource Management for Pods and Containers" and "Configure Liveness, Readiness and
    Startup Probes" (periodSeconds 10, failureThreshold 3); superset/views/health.py; superset/config.py
    (SUPERSET_WEBSERVER_TIMEOUT 60).
    """

    code = "DL622"
    effort = Effort.LINE
    remedy = "give pods limits and probes"
    applies_to = "Web servers and Celery workers on Kubernetes, also by the Helm chart."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """Findings about each container of a pod that runs on."""
        from dashlint.deployment.model import Role

        for container in running(deployment):
            if container.kind in _LASTING and container.role in (Role.WEB, Role.CELERY_WORKER):
                yield from self._memory(container)
                if container.role is Role.WEB:
                    yield from self._ready(container)
        config = only_config(deployment)
        request = (
            _REQUEST if not deployment.configs else number(config, "SUPERSET_WEBSERVER_TIMEOUT", _REQUEST)
        )
        for web in webs(deployment):
            if web.container.kind in _LASTING and request:
                yield from self._alive(web, request)

    def _memory(self, container: Container) -> Iterator[Finding]:

        limit, request = container.memory_limit, container.memory_request
        field = container.location.field or container.name
        if limit is None:
            yield self.deployment_finding(
                container.location,
                f"{container.name} has no memory limit: one heavy dashboard can take what the whole node has",
                field=f"{field}.resources.limits.memory",
                advice="resources: {requests: {memory: 4Gi}, limits: {memory: 4Gi}}, in the size that "
                "`dashlint cost` gives for your dashboards",
                # A LimitRange of the namespace may give one.
                confidence=Confidence.MEDIUM,
            )
            return
        most, least = known(limit), known(request)
        if most and least and least < most:
            yield self.deployment_finding(
                request.location if request is not None else limit.location,
                f"{container.name} asks for {size(least)} and may take {size(most)}: pods are placed by the "
                "first, so that a node can run out of memory while none is over its limit",
                advice="the same memory for request and limit",
                severity=Severity.INFO,
            )

    def _ready(self, container: Container) -> Iterator[Finding]:
        # The Helm chart has probes of its own where values name none (helm/superset/values.yaml).
        of_chart = (container.location.field or "").startswith("supersetNode")
        if "readinessProbe" in container.probes or of_chart:
            return
        yield self.deployment_finding(
            container.location,
            f"{container.name} has no readiness probe: it gets requests while Superset still starts",
            field=f"{container.location.field or container.name}.readinessProbe",
            advice="readinessProbe: {httpGet: {path: /health, port: 8088}}",
            severity=Severity.INFO,
        )

    def _alive(self, web: Web, request: int) -> Iterator[Finding]:

        probe, workers = web.container.probes.get("livenessProbe"), web.number("workers")
        if probe is None or not isinstance(probe.value, Mapping) or web.worker_class != "sync" or not workers:
            return
        # Only an HTTP probe waits for a worker.
        if "httpGet" not in probe.value:
            return
        period = whole(probe.value.get("periodSeconds", _PERIOD))
        failures = whole(probe.value.get("failureThreshold", _FAILURES))
        if not period or not failures or period * failures >= request:
            return
        yield self.deployment_finding(
            probe.location,
            f"Kubernetes kills {web.where} when /health is not answered for {period * failures} seconds "
            f"({failures} × {period}), and {workers} sync {'queries' if workers > 1 else 'query'} at once, "
            f"each up to {request} "
            "seconds, leave no worker to answer it",
            advice=f"{web.line('worker-class', 'gthread')} {web.line('threads', 8)}, or failureThreshold: "
            f"{-(-request // period) + 1}",
            confidence=Confidence.MEDIUM,
        )
