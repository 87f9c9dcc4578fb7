"""Numbers and YAML as they are written into the files."""

from __future__ import annotations

from typing import Any

import yaml


def number(value: float, digits: int = 4) -> str:
    """A number for PromQL, without what rounding leaves: ``0.93``, ``60``."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return text or "0"


def percent(share: float, digits: int = 2) -> str:
    """``0.935`` as ``93.5 %``."""
    return f"{number(share * 100, digits)} %"


def humanized(value: float) -> str:
    """What ``humanize`` of Prometheus makes of a count (template/template.go): ``16``, ``1.5k``."""
    for unit in ("", "k", "M"):
        if value < 1000 or unit == "M":
            break
        value /= 1000
    return f"{value:.4g}{unit}"


def one_line(text: str) -> str:
    """Text of somebody else's making (a chart's name) that fits into a line of YAML, Markdown and an alert.

    Prometheus and Grafana expand ``{{`` in annotations, Markdown ``|`` in tables.
    """
    plain = "".join(" " if c in "\r\n\t|`" else c for c in text if c in "\r\n\t" or c.isprintable())
    return " ".join(plain.replace("{{", "{ {").replace("}}", "} }").split())


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, lists indented, no anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 PyYAML's own signature
        super().increase_indent(flow, False)  # noqa: FBT003 as PyYAML names it


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Any) -> str:
    """YAML in the order given."""
    written: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return written
