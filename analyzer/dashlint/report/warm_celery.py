"""Superset's own cache warm-up as text for ``superset_config.py``: schedule, strategy and executor.

Source: ``tasks/cache.py`` (strategies and their arguments), ``config.py`` (``CeleryConfig``,
``CACHE_WARMUP_EXECUTORS``) of 6.1.0; 4.1 runs it as THUMBNAIL_SELENIUM_USER.
"""

from __future__ import annotations

from collections.abc import Iterator

from dashlint.report.text import visible
from dashlint.superset.settings import Settings
from dashlint.warming.model import WarmPlan

#: What crontab can say evenly: minutes that divide an hour, hours that divide a day.
_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_HOURS = (1, 2, 3, 4, 6, 8, 12)


def celery(plan: WarmPlan, settings: Settings) -> str:
    """The text, with what it will not warm said in it."""
    entries = [*plan.entries, *plan.idle]
    warmed = [entry for entry in entries if entry.own.fills]
    intervals = [entry.interval for entry in warmed if entry.interval]
    count = len(plan.dashboards)
    return f"""# Superset's own cache warm-up. Merge it with your superset_config.py and your CeleryConfig;
# it needs a Celery worker and one `celery beat`.
import os

from celery.schedules import crontab
{_executor_import(settings)}
{_executor(settings)}


class CeleryConfig:
    broker_url = os.environ["CELERY_BROKER_URL"]
    # superset.tasks.cache holds the task; the others are Superset's own (config.py:CeleryConfig).
    imports = (
        "superset.sql_lab",
        "superset.tasks.cache",
        "superset.tasks.scheduler",
        "superset.tasks.thumbnails",
{_slack(settings)}    )
    worker_prefetch_multiplier = 1  # as in Superset's own
    task_acks_late = False
    beat_schedule = {{
        "cache-warmup": {{
            "task": "cache-warmup",
            # As often as the shortest timeout of what it warms.
            "schedule": {schedule(min(intervals, default=None))},
            # The dashboards that were opened most often, not those that were planned here; or
            # {{"strategy_name": "dashboard_tags", "tags": ["warm"]}} for those that you tag "warm".
            "kwargs": {{"strategy_name": "top_n_dashboards", "top_n": {count}, "since": "7 days ago"}},
        }},
        # Superset's defaults, which a CeleryConfig of your own replaces.
        "reports.scheduler": {{"task": "reports.scheduler", "schedule": crontab(minute="*", hour="*")}},
        "reports.prune_log": {{"task": "reports.prune_log", "schedule": crontab(minute=0, hour=0)}},
    }}


CELERY_CONFIG = CeleryConfig

{chr(10).join(_told(plan))}
"""


def schedule(seconds: int | None) -> str:
    """A crontab that comes back no later than after so many seconds; daily where nothing expires."""
    if seconds is None or seconds >= 86_400:
        return "crontab(minute=0, hour=5)"
    if seconds < 3_600:
        minutes = max(n for n in _MINUTES if n <= max(1, seconds // 60))
        return f'crontab(minute="*/{minutes}")'
    hours = max(n for n in _HOURS if n <= seconds // 3_600)
    return f'crontab(minute=0, hour="*/{hours}")'


def _slack(settings: Settings) -> str:
    return '        "superset.tasks.slack",\n' if settings.at_least("6.1") else ""


def _executor_import(settings: Settings) -> str:
    return "from superset.tasks.types import FixedExecutor\n" if settings.at_least("5.0") else ""


def _executor(settings: Settings) -> str:
    why = "# Whose eyes it looks with: users with other row-level security have other entries."
    if settings.at_least("5.0"):
        return f'{why}\nCACHE_WARMUP_EXECUTORS = [FixedExecutor("admin")]'
    return f'{why}\nTHUMBNAIL_SELENIUM_USER = "admin"'


def _told(plan: WarmPlan) -> Iterator[str]:
    entries = [*plan.entries, *plan.idle]
    lost = [entry for entry in entries if not entry.own.fills]
    yield (
        f"# Of the {len(entries)} cache entries that opening {_dashboards(plan)} asks for, this fills "
        f"{len(entries) - len(lost)}."
    )
    if lost:
        yield "# Not these (`dashlint warm --run` fills what it can of them):"
    for entry in lost:
        unsure = "perhaps not: " if entry.own.fills is None else ""
        yield f"# - {visible(entry.dashboards[0].title)}, {visible(entry.name)}: {unsure}{entry.own.why}"


def _dashboards(plan: WarmPlan) -> str:
    return "this dashboard" if len(plan.dashboards) == 1 else f"these {len(plan.dashboards)} dashboards"
