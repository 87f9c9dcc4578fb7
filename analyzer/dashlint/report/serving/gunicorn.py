"""``gunicorn.conf.py``, and the same as the environment variables that Superset's image reads."""

from __future__ import annotations

from collections.abc import Mapping

from dashlint.capacity.figures import PORT, Figures

#: Seconds that an idle connection is kept, as in the image (docker/entrypoints/run-server.sh).
KEEPALIVE = 2


def files(figures: Figures) -> Mapping[str, str]:
    """The one file."""
    return {"gunicorn.conf.py": text(figures)}


def text(figures: Figures) -> str:
    """Started with ``gunicorn --config gunicorn.conf.py "superset.app:create_app()"``."""
    return f'''"""{figures.header}

    gunicorn --config gunicorn.conf.py "superset.app:create_app()"
"""

bind = "0.0.0.0:{PORT}"
worker_class = "gthread"
workers = {figures.workers}
threads = {figures.threads}

# Longer than SUPERSET_WEBSERVER_TIMEOUT ({figures.webserver_timeout} s), shorter than the proxy's ({
        figures.proxy_timeout
    } s).
timeout = {figures.gunicorn_timeout}
keepalive = {KEEPALIVE}

# A worker keeps part of what it has freed; it is started anew now and then, not all of them at once.
max_requests = {figures.max_requests}
max_requests_jitter = {figures.max_requests_jitter}

# A dashboard's address may carry the state of all its filters.
limit_request_line = 0
limit_request_field_size = 0

accesslog = "-"
errorlog = "-"
'''


def environment(figures: Figures) -> dict[str, str]:
    """For Superset's image: docker/entrypoints/run-server.sh makes gunicorn's options of them."""
    return {
        "SERVER_WORKER_CLASS": "gthread",
        "SERVER_WORKER_AMOUNT": str(figures.workers),
        "SERVER_THREADS_AMOUNT": str(figures.threads),
        "GUNICORN_TIMEOUT": str(figures.gunicorn_timeout),
        "GUNICORN_KEEPALIVE": str(KEEPALIVE),
        "WORKER_MAX_REQUESTS": str(figures.max_requests),
        "WORKER_MAX_REQUESTS_JITTER": str(figures.max_requests_jitter),
    }
