"""What is found before and after a fix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from dashlint.cli import inputs
from dashlint.cli.errors import ExitCode
from dashlint.lint.config import Config

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.assets import Problem, Workspace
    from dashlint.lint.model import Finding


class Check:
    """Runs the rules over a workspace, as a scan does; ``problems`` are what stood in the way."""

    def __init__(self, config: Config, facts: inputs.Facts) -> None:
        from dashlint.lint import registry
        from dashlint.lint import select as choice

        self._config = config
        self._facts = facts
        known, self._own = registry.load_rules(config.trusted_plugins)
        self._chosen = choice.choose(known, config)
        self.problems: list[Problem] = list(self._own)
        self._accepted: set[tuple[str, str, str]] = set()

    def __call__(self, workspace: Workspace) -> tuple[Analysis, Sequence[Finding]]:
        return self.of(inputs.Read(workspace))

    def of(self, read: inputs.Read) -> tuple[Analysis, Sequence[Finding]]:
        """The analysis, and the findings that the project does not bear."""
        from dashlint.lint import runner
        from dashlint.lint import select as choice

        analysis, more = inputs.analyse(read, self._config, self._facts)
        overrides = choice.overrides_of(self._config, read.workspace)
        findings, failures = runner.run(analysis, self._chosen, overrides)
        graded = choice.grade(findings, self._config, overrides)
        reported, _, stale = choice.suppress(
            graded,
            self._config,
            date.today(),  # noqa: DTZ011 a local date
            complete=False,
        )
        reported, _ = choice.shown(reported, self._chosen, self._config, overrides)
        self.problems = [*self._own, *more, *failures, *stale]
        if self._config.baseline is not None:
            from dashlint.lint import baseline

            judged = baseline.judge(reported, baseline.read(self._config.baseline), complete=False)
            self._accepted = {finding.identity for finding in judged.accepted}
        return analysis, reported

    def exit_code(self, remaining: Sequence[Finding]) -> ExitCode:
        """1 where a finding at or above ``--fail-on`` is left that no baseline accepts."""
        from dashlint.lint.model import Severity

        if self._config.fail_on == "never":
            return ExitCode.OK
        least = Severity(self._config.fail_on).rank
        left = (finding for finding in remaining if finding.identity not in self._accepted)
        return ExitCode.FINDINGS if any(f.severity.rank >= least for f in left) else ExitCode.OK
