"""How Sphinx builds the site: `make site`, strictly (`make site-check`) in CI."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from docutils import nodes
from sphinx.transforms import SphinxTransform

from dashlint import __version__
from dashlint.lint.links import SITE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REPOSITORY = "https://github.com/dashlint/dashlint"

project = "dashlint"
author = "The dashlint authors"
project_copyright = author
version = release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["man/*"]
nitpicky = True
smartquotes = False  # --url is no dash
# Excerpts of SQL and YAML say "…" for what is left out.
suppress_warnings = ["misc.highlighting_failure"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4  # as forges do, so that links work there, too

html_theme = "furo"
html_title = "dashlint"
html_baseurl = SITE
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["dashlint.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
# The schemas are fetched from the site by editors and validators, so they are files there.
html_extra_path = [
    "configuration.schema.json",
    "cost.schema.json",
    "fleet-inventory.schema.json",
    "fleet.schema.json",
    "report.schema.json",
]
html_theme_options = {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": "docs/"}
pygments_style = "friendly"
pygments_dark_style = "monokai"


class RepositoryLinks(SphinxTransform):
    """Links to files beside docs/, which the repository shows and the site does not hold.

    A page is read in two places. ``../tests/…`` leads somewhere in the repository; here it becomes the
    forge's address of the file, and a warning where there is no such file.
    """

    default_priority = 5  # before MyST looks for pages

    def apply(self) -> None:
        """Rewrites the links of one page."""
        page = Path(self.document["source"])
        for node in list(self.document.findall(nodes.Element)):
            target = node.get("refuri") or node.get("reftarget")
            if not isinstance(target, str) or re.match(r"[a-z]+:|#", target):
                continue
            path, _, anchor = unquote(target).partition("#")
            # MyST takes a Markdown file for a page: absolute, without its ending, the anchor beside it.
            file = Path(f"{path}.md") if path.startswith("/") else (page.parent / path).resolve()
            if not file.exists() and (ROOT / path).is_file():
                file = ROOT / path  # of a page that includes a file of the repository's root
            anchor = anchor or node.get("reftargetid") or ""
            if file.is_relative_to(HERE) and file.suffix != ".yml":
                continue
            if not file.is_relative_to(ROOT) or not file.exists():
                self.document.reporter.warning(f"{target}: no such file in the repository", base_node=node)
                continue
            kind = "tree" if file.is_dir() else "blob"
            url = (
                f"{REPOSITORY}/{kind}/main/{file.relative_to(ROOT).as_posix()}{'#' if anchor else ''}{anchor}"
            )
            children = [child.deepcopy() for child in node.children]
            node.replace_self(nodes.reference("", "", *children, refuri=url, internal=False))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
