"""Overrides: what the configuration says of some files or dashboards only.

An override by path holds for what was read from a matching file. One by dashboard holds for the dashboard
and its filters; for a chart, a dataset or a database only if every dashboard that uses it is matched, since
a change to it is felt on all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dashlint.assets import Asset, Dashboard, Problem, Workspace
from dashlint.lint.config import Config, Override
from dashlint.lint.model import Finding, reference
from dashlint.lint.rule import Rule
from dashlint.lint.selection import build, decide

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Matched = tuple[int, ...]


class Overrides:
    """The overrides of a configuration, for one workspace."""

    def __init__(self, config: Config, workspace: Workspace) -> None:
        self._config = config
        self._workspace = workspace
        self._known: dict[Asset, Matched] = {}
        self._variants: dict[tuple[type[Rule], Matched], Rule | None] = {}
        self._files: dict[str | None, list[frozenset[str]]] = {}
        self._used: set[tuple[int, str]] = set()
        self._of_assets: tuple[Matched, ...] | None = None

    def of(self, asset: Asset) -> Matched:
        """The numbers of the overrides that hold for an asset, in their order."""
        if asset not in self._known:
            users = self._workspace.dashboards_using(asset)
            self._known[asset] = self._matched(asset.origin.file, users)
        return self._known[asset]

    def of_finding(self, finding: Finding) -> Matched:
        """The overrides that hold for what a finding is about; for a file, those that name no dashboard."""
        owner = finding.asset.uuid.partition("/")[0]
        kind = "dashboard" if finding.asset.kind == "filter" else finding.asset.kind
        asset = self._assets.get((kind, owner, finding.location.file))
        return self.of(asset) if asset is not None else self._matched(finding.location.file, ())

    def variant(self, rule: Rule, matched: Matched) -> Rule | None:
        """A rule as it is where these overrides hold; None where it does not run."""
        key = (type(rule), matched)
        if key not in self._variants:
            held = self.chosen(matched)
            runs = decide(type(rule), self._config, held).runs
            self._variants[key] = build(type(rule), self._config, held) if runs else None
        return self._variants[key]

    def everywhere(self, files: Iterable[str] = ()) -> tuple[Matched, ...]:
        """Each combination of overrides that holds somewhere, and none; ``files`` belong to no asset."""
        if self._of_assets is None:
            problems = [self._matched(problem.file, ()) for problem in self._workspace.problems]
            self._of_assets = tuple(dict.fromkeys([(), *map(self.of, self._all_assets()), *problems]))
        return tuple(dict.fromkeys([*self._of_assets, *(self._matched(file, ()) for file in files)]))

    def chosen(self, matched: Matched) -> list[Override]:
        """The overrides with these numbers."""
        return [self._config.overrides[number] for number in matched]

    def severity(self, finding: Finding) -> str | None:
        """What an override says of a finding's severity; the last one counts."""
        found = None
        for override in self.chosen(self.of_finding(finding)):
            found = override.severity.get(finding.rule) or override.severity.get(finding.name) or found
        return found

    def problems(self) -> list[Problem]:
        """One for every pattern that matches nothing of all that was read.

        A server has no files, so patterns of paths are left alone there.
        """
        for asset in self._all_assets():
            self.of(asset)
        for problem in self._workspace.problems:
            self._by_path(problem.file)
        file = str(self._config.path) if self._config.path else None
        return [
            Problem("unused-override", f"overrides.{number + 1}: {key} {pattern!r} matches nothing", file)
            for number, override in enumerate(self._config.overrides)
            for key, patterns in (("paths", override.paths), ("dashboards", override.dashboards))
            for pattern in patterns
            if (number, pattern) not in self._used and not (key == "paths" and self._workspace.url)
        ]

    def _all_assets(self) -> Iterable[Asset]:
        w = self._workspace
        return (*w.dashboards, *w.charts, *w.datasets, *w.databases)

    @cached_property
    def _assets(self) -> dict[tuple[str, str, str | None], Asset]:
        return {(reference(asset).kind, asset.uuid, asset.origin.file): asset for asset in self._all_assets()}

    @cached_property
    def _specs(self) -> list[list[tuple[str, GitIgnoreSpec]]]:
        from pathspec import GitIgnoreSpec

        return [[(p, GitIgnoreSpec.from_lines([p])) for p in o.paths] for o in self._config.overrides]

    def _matched(self, file: str | None, dashboards: Sequence[Dashboard]) -> Matched:
        by_path = self._by_path(file)
        return tuple(
            number
            for number, override in enumerate(self._config.overrides)
            if (not override.paths or by_path[number])
            and (not override.dashboards or self._all_named(number, dashboards))
        )

    def _all_named(self, number: int, dashboards: Sequence[Dashboard]) -> bool:
        # Each is looked at, also behind one that does not match: what matches anything is used.
        named = [self._named(number, dashboard) for dashboard in dashboards]
        return bool(named) and all(named)

    def _by_path(self, file: str | None) -> list[frozenset[str]]:
        """Of each override the patterns that match a file."""
        if file not in self._files:
            relative = self._relative(file)
            self._files[file] = [
                frozenset(p for p, spec in specs if relative is not None and spec.match_file(relative))
                for specs in self._specs
            ]
            for number, patterns in enumerate(self._files[file]):
                self._used |= {(number, pattern) for pattern in patterns}
        return self._files[file]

    def _relative(self, file: str | None) -> str | None:
        """A file as patterns see it: from the folder of the configuration; None outside of it."""
        if file is None:
            return None
        root = self._config.root or Path.cwd()
        # Not resolve(): what lies in a ZIP is no file, and a link is meant where it stands.
        for base in (os.path.abspath(file), os.path.realpath(file)):  # noqa: PTH100
            path = Path(base)
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return None

    def _named(self, number: int, dashboard: Dashboard) -> bool:
        names = [
            name.casefold()
            for name in (dashboard.uuid, str(dashboard.id or ""), dashboard.slug, dashboard.title)
            if name
        ]
        found = False
        for pattern in self._config.overrides[number].dashboards:
            wanted = pattern.strip().casefold()
            if any(name == wanted or fnmatchcase(name, wanted) for name in names):
                self._used.add((number, pattern))
                found = True
        return found
