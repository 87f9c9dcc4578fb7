"""How much work it is to do what a finding asks for."""

from __future__ import annotations

from enum import Enum


class Effort(Enum):
    """The kind of change, from the least work to the most.

    ``words`` are for people. ``minutes`` are an assumption, not a measurement: they only put actions in order
    and in blocks, and docs/plan.md states them. ``each`` tells whether every object is work of its own.
    """

    COMMAND = ("command", "one command", 5, False)
    REVIEW = ("review", "one command, and a look", 15, False)
    SETTING = ("setting", "one setting of each object in Superset", 15, True)
    LINE = ("line", "a line or two in a file of the deployment", 15, True)
    DESIGN = ("design", "a change of a dashboard's or dataset's design", 120, True)
    WAREHOUSE = ("warehouse", "DDL in the warehouse", 240, False)
    AGREEMENT = ("agreement", "agreement with the people whose it is", 960, False)

    def __init__(self, label: str, words: str, minutes: int, each: bool) -> None:  # noqa: FBT001 an Enum's
        self.label = label
        self.words = words
        self.minutes = minutes
        self.each = each

    def for_objects(self, count: int) -> int:
        """Minutes for so many objects."""
        return self.minutes * max(1, count) if self.each else self.minutes
