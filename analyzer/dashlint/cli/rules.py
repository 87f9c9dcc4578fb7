"""``dashlint rules`` and ``dashlint explain``: what is checked, and why."""

from __future__ import annotations

import json
import sys
from typing import Annotated

from dashlint.cli import inputs, options
from dashlint.cli.declare import Argument, Option
from dashlint.cli.errors import told_plainly
from dashlint.lint.config import ConfigError


def rules(
    format: Annotated[str, Option("--format", help="terminal or json.")] = "terminal",
    color: options.Color = "auto",
) -> None:
    """List the rules."""
    from dashlint.lint import docs, registry

    with told_plainly():
        known, _problems = registry.load_rules()
        if format == "json":
            sys.stdout.write(json.dumps([docs.entry(rule) for rule in known], indent=2) + "\n")
            return
        if format != "terminal":
            raise ConfigError(f"--format {format}: known are terminal, json")
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for title in ("Code", "Name", "Severity", "What it finds"):
            table.add_column(title, overflow="fold")
        for rule in known:
            table.add_row(rule.code, rule.name(), rule.severity.value, docs.summary(rule))
        wanted = inputs.wants_color(color)
        Console(no_color=wanted is False, force_terminal=wanted or None, markup=False).print(table)


def explain(
    rule: Annotated[str, Argument(help="Code or name of a rule, such as DL301.")],
    color: options.Color = "auto",
) -> None:
    """Explain a rule: why it matters, an example, what to do, its options and its source."""
    from dashlint.lint import docs, registry
    from dashlint.lint.config_schema import did_you_mean

    with told_plainly():
        known, _problems = registry.load_rules()
        wanted = rule.strip()
        found = next((r for r in known if wanted.upper() == r.code or wanted.lower() == r.name()), None)
        if found is None:
            names = [name for r in known for name in (r.code, r.name())]
            hint = did_you_mean(wanted, names) if len(wanted) > 2 else ""
            raise ConfigError(
                f"there is no rule {wanted!r}{hint if 'mean' in hint else '; `dashlint rules` lists them'}"
            )
        from rich.console import Console
        from rich.markdown import Markdown

        color_choice = inputs.wants_color(color)
        console = Console(no_color=color_choice is False, force_terminal=color_choice or None)
        page = docs.page(found)
        if (url := found.url()) is not None:
            page += f"\nOn the web: <{url}>\n"
        console.print(Markdown(page))
