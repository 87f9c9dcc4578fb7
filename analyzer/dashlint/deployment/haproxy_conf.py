"""HAProxy: how long each backend waits for its servers.

Source: HAProxy Configuration Manual, "timeout server" (in ``defaults``, ``listen`` and ``backend``;
milliseconds where no unit is given; between two activities of the server; no limit, and a warning, where it
is not set).
"""

from __future__ import annotations

import re

from dashlint.assets.origin import Location
from dashlint.deployment.model import UNKNOWN, Given, Proxy
from dashlint.deployment.part import Part, Source

_SECTIONS = frozenset({
    "global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "resolvers", "cache",
    "mailers",     "program", "ring", "http-errors", "fcgi-app",
})  # fmt: skip
_TIME = re.compile(r"(\d+)(us|ms|s|m|h|d)?")
_SECONDS = {"us": 1e-6, "ms": 0.001, None: 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_haproxy_conf(source: Source) -> Part:
    """A configuration of HAProxy."""
    proxies: list[Proxy] = []
    section, defaults = "", None
    own: Given | None = None
    servers: list[str] = []
    place = Location(source.file, 1)

    def close() -> None:
        if section in {"backend", "listen"} and servers:
            timeout = own or defaults
            proxies.append(Proxy("HAProxy", place, tuple(servers), "timeout server", timeout))

    for number, line in enumerate(source.text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] in _SECTIONS:
            close()
            section, own, servers = words[0], None, []
            place = Location(source.file, number, None, " ".join(words[:2]))
            if section == "defaults":
                defaults = None
        elif words[:2] == ["timeout", "server"] and len(words) > 2:
            given = Given(
                _seconds(words[2]), Location(source.file, number, None, f"{place.field}.timeout server")
            )
            if section == "defaults":
                defaults = given
            else:
                own = given
        elif words[0] == "server" and len(words) > 2:
            servers.append(words[2])
    close()
    return Part(proxies=tuple(proxies))


def _seconds(text: str) -> object:
    found = _TIME.fullmatch(text)
    return int(found[1]) * _SECONDS[found[2]] if found else UNKNOWN
