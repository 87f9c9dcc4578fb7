"""``dashlint monitor``: alerts, a dashboard and log queries for one deployment, as files in a folder."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from dashlint.cli import groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import ExitCode, told_plainly
from dashlint.cli.outputs import tell, write_folder
from dashlint.cli.trace import chosen
from dashlint.cost.capacity import THREADS, WORKERS, Deployment
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.monitoring import Figure, Predicted, Setup

_SERVERS = "Deployment"
_TARGETS = "Targets"
#: SQLAlchemy's QueuePool: pool_size 5 and max_overflow 10, which Superset leaves as they are
#: (superset/config.py: SQLALCHEMY_ENGINE_OPTIONS is {}).
POOL = "5+10"
#: Seconds, per cent of loads, per cent of lookups: choices, said as such in the files.
SLOW, LOADS, HITS = 10.0, 95.0, 70.0
#: What names of Kubernetes and Compose are made of.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


def monitor(
    sources: options.Sources = None,
    output: Annotated[
        Path,
        Option("--output", help="Folder to write into; it is created.", metavar="FOLDER"),
    ] = Path("monitoring"),
    place: Annotated[
        str,
        Option("--for", help="Where Superset runs: kubernetes, compose or hosts.", metavar="PLACE"),
    ] = "kubernetes",
    force: Annotated[bool, Option("--force", help="Replace files that are there.")] = False,
    replicas: Annotated[
        int,
        Option(
            "--replicas",
            help="Web servers: pods, containers or hosts.",
            metavar="N",
            min=1,
            rich_help_panel=_SERVERS,
        ),
    ] = 1,
    workers: Annotated[
        int,
        Option("--workers", help="Worker processes of each.", metavar="W", min=1, rich_help_panel=_SERVERS),
    ] = WORKERS,
    threads: Annotated[
        int,
        Option("--threads", help="Threads of each worker.", metavar="T", min=1, rich_help_panel=_SERVERS),
    ] = THREADS,
    limit: Annotated[
        str | None,
        Option(
            "--limit",
            help="Memory of one web server, such as 4GiB.",
            metavar="SIZE",
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    viewers: Annotated[
        int,
        Option(
            "--viewers",
            help="People who open each dashboard at the same moment.",
            metavar="N",
            min=1,
            rich_help_panel=_SERVERS,
        ),
    ] = 1,
    redis_maxmemory: Annotated[
        str | None,
        Option(
            "--redis-maxmemory",
            help="maxmemory of the cache's Redis, such as 2GiB.",
            metavar="SIZE",
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    celery_slots: Annotated[
        int | None,
        Option(
            "--celery-slots",
            help="Tasks that all Celery workers run at once (workers × concurrency).",
            metavar="N",
            min=1,
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    metadata_pool: Annotated[
        str | None,
        Option(
            "--metadata-pool",
            help="pool_size+max_overflow in SQLALCHEMY_ENGINE_OPTIONS; else SQLAlchemy's own, 5+10.",
            metavar="SIZE+OVERFLOW",
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    namespace: Annotated[
        str, Option("--namespace", help="Kubernetes namespace of Superset.", rich_help_panel=_SERVERS)
    ] = "superset",
    container: Annotated[
        str,
        Option(
            "--container",
            help="Name of Superset's container (Kubernetes) or service (Compose).",
            rich_help_panel=_SERVERS,
        ),
    ] = "superset",
    without: Annotated[
        Optional[list[str]],  # noqa: UP045 it is read at run time on Python 3.10
        Option(
            "--without",
            help="What there is not: redis, postgres, celery, gunicorn (its StatsD). Repeatable.",
            metavar="PART",
            rich_help_panel=_SERVERS,
        ),
    ] = None,
    slow: Annotated[
        float,
        Option(
            "--slow",
            help="Seconds after which a chart's request counts as slow.",
            min=0.1,
            max=300,
            rich_help_panel=_TARGETS,
        ),
    ] = SLOW,
    load_target: Annotated[
        float,
        Option(
            "--load-target",
            help="Per cent of dashboard loads whose charts are all answered within --slow.",
            min=95,
            max=99.99,
            rich_help_panel=_TARGETS,
        ),
    ] = LOADS,
    hit_ratio: Annotated[
        float,
        Option(
            "--hit-ratio",
            help="Per cent of lookups that the data cache should answer.",
            min=1,
            max=99,
            rich_help_panel=_TARGETS,
        ),
    ] = HITS,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    basis: groups.Basis = groups.BASIS,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
) -> None:
    """Write Prometheus alerts with tests, StatsD mapping, Grafana dashboard and log queries for a deployment.

    Thresholds come from the options and from what the dashboards are predicted to cost. Exit codes: 0
    written, 2 wrong usage or files that are there already, 3 nothing usable in the input, 4 server not
    reached or login refused.
    """
    with told_plainly():
        setup = _setup(
            place=place,
            replicas=_figure("--replicas", replicas, 1, "one"),
            workers=_figure("--workers", workers, WORKERS, "what Superset's image starts"),
            threads=_figure("--threads", threads, THREADS, "what Superset's image starts"),
            limit=limit,
            redis_maxmemory=redis_maxmemory,
            celery_slots=celery_slots,
            metadata_pool=metadata_pool,
            names=(namespace, container),
            without=inputs.split(without),
            viewers=viewers,
            targets=(
                _figure("--slow", slow, SLOW, "a choice"),
                _figure("--load-target", load_target, LOADS, "a choice", 100),
                _figure("--hit-ratio", hit_ratio, HITS, "a choice", 100),
            ),
        )
        _room(output)
        server = account.at(
            servers.server_url(url, sources), dashboard, published_only=published_only, indexes=False
        )
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        with inputs.opened(sources or [], server) as read:
            analysis, problems = inputs.analyse(read, configured, facts)
        from dashlint.monitoring import files, predicted

        deployment = Deployment(viewers, workers, threads)
        known = predicted(analysis, list(chosen(analysis, dashboard or [])), deployment)
        written = files(setup, known)
        write_folder("--output", output, written, force=force)
        problems = [*analysis.workspace.problems, *problems]
        tell(problems, _notes(setup, known))
        sys.stdout.write("".join(f"{output / name}\n" for name in written))
        if strict and problems:
            sys.exit(ExitCode.NOTHING_USABLE)


def _setup(
    *,
    place: str,
    replicas: Figure,
    workers: Figure,
    threads: Figure,
    limit: str | None,
    redis_maxmemory: str | None,
    celery_slots: int | None,
    metadata_pool: str | None,
    names: tuple[str, str],
    without: tuple[str, ...],
    viewers: int,
    targets: tuple[Figure, Figure, Figure],
) -> Setup:
    """What the options say together.

    Raises:
        ConfigError: one of them makes no sense.
    """
    from dashlint.monitoring import Figure, Setup
    from dashlint.monitoring.model import PARTS, PLACES

    options.one_of("--for", place, PLACES)
    for part in without:
        options.one_of("--without", part, PARTS)
    for option, name in zip(("--namespace", "--container"), names, strict=True):
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{option} {name!r}: a name has letters, digits, dots, dashes and underscores")
    slow, loads, hits = targets
    pool = Figure(
        _pool(metadata_pool or POOL), "--metadata-pool" if metadata_pool else "SQLAlchemy's default"
    )
    return Setup(
        place=place,
        replicas=replicas,
        workers=workers,
        threads=threads,
        slow=slow,
        load_share=loads,
        hit_share=hits,
        pool=pool,
        memory_limit=_size("--limit", limit),
        redis_maxmemory=_size("--redis-maxmemory", redis_maxmemory),
        celery_slots=Figure(celery_slots, "--celery-slots") if celery_slots else None,
        namespace=names[0],
        container=names[1],
        without=frozenset(without),
        viewers=viewers,
    )


def _figure(option: str, value: float, default: float, meaning: str, divisor: float = 1) -> Figure:
    from dashlint.monitoring import Figure

    source = option if value != default else f"default of {option}, {meaning}"
    return Figure(value / divisor, source)


def _size(option: str, text: str | None) -> Figure | None:
    from dashlint.monitoring import Figure

    value = options.size(option, text)
    return None if value is None else Figure(value, option)


def _pool(text: str) -> int:
    match = re.fullmatch(r"(\d{1,5})\+(\d{1,5})", text)
    if match is None or int(match[1]) + int(match[2]) == 0:
        raise ConfigError(f"--metadata-pool {text}: write it as pool_size+max_overflow, such as 5+10")
    return int(match[1]) + int(match[2])


def _room(folder: Path) -> None:
    """Whether a folder can be there, before a run that may take minutes."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--output {folder}: that is a file; name a folder")


def _notes(setup: Setup, known: Predicted) -> list[str]:
    """What the person should know before the first alert."""
    from dashlint.lint.amounts import size

    notes = []
    limit = setup.memory_limit
    if limit is not None and known.at_rest > limit.value:
        notes.append(
            f"{setup.workers.value:g} workers take about {size(known.at_rest)} at rest, more than --limit "
            f"{size(int(limit.value))}: SupersetMemoryNearLimit will fire as long as that is so"
        )
    if known.caches_data is None:
        notes.append(
            "whether chart data are cached was not told (--superset-config): SupersetCacheHitRatioLow will "
            "fire if "
            "they are not, as is Superset's default"
        )
    return notes
