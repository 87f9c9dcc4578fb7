"""Exit codes, and how an error reaches the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn


class ExitCode(IntEnum):
    """What the exit code tells; part of the interface."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING_USABLE = 3
    UNREACHABLE = 4


def stop(message: str, code: ExitCode) -> NoReturn:
    """One sentence on stderr, and the end."""
    sys.stderr.write(f"dashlint: error: {message}\n")
    sys.exit(code)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turns the errors that dashlint expects into a sentence and an exit code."""
    from dashlint.catalog.errors import CatalogError
    from dashlint.deployment.errors import DeploymentError
    from dashlint.lint.config import ConfigError
    from dashlint.sources.errors import SourceError

    try:
        yield
    except ConfigError as error:
        stop(str(error), ExitCode.USAGE)
    except (SourceError, CatalogError, DeploymentError) as error:
        stop(str(error), ExitCode(error.exit_code))
    except MemoryError:
        stop(
            "the input needs more memory than there is: name fewer exports at once, "
            "or lower the limits in the configuration",
            ExitCode.NOTHING_USABLE,
        )
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough.
        sys.exit(ExitCode.OK)
    except KeyboardInterrupt:
        stop("interrupted", ExitCode.USAGE)
