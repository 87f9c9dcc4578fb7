"""The plan as plain JSON values, whole: nothing is folded here."""

from __future__ import annotations

from typing import Any

from dashlint.report.actions import BLOCKS, Action, ActionPlan, Saved


def plan_values(plan: ActionPlan) -> dict[str, Any]:
    """The field ``plan`` of a report."""
    return {
        "saves": _saved(plan.saves),
        "blocks": [
            {"name": block, "title": BLOCKS[block], "actions": [_action(action) for action in actions]}
            for block, actions in plan.blocks
        ],
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "what": action.what,
        "effort": action.effort.label,
        "severity": action.severity.value,
        "rules": list(action.rules),
        "objects": list(action.objects),
        "dashboards": list(action.dashboards),
        "command": action.command or None,
        "unsafe": action.unsafe,
        "statements": list(action.statements),
        "saves": _saved(action.saves),
        "saves_on_tabs": _saved(action.tabs),
        "loads": [{"uuid": gain.uuid, "saves": _saved(gain.saves)} for gain in action.gains],
        "findings": [
            {
                "rule": finding.rule,
                "asset": finding.asset.uuid,
                "name": finding.asset.name,
                "field": finding.location.field,
                "advice": finding.advice or None,
            }
            for finding in action.findings
        ],
    }


def _saved(saves: Saved | None) -> dict[str, Any] | None:
    return saves._asdict() if saves is not None else None
