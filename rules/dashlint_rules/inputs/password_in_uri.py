"""Passwords in exported database connections."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class PasswordInUri(Rule):
    """A database's URI holds a password in clear text.

    ## Why
    Superset writes `XXXXXXXXXX` in its exports. A password in the file was put there by hand,
    and whoever can read the repository, its history or a build log has it.

    ## Example
    ```yaml
    sqlalchemy_uri: postgresql://superset:s3cret@warehouse/shop
    ```

    ## Use instead
    Keep the mask in the file and give the password at import time (`passwords` of the import API),
    then change the one that was published.

    ## Source
    superset/models/core.py:Database.set_sqlalchemy_uri (the mask);
    superset/databases/schemas.py:ImportV1DatabaseSchema.
    """

    code = "DL903"
    severity = Severity.ERROR
    effort = Effort.SETTING
    remedy = "take passwords out of files, and change them"

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each database with a password."""
        for database in analysis.workspace.databases:
            if database.has_password:
                yield self.finding(
                    analysis,
                    database,
                    "its sqlalchemy_uri holds a password in clear text",
                    field="sqlalchemy_uri",
                    advice="replace it by XXXXXXXXXX, change the password, and clean the history",
                )
