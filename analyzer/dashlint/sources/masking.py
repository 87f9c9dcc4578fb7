"""Secrets out of what a database's file says, before anybody keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What Superset writes in place of a secret (superset/constants.py: PASSWORD_MASK).
MASK = "XXXXXXXXXX"

# user:password@ in the way SQLAlchemy splits it (sqlalchemy/engine/url.py: _parse_url): the password goes up
# to an @. Passwords that should have been quoted may hold more of them, so the last one before anything like
# `name=value` counts: rather too much is masked than too little.
_USER = re.compile(r"^(?P<before>\s*[\w+.-]+://[^:/@?]*:)(?P<password>[^@]*(?:@[^=]*)?)(?=@)", re.DOTALL)
_SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)|pwd|token|secret|api_?key|private_?key|access_?key|credential|signature"
    r"|(?:^|[_\W])pass$",
    re.IGNORECASE,
)
# Names that hold such a word and are no secrets.
_HARMLESS = re.compile(r".*_(?:id|path|file|url|uri|type|name|timeout|expir\w*|required)", re.IGNORECASE)
# name=value in a query, or in the connection text that ODBC drivers take there, percent-encoded or not.
# Nothing begins inside of a name: searching on from each of its characters would take quadratic time.
_PAIR = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]+)(?P<sign>=|%3[dD])(?P<value>[^&;]*?)(?=%3[bB]|[&;]|$)", re.DOTALL
)
# Not a secret but the place for one: ${NAME}, $NAME, {{ … }}, %(name)s, <name>, ****.
_PLACEHOLDER = re.compile(
    r"\$\{[^}]*\}|\$\w+|\{\{.*\}\}|\{\w*\}|%\(\w+\)s|%\w+%|<[\w -]*>|\*+|[xX]+|__\w+__", re.DOTALL
)


def mask_uri(uri: str) -> tuple[str, bool]:
    """A database's URI without secrets, and whether it held one.

    Placeholders such as ``${DB_PASSWORD}`` are masked too, but are not taken for secrets.
    """
    found = _USER.match(uri)
    secret = False
    if found and found["password"]:
        secret = is_secret(found["password"])
        uri = found["before"] + MASK + uri[found.end() :]
    base, sign, query = uri.partition("?")
    if not sign:
        return uri, secret

    def mask(pair: re.Match[str]) -> str:
        nonlocal secret
        if not pair["value"] or not is_secret_name(pair["name"]):
            return pair[0]
        secret = secret or is_secret(pair["value"])
        return pair["name"] + pair["sign"] + MASK

    # A connection text is the value of a parameter: its own pairs are found in the second round.
    return base + sign + _PAIR.sub(lambda p: _inner(p, mask), query), secret


def _inner(pair: re.Match[str], mask: Any) -> str:
    masked: str = mask(pair)
    if masked != pair[0] or not re.search(r"=|%3[dD]", pair["value"]):
        return masked
    return pair["name"] + pair["sign"] + _PAIR.sub(mask, pair["value"])


def is_secret(value: str) -> bool:
    """Whether a value is a real secret: neither Superset's mask nor a placeholder."""
    return bool(value) and _PLACEHOLDER.fullmatch(value) is None


def mask_database(raw: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What a database's file says, without secrets, and whether its URI held one."""
    masked: dict[str, Any] = {}
    secret = False
    for key, value in raw.items():
        if key == "sqlalchemy_uri" and isinstance(value, str):
            masked[key], secret = mask_uri(value)
        elif key in {"encrypted_extra", "masked_encrypted_extra", "password"}:
            # Whatever stands there is meant to be secret as a whole.
            masked[key] = MASK if value else value
        elif key in {"extra", "parameters", "ssh_tunnel", "server_cert"} or isinstance(value, Mapping):
            masked[key] = mask_values(value)
        else:
            masked[key] = _mask_text(value)
    return masked, secret


def mask_values(value: Any) -> Any:
    """A value without what its keys or its form call a secret, at any depth; JSON in text included."""
    if isinstance(value, Mapping):
        return {
            key: MASK
            if item and not isinstance(item, bool) and is_secret_name(str(key))
            else mask_values(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [mask_values(item) for item in value]
    return _mask_text(value)


def _mask_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in {"{", "["}:
        import json

        try:
            return json.dumps(mask_values(json.loads(value)))
        except (ValueError, RecursionError):
            # Not JSON after all; what looks like a secret in it cannot be told from the rest.
            return MASK if _SECRET_NAME.search(value) else value
    if "-----BEGIN" in value and "PRIVATE KEY" in value:
        return MASK
    return mask_uri(value)[0] if "://" in value else value


def is_secret_name(name: str) -> bool:
    """Whether what bears a name is a secret: a password, a token, a key."""
    # Nobody gives a harmless setting such a long name, and the pattern takes quadratic time.
    return _SECRET_NAME.search(name) is not None and (len(name) > 200 or _HARMLESS.fullmatch(name) is None)
