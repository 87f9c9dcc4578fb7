"""The built-in rules of dashlint, one per file."""

from __future__ import annotations
