"""What stands before Services of Kubernetes, and how long it waits for an answer.

Source: ingress-nginx, "Annotations" (proxy-read-timeout, in seconds); NGINX Ingress Controller, "Advanced
configuration with annotations" (nginx.org/proxy-read-timeout); AWS Load Balancer Controller, "Ingress
annotations" (load-balancer-attributes: idle_timeout.timeout_seconds); GKE, "Configure Ingress features"
(BackendConfig, timeoutSec); Kubernetes' AWS cloud provider
(service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashlint.deployment.kube_objects import Objects, is_filled
from dashlint.deployment.model import UNKNOWN, Given, Proxy
from dashlint.deployment.nginx_conf import seconds
from dashlint.deployment.yaml_tree import Entry

NGINX = "nginx.ingress.kubernetes.io/proxy-read-timeout"
ALB = "alb.ingress.kubernetes.io/load-balancer-attributes"
#: The Ingress controller of F5, of the same class name.
_F5 = "nginx.org/proxy-read-timeout"
_SNIPPETS = tuple(f"nginx.ingress.kubernetes.io/{place}-snippet" for place in ("configuration", "server"))
_CLASSIC = "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout"
_BACKEND_CONFIG = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
_IDLE = re.compile(r"idle_timeout\.timeout_seconds\s*=\s*(\d+)")


def proxies(objects: Objects) -> Iterator[Proxy]:
    """The load balancers and proxies before Services, as far as somebody says which they are."""
    for ingress in objects.of("Ingress"):
        yield from of_ingress(
            ingress,
            ingress.at("metadata", "annotations"),
            ingress.at("spec"),
            tuple(_services(ingress)),
            objects,
        )
    for service in objects.of("Service"):
        given = service.at("metadata", "annotations").mapping.get(_CLASSIC)
        name = service.at("metadata", "name").text
        if given is not None and name is not None:
            yield Proxy("AWS load balancer", service.location, (name,), _CLASSIC, _number(given))


def of_ingress(
    ingress: Entry, annotations: Entry, spec: Entry, services: Sequence[str], objects: Objects | None = None
) -> Iterator[Proxy]:
    """The proxy that an Ingress sets up, if its class or its annotations tell which one that is."""
    told = annotations.mapping
    name = spec.at("ingressClassName").text or annotations.at("kubernetes.io/ingress.class").text or ""
    other = told.get(_F5)
    if other is not None:
        told_time = other.given(value if (value := seconds(other.text or "")) is not None else UNKNOWN)
        yield Proxy("NGINX Ingress Controller", ingress.location, tuple(services), _F5, told_time)
    elif any(one.startswith("nginx.org/") for one in told):
        return
    elif NGINX in told or re.search(r"(?:^|-)nginx(?:$|-)", name):
        timeout = _number(told[NGINX]) if NGINX in told else None
        if timeout is None and any(one in told for one in _SNIPPETS):
            timeout = ingress.given()
        yield Proxy("ingress-nginx", ingress.location, tuple(services), NGINX, timeout)
    elif ALB in told or name == "alb":
        yield Proxy("AWS load balancer", ingress.location, tuple(services), ALB, _idle(told.get(ALB)))
    elif name in {"gce", "gce-internal"} and objects is not None:
        for service in services:
            yield Proxy(
                "Google load balancer",
                ingress.location,
                (service,),
                "timeoutSec",
                _timeout_sec(service, objects),
            )


def _services(ingress: Entry) -> Iterator[str]:
    rules = [path for rule in ingress.at("spec", "rules").items for path in rule.at("http", "paths").items]
    backends = [ingress.at("spec", "defaultBackend"), *(path.at("backend") for path in rules)]
    for backend in backends:
        name = backend.at("service", "name").text or backend.at("serviceName").text
        if name is not None:
            yield name


def _timeout_sec(name: str, objects: Objects) -> Given | None:
    """What the BackendConfig of a Service says; unknown where that is not among the files."""
    for service in objects.of("Service"):
        if service.at("metadata", "name").text != name:
            continue
        named = [
            one
            for key, one in service.at("metadata", "annotations").mapping.items()
            if key in _BACKEND_CONFIG
        ]
        if not named:
            return None
        for config in objects.of("BackendConfig"):
            if f'"{config.at("metadata", "name").text}"' in (named[0].text or ""):
                timeout = config.at("spec", "timeoutSec")
                return _number(timeout) if timeout.exists else None
        return named[0].given()
    return Given(UNKNOWN, objects.all[0].location)


def _idle(entry: Entry | None) -> Given | None:
    if entry is None:
        return None
    found = _IDLE.search(entry.text or "")
    if found is None:
        return None if is_filled(entry.text) else entry.given()
    return entry.given(int(found[1]))


def _number(entry: Entry) -> Given:
    return entry.given(UNKNOWN if entry.number is None else entry.number)
