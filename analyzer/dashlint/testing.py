"""Tests of rules by small exports: what dashlint does for its own rules, for packs of others.

A rule's cases are folders below one that bears its code: ``XY101/flagged…`` are exports in which it must find
something, ``XY101/clean…`` exports in which it must not. Beside an export may lie ``dashlint.toml``,
``superset_config.py`` and a folder ``catalog``. Where the rule looks at how Superset is run, the case holds
the files of a deployment, and its dashboards, if any, a folder ``export``.

```python
@pytest.mark.parametrize("case", cases("fixtures"), ids=str)
def test_rule(case):
    check(case, plugins=["ours.py"])
```
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dashlint.cli.inputs import Facts, analyse, opened, read_config, read_deployment
from dashlint.cli.scan import judged, run
from dashlint.cli.servers import ServerOptions
from dashlint.lint.config import Config
from dashlint.lint.model import Finding
from dashlint.lint.registry import load_rules
from dashlint.lint.runner import deployment_only
from dashlint.report.model import Report

#: The day by which relative time ranges are resolved: what they leave of the rows depends on it.
TODAY = "2026-11-21"


class Case(NamedTuple):
    """An export, and the rule that looks at it."""

    rule: str
    path: Path

    @property
    def flagged(self) -> bool:
        """Whether the rule must find something."""
        return self.path.name.startswith("flagged")

    def __str__(self) -> str:
        return f"{self.rule}/{self.path.name}"


def cases(folder: str | Path) -> list[Case]:
    """All cases below a folder.

    Raises:
        ValueError: there are none, or a rule lacks one of the two kinds.
    """
    found = [
        Case(path.parent.name, path)
        for path in sorted(Path(folder).glob("*/*"))
        if path.is_dir() and path.name.startswith(("flagged", "clean"))
    ]
    if not found:
        raise ValueError(f"{folder}: there are no cases: write them as CODE/flagged and CODE/clean")
    for rule in dict.fromkeys(case.rule for case in found):
        kinds = {case.flagged for case in found if case.rule == rule}
        if len(kinds) == 1:
            lacking = "clean" if True in kinds else "flagged"
            raise ValueError(f"{folder}: {rule} has no {lacking} case")
    return found


def scan_case(case: Case, plugins: Sequence[str | Path] = ()) -> Report:
    """The report on one case with its own rule only.

    Raises:
        ConfigError: there is no such rule, or something is wrong with a plugin.
        SourceError: the case holds no export.
    """
    path = case.path
    config = read_config(path / "dashlint.toml", []) if (path / "dashlint.toml").exists() else Config()
    config = config._replace(select=(case.rule,), trusted_plugins=tuple(map(Path, plugins)))
    catalog = (str(path / "catalog"),) if (path / "catalog").is_dir() else ()
    rules, _problems = load_rules(config.trusted_plugins)
    if any(rule.code == case.rule and deployment_only(rule) for rule in rules):
        return scan_deployment(path, config, Facts(catalog, today=TODAY))
    settings = path / "superset_config.py"
    facts = Facts(
        catalog,
        superset_config=settings if settings.exists() else None,
        today=TODAY,
    )
    return run([path], ServerOptions(), config, facts)


def scan_deployment(path: Path, config: Config, facts: Facts = Facts(today=TODAY)) -> Report:  # noqa: B008
    """The report on the files of one deployment, in a folder; its ``export`` is that of the dashboards."""
    apart = {"catalog", "dashlint.toml", "export"}
    deployment, problems = read_deployment(
        [file for file in sorted(path.iterdir()) if file.name not in apart]
    )
    export = [path / "export"] if (path / "export").is_dir() else []
    with opened(export, ServerOptions(), deployment) as read:
        analysis, more = analyse(read, config, facts, deployment)
    return judged(analysis, [*problems, *more], config, whole=False)


def check(case: Case, plugins: Sequence[str | Path] = ()) -> tuple[Finding, ...]:
    """Runs a rule over a case, and gives what it found, to look at more closely.

    Args:
        case: one of :func:`cases`.
        plugins: files with rules; installed packs are found by themselves.

    Raises:
        AssertionError: the rule finds nothing in a flagged case or something in a clean one, or it raised.
        ConfigError: there is no such rule, or something is wrong with a plugin.
    """
    report = scan_case(case, plugins)
    failed = [problem.message for problem in report.problems if problem.kind == "rule-failed"]
    if failed:
        raise AssertionError(f"{case}: {'; '.join(failed)}")
    if not any(report.counts):
        raise AssertionError(f"{case}: there is no dashboard, chart or dataset in it")
    if case.flagged and not report.findings:
        raise AssertionError(f"{case}: {case.rule} found nothing")
    if not case.flagged and report.findings:
        said = "; ".join(f"{finding.asset.name}: {finding.message}" for finding in report.findings)
        raise AssertionError(f"{case}: {case.rule} found something: {said}")
    return report.findings
