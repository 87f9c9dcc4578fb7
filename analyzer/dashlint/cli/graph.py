"""``dashlint graph``: filters, charts, datasets and tables as a graph."""

from __future__ import annotations

from typing import Annotated

from dashlint.cli import groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import tell, write_document

FORMATS = ("json", "dot", "mermaid", "svg")


def graph(
    sources: options.Sources = None,
    url: options.Url = None,
    account: groups.Account = groups.ACCOUNT,
    dashboard: options.Dashboards = None,
    published_only: options.PublishedOnly = False,
    superset_version: options.SupersetVersion = None,
    cross_filters: Annotated[
        bool, Option("--cross-filters/--no-cross-filters", help="Also what a click in a chart filters.")
    ] = False,
    format: Annotated[str, Option("--format", help="json, dot, mermaid or svg.")] = "json",
) -> None:
    """Print who filters, shows and reads what, as JSON, DOT, Mermaid or an SVG picture."""
    with told_plainly():
        options.one_of("--format", format, FORMATS)
        server = account.at(servers.server_url(url, sources), dashboard, published_only=published_only)
        config = inputs.read_config(None, sources or [])
        with inputs.opened(sources or [], server) as read:
            workspace = read.workspace
        analysis, problems = inputs.analyse(
            inputs.Read(workspace), config, inputs.Facts((), superset_version)
        )
        from dashlint.graph import build
        from dashlint.report import graph_svg, graph_text

        built = build(analysis, cross_filters=cross_filters)
        render = {
            "json": graph_text.to_json,
            "dot": graph_text.to_dot,
            "mermaid": graph_text.to_mermaid,
            "svg": graph_svg.to_svg,
        }
        write_document(render[format](built))
        tell([*workspace.problems, *problems], ())
