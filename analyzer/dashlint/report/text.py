"""Text from assets and databases, made harmless.

Titles and SQL are other people's, and reports end up in terminals, logs and pages that give some characters a
meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dashlint.lint.amounts import plural
from dashlint.lint.model import Confidence, Finding

if TYPE_CHECKING:
    from dashlint.report.actions import Fixable

#: Joiners that scripts and emoji need inside a word: zero-width non-joiner and joiner.
_JOINERS = "\u200c\u200d"
#: Separators of lines and paragraphs. Python counts them as white space, as it does spaces.
_SEPARATORS = "\u2028\u2029"
#: Logging commands that a runner finds anywhere in a line: ``##[error]`` (actions/runner,
#: ActionCommand.TryParse), ``##vso[task.…]`` (Azure Pipelines), ``##teamcity[…]``.
_COMMAND_IN_LINE = r"(?i)##(?=[a-z]*\[)"
#: Workflow commands that begin a line, whatever white space comes first (ActionCommand.TryParseV2): the names
#: that actions/runner registers (ActionCommandManager.cs). SQL's ``a::date`` is none.
_COMMAND_AT_START = (
    r"(?i)::(?=(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|internal-set-repo-path|notice"
    r"|remove-matcher|save-state|set-env|set-output|stop-commands|warning)(?:\s|::))"
)


def visible(text: str) -> str:
    r"""The text on one line, with everything that steers instead of showing written as an escape.

    Control characters (``\x1b``, ``\n``), marks that turn the direction of reading (``\u202e``), lone
    surrogates and other invisible characters become Python's escapes; commands of CI systems lose their first
    character to one (``\x23#[error]``, ``\x3a:error``). What people write in any language stays as it is.
    """
    if not text.isprintable():
        text = "".join(c if _shows(c) else c.encode("unicode_escape").decode() for c in text)
    if "##" in text:
        text = re.sub(_COMMAND_IN_LINE, r"\\x23#", text)
    return re.sub(_COMMAND_AT_START, r"\\x3a:", text) if "::" in text else text


def _shows(character: str) -> bool:
    if character.isprintable() or character in _JOINERS:
        return True
    # Spaces other than the usual one, such as the no-break space of French.
    return character.isspace() and character > "\x9f" and character not in _SEPARATORS


def subject(finding: Finding) -> str:
    """What a finding is about: ``chart “All orders”``."""
    return f"{finding.asset.kind} “{visible(finding.asset.name)}”"


def sentence(finding: Finding) -> str:
    """What a finding says, on one line: ``chart “All orders”: asks for all rows``."""
    return f"{subject(finding)}: {visible(finding.message)}{doubt(finding)}"


def doubt(finding: Finding) -> str:
    """Says so, with a blank before it, where a finding is not sure: `` (low confidence)``."""
    sure = finding.confidence is Confidence.HIGH
    return "" if sure else f" ({finding.confidence.value} confidence)"


def advice(finding: Finding) -> str:
    """What to do, behind an arrow; empty where a rule leaves that open."""
    return f"→ {visible(finding.advice)}" if finding.advice else ""


def fixable_words(found: Fixable) -> str:
    """``12 findings can be fixed with `dashlint fix exports/` (9 more with --unsafe)``."""
    if not found.safe:
        return f"{plural(found.unsafe, 'finding')} can be fixed with `{found.command} --unsafe`"
    more = f" ({found.unsafe:,} more with --unsafe)" if found.unsafe else ""
    return f"{plural(found.safe, 'finding')} can be fixed with `{found.command}`{more}"
