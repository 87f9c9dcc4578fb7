"""Which certificates are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

from dashlint.sources.errors import USAGE, SourceError


def checked_bundle(path: str) -> str:
    """A PEM file, or a folder of them, as requests takes it.

    Raises:
        SourceError: it cannot be used.
    """
    place = Path(path).expanduser()
    try:
        if place.is_dir():
            return str(place)
        ssl.create_default_context(cafile=str(place))
    except ssl.SSLError:
        reason = "holds no certificates in PEM form"
    except OSError as error:
        reason = f"cannot be read ({error.strerror or type(error).__name__})"
    else:
        return str(place)
    raise SourceError("bad-ca-bundle", f"--ca-bundle {path}: the file {reason}", exit_code=USAGE) from None


def silence_urllib3() -> None:
    """Keep urllib3 from warning of certificates that nobody checks."""
    # It would warn at every request; whoever asked for --insecure is told once, in plain words.
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
