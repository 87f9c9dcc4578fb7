"""``dashlint baseline``: accepts what is found today, so that only new findings fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from dashlint.cli import choices, groups, inputs, options, servers
from dashlint.cli.declare import Option
from dashlint.cli.errors import told_plainly
from dashlint.cli.outputs import tell, tell_hidden, write_document, write_file
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
    account: groups.Account = groups.ACCOUNT,
    basis: groups.Basis = groups.BASIS,
    chosen: choices.Choices = choices.CHOICES,
    config: options.ConfigFile = None,
) -> None:
    """Accept the findings of today: `scan` then reports only what is new.

    Give it the same sources and facts as `scan`, and commit the file. Exit codes: 0 written, 2 wrong usage,
    3 nothing usable in the input, 4 server not reached or login refused.
    """
    from dashlint.lint.baseline import render

    with told_plainly():
        server = account.at(servers.server_url(url, sources))
        facts = basis.facts()
        configured = inputs.read_config(config, sources or [])
        configured = choices.settled(configured, chosen)
        _analysis, report = checked(sources or [], server, configured._replace(baseline=None), facts)
        text = render(report.findings)
        tell(report.problems, ())
        tell_hidden(report.hidden)
        path = output or configured.baseline or Path(FILE_NAME)
        if str(path) == "-":
            write_document(text)
            return
        try:
            write_file(path, text)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror})") from None
        sys.stderr.write(f"dashlint: {len(report.findings)} findings accepted in {path}\n")
        if configured.baseline is None:
            sys.stderr.write(f'dashlint: to use it, put baseline = "{path}" into dashlint.toml\n')
