"""The base of every rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from dashlint.assets import Asset, Chart, Dashboard, Dataset, Location, NativeFilter
from dashlint.cost.model import Cost
from dashlint.lint import links
from dashlint.lint.effort import Effort
from dashlint.lint.model import AssetRef, Confidence, Finding, Fix, Severity, reference
from dashlint.lint.repository import in_repository
from dashlint.records import NamedTuple

if TYPE_CHECKING:
    from dashlint.analysis import Analysis
    from dashlint.deployment.model import Deployment


#: The package of the rules that dashlint brings along.
_BUILT_IN = "dashlint_rules."


class Option(NamedTuple):
    """Describes a rule's option, inside ``Annotated``: meaning, unit, source, bounds.

    ``size`` marks bytes that people write with a unit (``"512MiB"``).
    """

    description: str
    source: str
    ge: float | None = None
    le: float | None = None
    size: bool = False


class RuleOptions:
    """Options of a rule: annotated class attributes with their defaults.

    ``max_rows: Annotated[int, Option("…", source="…")] = 10_000``. Values from the
    configuration are validated with pydantic, which is imported only when there are any
    (its import alone takes longer than scanning a small export).
    """

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


class Rule:
    """One check. The class docstring is its documentation.

    A subclass sets ``code`` and ``severity`` and overrides one or more hooks. A hook that
    is not overridden is not called. Findings are made with :meth:`finding`.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    confidence: ClassVar[Confidence] = Confidence.HIGH
    #: Superset versions, engines and chart types that the rule applies to, for its page.
    applies_to: ClassVar[str] = ""
    #: What ``dashlint fix`` does about it, whether that is safe, and why, for its page.
    fix: ClassVar[str] = ""
    #: How much work it is by hand to do what a finding asks for (``dashlint scan --plan``).
    effort: ClassVar[Effort] = Effort.DESIGN
    #: What its findings ask for in a few words, for the plan (``set a row limit``); else their advice.
    remedy: ClassVar[str] = ""
    #: Its findings go when what others find about the same charts is mended: the plan puts them there.
    symptom: ClassVar[bool] = False
    #: Address of its documentation, for rules of other packages; the built-in ones are on dashlint's site.
    documentation: ClassVar[str] = ""
    #: Runs only where ``select`` names it by its whole code or its name.
    on_request: ClassVar[bool] = False
    #: All findings are opinions, conventions or of little value: for the persona ``pedantic`` alone.
    pedantic: ClassVar[bool] = False
    #: Which findings are for the persona ``pedantic``, and why, for its page.
    persona: ClassVar[str] = ""
    #: Whether anybody is shown its pedantic findings. Their lines are not looked up for nobody, which takes
    #: longer than all else about a finding.
    shows_pedantic: bool = True

    class Options(RuleOptions):
        """No options."""

    def __init__(self, options: RuleOptions | None = None) -> None:
        self.options: Any = options if options is not None else self.Options()

    @classmethod
    def name(cls) -> str:
        """The module's name with dashes: ``missing-row-limit``."""
        return cls.__module__.rsplit(".", 1)[-1].replace("_", "-")

    @classmethod
    def url(cls) -> str | None:
        """The address of the rule's page; None where its package names none."""
        if cls.documentation:
            return links.plain(cls.documentation)
        return links.rule_page(cls.code) if is_built_in(cls) else None

    def check_workspace(self, analysis: Analysis) -> Iterator[Finding]:
        """Called once."""
        return iter(())

    def check_dashboard(self, dashboard: Dashboard, analysis: Analysis) -> Iterator[Finding]:
        """Called for every dashboard."""
        return iter(())

    def check_filter(
        self, native_filter: NativeFilter, dashboard: Dashboard, analysis: Analysis
    ) -> Iterator[Finding]:
        """Called for every native filter (not for dividers)."""
        return iter(())

    def check_chart(self, chart: Chart, analysis: Analysis) -> Iterator[Finding]:
        """Called for every chart."""
        return iter(())

    def check_dataset(self, dataset: Dataset, analysis: Analysis) -> Iterator[Finding]:
        """Called for every dataset."""
        return iter(())

    def check_deployment(self, deployment: Deployment, analysis: Analysis) -> Iterator[Finding]:
        """Called once, where files were given that say how Superset is run."""
        return iter(())

    def finding(
        self,
        analysis: Analysis,
        asset: Asset,
        message: str,
        *,
        field: str | None = None,
        native_filter: NativeFilter | None = None,
        advice: str = "",
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        memory: Cost | None = None,
        saving: Cost | None = None,
        fix: Fix | None = None,
        proposal: Iterable[str] = (),
        pedantic: bool | None = None,
    ) -> Finding:
        """A finding of this rule about an asset, or about a filter of a dashboard.

        ``field`` is a path below the asset (``params.row_limit``); for a filter, below the
        filter (``scope.excluded``). ``proposal`` are SQL statements that do what the advice says:
        ``CREATE INDEX`` is tried with ``--verify``. ``pedantic`` is the rule's, unless it is said.
        """
        target = reference(asset)
        if native_filter is not None:
            target = AssetRef("filter", f"{asset.uuid}/{native_filter.id}", None, native_filter.name)
            field = f"{native_filter.field}.{field}" if field else native_filter.field
        if pedantic is None:
            pedantic = self.pedantic
        origin = asset.origin
        is_shown = self.shows_pedantic or not pedantic
        return Finding(
            rule=self.code,
            name=self.name(),
            severity=severity or self.severity,
            confidence=confidence or self.confidence,
            message=message,
            asset=target,
            location=origin.location(field) if is_shown else Location(origin.file, field=field),
            dashboards=tuple(d.uuid for d in analysis.workspace.dashboards_using(asset)),
            advice=advice,
            memory=memory,
            saving=saving,
            fix=fix,
            proposal=tuple(proposal),
            pedantic=pedantic,
            url=self.url(),
        )

    def deployment_finding(
        self,
        place: Location,
        message: str,
        *,
        field: str | None = None,
        advice: str = "",
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        memory: Cost | None = None,
    ) -> Finding:
        """A finding of this rule about a place in a file of the deployment.

        Args:
            place: where it stands, as the reader of the file gave it (``given.location``).
            message: one sentence with the numbers behind it; never the value of a secret.
            field: what of the file it is about (``CACHE_CONFIG.CACHE_TYPE``), else the place's own. It
                tells findings of one rule in one file apart, also after lines have moved.
            advice: what to do.
            severity: other than the rule's own.
            confidence: other than the rule's own.
            memory: what it costs, in bytes.
        """
        file = place.file or ""
        return Finding(
            rule=self.code,
            name=self.name(),
            severity=severity or self.severity,
            confidence=confidence or self.confidence,
            message=message,
            asset=AssetRef("deployment", in_repository(file)[0], None, file),
            location=place._replace(field=field or place.field),
            advice=advice,
            memory=memory,
            pedantic=self.pedantic,
            url=self.url(),
        )


def is_built_in(rule: type[Rule]) -> bool:
    """Whether a rule is one that dashlint brings along."""
    return rule.__module__.startswith(_BUILT_IN)
