"""What rules ask about proxies: how long they wait by default, and whether they lead to Superset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, Proxy

#: Seconds: nginx.org, ngx_http_proxy_module and ngx_http_uwsgi_module; ingress-nginx, "ConfigMaps"
#: (proxy-read-timeout); AWS, "Application Load Balancers" (idle_timeout.timeout_seconds); Google Cloud,
#: "Backend services overview" (timeoutSec). HAProxy waits for ever.
DEFAULTS: Mapping[str, int] = {
    "nginx": 60,
    "ingress-nginx": 60,
    "AWS load balancer": 60,
    "Google load balancer": 30,
}
#: Superset's port in its image (docker/entrypoints/run-server.sh: SUPERSET_PORT).
_PORT = "8088"
#: Servers beside Superset whose names begin like its own: its websockets and the development's webpack.
_BESIDE = re.compile(r"websocket|[-_]ws(?:$|[-_.])|node|flower|redis|postgres|statsd")


def leads_to_superset(proxy: Proxy, deployment: Deployment) -> bool:
    """Whether a proxy passes requests on to Superset's web server, as far as names and ports tell."""
    from dashlint.deployment.model import Role

    hosts = {host for container in deployment.of(Role.WEB) for host in (*container.hosts, container.name)}
    for target in proxy.targets:
        host, _, port = target.lower().partition(":")
        if host in hosts or port == _PORT:
            return True
        if "superset" in host and not _BESIDE.search(host):
            return True
    return False
