"""Asks a database's planner whether what findings propose would help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashlint.assets import Dashboard, Database
from dashlint.catalog.explain.model import Explained, ExplainError, Plan
from dashlint.lint.amounts import plural, size
from dashlint.lint.model import Confidence, Finding, Proof, Severity

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.analysis.trials import Trial
    from dashlint.catalog.explain.model import Explainer

#: Costs that are nearer than this are the same to PostgreSQL's planner
#: (src/backend/optimizer/util/pathnode.c: STD_FUZZ_FACTOR).
_SAME = 1.01


class Verified(NamedTuple):
    """Findings with their proofs, and sentences on what could not be proved."""

    findings: list[Finding]
    notes: list[str]


class _Tried(NamedTuple):
    trial: Trial
    explained: Explained


def verify(
    findings: Iterable[Finding], analysis: Analysis, explainer: Explainer, databases: Sequence[Database]
) -> Verified:
    """Tries what findings propose, on the statements of the charts concerned.

    A confirmed finding is certain. A refuted one becomes ``info``, without its advice: nobody should
    create an index that the planner does not use, and whoever reads the report should know that it was
    tried. Others stay as they are.

    Args:
        findings: those with a ``proposal`` are tried.
        analysis: what they were found in.
        explainer: the database to ask.
        databases: those of Superset that it is.
    """
    work = _Work(analysis, explainer, frozenset(databases))
    done = [work.verified(finding) if finding.proposal else finding for finding in findings]
    return Verified(done, list(_notes(done)))


def _notes(findings: Iterable[Finding]) -> Iterator[str]:
    """Why some could not be tried, or not in full, each reason once."""
    reasons: dict[tuple[str, str], int] = {}
    tried = 0
    for finding in findings:
        if finding.proof is None:
            continue
        tried += 1
        left_out = "not checked" if finding.proof.verdict == "failed" else "not checked in full"
        for reason in finding.proof.reasons:
            reasons[left_out, reason] = reasons.get((left_out, reason), 0) + 1
    for (left_out, reason), count in reasons.items():
        yield f"--verify: {count} of {plural(tried, 'finding')} with a proposal {left_out}: {reason}"
    if not tried:
        yield "--verify: no finding proposes an index, so that nothing was asked"


class _Work:
    def __init__(self, analysis: Analysis, explainer: Explainer, databases: frozenset[Database]) -> None:
        from dashlint.analysis.trials import Trials

        self._analysis = analysis
        self._explainer = explainer
        self._databases = databases
        self._trials = Trials(analysis, explainer.statistics)

    def verified(self, finding: Finding) -> Finding:
        proof = self._proof(finding)
        if proof.verdict == "confirmed":
            return finding._replace(proof=proof, confidence=Confidence.HIGH)
        if proof.verdict == "refuted":
            return finding._replace(proof=proof, severity=Severity.INFO, advice="")
        return finding._replace(proof=proof)

    def _proof(self, finding: Finding) -> Proof:
        tried: dict[str, _Tried] = {}
        reasons: dict[str, None] = {}
        for trial in self._concerned(finding):
            if trial.sql is None or trial.sql in tried:
                if trial.reason is not None:
                    reasons[trial.reason] = None
                continue
            if trial.reason is None and self._analysis.database_of(trial.dataset) not in self._databases:
                reasons["it is about another database than the one that is asked"] = None
                continue
            try:
                found = self._explainer.explain(
                    trial.sql, schema=trial.dataset.schema, indexes=finding.proposal
                )
            except ExplainError as error:
                reasons[str(error)] = None
                continue
            tried[trial.sql] = _Tried(trial, found)
            if found.untried is not None:
                reasons[found.untried] = None
        if tried:
            return self._judged(list(tried.values()), tuple(reasons))
        why = tuple(reasons) or ("none of its charts sends a statement that reads the table",)
        return Proof("failed", self._explainer.engine, f"EXPLAIN: not checked: {why[0]}", reasons=why)

    def _concerned(self, finding: Finding) -> Iterator[Trial]:
        """The statements of a finding's asset that read a table for which something is proposed."""
        from dashlint.catalog.explain.guard import indexed_table
        from dashlint.sql.dialects import grammar

        dialect = grammar(self._explainer.dialect).name
        tables = [indexed_table(statement, dialect) for statement in finding.proposal]
        for trial in self._of(finding):
            if trial.sql is None or any(table is None or _reads(trial, *table) for table in tables):
                yield trial

    def _of(self, finding: Finding) -> Iterator[Trial]:
        workspace = self._analysis.workspace
        kind, uuid = finding.asset.kind, finding.asset.uuid
        if kind in ("filter", "dashboard"):
            owner, _, filter_id = uuid.partition("/")
            for dashboard in (d for d in workspace.dashboards if d.uuid == owner):
                yield from self._of_dashboard(dashboard, filter_id)
        elif kind == "chart":
            for chart in (c for c in workspace.charts if c.uuid == uuid):
                yield from self._trials.of_chart(chart)
        elif kind == "dataset":
            for dataset in (d for d in workspace.datasets if d.uuid == uuid):
                yield from self._trials.of_dataset(dataset)

    def _of_dashboard(self, dashboard: Dashboard, filter_id: str) -> Iterator[Trial]:
        if not filter_id:
            yield from self._trials.of_requests(self._analysis.load(dashboard).requests)
        for native_filter in dashboard.filters:
            if native_filter.id == filter_id:
                yield from self._trials.of_filter(dashboard, native_filter)

    def _judged(self, tried: list[_Tried], reasons: tuple[str, ...]) -> Proof:
        engine = self._explainer.engine
        both = [one for one in tried if one.explained.after is not None]
        if not both:
            return _before(tried, engine, reasons)
        before = sum(one.explained.before.cost or 0.0 for one in both)
        after = sum(one.explained.after.cost or 0.0 for one in both if one.explained.after)
        using = sum(bool(e.after and e.after.uses(e.hypothetical)) for _, e in both)
        helps = using > 0 and before > after * _SAME
        bytes_ = max((e.bytes or 0 for _, e in both), default=0) or None
        of = f"{using} of {plural(len(both), 'statement')}"
        if helps:
            room = f", about {size(bytes_)}" if bytes_ is not None else ""
            sentence = f"EXPLAIN: {_cost(before)} → {_cost(after)} ({of} would use the index{room})"
        elif using:
            sentence = f"EXPLAIN: refuted: the index would change nothing ({_cost(before)} → {_cost(after)})"
        else:
            sentence = f"EXPLAIN: refuted: {engine} would not use the index ({_cost(before)} with it, too)"
        return Proof(
            "confirmed" if helps else "refuted",
            engine,
            sentence,
            round(before, 2),
            round(after, 2),
            len(both),
            using,
            _scans(e.before for _, e in both),
            _scans(e.after for _, e in both if e.after),
            bytes_,
            reasons,
        )


