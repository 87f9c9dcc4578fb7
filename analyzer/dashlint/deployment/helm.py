"""Values of the official Helm chart: what its templates make of them.

Source: apache/superset, helm/superset: values.yaml, templates/deployment.yaml, deployment-worker.yaml,
deployment-beat.yaml, init-job.yaml, secret-env.yaml, hpa-node.yaml and _helpers.tpl (superset-config); the
Redis and PostgreSQL below it are Bitnami's charts.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from dashlint.assets.origin import Location, Problem
from dashlint.deployment import postgres_conf, redis_conf
from dashlint.deployment.helm_config import config_of
from dashlint.deployment.helm_values import RELEASE, RELEASE_NAME, given_of, merged, text_of
from dashlint.deployment.hidden import guarded
from dashlint.deployment.kinds import Unreadable
from dashlint.deployment.kube_ingress import of_ingress
from dashlint.deployment.kube_pods import plain
from dashlint.deployment.model import UNKNOWN, Container, Given, Program, Proxy, Role, Script, Unknown
from dashlint.deployment.part import Part, Source
from dashlint.deployment.quantities import kubernetes_bytes, kubernetes_cores
from dashlint.deployment.starts import Start, postgres_of, started
from dashlint.deployment.yaml_tree import Entry, Trouble, documents

#: Commands that the chart starts where values say nothing (values.yaml of chart 0.10 and later).
_COMMANDS: Mapping[str, Sequence[str]] = {
    "supersetNode": ("/usr/bin/run-server.sh",),
    "supersetWorker": ("celery", "--app=superset.tasks.celery_app:app", "worker"),
    "supersetCeleryBeat": ("celery", "--app=superset.tasks.celery_app:app", "beat"),
    "init": ("superset", "init"),
}
#: The connections by their names in the chart's secret (secret-env.yaml), with the defaults of values.yaml.
_CONNECTIONS: Mapping[str, tuple[str, str | None]] = {
    "REDIS_HOST": ("redis_host", f"{RELEASE}-redis-headless"),
    "REDIS_PORT": ("redis_port", "6379"),
    "REDIS_PASSWORD": ("redis_password", None),
    "DB_HOST": ("db_host", f"{RELEASE}-postgresql"),
    "DB_PORT": ("db_port", "5432"),
    "DB_USER": ("db_user", "superset"),
    "DB_PASS": ("db_pass", "superset"),
    "DB_NAME": ("db_name", "superset"),
}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
#: Reads a text of settings: redis_conf.settings or postgres_conf.settings.
Settings = Callable[..., "tuple[dict[str, Given], list[Problem]]"]


def read_helm(sources: Sequence[Source]) -> Part:
    """The values files of a deployment.

    ``values.yaml`` counts for those beside it (``values-production.yaml``), each of which is a release.
    """
    problems: list[Problem] = []
    roots: list[Entry] = []
    for source in sources:
        try:
            roots.append(_root(source))
        except Unreadable as error:
            sentence = f"these values of Helm cannot be read: {error.reason}"
            problems.append(Problem("unreadable-file", sentence, source.file, error.line, error.column))
    parts = [_Release(values).part() for values in _releases(roots)]
    containers = tuple(container for part in parts for container in part.containers)
    return Part(
        containers=containers,
        configs=tuple(config for part in parts for config in part.configs),
        postgres=postgres_of(containers),
        scripts=tuple(script for part in parts for script in part.scripts),
        proxies=tuple(proxy for part in parts for proxy in part.proxies),
        problems=tuple(dict.fromkeys([*problems, *(one for part in parts for one in part.problems)])),
    )


def _root(source: Source) -> Entry:
    for document in documents(source.text, source.file):
        if isinstance(document, Trouble):
            raise Unreadable(document.reason, document.line, document.column)
        if not document.is_mapping:
            raise Unreadable("they are no mapping", document.place.line)
        return document
    raise Unreadable("the file is empty")


def _releases(roots: Sequence[Entry]) -> Iterator[Entry]:
    bases = {
        PurePath(root.file).parent: root
        for root in roots
        if PurePath(root.file).name in {"values.yaml", "values.yml"}
    }
    above = [root for root in roots if bases.get(PurePath(root.file).parent) is not root]
    for root in above:
        base = bases.get(PurePath(root.file).parent)
        yield merged(base, root) if base is not None else root
    covered = {PurePath(root.file).parent for root in above}
    yield from (base for folder, base in bases.items() if folder not in covered)


class _Release:
    """One release of the chart."""

    def __init__(self, values: Entry) -> None:
        self._values = values
        self.problems: list[Problem] = []

    def part(self) -> Part:
        containers = list(self._containers())
        scripts = []
        bootstrap = self._values.at("bootstrapScript")
        if bootstrap.literal is not None:
            place = bootstrap.location._replace(line=bootstrap.first_line, column=None)
            scripts.append(Script(place, bootstrap.literal, "sh"))
        return Part(
            containers=tuple(containers),
            configs=(config_of(self._values),),
            scripts=tuple(scripts),
            proxies=tuple(self._proxies()),
            problems=tuple(self.problems),
        )

    def _proxies(self) -> Iterator[Proxy]:
        ingress = self._values.at("ingress")
        if ingress.at("enabled").truth:
            yield from of_ingress(ingress, ingress.at("annotations"), ingress, (RELEASE,))

    def _containers(self) -> Iterator[Container]:
        yield self._superset("supersetNode", RELEASE, Role.WEB)
        yield self._superset("supersetWorker", f"{RELEASE}-worker", Role.CELERY_WORKER)
        if self._values.at("supersetCeleryBeat", "enabled").truth:
            yield self._superset("supersetCeleryBeat", f"{RELEASE}-celerybeat", Role.CELERY_BEAT)
        if self._values.at("init", "enabled").truth is not False:
            yield self._superset("init", f"{RELEASE}-init-db", Role.INIT)
        if self._values.at("redis", "enabled").truth is not False:
            yield self._redis()
        if self._values.at("postgresql", "enabled").truth is not False:
            yield self._postgres()

    # --- Superset ---------------------------------------------------------------------------------

    def _superset(self, key: str, name: str, expected: Role) -> Container:
        node = self._values.at(key)
        environment = self._environment(node)
        command = node.at("command")
        words = [self._word(item) for item in command.items] or list(_COMMANDS[key])
        place = command if command.items else node
        role, programs = started(Start(name, self._place(place), "", words, None, environment))
        # A pod's own resources stand in place of all the common ones, not beside them (deployment.yaml).
        own = node.at("resources")
        resources = own if own.mapping or key == "init" else self._values.at("resources")
        least, most = self._copies(node)
        container = Container(
            name,
            expected if role is Role.OTHER else role,
            self._place(node),
            self._image(self._values.at("image")),
            programs,
            environment,
            replicas=None if key in {"supersetCeleryBeat", "init"} else least,
            most_replicas=most,
            probes={
                probe: node.at(probe).given(plain(node.at(probe)))
                for probe in _PROBES
                if node.at(probe).mapping
            },
            mounts=("/app/pythonpath",),
            hosts=(RELEASE,) if key == "supersetNode" else (),
            kind="Job" if key == "init" else "Deployment",
        )
        return self._with_resources(container, resources)

    def _word(self, item: Entry) -> str:
        text, _ = text_of(item, self._values)
        return text if isinstance(text, str) else item.text or ""

    def _environment(self, node: Entry) -> dict[str, Given]:
        found: dict[str, Given] = {}
        connections = self._values.at("supersetNode", "connections")
        for name, (key, default) in _CONNECTIONS.items():
            entry = connections.at(key)
            given = given_of(name, entry, self._values)
            if given is not None:
                found[name] = given
            elif default is not None:
                assumed = (RELEASE_NAME,) if name.endswith("HOST") else ()
                place = self._place(connections)._replace(field=entry.path)
                found[name] = Given(guarded(name, default), place, assumed)
        for name, entry in self._values.at("extraSecretEnv").mapping.items():
            found[name] = given_of(name, entry, self._values) or entry.given()
        for source in (self._values.at("extraEnv"), node.at("env")):
            for name, entry in source.mapping.items():
                found[name] = given_of(name, entry, self._values) or entry.given("")
        for item in self._values.at("extraEnvRaw").items:
            name_of = item.at("name").text
            if name_of is not None:
                given = given_of(name_of, item.at("value"), self._values)
                found[name_of] = given or item.given()
        return found

    def _copies(self, node: Entry) -> tuple[Given, Given | None]:
        scaling = node.at("autoscaling")
        if scaling.at("enabled").truth:
            return (
                self._number(scaling.at("minReplicas"), 1),
                # The chart's own default.
                self._number(scaling.at("maxReplicas"), 100),
            )
        replicas = node.at("replicas")
        if replicas.at("enabled").truth is False:
            # The Deployment then says no number, and Kubernetes starts one (deployment-worker.yaml).
            return replicas.at("enabled").given(1), None
        # `replicas.replicaCount` since chart 0.11, `replicaCount` before.
        count = replicas.at("replicaCount")
        return self._number(count if count.exists else node.at("replicaCount"), 1), None

    def _number(self, entry: Entry, default: int) -> Given:
        if not entry:
            return Given(default, self._place(entry))
        return entry.given(UNKNOWN if entry.number is None else entry.number)

    # --- Redis and PostgreSQL ---------------------------------------------------------------------

    def _redis(self) -> Container:
        redis = self._values.at("redis")
        options: dict[str, Given] = {}
        for text in (
            redis.at("configmap"),
            redis.at("commonConfiguration"),
            redis.at("master", "configuration"),
        ):
            options.update(self._settings(text, redis_conf.settings))
        existing = redis.at("existingConfigmap")
        if existing.text:
            options[redis_conf.CONFIG_FILE] = existing.given()
        flags = redis.at("master", "extraFlags")
        words = [word for item in flags.items for word in _split(self._word(item))]
        if words:
            options.update(redis_conf.command(words, flags.location).options)
        place = self._place(redis)
        port = redis.at("master", "service", "ports", "redis")
        if port.text is not None:
            options.setdefault("port", port.given(port.text))
        container = Container(
            f"{RELEASE}-redis-master",
            Role.REDIS,
            place,
            self._image(redis.at("image")),
            (Program("redis-server", place, options),),
            hosts=tuple(f"{RELEASE}-redis-{end}" for end in ("headless", "master")),
            kind="StatefulSet",
        )
        return self._with_resources(container, redis.at("master", "resources"))

    def _postgres(self) -> Container:
        postgres = self._values.at("postgresql")
        primary = postgres.at("primary")
        options: dict[str, Given] = {}
        for text in (primary.at("configuration"), primary.at("extendedConfiguration")):
            options.update(self._settings(text, postgres_conf.settings))
        place = self._place(postgres)
        container = Container(
            f"{RELEASE}-postgresql",
            Role.POSTGRES,
            place,
            self._image(postgres.at("image")),
            (Program("postgres", place, options),),
            hosts=(f"{RELEASE}-postgresql", f"{RELEASE}-postgresql-hl"),
            kind="StatefulSet",
        )
        return self._with_resources(container, primary.at("resources"))

    def _settings(self, entry: Entry, read: Settings) -> dict[str, Given]:
        text, _ = text_of(entry, self._values)
        if not isinstance(text, str):
            return {}
        options, problems = read(text, entry.file, first_line=entry.first_line or 1, prefix=entry.path)
        self.problems += problems
        if entry.literal is not None:
            return options
        at = entry.location
        return {
            name: given._replace(location=Location(at.file, at.line, at.column, given.location.field))
            for name, given in options.items()
        }

    # --- what both have ---------------------------------------------------------------------------

    def _place(self, entry: Entry) -> Location:
        """Where something stands, or would stand: then only the file is known."""
        if entry.exists:
            return entry.location
        return Location(entry.file or self._values.file, None, None, entry.path or None)

    def _image(self, image: Entry) -> Given | None:
        named, _ = text_of(image.at("repository"), self._values)
        tag, _ = text_of(image.at("tag"), self._values)
        if named is None and tag is None:
            return None
        value: str | Unknown = UNKNOWN
        if isinstance(named, str) and not isinstance(tag, Unknown):
            value = f"{named}:{tag}" if tag else named
        return Given(value, (image.at("tag") if tag is not None else image.at("repository")).location)

    def _with_resources(self, container: Container, resources: Entry) -> Container:
        limits, requests = resources.at("limits"), resources.at("requests")
        return replace(
            container,
            memory_limit=self._quantity(limits.at("memory"), memory=True),
            memory_request=self._quantity(requests.at("memory"), memory=True),
            cpu_limit=self._quantity(limits.at("cpu"), memory=False),
            cpu_request=self._quantity(requests.at("cpu"), memory=False),
        )

    def _quantity(self, entry: Entry, *, memory: bool) -> Given | None:
        text, _ = text_of(entry, self._values)
        if text is None:
            return None
        if not isinstance(text, str):
            return entry.given()
        value = kubernetes_bytes(text) if memory else kubernetes_cores(text)
        if value is None:
            sentence = f"{text!r} is no quantity of Kubernetes, which refuses the manifest"
            self.problems.append(
                Problem("unreadable-value", sentence, entry.file, entry.place.line, entry.place.column)
            )
        return entry.given(UNKNOWN if value is None else value)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
