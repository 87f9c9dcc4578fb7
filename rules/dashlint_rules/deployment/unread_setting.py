"""Settings that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.deployment.model import Container, Deployment, Given, SupersetConfig

#: How alike a name is to a real one that it was meant to be (difflib's ratio). Of the 283 names that Superset
#: 6.1.0 and its libraries read besides those of its ``config.py``, none is as near to one of these.
_ALIKE = 0.88
#: Shorter names are near to too many others.
_SHORTEST = 6


class UnreadSetting(Rule):
    """A setting that this version of Superset does not read.

    ## Why
    Superset takes any upper-case name of `superset_config.py` without a word, so a misspelt or invented
    setting looks as if it were in force. The limit, cache or queue that it should set up is not there.

    ## Example
    ```python
    CELERY_BROKER_URL = "redis://redis:6379/0"  # Superset reads CELERY_CONFIG only
    SUPERSET_SQLLAB_TIMEOUT = 120  # SQLLAB_TIMEOUT
    GLOBAL_ASYNC_QUERIES_REDIS_CONFIG = {}  # up to 4.1; GLOBAL_ASYNC_QUERIES_CACHE_BACKEND since 5.0
    ```

    ## Use instead
    The setting that the finding names. Constants of your own are not reported: only names that are known to
    be dead, names of other versions, and names that are nearly a real one. What the file's own code reads
    is never reported.

    Environment variables of Superset's containers are reported as info where they are known to do nothing and
    no file of the deployment reads them.

    ## Source
    superset/config.py of 4.1.4, 5.0.0, 6.0.0 and 6.1.0; SupersetAppInitializer.configure_celery (only
    CELERY_CONFIG reaches Celery).
    """

    code = "DL601"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "rename or delete settings that nothing reads"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each setting or environment variable that nobody reads."""
        for config in deployment.configs:
            yield from self._of_config(config, analysis)
        for container in deployment.containers:
            yield from self._of_container(container, deployment)

    def _of_config(self, config: SupersetConfig, analysis: Analysis) -> Iterator[Finding]:
        from dashlint.superset import config_keys as known

        version = analysis.settings.version
        keys = known.config_keys(version)
        for name, given in config.settings.items():
            if name in keys or name in config.read:
                continue
            if name in known.DEAD:
                message = f"nothing in Superset reads {name}"
                yield self.deployment_finding(given.location, message, advice=known.DEAD[name])
            elif known.is_read_by_a_library(name):
                continue
            elif known.versions_with(name):
                yield self._of_other_versions(name, given, analysis)
            else:
                meant = _meant(name, keys)
                if meant is not None:
                    yield self.deployment_finding(
                        given.location,
                        f"Superset {version} does not read {name}; it reads {meant}",
                        advice=f"call it {meant}, if that is what it is for",
                        confidence=None if name.removeprefix("SUPERSET_") == meant else Confidence.MEDIUM,
                    )

    def _of_other_versions(self, name: str, given: Given, analysis: Analysis) -> Finding:
        from dashlint.superset import config_keys as known

        having = known.versions_with(name)
        version = analysis.settings.version
        gone = having[-1] < version
        when = f"the last to read it was {having[-1]}" if gone else f"the first to read it is {having[0]}"
        sure = analysis.settings.knows("SUPERSET_VERSION") or analysis.workspace.superset_version is not None
        now = known.RENAMED.get(name) if gone else None
        return self.deployment_finding(
            given.location,
            f"Superset {version} does not read {name}: {when}",
            advice=f"set {now} instead"
            if now
            else "delete it, or say with --superset-version what this is for",
            confidence=None if sure else Confidence.MEDIUM,
        )

    def _of_container(self, container: Container, deployment: Deployment) -> Iterator[Finding]:
        from dashlint.superset import config_keys as known

        if not _runs_superset(container) or not _all_is_known(container, deployment):
            return
        for name, given in container.environment.items():
            if name in known.DEAD_ENVIRONMENT and not _is_read(name, container, deployment):
                yield self.deployment_finding(
                    given.location,
                    f"nothing that was given reads the environment variable {name} of {container.name}, and "
                    "Superset does not either",
                    advice=known.DEAD_ENVIRONMENT[name],
                    severity=Severity.INFO,
                    confidence=Confidence.MEDIUM,
                )


def _meant(name: str, keys: frozenset[str]) -> str | None:
    """The real name that another one nearly is."""
    bare = name.removeprefix("SUPERSET_")
    if bare in keys:
        return bare
    if f"SUPERSET_{name}" in keys:
        return f"SUPERSET_{name}"
    if len(name) < _SHORTEST:
        return None
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(keys), n=1, cutoff=_ALIKE)), None)


def _runs_superset(container: Container) -> bool:
    from dashlint.deployment.model import Role

    return container.role in (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT, Role.INIT)


def _all_is_known(container: Container, deployment: Deployment) -> bool:
    """Whether every ``superset_config.py`` of a container was given, so that one can tell what it reads."""
    if deployment.configs:
        return all(config.complete for config in deployment.configs)
    image = str(container.image.value) if container.image is not None else ""
    official = image.partition("@")[0].partition(":")[0].removeprefix("docker.io/") == "apache/superset"
    return official and not container.mounts


def _is_read(name: str, container: Container, deployment: Deployment) -> bool:
    if any(name in config.environment for config in deployment.configs):
        return True
    if any(name in script.text for script in deployment.scripts):
        return True
    others = (given.value for key, given in container.environment.items() if key != name)
    return any(isinstance(value, str) and name in value for value in others)
