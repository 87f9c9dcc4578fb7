"""``dashlint init`` and ``dashlint config``: a configuration to start with, and what is in force."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from dashlint.cli import choices, inputs, options
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.lint.config import FILE_NAME, ConfigError

_HOOKS = ".pre-commit-config.yaml"


def init(
    sources: options.Sources = None,
    force: Annotated[bool, Option("--force", help="Replace a configuration that is there.")] = False,
    hook: Annotated[
        bool | None,
        Option("--hook/--no-hook", help="Add the hook for pre-commit; asked for at a terminal."),
    ] = None,
) -> None:
    """Write a commented dashlint.toml for the exports, catalogs and settings that are here.

    Exit codes: 0 written, 2 wrong usage, or there is a configuration already.
    """
    from dashlint.cli.outputs import write_file
    from dashlint.cli.survey import configuration, hooks, survey

    with told_plainly():
        folder = Path.cwd()
        path = folder / FILE_NAME
        if path.exists() and not force:
            raise ConfigError(f"{FILE_NAME} is there already: edit it, or replace it with --force")
        found = survey(folder, sources or [])
        write_file(path, configuration(found))
        sys.stderr.write(f"dashlint: wrote {FILE_NAME}: {found.summary()}\n")
        wanted = hook
        if wanted is None and sys.stdin.isatty() and sys.stderr.isatty():
            import typer

            wanted = typer.confirm(f"Add the hook to {_HOOKS}?", default=False, err=True)
        if wanted:
            added = hooks(folder / _HOOKS)
            if added is None:
                sys.stderr.write(f"dashlint: {_HOOKS} has the hook already\n")
            else:
                write_file(folder / _HOOKS, added)
                sys.stderr.write(f"dashlint: added the hook to {_HOOKS}; `pre-commit install` turns it on\n")
        where = " ".join(str(p) for p in found.exports) or "EXPORT"
        sys.stderr.write(f"dashlint: next: dashlint scan {where}\n")


def config(
    sources: options.Sources = None,
    show: Annotated[bool, Option("--show", help="Print every value and where it comes from.")] = True,
    schema: Annotated[
        bool,
        Option("--schema", help="Print the JSON Schema of the configuration instead, with plugins' options."),
    ] = False,
    profile: choices.Profile = None,
    persona: choices.Persona = None,
    pedantic: choices.Pedantic = False,
    plugin: choices.Plugins = None,
    allow_plugins: choices.AllowPlugins = None,
    config: options.ConfigFile = None,
    color: options.Color = "auto",
) -> None:
    """Print every value of the configuration in force, and where it comes from.

    Exit codes: 0, or 2 where the configuration is wrong.
    """
    del show  # there is nothing else to do, yet
    from dashlint.cli.outputs import tell, write_document
    from dashlint.lint import registry, select
    from dashlint.lint.config import decoded
    from dashlint.lint.config_origins import DEFAULT, settings

    with told_plainly():
        found = inputs.read_config(config, sources or [])
        chosen = choices.Choices(profile, persona, pedantic, plugin, allow_plugins)
        found = choices.settled(found, chosen, ask=False)
        rules, problems = registry.load_rules(found.trusted_plugins)
        tell(problems, ())
        if schema:
            from dashlint.lint.config_schema import json_schema

            write_document(json.dumps(json_schema(rules), indent=2, ensure_ascii=False) + "\n")
            return
        select.choose(rules, found)  # says what is wrong with the options of a rule
        raw = decoded(found.path) if found.path is not None else {}
        from rich.console import Console
        from rich.text import Text

        wanted = inputs.wants_color(color)
        console = Console(
            no_color=wanted is False, force_terminal=wanted or None, markup=False, highlight=False
        )
        console.print(f"# {found.path or 'no configuration file: defaults'}")
        for setting in settings(found, raw, rules, chosen.spoken()):
            style = "dim" if setting.origin.startswith(DEFAULT) else "bold"
            console.print(Text(f"{setting.key} = {setting.value}", style), soft_wrap=True)
            console.print(Text(f"    {setting.meaning} [{setting.origin}]", "dim"))
