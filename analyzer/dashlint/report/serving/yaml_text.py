"""YAML in which texts of several lines stay readable, and under which stands who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 the library asks
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(comments: Iterable[str], *documents: Any) -> str:
    """Comment lines and one or several documents."""
    head = "".join(f"# {line}\n" if line else "#\n" for line in comments)
    body = yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        width=100,
        allow_unicode=True,
        explicit_start=len(documents) > 1,
    )
    return f"{head}{body}"
