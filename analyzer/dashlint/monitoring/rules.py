"""The alerts as Prometheus' rule file, and their tests as promtool reads them."""

from __future__ import annotations

import re
from typing import Any

from dashlint.monitoring.model import Alert, Alerts, Case
from dashlint.monitoring.wording import as_yaml

RULES_FILE = "alerts.yml"
_VALUE = re.compile(r"\{\{ \$value \| \w+ \}\}")


def rules_file(alerts: Alerts) -> str:
    """Prometheus' rule file. Each alert has a comment on its threshold, which its annotations repeat."""
    parts = [
        (
            "# Prometheus rules: rule_files: [alerts.yml]. Check them with\n"
            "#   promtool check rules alerts.yml && promtool test rules alerts.test.yml\n"
        ),
        "groups:\n",
    ]
    for group, members in alerts.groups.items():
        parts.append(f"  - name: {group}\n    rules:\n")
        for alert in members:
            parts.append(f"      # Threshold: {alert.threshold}\n      # Needs: {alert.needs}\n")
            parts.append(_indented(as_yaml([_rule(alert)]), 6))
    return "".join(parts)


def tests_file(alerts: Alerts) -> str:
    """Unit tests: each alert fires when it should, and not when it should not."""
    tests = [
        {"name": f"{alert.name} {_outcome(case)} ({number})", **_test(alert, case)}
        for alert in alerts.all()
        for number, case in enumerate(alert.cases, 1)
    ]
    # promtool has no names for tests before Prometheus 2.46: they are comments.
    parts = [
        "# promtool test rules alerts.test.yml\n",
        f"rule_files:\n  - {RULES_FILE}\nevaluation_interval: 1m\ntests:\n",
    ]
    for test in tests:
        parts.append(f"  # {test.pop('name')}\n")
        parts.append(_indented(as_yaml([test]), 2))
    return "".join(parts)


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **({"for": alert.hold} if alert.hold != "0m" else {}),
        "labels": {"severity": alert.severity, "service": "superset"},
        "annotations": _annotations(alert),
    }


def _annotations(alert: Alert) -> dict[str, str]:
    return {
        "summary": alert.summary,
        "description": alert.description,
        "threshold": alert.threshold,
        "todo": alert.todo,
    }


def _outcome(case: Case) -> str:
    return "does not fire" if case.fires is None else "fires"


def _test(alert: Alert, case: Case) -> dict[str, Any]:
    expected = []
    if case.fires is not None:
        expected.append(
            {
                "exp_labels": {"severity": alert.severity, "service": "superset", **case.fires},
                "exp_annotations": {
                    name: _expanded(text, case) for name, text in _annotations(alert).items()
                },
            }
        )
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": text} for name, text in case.series.items()],
        "alert_rule_test": [{"eval_time": case.at, "alertname": alert.name, "exp_alerts": expected}],
    }


def _expanded(text: str, case: Case) -> str:
    """An annotation as Prometheus shows it for a test's alert."""
    shown = _VALUE.sub(lambda _match: case.value, text)
    for name, value in (case.fires or {}).items():
        shown = shown.replace(f"{{{{ $labels.{name} }}}}", value)
    return shown


def _indented(text: str, columns: int) -> str:
    margin = " " * columns
    return "".join(margin + line if line.strip() else line for line in text.splitlines(keepends=True))
