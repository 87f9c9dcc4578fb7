"""``dashlint rules`` and ``dashlint explain``: what is checked, and why."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from dashlint.cli import choices, inputs, options
from dashlint.cli.declare import Argument, Option
from dashlint.cli.errors import told_plainly
from dashlint.lint.config import ConfigError

if TYPE_CHECKING:
    from dashlint.lint.rule import Rule


def rules(
    format: Annotated[str, Option("--format", help="terminal or json.")] = "terminal",
    plugin: choices.Plugins = None,
    allow_plugins: choices.AllowPlugins = None,
    config: options.ConfigFile = None,
    color: options.Color = "auto",
) -> None:
    """List the rules."""
    from dashlint.lint import docs

    with told_plainly():
        known = _known(config, choices.Choices(plugin=plugin, allow_plugins=allow_plugins))
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


def _known(config: Path | None, chosen: choices.Choices) -> list[type[Rule]]:
    """The rules that there are, with those of plugins; what could not be loaded is told."""
    from dashlint.cli.outputs import tell
    from dashlint.lint import registry

    found = choices.settled(inputs.read_config(config, []), chosen, ask=False)
    known, problems = registry.load_rules(found.trusted_plugins)
    tell(problems, ())
    return known


def explain(
    rule: Annotated[str, Argument(help="Code or name of a rule, such as DL301.")],
    plugin: choices.Plugins = None,
    allow_plugins: choices.AllowPlugins = None,
    config: options.ConfigFile = None,
    color: options.Color = "auto",
) -> None:
    """Explain a rule: why it matters, an example, what to do, its options and its source."""
    from dashlint.lint import docs
    from dashlint.lint.config_schema import did_you_mean

    with told_plainly():
        known = _known(config, choices.Choices(plugin=plugin, allow_plugins=allow_plugins))
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
