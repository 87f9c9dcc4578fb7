"""Datasets, their columns and metrics, and the databases that they live in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dashlint.assets.origin import Origin
from dashlint.records import NamedTuple, dataclass, field


class Column(NamedTuple):
    """A dataset's column. ``type`` is SQLAlchemy's type as text, in the engine's spelling."""

    name: str
    type: str | None = None
    is_temporal: bool = False
    expression: str | None = None
    verbose_name: str | None = None
    groupby: bool = True
    filterable: bool = True
    is_active: bool = True
    python_date_format: str | None = None

    @property
    def is_calculated(self) -> bool:
        return bool(self.expression)


class Metric(NamedTuple):
    """A dataset's saved metric."""

    name: str
    expression: str
    verbose_name: str | None = None
    currency: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset: physical (``sql`` is None) or virtual. ``cache_timeout`` is in seconds."""

    uuid: str
    id: int | None
    name: str
    origin: Origin
    columns: tuple[Column, ...] = ()
    metrics: tuple[Metric, ...] = ()
    catalog: str | None = None
    schema: str | None = None
    sql: str | None = None
    main_dttm_col: str | None = None
    cache_timeout: int | None = None
    database_uuid: str | None = None
    database_id: int | None = None
    fetch_values_predicate: str | None = None
    always_filter_main_dttm: bool = False
    offset: int = 0
    currency_code_column: str | None = None
    template_params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_virtual(self) -> bool:
        return bool(self.sql and self.sql.strip())

    @cached_property
    def column_by_name(self) -> Mapping[str, Column]:
        return {c.name: c for c in self.columns}

    @cached_property
    def metric_by_name(self) -> Mapping[str, Metric]:
        return {m.name: m for m in self.metrics}

    @cached_property
    def temporal_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_temporal)


@dataclass(frozen=True, eq=False)
class Database:
    """A database connection. ``uri`` never holds a password: a source masks it on reading.

    ``has_password`` tells that the stored text carried a real password (not Superset's
    mask ``XXXXXXXXXX``). ``cache_timeout`` is in seconds.
    """

    uuid: str
    id: int | None
    name: str
    origin: Origin
    uri: str | None = None
    backend: str | None = None
    cache_timeout: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    impersonate_user: bool = False
    has_password: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def engine(self) -> str | None:
        """The SQLAlchemy dialect name (``postgresql``), without its driver; None if unknown."""
        if self.backend:
            return self.backend.lower()
        if not self.uri or "://" not in self.uri:
            return None
        return self.uri.split("://", 1)[0].split("+", 1)[0].lower() or None
