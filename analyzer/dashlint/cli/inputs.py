"""From options to an analysis: what the commands have in common."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashlint import limits
from dashlint.cli.process import keep_what_was_read
from dashlint.cli.servers import ServerOptions, ask_password, server_only
from dashlint.lint import config as configuration
from dashlint.lint.config import Asked, Config, ConfigError
from dashlint.records import NamedTuple, replace

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Database, Problem, Workspace
    from dashlint.catalog.live import LiveOptions
    from dashlint.catalog.load import CatalogSet
    from dashlint.catalog.model import Catalog
    from dashlint.deployment.model import Deployment
    from dashlint.sources.rest import Server, TableAnswers
    from dashlint.sources.rest.plan import Progress
    from dashlint.sources.shared import Crew
    from dashlint.sql.model import TableRef
    from dashlint.superset.settings import Settings

    Wanted = Iterable[tuple[Database, TableRef]]


#: Bytes: Superset writes the keys by which assets are known before anything long.
_BEGINNING = 4096


class Facts(NamedTuple):
    """What predictions rest on, as given on the command line."""

    catalog: tuple[str | Path, ...] = ()
    superset_version: str | None = None
    superset_config: Path | None = None
    settings: tuple[str, ...] = ()
    today: str | None = None
    timeout: float | None = None


def read_config(path: Path | None, sources: Sequence[Path]) -> Config:
    """The configuration that was named, else the nearest above the first source or here.

    Its limits hold from now on.
    """
    found = _read_config(path, sources)
    limits.use(found.limits)
    return found


def _read_config(path: Path | None, sources: Sequence[Path]) -> Config:
    if path is not None:
        return configuration.load(path)
    start = sources[0].resolve() if sources else Path.cwd()
    found = configuration.find(start if start.is_dir() else start.parent)
    found = found or configuration.find(Path.cwd())
    return configuration.load(found) if found is not None else Config()


class Read(NamedTuple):
    """What was read, and of a server a way to ask it about tables, and itself."""

    workspace: Workspace
    ask_tables: Callable[[Wanted], TableAnswers] | None = None
    server: Server | None = None


def told_apart(sources: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Exports, and the files among the sources that say how Superset is run. Folders are exports."""
    found: dict[bool, list[Path]] = {False: [], True: []}
    for source in sources:
        found[_is_deployment(source)].append(source)
    return found[False], found[True]


def _is_deployment(source: Path) -> bool:
    from dashlint.sources.kinds import is_meant_as_asset

    suffix = source.suffix.lower()
    if suffix == ".zip":
        return False
    # Assets are asked for first: they are what most files are, and need no look at all kinds of deployments.
    if suffix in {".yaml", ".yml"} and source.is_file():
        with contextlib.suppress(OSError), source.open("rb") as file:
            if is_meant_as_asset(file.read(_BEGINNING)):
                return False
    from dashlint.deployment import is_deployment_file

    return is_deployment_file(source)


def read_deployment(paths: Sequence[Path]) -> tuple[Deployment | None, list[Problem]]:
    """What files say about how Superset is run, and what of it could not be used; None without any."""
    if not paths:
        return None, []
    from dashlint.deployment import read

    deployment, problems = read(paths)
    return deployment or None, problems


@contextmanager
def opened(
    sources: Sequence[Path],
    server: ServerOptions,
    deployment: Deployment | None = None,
    crew: Crew | None = None,
) -> Iterator[Read]:
    """Reads exports or a server, and stays logged in while the caller needs it.

    A deployment alone is something to look at, too: then the workspace is empty. A ``crew`` reads
    exports along.

    Raises:
        ConfigError: neither or both were given.
        SourceError: nothing usable could be read.
    """
    if server.url and sources:
        raise ConfigError("give either exports or --url, not both")
    if not server.url and not sources and deployment is not None:
        from dashlint.assets import Workspace

        yield Read(Workspace())
        return
    if not server.url and not sources:
        raise ConfigError(
            "nothing to scan: name an export (ZIP, folder or YAML file) or a server with --url; "
            "`dashlint demo` shows an example"
        )
    if not server.url:
        from dashlint.sources import read

        with kept():
            workspace = read([str(source) for source in sources], crew)
        yield Read(workspace)
        return
    from dashlint.cli.progress import progress_on_stderr

    with server_only(server) as open_one, progress_on_stderr() as progress:
        yield read_server(open_one, server, progress)


def read_server(open_one: Server, server: ServerOptions, progress: Progress) -> Read:
    """What a server holds, of whose tables it may be asked as long as it stays open."""
    from dashlint.sources.rest import TableCache

    return Read(
        open_one.read(progress),
        (lambda wanted: open_one.read_tables(wanted, cache=TableCache(), progress=progress))
        if server.indexes
        else None,
        open_one,
    )


