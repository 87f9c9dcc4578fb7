"""Keys that everybody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Confidence, Finding, Severity
from dashlint.lint.rule import Rule
from dashlint_rules.deployment.secrets import GUEST_SECRET, KNOWN_KEYS, PLACEHOLDER, plain, secret_keys
from dashlint_rules.deployment.settings import flag

if TYPE_CHECKING:
    from dashlint.assets.origin import Location
    from dashlint.deployment.model import Deployment

#: 128 bits as one byte a character, the least that is taken for a symmetric key today (NIST SP 800-57).
_SHORTEST = 16
_ADVICE = (
    "make one with `openssl rand -base64 42` and give it as SUPERSET_SECRET_KEY; for a Superset that has "
    "been used, set PREVIOUS_SECRET_KEY to the old one and run `superset re-encrypt-secrets`"
)


class DefaultSecretKey(Rule):
    """Superset's SECRET_KEY is one that everybody knows, a placeholder, or too short.

    ## Why
    The key signs the session cookie and encrypts the passwords of databases. Whoever knows it is any user of
    this Superset, its administrator too, without a password (CVE-2023-27524). The examples' keys are tried by
    scanners.

    ## Example
    ```python
    SECRET_KEY = os.environ.get("SUPERSET_SECRET_KEY", "CHANGE_ME")
    ```

    ## Use instead
    ```python
    SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]  # openssl rand -base64 42
    ```
    To change the key of a Superset that has been used, keep the old one in `PREVIOUS_SECRET_KEY` and run
    `superset re-encrypt-secrets`.

    The default `GUEST_TOKEN_JWT_SECRET` is reported where the flag `EMBEDDED_SUPERSET` is on. A fallback in
    a file, used where a variable is not set, is a warning. The key itself is never shown.

    ## Source
    superset/constants.py: CHANGE_ME_SECRET_KEY; superset/initialization/__init__.py, `check_secret_key`;
    superset/config.py: GUEST_TOKEN_JWT_SECRET; Superset's documentation, "Specifying a SECRET_KEY";
    CVE-2023-27524.
    """

    code = "DL625"
    severity = Severity.ERROR
    effort = Effort.LINE
    remedy = "set a secret key of your own"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each place of such a key."""
        seen: set[Location] = set()
        for key, given, fallback in secret_keys(deployment):
            place = given.location._replace(field=None)
            if place not in seen:
                seen.add(place)
                yield from self._of_key(key, given.location, fallback=fallback)
        yield from self._of_guests(deployment)

    def _of_key(self, key: str, place: Location, *, fallback: bool) -> Iterator[Finding]:
        if key in KNOWN_KEYS:
            message = (
                f"SECRET_KEY is one that everybody knows, {KNOWN_KEYS[key]}: whoever knows it can sign in as "
                "administrator"
            )
            confidence = Confidence.HIGH
            if key.startswith("CHANGE_ME"):
                message = "SECRET_KEY is Superset's default, and Superset refuses to start with it"
        elif PLACEHOLDER.search(key):
            message = "SECRET_KEY is a placeholder that was to be replaced, and easy to guess"
            confidence = Confidence.MEDIUM
        elif len(key.encode()) < _SHORTEST:
            message = (
                f"SECRET_KEY has {len(key.encode())} bytes; fewer than {_SHORTEST} (128 bits) can be guessed"
            )
            confidence = Confidence.HIGH
        else:
            return
        if fallback:
            message += ". It is a fallback: it counts wherever the variable before it is not set"
        yield self.deployment_finding(
            place,
            message,
            advice=_ADVICE,
            severity=Severity.WARNING if fallback else None,
            confidence=confidence,
        )

    def _of_guests(self, deployment: Deployment) -> Iterator[Finding]:
        name = "GUEST_TOKEN_JWT_SECRET"
        embedding = [one for one in deployment.configs if flag(one, "EMBEDDED_SUPERSET")]
        given = [one.settings[name] for one in deployment.configs if name in one.settings]
        if not embedding or not all(config.complete for config in deployment.configs):
            return
        if given and not any(plain(one.value) == GUEST_SECRET for one in given):
            return
        place = given[0].location if given else embedding[0].settings["FEATURE_FLAGS"].location
        yield self.deployment_finding(
            place,
            f"EMBEDDED_SUPERSET is on and {name} is Superset's default: whoever wants to signs guest tokens "
            "for every embedded dashboard, with any row-level rule",
            field=name,
            advice=f'write {name} = os.environ["{name}"], made with `openssl rand -base64 42`',
        )
