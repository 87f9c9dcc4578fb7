"""JUnit XML, for the test pages of GitLab and Jenkins: a dashboard is a suite, a rule is a test of it.

That way a test keeps its name from run to run, and both can tell what is new and what is fixed. A finding
fails the test of every dashboard that it concerns; one about none fails in a suite of its own. GitLab reads
one failure per test and shows its text (https://docs.gitlab.com/ci/testing/unit_test_reports/), so a failure
lists all findings of a rule. Written for the schema of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from dashlint.lint import amounts
from dashlint.lint.model import Finding
from dashlint.lint.repository import in_repository
from dashlint.report.model import DEPLOYMENT, NOWHERE, DashboardSummary, Report, apart
from dashlint.report.places import place_of
from dashlint.report.text import advice, sentence, visible

_INPUT = "The input itself"


def render(report: Report) -> str:
    """An XML document, two spaces deep, with a newline at the end.

    Tests fail for findings at or above the report's ``fail_on``, as the exit code does; lesser ones are a
    passed test's output. What could not be read is a skipped test.
    """
    root = ET.Element("testsuites", name="dashlint")
    of_dashboard: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        for uuid in finding.dashboards:
            of_dashboard[uuid].append(finding)
    for summary, name in zip(report.dashboards, _names(report.dashboards), strict=True):
        _suite(root, name, _tests(name, of_dashboard[summary.uuid], report), summary.file)
    known = {summary.uuid for summary in report.dashboards}
    others = [finding for finding in report.findings if known.isdisjoint(finding.dashboards)]
    _suite(root, NOWHERE, _tests(NOWHERE, [f for f in others if apart(f) == NOWHERE], report))
    if report.counts.deployment_files:
        _suite(root, DEPLOYMENT, _tests(DEPLOYMENT, [f for f in others if apart(f) == DEPLOYMENT], report))
    _suite(root, _INPUT, _problems(report))
    _count(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, tests: Iterable[ET.Element], file: str | None = None) -> None:
    suite = ET.SubElement(root, "testsuite", name=name)
    if file is not None:
        suite.set("file", visible(in_repository(file)[0]))
    suite.extend(tests)
    _count(suite)
    suite.set("skipped", str(len(suite.findall(".//skipped"))))


def _count(element: ET.Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", "0")


def _tests(suite: str, findings: Sequence[Finding], report: Report) -> Iterator[ET.Element]:
    """A test for every rule that ran or found something."""
    names = {rule.code: rule.name() for rule in report.rules} | {f.rule: f.name for f in findings}
    of_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        of_rule[finding.rule].append(finding)
    for code, name in sorted(names.items()):
        test = _test(suite, f"{code} {name}")
        failing = [f for f in of_rule[code] if report.fails(f)]
        passing = [f for f in of_rule[code] if not report.fails(f)]
        if failing:
            more = f" (and {amounts.plural(len(failing) - 1, 'more finding')})" if len(failing) > 1 else ""
            worst = max((f.severity for f in failing), key=lambda severity: severity.rank)
            failure = ET.SubElement(test, "failure", type=worst.value, message=sentence(failing[0]) + more)
            failure.text = _text(failing)
        if passing:
            ET.SubElement(test, "system-out").text = _text(passing)
        yield test


def _problems(report: Report) -> Iterator[ET.Element]:
    """One test per problem, skipped; a passed one where there are none, so that a suite is never empty."""
    if not report.problems:
        yield _test(_INPUT, "everything could be used")
    seen: Counter[str] = Counter()
    for problem in report.problems:
        name = visible(f"{problem.kind} {in_repository(problem.file)[0]}" if problem.file else problem.kind)
        seen[name] += 1
        test = _test(_INPUT, f"{name} ({seen[name]})" if seen[name] > 1 else name)
        ET.SubElement(test, "skipped", message=visible(problem.message))
        yield test


def _test(suite: str, name: str) -> ET.Element:
    # Jenkins takes what stands before the last dot for a package.
    return ET.Element("testcase", classname=f"dashlint.{suite.replace('.', '·')}", name=name)


def _text(findings: Iterable[Finding]) -> str:
    return "\n".join(line for finding in findings for line in _lines(finding))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity.value}: {sentence(finding)}"
    if finding.advice:
        yield f"  {advice(finding)}"
    place = place_of(finding.location)
    if place is not None:
        yield f"  {visible(place.shown)}"


def _names(dashboards: Sequence[DashboardSummary]) -> list[str]:
    """The dashboards' titles, told apart where several bear the same one."""
    titles = [visible(summary.title) for summary in dashboards]
    often = Counter([*titles, NOWHERE, DEPLOYMENT, _INPUT])
    return [
        f"{title} ({visible(summary.uuid)})" if often[title] > 1 else title
        for title, summary in zip(titles, dashboards, strict=True)
    ]
