"""Documentation of rules, made from their docstrings and options."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dashlint.lint.rule import Rule

if TYPE_CHECKING:
    from dashlint.lint.options import OptionInfo

#: What the blocks of codes are about.
BLOCKS = {
    "DL1": "Dashboards",
    "DL2": "Filters",
    "DL3": "Charts",
    "DL4": "Caching",
    "DL5": "Datasets and SQL",
    "DL6": "Deployment",
    "DL9": "The input itself",
}


def summary(rule: type[Rule]) -> str:
    """The first line of a rule's docstring."""
    return (inspect.getdoc(rule) or "").split("\n", 1)[0].strip()


def body(rule: type[Rule]) -> str:
    """A rule's docstring in Markdown, below its first line."""
    return (inspect.getdoc(rule) or "").partition("\n")[2].strip()


def section(rule: type[Rule], title: str) -> str:
    """A section of a rule's docstring as one paragraph (``Why``); empty where there is none."""
    rest = body(rule).partition(f"## {title}\n")[2]
    return " ".join(rest.partition("\n## ")[0].split())


def audience(rule: type[Rule]) -> str:
    """Which persona sees a rule's findings, and why not every one does."""
    reason = f" {' '.join(inspect.cleandoc(rule.persona).split())}" if rule.persona else ""
    if rule.pedantic:
        return f'**pedantic**; in any where it is named: `select = ["ALL", "{rule.code}"]`.{reason}'
    return f"**regular**.{reason}"


def entry(rule: type[Rule]) -> dict[str, Any]:
    """A rule as one JSON object."""
    from dashlint.lint.options import describe

    return {
        "code": rule.code,
        "name": rule.name(),
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "persona": "pedantic" if rule.pedantic else "regular",
        "summary": summary(rule),
        "fix": rule.fix or None,
        "effort": rule.effort.label,
        "url": rule.url(),
        "options": [
            {
                "name": o.name,
                "type": o.type,
                "default": o.default,
                "description": o.option.description,
                "source": o.option.source,
            }
            for o in describe(rule)
        ],
    }


def page(rule: type[Rule]) -> str:
    """A rule's page in Markdown: grades, docstring, options."""
    from dashlint.lint.options import describe

    lines = [
        f"# {rule.name()} ({rule.code})",
        "",
        summary(rule),
        "",
        f"Severity **{rule.severity.value}**, confidence **{rule.confidence.value}**."
        + (f" {rule.applies_to}" if rule.applies_to else "")
        + (f' Runs only on request: `select = ["ALL", "{rule.code}"]`.' if rule.on_request else ""),
        "",
        f"Effort by hand: {rule.effort.words}."
        + (" `dashlint fix` can do it: see below." if rule.fix else "")
        + " [What the plan makes of it](../plan.md#effort).",
        f"Persona: {audience(rule)}",
        "",
        body(rule),
        "",
    ]
    if rule.fix:
        lines += ["## Fix", "", inspect.cleandoc(rule.fix), ""]
    options = list(describe(rule))
    if options:
        lines += [
            "## Options",
            "",
            "| option | default | meaning | source of the default |",
            "|---|---|---|---|",
        ]
        for info in options:
            meaning, source = cell(info.option.description), cell(info.option.source)
            lines.append(f"| `{info.name}` | {shown_default(info)} | {meaning} | {source} |")
        first = options[0]
        lines += [
            "",
            "```toml",
            f"[tool.dashlint.rules.{rule.code}]",
            f"{first.name} = {example_value(first)}",
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def table(rules: Sequence[type[Rule]]) -> str:
    """All rules in Markdown, by block, each linked to its page below ``docs/rules``."""
    lines: list[str] = []
    for prefix, title in BLOCKS.items():
        members = [rule for rule in rules if rule.code.startswith(prefix)]
        if not members:
            continue
        lines += [f"### {title}", "", "| code | name | severity | what it finds |", "|---|---|---|---|"]
        for rule in members:
            link = f"[{rule.code}](docs/rules/{rule.code}.md)"
            lines.append(f"| {link} | `{rule.name()}` | {rule.severity.value} | {cell(summary(rule))} |")
        lines.append("")
    return "\n".join(lines)


def fixes(rules: Sequence[type[Rule]]) -> str:
    """What is done about the findings of each rule that proposes something, in Markdown."""
    lines = ["| rule | what is changed |", "|---|---|"]
    for rule in rules:
        if rule.fix:
            text = " ".join(inspect.cleandoc(rule.fix).split())
            lines.append(f"| [{rule.code}](rules/{rule.code}.md) `{rule.name()}` | {cell(text)} |")
    return "\n".join(lines) + "\n"


def personas(rules: Sequence[type[Rule]]) -> str:
    """The rules that have findings for the persona ``pedantic`` alone, and why, in Markdown."""
    lines = ["| rule | what is pedantic | why |", "|---|---|---|"]
    for rule in rules:
        if rule.pedantic or rule.persona:
            reason = " ".join(inspect.cleandoc(rule.persona).split())
            part = "all" if rule.pedantic else "some"
            lines.append(f"| [{rule.code}](rules/{rule.code}.md) `{rule.name()}` | {part} | {cell(reason)} |")
    return "\n".join(lines) + "\n"


def shown_default(info: OptionInfo) -> str:
    """An option's default for a table."""
    return size_text(info.default) if info.option.size else f"`{_toml(info.default)}`"


def example_value(info: OptionInfo) -> str:
    """An option's default as it is written in a configuration."""
    return f'"{size_text(info.default)}"' if info.option.size else _toml(info.default)


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def size_text(value: int) -> str:
    """Bytes as they are written in a configuration: ``512MiB``."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value % factor == 0 and value >= factor:
            return f"{value // factor}{unit}"
    return str(value)
