"""The requests of an event for a person: what goes first, what waits, what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from dashlint.lint import amounts
from dashlint.report.terminal import clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from dashlint.analysis import Analysis
    from dashlint.analysis.compiled import CompiledStatement
    from dashlint.assets import Dashboard
    from dashlint.superset.query import Event, Request


def show(dashboard: Dashboard, events: Iterable[Event], analysis: Analysis, console: Console) -> None:
    """Prints the events of one dashboard as timelines. Requests are numbered within their event."""
    from rich.rule import Rule
    from rich.text import Text

    console.print(Rule(Text(clean(dashboard.title), "bold"), align="left", characters="─", style="dim"))
    for event in events:
        console.print(_summary(event, dashboard, analysis))
        if event.requests:
            console.print(_timeline(event, dashboard, analysis))
        for note in event.notes:
            console.print(Text(f"  {clean(note)}", "dim"))
        console.print()


def explain(event: Event, number: int, analysis: Analysis, dashboard: Dashboard, console: Console) -> None:
    """Prints why one request (counted from 1) is sent, and what is in it."""
    from rich.text import Text

    request = event.requests[number - 1]
    console.print(Text(f"{event.name}, request {number}: {_what(request)}", "bold"))
    for place, fact in enumerate(request.because, 1):
        console.print(Text(f"  {place}. {clean(fact)}"))
    dataset = analysis.request_dataset(request, dashboard)
    for place, query in enumerate(request.queries, 1):
        limit = f"LIMIT {query.effective_limit:,}" if query.effective_limit is not None else "no LIMIT"
        sent = f"{query.row_limit:,}" if query.row_limit is not None else "nothing"
        lines = [
            f"query {place} ({query.role}): row_limit {sent} is sent, {limit} reaches the database",
            "columns: " + (", ".join(c.label for c in query.columns) or "none"),
            "metrics: "
            + (
                ", ".join(m.label for m in query.metrics) or "none"
                if query.metrics is not None
                else "not sent"
            ),
            *(f"filter: {f.col} {f.op} {f.val!r} (from {f.source})" for f in query.filters),
        ]
        if query.post_processing:
            lines.append("then: " + ", ".join(query.post_processing))
        lines.append(f"memory: {amounts.cost_phrase(analysis.query_cost(query, dataset))}")
        for line in lines:
            console.print(Text(f"  {clean(line)}"))
        for statement in analysis.compiled(query, dataset, legacy=request.kind == "legacy"):
            _show_statement(statement, console)


def _show_statement(statement: CompiledStatement, console: Console) -> None:
    """The SQL, and what it reads."""
    from rich.text import Text

    title = "SQL:" if statement.role == "main" else f"SQL for {statement.role}:"
    console.print(Text(f"  {clean(title)}"))
    if statement.error is not None or statement.sql is None:
        console.print(Text(f"    none: Superset refuses the query ({clean(statement.error or 'empty')})"))
        return
    for line in statement.sql.splitlines():
        # Not wrapped by us: people copy it.
        console.print(Text(f"    {clean(line)}", "cyan"), soft_wrap=True)
    facts = {
        "reads": statement.tables,
        "columns read": statement.columns,
        "filtered": [p.column for p in statement.predicates if p.column and p.kind != "join"],
        "grouped by": [name for name, _changed in statement.group_keys],
    }
    for words, names in facts.items():
        if names:
            console.print(Text(f"  {words}: {clean(', '.join(dict.fromkeys(names)))}"))
    for sentence in statement.unknown:
        console.print(Text(f"  {clean(sentence)}", "dim"))


def _summary(event: Event, dashboard: Dashboard, analysis: Analysis) -> Text:
    from rich.text import Text

    queries = sum(len(request.queries) for request in event.requests)
    text = Text(f"{clean(event.name)}  ", "bold cyan")
    text.append(
        f"{amounts.plural(len(event.requests), 'request')}, {amounts.plural(queries, 'query')}, "
        f"{amounts.cost_phrase(analysis.event_cost(dashboard, event))}",
        "default",
    )
    return text


def _timeline(event: Event, dashboard: Dashboard, analysis: Analysis) -> RenderableType:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Request", ratio=1, overflow="fold")
    table.add_column("Queries", justify="right")
    table.add_column("Rows\nat most", justify="right")
    table.add_column("Memory", justify="right")
    table.add_column("Cache", justify="right")
    numbered = list(enumerate(event.requests, 1))
    for place, (wave, requests) in enumerate(groupby(numbered, key=lambda pair: pair[1].round)):
        if place or wave:
            table.add_section()
            table.add_row("", f"then, when wave {wave} has answered:", "", "", "", "", style="dim")
        for number, request in requests:
            table.add_row(str(number), *_cells(request, dashboard, analysis))
    return table


def _cells(request: Request, dashboard: Dashboard, analysis: Analysis) -> tuple[str, ...]:
    dataset = analysis.request_dataset(request, dashboard)
    rows = [analysis.rows(query, dataset).upper for query in request.queries]
    known = [n for n in rows if n is not None]
    memory = analysis.request_cost(request, dashboard)
    least = memory.expected if memory.expected is not None else memory.upper
    sign = "~" if memory.expected is not None else "≤ "
    return (
        _what(request),
        str(len(request.queries)),
        f"{sum(known):,}" if len(known) == len(rows) else "no limit",
        f"{sign}{amounts.size(least)}" if least is not None else "unknown",
        _cache(request),
    )


def _what(request: Request) -> str:
    if request.native_filter is not None:
        what = f"options of filter “{request.native_filter.name}”"
    elif request.chart is not None:
        what = f"“{request.chart.name}” ({request.chart.viz_type})"
        if request.cell is not None:
            what += f", cell {' × '.join(filter(None, request.cell)) or '(blank)'}"
    else:
        what = f"chart {request.chart_id}"
    notes = [
        note
        for note, holds in (
            ("past the cache", request.force),
            ("before Apply", request.before_apply),
            ("annotation layer", request.kind == "annotation"),
            (f"{request.confidence} confidence", request.confidence != "high"),
        )
        if holds
    ]
    return clean(what + (f" – {', '.join(notes)}" if notes else ""))


def _cache(request: Request) -> str:
    timeout = request.cache_timeout
    if timeout is None:
        return "–"
    return {-1: "off", 0: "for ever"}.get(timeout.seconds, f"{timeout.seconds:,} s")
