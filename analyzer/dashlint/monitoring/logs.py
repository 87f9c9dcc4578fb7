"""Log queries for what running out of memory leaves behind."""

from __future__ import annotations

from typing import NamedTuple

from dashlint.monitoring.model import Setup


class Signature(NamedTuple):
    """A text in a log: who writes it, what it means, and where that is to be read."""

    text: str
    writer: str
    meaning: str
    source: str


SIGNATURES = (
    Signature(
        "was sent SIGKILL! Perhaps out of memory?",
        "gunicorn",
        "A worker was killed; its requests ended, the others go on.",
        "gunicorn/arbiter.py:reap_workers",
    ),
    Signature(
        "WORKER TIMEOUT",
        "gunicorn",
        "A worker did not report in time (`--timeout`) and is killed.",
        "gunicorn/arbiter.py:murder_workers",
    ),
    Signature(
        "Out of memory: Killed process",
        "kernel",
        "The host ran out of memory.",
        "mm/oom_kill.c",
    ),
    Signature(
        "Memory cgroup out of memory: Killed process",
        "kernel",
        "A container's limit was reached; the largest process in it was killed.",
        "mm/oom_kill.c",
    ),
    Signature("MemoryError", "Python", "A request could not get memory; the worker goes on.", "Python"),
    Signature(
        "Worker exited prematurely: signal 9 (SIGKILL)",
        "Celery",
        "A task's process was killed.",
        "billiard/exceptions.py:WorkerLostError",
    ),
    Signature(
        "QueuePool limit of size",
        "SQLAlchemy",
        "A process has used all its connections to the metadata database.",
        "sqlalchemy/pool/impl.py",
    ),
    Signature(
        "OOM command not allowed when used memory",
        "Redis",
        "Redis is full and may not evict.",
        "redis src/server.c",
    ),
    Signature(
        "was terminated by signal 9: Killed",
        "PostgreSQL",
        "One of its processes was killed; it restarts all connections.",
        "src/backend/postmaster/postmaster.c:LogChildExit",
    ),
    Signature(
        "remaining connection slots are reserved",
        "PostgreSQL",
        "max_connections is used up.",
        "src/backend/utils/init/postinit.c",
    ),
)


def logs_file(setup: Setup) -> str:
    """Markdown: what each text means, and one query for all of them in each place that logs are kept."""
    parts = ["# Log queries for running out of memory\n"]
    parts.append(
        "Adapt the selectors (`namespace`, `index`, log group) to yours. Texts of the kernel are in the "
        "host's log "
        "(`journalctl -k`), not in Superset's.\n"
    )
    rows = "\n".join(f"| `{s.text}` | {s.writer} | {s.meaning} | {s.source} |" for s in SIGNATURES)
    parts.append(f"| text | of | means | source |\n|---|---|---|---|\n{rows}\n")
    parts += [f"## {title}\n\n```{language}\n{query}\n```\n" for title, language, query in _queries(setup)]
    if setup.place == "kubernetes":
        parts.append(_kubernetes(setup))
    elif setup.place == "compose":
        parts.append(
            "## Docker\n\nA killed container has exit code 137 (128 + SIGKILL), and says whether it was for "
            "memory:\n\n"
            "```sh\ndocker compose ps -aq | xargs docker inspect "
            "--format '{{.Name}} {{.State.OOMKilled}} {{.State.ExitCode}} {{.State.FinishedAt}}'\n"
            "docker events --since 24h --filter event=oom\n```\n"
        )
    return "\n".join(parts)


def expression() -> str:
    """A regular expression that finds any of the texts."""
    return "|".join(_escaped(signature.text) for signature in SIGNATURES)


def _escaped(text: str) -> str:
    return "".join(f"[{c}]" if c in "?().*+|$^" else c for c in text)


def _queries(setup: Setup) -> list[tuple[str, str, str]]:
    any_of = expression()
    where = f'namespace="{setup.namespace}"' if setup.place == "kubernetes" else 'job="superset"'
    texts = [s.text for s in SIGNATURES]
    quoted = " OR ".join(f'"{text}"' for text in texts)
    phrases = " OR ".join(f'message:"{text}"' for text in texts)
    return [
        ("Loki", "logql", f"{{{where}}} |~ `{any_of}`"),
        (
            "Loki, as a number for an alert",
            "logql",
            f"sum(count_over_time({{{where}}} |~ `{any_of}` [10m])) > 0",
        ),
        ("Splunk", "spl", f"index=superset ({quoted})\n| timechart span=5m count by host"),
        ("Elastic (KQL)", "text", phrases),
        (
            "CloudWatch Logs Insights",
            "text",
            (
                "fields @timestamp, @logStream, @message\n"
                f"| filter @message like /{any_of}/\n"
                "| sort @timestamp desc\n| limit 200"
            ),
        ),
        (
            "Files",
            "sh",
            f"journalctl -k --since -1d | grep -E 'Out of memory|oom-kill'\ngrep -E '{any_of}' superset.log",
        ),
    ]


def _kubernetes(setup: Setup) -> str:
    return (
        "## Kubernetes\n\nOOMKilled stands in the pod's status, not in a log. Where a cgroup is not killed "
        "as a whole, only "
        "a worker ends, the container stays up and nothing says OOMKilled: gunicorn's line above is all "
        "there is.\n\n"
        "```sh\n"
        f"kubectl -n {setup.namespace} get pods -o json | jq -r '.items[] | .metadata.name as $pod\n"
        '  | .status.containerStatuses[]? | select(.lastState.terminated.reason == "OOMKilled")\n'
        "  | [$pod, .name, .lastState.terminated.finishedAt] | @tsv'\n"
        "kubectl get events -A --field-selector reason=OOMKilling  # from node-problem-detector, about "
        "nodes\n"
        "```\n"
    )