@contextmanager
def kept() -> Iterator[None]:
    """What is made in this context is never searched for garbage: it stays until the process ends."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
        keep_what_was_read()
    finally:
        if collects:
            gc.enable()


def settings_for(workspace: Workspace, config: Config, facts: Facts) -> tuple[Settings, list[Problem]]:
    """Superset's defaults for the version, then its configuration file, then single settings.

    Raises:
        ConfigError: a version or setting makes no sense.
    """
    from dashlint.superset.settings import Settings, modelled_version

    version = facts.superset_version or config.superset_version or workspace.superset_version
    settings = Settings(version=modelled_version(version))
    if facts.superset_version or config.superset_version:
        settings = replace(settings, given=settings.given | {"SUPERSET_VERSION"})
    problems: list[Problem] = []
    path = facts.superset_config or config.superset_config
    if path is not None:
        from dashlint.superset import config_file

        settings, problems = config_file.read(path, settings)
    single: dict[str, Any] = {**config.settings, **_parse_settings(facts.settings)}
    if single:
        from dashlint.superset import config_file

        try:
            settings = config_file.apply(single, settings)
        except ValueError as error:
            raise ConfigError(f"setting {error}") from error
    return settings, problems


def _parse_settings(pairs: Sequence[str]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        import ast  # Python's parser, which few calls need

        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--setting {pair!r}: write it as KEY=VALUE, such as ROW_LIMIT=10000")
        try:
            values[key.strip()] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            values[key.strip()] = text
    return values


def read_catalogs(
    entries: Sequence[str | Path], databases: Sequence[Database] = (), timeout: float | None = None
) -> tuple[CatalogSet | None, list[Problem]]:
    """The warehouse's tables from files, folders and live databases; None when none were given.

    A catalog that belongs to none of the ``databases`` is told. ``timeout`` is in seconds, for a live
    database's connection and for each query.

    Raises:
        ConfigError: there is no such file.
        CatalogError: a live database could not be read.
    """
    if not entries:
        return None, []
    from dashlint.catalog import live
    from dashlint.catalog.load import CatalogSet, load
    from dashlint.catalog.naming import given

    missing = next(
        (g.place for g in map(given, entries) if not g.is_url and not Path(g.place).exists()), None
    )
    if missing is not None:
        raise ConfigError(f"--catalog {missing}: there is no such file or folder")

    def read_url(url: str, database: str | None) -> tuple[Catalog, tuple[Problem, ...]]:
        return live.read(url, live_options(timeout)._replace(database=database))

    catalogs, problems = load(entries, databases, read_url=read_url)
    found = CatalogSet(catalogs, databases)
    return found, [*problems, *found.problems()]


def live_options(timeout: float | None = None) -> LiveOptions:
    """How to read a live database: the password where its URL has none, from the environment or a person."""
    from dashlint.catalog.live import TIMEOUT, LiveOptions

    return LiveOptions(
        timeout=TIMEOUT if timeout is None else timeout,
        password=os.environ.get("DASHLINT_DB_PASSWORD"),
        ask_password=ask_password,
    )


def analyse(
    read: Read, config: Config, facts: Facts, deployment: Deployment | None = None
) -> tuple[Analysis, list[Problem]]:
    """An analysis of a workspace, and what of its surroundings could not be read.

    A server is asked about the tables behind filters and time columns, unless catalogs were
    given, which know more. A deployment's ``superset_config.py`` counts where no other was named.
    """
    from dashlint.analysis import Analysis

    if facts.superset_config is None and config.superset_config is None:
        facts = facts._replace(superset_config=_config_of(deployment))

    settings, problems = settings_for(read.workspace, config, facts)
    catalogs, catalog_problems = read_catalogs(
        [*config.catalog, *facts.catalog], read.workspace.databases, facts.timeout
    )
    now = clock(facts.today)
    analysis = Analysis(read.workspace, settings, catalogs, now, deployment)
    if catalogs is None and read.ask_tables is not None:
        from dashlint.catalog.answers import catalogs_of

        answers = read.ask_tables(analysis.filtered_tables())
        catalogs = catalogs_of(answers.answers, read.workspace.url or "the server")
        analysis = Analysis(read.workspace, settings, catalogs, now, deployment)
        problems = [*problems, *answers.problems]
    return analysis, [*problems, *catalog_problems]


def _config_of(deployment: Deployment | None) -> Path | None:
    """The one ``superset_config.py`` of a deployment that is a file of its own."""
    if deployment is None or len(deployment.configs) != 1:
        return None
    file = deployment.configs[0].location.file
    return Path(file) if file is not None and file.endswith(".py") else None


def clock(today: str | None) -> datetime | None:
    """Midnight of the day that relative time ranges are resolved by; None for now.

    Raises:
        ConfigError: that is no date.
    """
    if today is None:
        return None
    try:
        return datetime.strptime(today, "%Y-%m-%d")  # noqa: DTZ007 - the server's local day
    except ValueError:
        raise ConfigError(f"--today {today}: write a date as 2026-01-31") from None


def merge(config: Config, **given: Any) -> Config:
    """The configuration with what the command line says: instead, or on top where it is about rules."""
    asked = Asked(given.pop("select", ()), given.pop("ignore", ()))
    return config._replace(asked=asked, **{key: value for key, value in given.items() if value})


def split(values: Sequence[str] | None) -> tuple[str, ...]:
    """``["DL1,DL2", "DL3"]`` as ``("DL1", "DL2", "DL3")``."""
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())


def wants_color(choice: str) -> bool | None:
    """True or False where the user decides (``--color``, ``NO_COLOR``), None to look at stdout."""
    if choice not in ("auto", "always", "never"):
        raise ConfigError(f"--color {choice}: say auto, always or never")
    if choice != "auto":
        return choice == "always"
    return False if os.environ.get("NO_COLOR") else None
