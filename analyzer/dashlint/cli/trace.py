"""``dashlint trace``: the requests that a dashboard will send."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from dashlint.cli import groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import console_for, tell, write_document
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from dashlint.analysis import Analysis
    from dashlint.assets import Dashboard
    from dashlint.superset.query import Event

    Traced = list[tuple[Dashboard, list[Event]]]


def trace(
    sources: options.Sources = None,
    event: Annotated[
        str,
        Option(
            "--event",
            help="load, tab:NAME, tab:A/B, filter:NAME, filter:NAME@all-tabs, cross-filter:CHART, refresh; "
            "also with * and ?; or all.",
        ),
    ] = "load",
    explain_request: Annotated[
        int | None,
        Option("--explain-request", help="Tell why request N of the event is sent.", metavar="N", min=1),
    ] = None,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    basis: groups.Basis = groups.BASIS,
    config: options.ConfigFile = None,
    format: options.Format = "terminal",
    color: options.Color = "auto",
) -> None:
    """Predict the requests that a dashboard sends: on load, per tab, filter, click and refresh."""
    with told_plainly():
        options.one_of("--format", format, options.FORMATS)
        server = account.at(
            servers.server_url(url, sources), dashboard, published_only=published_only, indexes=False
        )
        facts = basis.facts(account.timeout)
        configured = inputs.read_config(config, sources or [])
        with inputs.opened(sources or [], server) as read:
            analysis, problems = inputs.analyse(read, configured, facts)
        traced = [
            (one, [analysis.event(one, name) for name in _names(one, event, analysis)])
            for one in chosen(analysis, dashboard or [])
        ]
        if not any(events for _one, events in traced):
            raise ConfigError(_no_event(event, analysis))
        if explain_request is not None:
            _explain(traced, explain_request, analysis, console_for(color))
        elif format == "json":
            from dashlint.report.trace_json import render

            write_document(render(traced, analysis))
        else:
            from dashlint.report.trace_text import show

            console = console_for(color)
            for one, events in traced:
                show(one, events, analysis, console)
        tell([*analysis.workspace.problems, *problems], ())


def chosen(analysis: Analysis, patterns: list[str]) -> Iterator[Dashboard]:
    """The dashboards that are meant: those in focus, by id, UUID, slug or title."""
    focused = analysis.workspace.focused
    found = False
    for one in analysis.workspace.dashboards:
        names = [name.lower() for name in (str(one.id), one.uuid, one.slug or "", one.title)]
        meant = not patterns or any(fnmatch.fnmatch(n, p.lower()) for p in patterns for n in names)
        if meant and (focused is None or one in focused):
            found = True
            yield one
    if not found:
        titles = ", ".join(repr(one.title) for one in analysis.workspace.dashboards[:5])
        raise ConfigError(
            f"no dashboard is called {' or '.join(map(repr, patterns))}; there are {titles or 'none'}"
            if patterns
            else "there is no dashboard in what was read"
        )


def _names(dashboard: Dashboard, pattern: str, analysis: Analysis) -> list[str]:
    names = analysis.events(dashboard)
    if pattern == "all":
        return list(names)
    return [name for name in names if name == pattern] or fnmatch.filter(names, pattern)


def _no_event(wanted: str, analysis: Analysis) -> str:
    from dashlint.lint.config_schema import did_you_mean

    known = sorted({name for one in analysis.workspace.dashboards for name in analysis.events(one)})
    hint = did_you_mean(wanted, known)
    if "did you mean" not in hint and len(known) > 8:
        hint = f"; there are {', '.join(known[:8])} …"
    return f"no dashboard has the event {wanted!r}{hint}"


def _explain(traced: Traced, number: int, analysis: Analysis, console: Console) -> None:
    from dashlint.report.trace_text import explain

    single = [(one, event) for one, events in traced for event in events]
    if len(single) != 1:
        raise ConfigError(
            "--explain-request needs one event of one dashboard: add --dashboard and --event, not all"
        )
    one, event = single[0]
    if number > len(event.requests):
        raise ConfigError(f"{event.name} of {one.title!r} sends {len(event.requests)} requests, not {number}")
    explain(event, number, analysis, one, console)