def _before(tried: list[_Tried], engine: str, reasons: tuple[str, ...]) -> Proof:
    """What there is to say of plans that could only be had as they are."""
    costs = [one.explained.before.cost for one in tried]
    cost = sum(c for c in costs if c is not None) if None not in costs else None
    whole = sum(any(r.whole for r in one.explained.before.relations) for one in tried)
    reads = f"{whole} of {plural(len(tried), 'statement')} read whole tables now"
    sentence = f"EXPLAIN: {reads}" + (f", cost {_cost(cost)}" if cost is not None else "")
    plans = _scans(one.explained.before for one in tried)
    return Proof(
        "before",
        engine,
        sentence,
        cost and round(cost, 2),
        None,
        len(tried),
        plan_before=plans,
        reasons=reasons,
    )


def _reads(trial: Trial, name: str, schema: str | None) -> bool:
    """Whether a statement reads a table; a schema counts where both sides name one."""
    for label in trial.tables:
        *rest, last = label.casefold().split(".")
        if last == name.casefold() and (schema is None or not rest or rest[-1] == schema.casefold()):
            return True
    return False


def _scans(plans: Iterable[Plan]) -> tuple[str, ...]:
    """How the tables are read, each way once: ``Seq Scan on public.orders``."""
    found: dict[str, None] = {}
    for plan in plans:
        for relation in plan.relations:
            using = f" using {', '.join(map(_readable, relation.indexes))}" if relation.indexes else ""
            found[f"{relation.scan} on {relation.table}{using}"] = None
    return tuple(found)


def _readable(index: str) -> str:
    """HypoPG's ``<13556>btree_orders_country`` without the number, which is another one each time."""
    return re.sub(r"^<\d+>", "proposed ", index)


def _cost(value: float) -> str:
    """A planner's cost as people write it: ``21,370``, small ones with a figure more."""
    return f"{value:,.0f}" if value >= 10 else f"{value:,.1f}"
