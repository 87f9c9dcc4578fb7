"""Findings to actions: what one person does in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashlint.analysis import Analysis
from dashlint.assets import Asset
from dashlint.lint.effort import Effort
from dashlint.lint.model import Finding, Severity, reference
from dashlint.lint.rule import Rule
from dashlint.planning.whatif import can_be_made

#: Rules by their codes.
Rules = Mapping[str, Rule | type[Rule]]


_INDEX = re.compile(r"^CREATE (?:UNIQUE )?INDEX .*? ON (?:ONLY )?(.+?) ?(?:USING \w+ ?)?(\(.*\))", re.DOTALL)


@dataclass(eq=False)
class Draft:
    """An action to be: its findings, and what is known of it before anything is computed.

    ``kind``: ``fix`` (``dashlint fix`` does it), ``sql`` (statements), ``hand``. ``symptoms`` are findings
    that go with it. ``objects`` are the names of what is changed.
    """

    kind: str
    findings: list[Finding]
    rules: Rules
    symptoms: list[Finding] = field(default_factory=list)
    changed: tuple[Asset, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted({finding.rule for finding in self.findings}))

    @property
    def severity(self) -> Severity:
        """The worst of its own findings."""
        return max((finding.severity for finding in self.findings), key=lambda s: s.rank)

    @property
    def unsafe(self) -> bool:
        return any(f.fix is not None and f.fix.safety != "safe" for f in self.findings)

    @property
    def effort(self) -> Effort:
        if self.kind == "fix":
            return Effort.REVIEW if self.unsafe else Effort.COMMAND
        efforts = [self.rules[code].effort for code in self.codes if code in self.rules]
        # What is there as a statement is for whoever may run it.
        least = Effort.WAREHOUSE if self.kind == "sql" else Effort.COMMAND
        return max((least, *efforts), key=lambda effort: effort.minutes)

    @property
    def objects(self) -> tuple[str, ...]:
        if self.changed:
            return tuple(reference(asset).name for asset in self.changed)
        return tuple(dict.fromkeys(finding.asset.name for finding in self.findings))

    @property
    def minutes(self) -> int:
        # The filters of a dashboard are set in one go.
        return self.effort.for_objects(len({f.asset.uuid.split("/", 1)[0] for f in self.findings}))

    @property
    def statements(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for finding in self.findings for s in finding.proposal))

    @property
    def what(self) -> str:
        """What to do: the remedies of its rules, most findings first; the advice where they have none."""
        indexes = list(dict.fromkeys(_index(s) for s in self.statements)) if self.kind == "sql" else [None]
        if None not in indexes:
            return "index " + "; ".join(i for i in indexes[:2] if i) + _and_more(len(indexes) - 2)
        counted: dict[str, int] = {}
        for finding in self.findings:
            rule = self.rules.get(finding.rule)
            text = (rule.remedy if rule is not None else "") or _own_words(finding)
            counted[text] = counted.get(text, 0) + 1
        texts = sorted(counted, key=lambda text: -counted[text])
        return "; ".join(texts[:2]) + _and_more(len(texts) - 2)


def drafts(findings: Sequence[Finding], rules: Rules, analysis: Analysis) -> list[Draft]:
    """Every finding in exactly one draft, but those of symptoms, which :func:`place` puts in.

    Fixes of one kind are one command, statements about one table one script; what is done by
    hand is put together by the dashboard or dataset that somebody opens for it, else by rule.
    """
    own = [finding for finding in findings if not _symptom(finding, rules)]
    fixable = [finding for finding in own if can_be_made(finding, analysis)]
    known = set(map(id, fixable))
    rest = [finding for finding in own if id(finding) not in known]
    proposing = [finding for finding in rest if finding.proposal]
    by_hand = [finding for finding in rest if not finding.proposal]
    made = [
        Draft("fix", group, rules, changed=_changed(group))
        for group in _connected(fixable, lambda f: [f.rule, _kind_of_change(f)])
    ]
    made += [
        Draft("sql", group, rules)
        for group in _connected(
            proposing, lambda f: [(_grade(f), _table(statement)) for statement in f.proposal]
        )
    ]
    made += [Draft("hand", group, rules) for group in _connected(by_hand, lambda f: [_place(f, rules)])]
    return made


def symptoms(findings: Iterable[Finding], rules: Rules) -> list[Finding]:
    """The findings that go when others are mended."""
    return [finding for finding in findings if _symptom(finding, rules)]


def by_hand(finding: Finding, rules: Rules) -> Draft:
    """A draft for a symptom for which there is no other."""
    return Draft("hand", [finding], rules)


def _symptom(finding: Finding, rules: Rules) -> bool:
    rule = rules.get(finding.rule)
    return rule is not None and rule.symptom


def _own_words(finding: Finding) -> str:
    return (finding.fix.description if finding.fix is not None else "") or finding.advice or finding.message


def _changed(findings: Iterable[Finding]) -> tuple[Asset, ...]:
    return tuple(dict.fromkeys(edit.asset for f in findings if f.fix is not None for edit in f.fix.edits))


def _kind_of_change(finding: Finding) -> Hashable:
    """The field that a fix changes, whichever filter or chart it is of."""
    assert finding.fix is not None
    return tuple(step for step in finding.fix.edits[0].path if isinstance(step, str))


def _and_more(count: int) -> str:
    return f"; and {count} more" if count > 0 else ""


def _index(statement: str) -> str | None:
    """``public.orders (country_code, ordered_at)`` of a statement that creates an index."""
    found = _INDEX.search(statement)
    return f"{found[1]} {found[2]}" if found else None


def _table(statement: str) -> str:
    """The table that gets an index; of other statements, themselves."""
    index = _index(statement)
    return index.partition(" (")[0] if index else statement


def _grade(finding: Finding) -> bool:
    """Errors are not put together with what can wait."""
    return finding.severity is Severity.ERROR


def _place(finding: Finding, rules: Rules) -> Hashable:
    effort = rules[finding.rule].effort if finding.rule in rules else Rule.effort
    key = (_grade(finding), finding.severity is Severity.INFO, effort)
    if effort is not Effort.DESIGN or finding.asset.kind not in ("dashboard", "filter", "dataset"):
        return (*key, finding.rule)
    return (*key, finding.asset.uuid.split("/", 1)[0])


def _connected(
    findings: Sequence[Finding], keys: Callable[[Finding], Iterable[Hashable]]
) -> list[list[Finding]]:
    """Findings that have keys in common, directly or by way of others; in the order of the first of each."""
    leader: dict[Hashable, Hashable] = {}

    def find(key: Hashable) -> Hashable:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    own = [list(keys(finding)) for finding in findings]
    for first, *others in own:
        for other in others:
            leader[find(other)] = find(first)
    groups: dict[Hashable, list[Finding]] = {}
    for finding, (first, *_) in zip(findings, own, strict=True):
        groups.setdefault(find(first), []).append(finding)
    return list(groups.values())
