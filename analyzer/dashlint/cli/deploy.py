"""``dashlint deploy``: what is wrong in the files that say how Superset is run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

from dashlint.cli import inputs, options, servers
from dashlint.cli.declare import Argument, Option
from dashlint.cli.errors import ExitCode, stop, told_plainly
from dashlint.cli.outputs import publish, read_output, tell
from dashlint.cli.scan import exit_code, judged
from dashlint.lint.config import FAIL_ON, ConfigError

Paths = Annotated[
    Optional[list[Path]],  # noqa: UP045 it is read the annotation at run time on Python 3.10
    Argument(
        help="Files of a deployment, or folders with them: superset_config.py, start commands, containers.",
        show_default=False,
    ),
]
With = Annotated[
    Optional[list[Path]],  # noqa: UP045
    Option(
        "--with",
        help="Exports of the dashboards that it serves, to compare memory with what they need. Repeatable.",
        metavar="SOURCE",
        rich_help_panel="What predictions rest on",
    ),
]


def deploy(
    paths: Paths = None,
    exports: With = None,
    catalog: options.Catalog = None,
    superset_version: options.SupersetVersion = None,
    setting: options.Setting = None,
    today: options.Today = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    baseline: options.Baseline = None,
    fail_on: options.FailOn = None,
    min_confidence: options.MinConfidence = None,
    config: options.ConfigFile = None,
    strict: options.Strict = False,
    format: options.ReportFormat = "terminal",
    output: options.Outputs = None,
    color: options.Color = "auto",
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check how Superset is run: settings nobody reads, caches, workers, time limits, memory.

    Files are read, never executed, all of them together. Exit codes: 0 nothing found, 1 findings, 2 wrong
    usage, 3 nothing usable in the input.
    """
    with told_plainly():
        wanted = read_output(format, color, quiet=quiet, verbose=verbose, outputs=output)
        if not paths:
            raise ConfigError(
                "nothing to check: name the files of a deployment, or a folder with them "
                "(superset_config.py, gunicorn.conf.py, start scripts, Compose, Kubernetes, …)"
            )
        # A Path has lost one slash of a URL.
        if any(str(one).startswith(("http:/", "https:/")) for one in exports or ()):
            raise ConfigError(
                "--with takes exports: dashboards of a server are compared by `dashlint scan --url URL FILES`"
            )
        configured = inputs.merge(
            inputs.read_config(config, paths),
            select=inputs.split(select),
            ignore=inputs.split(ignore),
            fail_on=options.one_of("--fail-on", fail_on, FAIL_ON),
            min_confidence=options.one_of("--min-confidence", min_confidence, ("low", "medium", "high")),
            baseline=baseline,
        )
        deployment, unread = inputs.read_deployment(paths)
        if deployment is None:
            tell(unread, ())
            stop("none of these files could be used as a part of a deployment", ExitCode.NOTHING_USABLE)
        facts = inputs.Facts(tuple(catalog or ()), superset_version, None, tuple(setting or ()), today)
        with inputs.opened(exports or [], servers.ServerOptions(), deployment) as read:
            analysis, more = inputs.analyse(read, configured, facts, deployment)
        # Suppressions and the baseline are those of the dashboards, too, which are not judged here.
        report = judged(analysis, [*unread, *more], configured, whole=False)
        publish(report, wanted)
        sys.exit(exit_code(report, strict=strict))
