"""How a Superset is run: what its configuration, start commands, containers and servers are told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashlint.assets.origin import Problem
    from dashlint.deployment.model import Deployment

__all__ = ["is_deployment_file", "read"]


def read(paths: Iterable[str | os.PathLike[str]]) -> tuple[Deployment, list[Problem]]:
    """What files and folders say about how a Superset is run, all of them together.

    Nothing of them is executed. See :func:`dashlint.deployment.reading.read`.

    Raises:
        DeploymentError: a path does not exist.
    """
    from dashlint.deployment import reading

    return reading.read(paths)


def is_deployment_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file that was named says how a Superset is run."""
    from dashlint.deployment import files

    return files.is_deployment_file(path)
