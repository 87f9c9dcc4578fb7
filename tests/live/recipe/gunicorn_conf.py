"""gunicorn as Superset's official image runs it (docker/entrypoints/run-server.sh): one process, 20 threads.

The image's only other choice, more processes, would give each its own cache in memory.
"""

from __future__ import annotations

import os
import signal
import threading

workers = 1
worker_class = "gthread"
threads = 20
timeout = 120
keepalive = 2
# Long URLs: a request may carry a dashboard's whole state.
limit_request_line = 0
limit_request_field_size = 0
# gunicorn 25 and later open a control socket under the user's home by default; nobody uses it here.
control_socket_disable = True


def _stop_at_end_of_input() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def on_starting(_server: object) -> None:
    """End with the process that started us, even if that was killed: it holds the other end of our input."""
    if os.environ.get("DASHLINT_SUPERSET_OWNED"):
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
