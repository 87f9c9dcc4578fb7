"""Deletes of cache entries that delete none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashlint.analysis import Analysis
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.deployment.model import Deployment, Script

#: A DEL or UNLINK of redis-cli whose key holds a `*`.
_COMMAND = re.compile(
    r"\bredis-cli\b[^|;&\n]{0,500}?\b(?:DEL|UNLINK)\s+(?P<key>[^|;&\n*]*\*[^|;&\n]*)", re.IGNORECASE
)
_ADVICE = (
    "edit or refresh the dataset (its changed_on is in every key), or send force=true for the charts; all of "
    "a cache goes with `redis-cli -n DB --scan --pattern 'PREFIX*' | xargs redis-cli -n DB unlink`"
)


class CacheDeleteDeletesNothing(Rule):
    """A pattern is given to DEL, which takes names of keys only.

    ## Why
    Redis' DEL and UNLINK do not expand `*`: they look for a key with that very name and delete nothing,
    without an error. Superset's keys are hashes besides, with neither the name of a dataset nor of a
    dashboard in them.

    ## Example
    ```python
    redis_client.delete("superset_data_orders_*")
    ```

    ## Use instead
    Let Superset forget: any edit of a dataset changes the keys of its charts. To empty a whole cache, scan
    for its `CACHE_KEY_PREFIX`:
    ```sh
    redis-cli -n 1 --scan --pattern 'superset_data_*' | xargs redis-cli -n 1 unlink
    ```

    ## Source
    Redis, "DEL" and "SCAN"; superset/common/query_context_processor.py, `query_cache_key`.
    """

    code = "DL607"
    severity = Severity.WARNING
    effort = Effort.LINE
    remedy = "empty caches by what deletes something"
    applies_to = "Superset 4.1 to 6.1."

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """One finding for each delete."""
        for script in deployment.scripts:
            deletes = _in_python(script.text) if script.language == "python" else _in_shell(script.text)
            for number, line in enumerate(deletes, 1):
                yield self._finding(script, number, line)

    def _finding(self, script: Script, number: int, line: int) -> Finding:
        first = script.location.line or 1
        return self.deployment_finding(
            script.location._replace(line=first + line - 1),
            "DEL takes no patterns: this deletes a key whose name holds a *, and there is none",
            field=f"delete#{number}",
            advice=_ADVICE,
        )


def _in_shell(text: str) -> Iterator[int]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#") and _COMMAND.search(line):
            yield number


def _in_python(text: str) -> Iterator[int]:
    """The lines of ``….delete("…*")`` on what looks like a client of Redis or a cache."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in {"delete", "unlink", "delete_many"}:
            continue
        receiver = ast.unparse(node.func.value).lower()
        if not re.search(r"redis|cache|\br\b", receiver):
            continue
        if any(_has_a_star(argument) for argument in node.args):
            yield node.lineno


def _has_a_star(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        return any(_has_a_star(part) for part in argument.values)
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "*" in argument.value
