"""SQL with Jinja in it → the SQL that Superset would send, as far as that can be known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dashlint.assets import Dataset
from dashlint.sql.model import RenderedSql

if TYPE_CHECKING:
    from dashlint.sql.macros import FilterLike, Ranges

#: Gives the dataset of a numeric id, or None (``{{ dataset(42) }}``).
DatasetLookup = Callable[[int], "Dataset | None"]

#: Longer texts are not rendered: Superset's own limit is the metadata database's text type
#: (64 KiB–16 MiB in MySQL); a template of this size is generated, not written.
MAX_TEMPLATE = 1_000_000


def has_template(sql: str) -> bool:
    """Whether the text holds Jinja at all."""
    return "{{" in sql or "{%" in sql or "{#" in sql


def render(
    sql: str,
    *,
    filters: Iterable[FilterLike] = (),
    time_range: str | None = None,
    template_params: Mapping[str, Any] | None = None,
    engine: str | None = None,
    dataset: Dataset | None = None,
    datasets: DatasetLookup | None = None,
    query: Mapping[str, Any] | None = None,
    assume_filters: bool = True,
    ranges: Ranges | None = None,
) -> RenderedSql:
    """Render a dataset's SQL, an expression or a clause. Never raises.

    Args:
        sql: the text, with or without Jinja.
        filters: the filters of the query, with ``col``, ``op`` and ``val``.
        time_range: the query's time range as Superset writes it ("Last week",
            ``2024-01-01 : 2024-02-01``, ``No filter``).
        template_params: the dataset's own parameters.
        engine: the SQLAlchemy dialect's name; some have macros of their own.
        dataset: whose text this is (``table_columns``, ``metric(…)`` without an id).
        datasets: finds other datasets by id, for ``dataset(…)`` and ``metric(…)``.
        query: further fields of the query (``columns``, ``groupby``, ``metrics``,
            ``row_limit``, ``time_column``, ``time_grain``…).
        assume_filters: treat a column without a filter, and a missing time range, as if one
            were set (a placeholder), so that ``{% if filter_values('x') %}`` is entered.
            With False it is the SQL of a dashboard on which nothing is chosen. Use
            :func:`variants` to get both.
        ranges: resolves time ranges and writes moments; without it, relative ranges are
            placeholders and moments plain text.

    Returns:
        The text and what it depends on. What only the server knows is a placeholder that
        parses; branches are taken as these values have it. A template that fails, or asks
        for more than the limits of :mod:`dashlint.sql.sandbox`, has ``error`` set.
    """
    if not has_template(sql):
        return RenderedSql(sql, template=sql)
    if len(sql) > MAX_TEMPLATE:
        error = f"the template is longer than {MAX_TEMPLATE:,} characters and was not rendered"
        return RenderedSql(sql, has_template=True, template=sql, error=error)
    from dashlint.sql.renderer import Renderer

    renderer = Renderer(
        filters=filters,
        time_range=time_range,
        engine=engine,
        datasets=datasets,
        query=query or {},
        assume_filters=assume_filters,
        ranges=ranges,
        types={column.name: column.type for column in dataset.columns} if dataset is not None else None,
    )
    return renderer.render(sql, dataset, template_params or {})


def variants(sql: str, **options: Any) -> tuple[RenderedSql, ...]:
    """The different texts that a template becomes: filters chosen first, then none chosen.

    Takes the arguments of :func:`render` but ``assume_filters``. A text without Jinja, or
    one that filters do not change, is given once.
    """
    chosen = render(sql, **options)
    if not chosen.has_template:
        return (chosen,)
    none_chosen = render(sql, **options, assume_filters=False)
    same = none_chosen.text == chosen.text and none_chosen.error == chosen.error
    return (chosen,) if same else (chosen, none_chosen)
