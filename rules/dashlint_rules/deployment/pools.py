"""The metadata database's pool of connections, as ``SQLALCHEMY_ENGINE_OPTIONS`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from dashlint_rules.deployment.settings import whole

if TYPE_CHECKING:
    from dashlint.deployment.model import SupersetConfig

#: SQLAlchemy's ``QueuePool`` (sqlalchemy/pool/impl.py): connections kept, and more when all are taken.
SIZE, OVERFLOW = 5, 10


class Pool(NamedTuple):
    """Connections of one process: ``size`` are kept, ``overflow`` more are opened when they are needed."""

    size: int
    overflow: int
    given: bool

    @property
    def most(self) -> int:
        """Connections at once."""
        return self.size + self.overflow


def metadata_pool(config: SupersetConfig | None) -> Pool | None:
    """The pool of each process; None where it is unknown, has no bound, or is none.

    ``pool_size`` 0 and ``max_overflow`` -1 mean no bound. SQLite has another pool, and is left out.
    """
    if config is None:
        return None
    uri = config.settings.get("SQLALCHEMY_DATABASE_URI")
    if uri is None or (isinstance(uri.value, str) and "".join(uri.value).startswith("sqlite")):
        return None
    given = config.settings.get("SQLALCHEMY_ENGINE_OPTIONS")
    if given is None:
        return Pool(SIZE, OVERFLOW, given=False)
    if not isinstance(given.value, Mapping) or "poolclass" in given.value:
        return None
    size, overflow = (
        whole(given.value.get("pool_size", SIZE)),
        whole(given.value.get("max_overflow", OVERFLOW)),
    )
    if not size or overflow is None:
        return None
    return Pool(size, overflow, given=True)
