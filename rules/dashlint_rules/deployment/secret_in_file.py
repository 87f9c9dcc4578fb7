"""Passwords and keys that stand in the files of a deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.secrets import KNOWN_KEYS, plain

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Container, Deployment, Given, SupersetConfig

#: Values of variables that are called like secrets and are none.
_NONE = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null"})
#: Names of secrets by how they end; GUEST_TOKEN_JWT_ALGO and PASSWORD_RESET_TEXT are none.
_NAME = re.compile(
    r"(?:pass|passwd|password|passphrase|pwd|secret|secret_key|private_key|access_key|api_key|token|credentials?)$",
    re.IGNORECASE,
)
#: Keys that every browser gets.
_PUBLIC = frozenset({"MAPBOX_API_KEY", "RECAPTCHA_PUBLIC_KEY"})
#: Where the official chart keeps what becomes a Secret of Kubernetes (helm/superset, secret-env.yaml).
_HELM_SECRETS = ("extraSecretEnv", "supersetNode.connections")


class SecretInFile(Rule):
    """A password or key stands in a file of the deployment.

    ## Why
    Compose files, Dockerfiles, manifests and `superset_config.py` are kept in repositories and built into
    images. Everybody who can read those has the secret, and its history keeps it after it was deleted.

    ## Example
    ```yaml
    environment:
      POSTGRES_PASSWORD: s3cret
    ```

    ## Use instead
    ```yaml
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}   # from .env, which is not in the repository
    ```
    In `superset_config.py`: `os.environ["NAME"]`. In Kubernetes: `valueFrom: secretKeyRef`.

    Files that are there for secrets are left alone: `.env` files, Secrets of Kubernetes, `extraSecretEnv` of
    the Helm chart, `redis.conf`. The secret itself is never shown.

    ## Source
    docs.docker.com, "Set, use, and manage variables"; kubernetes.io, "Distribute credentials securely using
    Secrets"; Superset's documentation, "Configuring Superset".
    """

    code = "DL624"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "take secrets out of files, and change them"
    applies_to = "Every version."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each place."""
        seen: set[Location] = set()
        for container in deployment.containers:
            for name, given in container.environment.items():
                place = given.location._replace(field=None)
                if place not in seen and _is_held(name, given):
                    seen.add(place)
                    yield self._of_variable(name, given, container)
        for config in deployment.configs:
            for path, place in _held_by(config, deployment):
                if place._replace(field=None) not in seen:
                    seen.add(place._replace(field=None))
                    yield self._of_config(path, place)

    def _of_variable(self, name: str, given: Given, container: Container) -> Finding:
        if container.kind:
            advice = f"keep it in a Secret, and refer to it: {name} with valueFrom.secretKeyRef"
        elif container.name == "Dockerfile":
            advice = "give it to the container when it starts; layers of an image keep it for ever"
        else:
            advice = f"write {name}: ${{{name}:?}} and set it in an .env file that is not in the repository"
        message = f"the secret {name} of {container.name} stands in this file for everybody who can read it"
        return self.deployment_finding(given.location, message, advice=advice)

    def _of_config(self, path: str, place: Location) -> Finding:
        variable = "SUPERSET_SECRET_KEY" if path == "SECRET_KEY" else path.replace(".", "_").upper()
        what = "a password" if path.endswith(("URL", "URI", "url", "backend")) else "a secret"
        return self.deployment_finding(
            place,
            f"{path} holds {what} in clear text, for everybody who can read this file",
            advice=f'read it from the environment: os.environ["{variable}"]',
        )


def _is_held(name: str, given: Given) -> bool:
    """Whether a variable's own place holds a secret."""
    from dashlint.deployment.hidden import Hidden, HiddenUrl, guarded

    # Some readers keep values as they are.
    value, file = guarded(name, given.value), PurePath(given.location.file or "")
    if (
        name in _PUBLIC
        or not isinstance(value, Hidden)
        or given.referred
        or given.assumed
        or given.location.line is None
    ):
        return False
    if file.name.startswith(".env") or file.suffix == ".env" or "-env" in file.name:
        return False
    if (given.location.field or "").startswith(_HELM_SECRETS):
        return False
    if isinstance(value, HiddenUrl):
        return _password_of_url(value.secret) is not None
    return _NAME.search(name) is not None and _is_one(value.secret)


def _held_by(config: SupersetConfig, deployment: Deployment) -> Iterator[tuple[str, Location]]:
    """The paths of settings whose secret is written in the file itself."""
    outside = {
        plain(given.value)
        for container in deployment.containers
        for name, given in container.environment.items()
        if name in config.environment
    }
    for name, given in config.settings.items():
        if given.assumed or name in config.read or name in _PUBLIC:
            continue
        made = config.calls.get(name)
        for path, value in _texts_of(name, given.value if made is None else made.arguments, 0):
            password = _password_of_url(value)
            if password is not None:
                held = any(f":{password}@" in text for text in config.texts) or password in config.texts
                secret = password
            else:
                secret = value
                held = _NAME.search(path) is not None and value in config.texts and _is_one(value)
            if held and secret not in outside:
                yield path, config.places.get(path, given.location)


def _texts_of(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, "".join(value)
    elif isinstance(value, Mapping) and depth < 5:
        for key, one in value.items():
            yield from _texts_of(f"{path}.{key}", one, depth + 1)


def _password_of_url(url: str) -> str | None:
    """The password in a URL, if it is one and no placeholder."""
    from dashlint.deployment.hidden import is_real

    if "://" not in url:
        return None
    user, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    password = user.partition(":")[2]
    return password if at and is_real(password) else None


def _is_one(value: str) -> bool:
    from dashlint.deployment.hidden import is_real

    if value in KNOWN_KEYS or value.lower() in _NONE or value.startswith(("ENC[", "AQIC")):
        return False
    return is_real(value) and len(value) > 3 and "{{" not in value
