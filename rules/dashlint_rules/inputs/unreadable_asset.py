"""Files that should be assets and cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Location
from dashlint.lint.effort import Effort
from dashlint.lint.model import AssetRef, Finding, Severity
from dashlint.lint.rule import Rule

#: Problems of a source that mean that a file, or a part of one, could not be used.
_KINDS = ("unreadable-file", "invalid-asset", "invalid-params", "duplicate-uuid", "too-large")


class UnreadableAsset(Rule):
    """A file that should be a dashboard, chart, dataset or database cannot be used.

    ## Why
    Superset's import refuses the whole archive when one file is broken, and nothing can be said
    about what the asset costs.

    ## Example
    A merge conflict marker in `charts/revenue_12.yaml`.

    ## Use instead
    Mend the file at the line that the message names, or export the asset again.

    ## Source
    superset/commands/importers/v1/__init__.py:ImportModelsCommand.validate.
    """

    code = "DL901"
    severity = Severity.ERROR
    effort = Effort.SETTING
    remedy = "mend or export again the files that cannot be used"

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """One finding per file and problem."""
        for problem in analysis.workspace.problems:
            if problem.kind not in _KINDS or problem.file is None:
                continue
            yield Finding(
                rule=self.code,
                name=self.name(),
                severity=self.severity,
                confidence=self.confidence,
                message=problem.message,
                asset=AssetRef("file", problem.file, None, problem.file),
                location=Location(problem.file, problem.line, problem.column, None),
                advice="mend the file, or export the asset again",
                url=self.url(),
            )
