"""Modules and names of Superset that are not there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, Program, Script

_APPLICATION = "superset.tasks.celery_app:app"
#: Under these names Celery finds Superset's application (celery.app.utils.find_app, tried with 6.1.0); under
#: these others it fails: "Module '…' has no attribute 'celery'", for the last "No module named".
_NO_APPLICATION = frozenset({"superset", "superset.tasks", "superset.app", "superset.tasks:app"})
#: Names that scripts for warming caches import and that no version from 4.1 to 6.1 has, with what to do.
_GONE: Mapping[tuple[str, str], str] = {
    ("superset.utils.cache", "get_chart_cache_key"): (
        "send PUT /api/v1/chart/warm_up_cache for each chart, or schedule Superset's Celery task cache-warmup"
    ),
}


class DeadModulePath(Rule):
    """A command or script names something in Superset that does not exist.

    ## Why
    `celery -A superset.tasks` ends at once with "Module 'superset.tasks' has no attribute 'celery'": no
    worker runs, and reports, thumbnails and asynchronous queries wait for ever.
    A script that imports what does not exist warms no cache.

    ## Example
    ```sh
    celery -A superset.tasks worker
    ```

    ## Use instead
    ```sh
    celery --app=superset.tasks.celery_app:app worker --pool=prefork -O fair -c 4
    ```

    ## Source
    superset/tasks/celery_app.py; celery.app.utils.find_app, tried with Superset 6.1.0;
    superset/utils/cache.py of 4.1.4 to 6.1.0.
    """

    code = "DL604"
    severity = Severity.ERROR
    effort = Effort.LINE
    remedy = "name modules that exist"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each command of Celery, and for each import of a script."""
        for container in deployment.containers:
            for program in container.programs:
                if program.name == "celery":
                    yield from self._of_celery(program)
        for script in deployment.scripts:
            if script.language == "python":
                yield from self._of_script(script)

    def _of_celery(self, program: Program) -> Iterator[Finding]:
        application = program.application
        if application is None or application.value not in _NO_APPLICATION:
            return
        yield self.deployment_finding(
            application.location,
            f"Celery finds no application in {application.value}, so `celery {program.command}` ends at once",
            advice=f"write celery --app={_APPLICATION} {program.command}".rstrip(),
        )

    def _of_script(self, script: Script) -> Iterator[Finding]:
        try:
            tree = ast.parse(script.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or node.level:
                continue
            for alias in node.names:
                advice = _GONE.get((node.module or "", alias.name))
                if advice is not None:
                    yield self.deployment_finding(
                        script.location._replace(line=(script.location.line or 1) + node.lineno - 1),
                        f"{node.module} has no {alias.name}: this script ends with an ImportError",
                        field=f"import.{alias.name}",
                        advice=advice,
                    )
