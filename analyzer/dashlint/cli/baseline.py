"""``dashlint baseline``: accepts what is found today, so that only new findings fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from dashlint.cli import choices, inputs, options
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import tell, tell_hidden, write_file
from dashlint.cli.scan import checked
from dashlint.lint.baseline import FILE_NAME
from dashlint.lint.config import ConfigError


def baseline(
    sources: options.Sources = None,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            help=f"File to write; else the configured baseline, or {FILE_NAME}. - is stdout.",
        ),
    ] = None,
    url: options.Url = None,
    username: options.Username = None,
    provider: options.Provider = "db",
    ca_bundle: options.CaBundle = None,
    insecure: options.Insecure = False,
    timeout: options.Timeout = 60.0,
    catalog: options.Catalog = None,
    superset_version: options.SupersetVersion = None,
    superset_config: options.SupersetConfig = None,
    setting: options.Setting = None,
    today: options.Today = None,
    profile: choices.Profile = None,
    persona: choices.Persona = None,
    pedantic: choices.Pedantic = False,
    plugin: choices.Plugins = None,
    allow_plugins: choices.AllowPlugins = None,
    config: options.ConfigFile = None,
) -> None:
    """Accept the findings of today: `scan` then reports only what is new.

    Give it the same sources and facts as `scan`, and commit the file. Exit codes: 0 written, 2 wrong usage,
    3 nothing usable in the input, 4 server not reached or login refused.
    """
    from dashlint.lint.baseline import render

    with told_plainly():
        server = inputs.ServerOptions(
            inputs.server_url(url, sources), username, provider, ca_bundle, insecure, timeout=timeout
        )
        facts = inputs.Facts(
            tuple(catalog or ()), superset_version, superset_config, tuple(setting or ()), today
        )
        configured = inputs.read_config(config, sources or [])
        configured = choices.settled(
            configured, choices.Choices(profile, persona, pedantic, plugin, allow_plugins)
        )
        _analysis, report = checked(sources or [], server, configured._replace(baseline=None), facts)
        text = render(report.findings)
        tell(report.problems, ())
        tell_hidden(report.hidden)
        path = output or configured.baseline or Path(FILE_NAME)
        if str(path) == "-":
            sys.stdout.write(text)
            return
        try:
            write_file(path, text)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
        sys.stderr.write(f"dashlint: {len(report.findings)} findings accepted in {path}\n")
        if configured.baseline is None:
            sys.stderr.write(f'dashlint: to use it, put baseline = "{path}" into dashlint.toml\n')
