"""Cache keys that differ per user."""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.analysis import Analysis
from dashlint.assets import Dataset
from dashlint.lint.amounts import plural
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity
from dashlint.lint.rule import Rule


class KeyPerUser(Rule):
    """A dataset's results are cached for each user, or each URL, by themselves.

    ## Why
    `current_user_id()`, `current_username()`, `current_user_email()`, `url_param()` and
    `cache_key_wrapper()` enter the cache key. The first viewer's result helps nobody else, and
    the cache holds one copy for each of them.

    ## Example
    ```sql
    SELECT * FROM tickets WHERE owner = '{{ current_username() }}'
    ```

    ## Use instead
    Row level security with roles: viewers with the same rules share entries. Where the value
    really must be the user's, keep such charts few and their results small.

    ## Source
    superset/jinja_context.py:ExtraCache; superset/common/query_context_processor.py:query_cache_key.
    """

    code = "DL405"
    severity = Severity.INFO
    effort = Effort.AGREEMENT
    remedy = "let viewers share cached results"
    applies_to = "Relative time ranges do not change the key: it holds their text."

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """A finding for a dataset with such a macro, or in a database with per-user caching."""
        charts = analysis.workspace.charts_by_dataset.get(dataset, ())
        if not charts:
            return
        rendered = analysis.rendered_sql(dataset)
        parts = rendered.key_parts if rendered is not None else ()
        if parts:
            yield self.finding(
                analysis,
                dataset,
                f"its SQL calls {', '.join(parts)}, so {plural(len(charts), 'chart')} "
                "cache a result for each value by itself",
                field="sql",
                advice="use row level security by role, so that viewers share cached results",
            )
        database = analysis.database_of(dataset)
        flags = analysis.settings
        per_user = (
            "extra.per_user_caching of its database"
            if database is not None and database.extra.get("per_user_caching")
            else "the flag CACHE_QUERY_BY_USER"
            if flags.flag("CACHE_QUERY_BY_USER")
            else "the flag CACHE_IMPERSONATION with an impersonating database"
            if flags.flag("CACHE_IMPERSONATION") and database is not None and database.impersonate_user
            else None
        )
        if per_user is not None:
            yield self.finding(
                analysis,
                dataset,
                f"{per_user} keeps a result for each user by itself, for {plural(len(charts), 'chart')}",
                field="database_uuid",
                advice="turn it off where users see the same rows",
            )
