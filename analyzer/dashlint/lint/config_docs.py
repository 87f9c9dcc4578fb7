"""The keys of a configuration file in Markdown, from the schema that checks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashlint.lint.config_schema import json_schema
from dashlint.lint.docs import cell, example_value, shown_default
from dashlint.lint.options import describe
from dashlint.lint.rule import Rule

_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "object": "table",
    "integer": "whole number",
    "null": "",
}
_TYPES["array"] = "list"


def keys(rules: Sequence[type[Rule]]) -> str:
    """Tables of all keys: those of the file, then those of the tables in it."""
    schema = json_schema(rules)
    lines = list(_table(schema))
    for name, nested in schema.get("$defs", {}).items():
        if nested.get("type") == "object":
            owners = ", ".join(f"`{owner}`" for owner in _owners(schema, name))
            lines += [f"### In {owners}", "", nested.get("description", ""), "", *_table(nested)]
    return "\n".join(lines).rstrip() + "\n"


def options(rules: Sequence[type[Rule]]) -> str:
    """Tables of every rule's options, each rule by a heading."""
    lines: list[str] = []
    for rule in rules:
        found = list(describe(rule))
        if not found:
            continue
        lines += [
            f"### {rule.code} {rule.name()}",
            "",
            f"[What it finds](rules/{rule.code}.md), and why.",
            "",
        ]
        lines += ["| option | default | what it means |", "|---|---|---|"]
        lines += [f"| `{o.name}` | {shown_default(o)} | {cell(o.option.description)} |" for o in found]
        lines += ["", "```toml", f"[tool.dashlint.rules.{rule.code}]"]
        lines += [f"{found[0].name} = {example_value(found[0])}", "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | holds | default | what it means |"
    yield "|---|---|---|---|"
    required = schema.get("required", ())
    for name, one in schema["properties"].items():
        default = "required" if name in required else _default(one.get("default"))
        yield f"| `{name}` | {_type(one)} | {default} | {cell(one.get('description', ''))} |"
    yield ""


def _default(value: Any) -> str:
    return "–" if value in (None, [], {}) else f"`{json.dumps(value)}`"


def _type(one: Mapping[str, Any]) -> str:
    if "enum" in one:
        return " or ".join(f"`{value}`" for value in one["enum"])
    if "anyOf" in one:
        return " or ".join(filter(None, map(_type, one["anyOf"])))
    if one.get("format") == "date":
        return "date"
    if one.get("type") == "array":
        inner = _type(one.get("items", {}))
        return f"list of {inner}s" if inner in ("text", "table") else f"list of {inner}" if inner else "list"
    values = one.get("additionalProperties")
    if isinstance(values, Mapping) and "enum" in values:
        return f"table of {_type(values)}"
    return "table" if "$ref" in one else _TYPES.get(str(one.get("type")), "")


def _owners(schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """The keys whose values are this nested table."""
    for owner, one in schema["properties"].items():
        if f"#/$defs/{name}" in json.dumps(one):
            yield f"[[{owner}]]" if one.get("type") == "array" else f"[{owner}]"
