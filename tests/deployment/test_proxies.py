"""Proxies: what leads where, and how long it waits."""

from __future__ import annotations

import pytest

from dashlint.deployment.haproxy_conf import read_haproxy_conf
from dashlint.deployment.kinds import Unreadable, kind_of
from dashlint.deployment.kubernetes import read_kubernetes
from dashlint.deployment.model import UNKNOWN, Proxy
from dashlint.deployment.nginx_conf import proxies, seconds
from dashlint.deployment.part import Source


def nginx(text: str) -> list[tuple[tuple[str, ...], object]]:
    """Targets, and seconds or None where nothing is said."""
    return [(one.targets, one.timeout.value if one.timeout else None) for one in proxies(text, "nginx.conf")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("60", 60), ("90s", 90), ("1m 30s", 90), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("$t", None)],
)
def test_intervals_of_nginx(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


def test_the_nearest_block_counts() -> None:
    text = """
http {
  proxy_read_timeout 10s;
  server {
    proxy_read_timeout 20s;
    location /a { proxy_pass http://superset:8088; }
    location /b { proxy_pass http://superset:8088; proxy_read_timeout 30s; }
  }
  server { location / { proxy_pass http://superset:8088/; } }
}
"""
    assert [seconds for _, seconds in nginx(text)] == [20, 30, 10]


def test_nothing_said_is_the_default_only_of_the_whole_configuration() -> None:
    server = "server { location / { proxy_pass http://superset:8088; } }"
    assert nginx(f"http {{ {server} }}") == [(("superset:8088",), None)]
    # A fragment is included by a file that may say it, and so may a file that is included.
    assert nginx(server) == [(("superset:8088",), UNKNOWN)]
    assert nginx(f"http {{ include proxy.conf; {server} }}") == [(("superset:8088",), UNKNOWN)]
    assert nginx(f"http {{ include mime.types; {server} }}") == [(("superset:8088",), None)]


def test_upstreams_are_followed() -> None:
    upstream = "upstream app { server a:8088; server b:8088; }"
    text = f"http {{ {upstream} server {{ location / {{ proxy_pass http://app; }} }} }}"
    assert nginx(text) == [(("a:8088", "b:8088"), None)]


def test_quotes_comments_and_expressions_do_not_mislead() -> None:
    text = """
# proxy_pass http://nobody; {
http {
  log_format main '$remote_addr "$request" ; { x }';
  map $http_upgrade $connection { default upgrade; '' close; }
  server {
    location ~* \\.(png|jpg)$ { expires 30d; }
    location / { add_header X "a # b } ; c"; proxy_pass http://superset:8088; proxy_read_timeout "75s"; }
  }
}
"""
    assert nginx(text) == [(("superset:8088",), 75)]


def test_places_are_lines_of_the_file() -> None:
    [found] = proxies("http {\n server {\n  location / {\n   proxy_pass http://a;\n  }\n }\n}\n", "n.conf")
    assert (found.location.line, found.location.field) == (4, "http.server.location /.proxy_pass")


@pytest.mark.parametrize(
    "text", ["http { server {", "location / { proxy_pass 'http://a; }", "}", "a {" * 200]
)
def test_broken_configurations_are_said_to_be(text: str) -> None:
    with pytest.raises(Unreadable):
        list(proxies(text, "nginx.conf"))


def haproxy(text: str) -> tuple[Proxy, ...]:
    return read_haproxy_conf(Source("haproxy.cfg", text)).proxies


def test_haproxy_counts_in_milliseconds_and_backends_win() -> None:
    text = """
defaults
    timeout server 50000
backend slow
    timeout server 5m
    server a superset:8088 check
backend usual
    server b superset:8088
backend empty
    timeout server 1s
"""
    assert [one.timeout.value for one in haproxy(text) if one.timeout] == [300, 50]


def test_haproxy_without_a_limit_has_none() -> None:
    [found] = haproxy("listen bi\n    bind :80\n    server a superset:8088\n")
    assert found.timeout is None


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("nginx.conf", "", "nginx configuration"),
        ("site.conf", "server { \n location / {\n proxy_pass http://a;\n }\n}\n", "nginx configuration"),
        ("site.conf", "location / { proxy_pass http://a; }\n", "nginx configuration"),
        ("lb.cfg", "backend a\n  server b c:1\n", "HAProxy configuration"),
        ("supervisord.conf", "[program:x]\ncommand=y\n", "supervisord configuration"),
        ("setup.cfg", "[metadata]\nname = x\n", None),
    ],
)
def test_files_are_known_by_name_or_content(file: str, text: str, kind: str | None) -> None:
    found = kind_of(file, lambda: text)
    assert (found.what if found else None) == kind


def test_nginx_in_a_configmap() -> None:
    conf = "http {\n    server {\n      location / {\n        proxy_pass http://superset:8088;\n"
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\ndata:\n  nginx.conf: |\n    "
    whole = read_kubernetes([Source("n.yaml", f"{config}{conf}      }}\n    }}\n    }}\n")])
    assert [(one.targets, one.location.line) for one in whole.proxies] == [(("superset:8088",), 9)]
    broken = read_kubernetes([Source("n.yaml", config + conf)])
    assert [one.kind for one in broken.problems] == ["unreadable-file"]
