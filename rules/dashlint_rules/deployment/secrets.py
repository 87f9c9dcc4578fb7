"""Secrets of a deployment: which everybody knows, and which are only placeholders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashlint.deployment.model import Deployment, Given

#: Keys that Superset, its images, chart and documentation have shown (CVE-2023-27524), each with where.
KNOWN_KEYS = {
    "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET": "the default of superset/constants.py",
    "\2\1thisismyscretkey\1\2\\e\\y\\y\\h": "the default of Superset up to 1.4",
    "thisISaSECRET_1234": "that of the old Helm chart and deployment template",
    # helm/superset/templates/_helpers.tpl at 00a3dcd, where SECRET_KEY is not in the environment.
    "vwIxubtT28cEkBaamx8bNsWsNvZLGznyhK948EkrahfTINnpTjSa6FKa": "that of older Helm charts",
    "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY": "the documentation's example",
    "TEST_NON_DEV_SECRET": "that of docker/.env in Superset's repository",
}
#: GUEST_TOKEN_JWT_SECRET of superset/config.py.
GUEST_SECRET = "test-guest-secret-change-me"  # noqa: S105 the one that nobody should have
#: Words of somebody who meant to write another value.
PLACEHOLDER = re.compile(
    r"change[\W_]*(?:me|this|it|in[\W_]*prod)|your[\W_]*(?:own|secret|secure|key|pass)", re.IGNORECASE
)


def plain(value: object) -> str | None:
    """The text of a secret that is known, also where it hides itself."""
    return "".join(value) if isinstance(value, str) else None


def secret_keys(deployment: Deployment) -> Iterator[tuple[str, Given, bool]]:
    """Superset's secret keys as far as they are known: key, where it stands, and whether it is a fallback.

    A key that a ``superset_config.py`` takes from the environment stands where the variable is set.
    """
    from dashlint.deployment.model import Role

    roles = (Role.WEB, Role.CELERY_WORKER, Role.CELERY_BEAT, Role.INIT)
    variables = [
        (name, given)
        for container in deployment.containers
        if container.role in roles
        for name, given in container.environment.items()
    ]
    set_there = [
        config.settings["SECRET_KEY"] for config in deployment.configs if "SECRET_KEY" in config.settings
    ]
    for given in set_there:
        key = plain(given.value)
        if key:
            source = next((one for _, one in variables if plain(one.value) == key), given)
            yield key, source, bool(given.assumed)
    if not set_there:
        # superset/config.py reads this one itself.
        for name, given in variables:
            key = plain(given.value)
            if name == "SUPERSET_SECRET_KEY" and key:
                yield key, given, bool(given.assumed)
