"""What commands that run rules let people choose beside the configuration: size, persona, plugins.

A plugin is a Python file, and reading its rules runs it. A configuration is found by walking upward from an
export, so one that came with somebody else's files must not be able to run code: plugins that a configuration
names are loaded only where the person says so, however the configuration was found.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

from dashlint.cli.declare import Option
from dashlint.cli.options import one_of
from dashlint.lint.config import PERSONAS, PROFILES, Config, ConfigError
from dashlint.records import NamedTuple

_RULES = "Rules"

Profile = Annotated[
    str | None,
    Option(
        "--profile",
        help="Size of the deployment, whose workers budgets of memory follow from: small, medium or large.",
        rich_help_panel=_RULES,
    ),
]
Persona = Annotated[
    str | None,
    Option(
        "--persona",
        help="Who reads it: regular, or pedantic, who also sees opinions and conventions.",
        rich_help_panel=_RULES,
    ),
]
Pedantic = Annotated[bool, Option("--pedantic", help="--persona pedantic, shorter.", rich_help_panel=_RULES)]
Plugins = Annotated[
    Optional[list[Path]],  # noqa: UP045 it is read at run time on Python 3.10
    Option(
        "--plugin",
        help="Python file with rules of your own; it is run. Repeatable.",
        metavar="FILE",
        rich_help_panel=_RULES,
    ),
]
AllowPlugins = Annotated[
    bool | None,
    Option(
        "--allow-plugins/--no-plugins",
        help="Run the plugins that the configuration names, or do without them and their settings.",
        envvar="DASHLINT_ALLOW_PLUGINS",
        rich_help_panel=_RULES,
    ),
]


class Choices(NamedTuple):
    """What was chosen on the command line; None where nothing was said."""

    profile: Profile = None
    persona: Persona = None
    pedantic: Pedantic = False
    plugin: Plugins = None
    allow_plugins: AllowPlugins = None

    def as_options(self) -> tuple[str, ...]:
        """The same, to be given to another command."""
        words = [] if self.profile is None else ["--profile", self.profile]
        words += [] if self.persona is None else ["--persona", self.persona]
        words += ["--pedantic"] if self.pedantic else []
        words += [word for file in self.plugin or () for word in ("--plugin", str(file))]
        if self.allow_plugins is not None:
            words.append("--allow-plugins" if self.allow_plugins else "--no-plugins")
        return tuple(words)

    def spoken(self) -> dict[str, str]:
        """The keys of the configuration that the command line overrules, and how."""
        said = {}
        if self.profile is not None:
            said["profile"] = "--profile"
        if self.persona is not None or self.pedantic:
            said["persona"] = "--persona" if self.persona is not None else "--pedantic"
        return said


CHOICES = Choices()


def settled(config: Config, chosen: Choices, *, ask: bool = True) -> Config:
    """The configuration with what was chosen, and the plugins that may be run.

    With ``ask`` false, plugins that nobody has spoken of are left out with a note: for commands that only
    show something.

    Raises:
        ConfigError: a value is unknown, or nobody said whether to run the plugins of the configuration.
    """
    profile = one_of("--profile", chosen.profile, PROFILES)
    persona = one_of("--persona", chosen.persona, PERSONAS)
    if chosen.pedantic and persona == "regular":
        raise ConfigError("--pedantic and --persona regular contradict each other")
    allowed = chosen.allow_plugins
    if config.plugins and allowed is None:
        if ask:
            raise ConfigError(
                f"{config.path}: plugins run code: pass --allow-plugins if you trust "
                f"{', '.join(str(plugin) for plugin in config.plugins)}, or --no-plugins to do without"
            )
        allowed = False
    left_out = bool(config.plugins) and not allowed
    if left_out:
        files = f"the plugins of {config.path} are left out, and settings for their rules"
        sys.stderr.write(f"dashlint: note: {files}: --allow-plugins runs them\n")
    return config._replace(
        profile=profile or config.profile,
        persona="pedantic" if chosen.pedantic else persona or config.persona,
        trusted_plugins=(*(() if left_out else config.plugins), *(chosen.plugin or ())),
        plugins_left_out=left_out,
    )


def hidden_note(count: int) -> str | None:
    """One line on the findings that the persona does not see; None if there are none."""
    if not count:
        return None
    findings = "1 pedantic finding" if count == 1 else f"{count} pedantic findings"
    return f"{findings} hidden: --persona pedantic shows {'it' if count == 1 else 'them'}"
