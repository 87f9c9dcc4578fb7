"""What kind of log a file is, from its beginning."""

from __future__ import annotations

import csv
import json
import re
from typing import Any

#: Characters that are looked at.
BEGINNING = 64 * 2**10
#: What PostgreSQL calls its messages (src/backend/utils/error/elog.c:error_severity), and their parts.
SEVERITIES = "LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\\d?"
PARTS = "DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION"
_POSTGRES = re.compile(rf"^[^\t].{{0,200}}?\b(?:{SEVERITIES}|{PARTS}):  \S", re.MULTILINE)
_MYSQL = re.compile(r"^# (?:Time: |User@Host: |Query_time: )", re.MULTILINE)
#: Where the rows of an API's answer begin.
ANSWER = re.compile(r'"(?:result|rows)"\s*:\s*\[\s*\{')

POSTGRES, POSTGRES_CSV, POSTGRES_JSON = "PostgreSQL log", "PostgreSQL csvlog", "PostgreSQL jsonlog"
STATISTICS, STATISTICS_JSON = "pg_stat_statements", "pg_stat_statements (JSON)"
SUPERSET, SUPERSET_JSON = "Superset log", "Superset log (JSON)"
MYSQL, TEXT = "MySQL slow log", "log"


def kind(beginning: str) -> str:
    """One of the names above; ``TEXT`` for any other log, which may tell of kills."""
    stripped = beginning.lstrip()
    if stripped[:1] in ("{", "["):
        return _json(stripped)
    first = _row(stripped)
    names = {name.strip().lower() for name in first}
    if {"query", "calls"} <= names:
        return STATISTICS
    if {"action", "dttm"} <= names:
        return SUPERSET
    # src/backend/utils/error/csvlog.c: 22 columns before 9.0's application_name, the 12th is the severity.
    if len(first) >= 22 and re.fullmatch(SEVERITIES, first[11]):
        return POSTGRES_CSV
    if _MYSQL.search(beginning):
        return MYSQL
    return POSTGRES if _POSTGRES.search(beginning) else TEXT


def _row(text: str) -> list[str]:
    try:
        return next(csv.reader(text.splitlines(keepends=True)), [])
    except csv.Error:
        return []


def _json(text: str) -> str:
    found = _first_object(text)
    if isinstance(found, dict):
        if "error_severity" in found and "message" in found:
            return POSTGRES_JSON
        if "action" in found and "dttm" in found:
            return SUPERSET_JSON
        if "query" in found and "calls" in found:
            return STATISTICS_JSON
    answer = ANSWER.search(text)
    if answer is not None and '"action"' in text and '"dttm"' in text:
        return SUPERSET_JSON
    return TEXT


def _first_object(text: str) -> Any:
    start = text.find("{")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except (ValueError, RecursionError):
        return None
