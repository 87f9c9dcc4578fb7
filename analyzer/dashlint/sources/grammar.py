"""The YAML that Superset writes, as one regular expression.

Superset writes and reads its files with PyYAML, which knows YAML 1.1. The fast reader knows YAML 1.2.
The two agree on block-style files whose unquoted values are plain words and numbers, which is what
``yaml.safe_dump`` writes (superset/commands/*/export.py), and differ on values such as ``yes``, ``017``,
``1:30``, ``1e3`` and ``2024-01-01``, on merge keys, on tags and on some rare syntax. So a file goes to the
fast reader only if all of it is made of lines that are known to mean the same in both; everything else goes
to PyYAML. The grammar is a list of what is allowed, not of what is forbidden: what nobody thought of is read
by PyYAML. ``tests/sources/test_readers_agree.py`` compares the two readers.
"""

from __future__ import annotations

import re

#: Words that YAML 1.1 reads as true or false and YAML 1.2 as text (yaml/resolver.py of PyYAML).
_BOOLEAN = r"(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)"

# How unquoted text may begin: a letter or one of ( / $ \ ^ _ . What is no ASCII is a letter here (the other
# characters are sorted out before), and classes that name what they leave out are compiled much faster.
_LETTER = r"[^\x00-#%-')-.0-@\[\]`{-\x7f]"
# `<<` is a merge key, `=` alone has a tag of its own in YAML 1.1, and `~` alone is null.
_SIGN = r"(?:<(?!<)|=(?=\S)|~(?=[A-Za-z]))"
# A digit, and then something that no number, date or time of either version holds, such as a letter that is
# none of e, t, x, z: 3__table, 45°, 2745eae5.
_DIGIT = r"(?=[0-9][^\n:#]*[^\x00-$&'*+\-.0-@ETXZ\[-`etxz{-\x7f])(?!0[xXoObB])[0-9]"
_FORMAT = r"\.[0-9]+[%a-df-su-wy]"  # .3s and .1%, as d3 formats are written
_UUID = r"[0-9][0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_START = rf"(?:{_LETTER}|{_SIGN}|{_DIGIT}|{_UUID}|{_FORMAT})"

# Text without a colon before a blank and without a comment.
_TEXT = r"[^\n:#]*(?:(?::(?=\S)|(?<=\S)#)[^\n:#]*)*"
# 1.0.0 is no number, and 08:00 is none because of its zero; 18:00 is 1080 to YAML 1.1.
_NO_NUMBER = r"[0-9]+\.[0-9]+\.[0-9]+|0[0-9]:[0-9]{2}(?::[0-9]{2})?"
# 18 digits fit into 64 bits; a float with an exponent needs a point and a sign for YAML 1.1 to see one.
_NUMBER = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,40}(?:e[-+][0-9]{1,3})?)?"
# Most keys and values begin with a lower-case letter; these patterns only save time.
_PLAIN_LETTER = r"[^\x00-#%-')-.0-@NOY\[\]`noy{-\x7f]"
_EASY_KEY = rf"(?:{_PLAIN_LETTER}|n(?!o *:)|o(?!n *:|ff *:)|y(?!es *:))[^\n:#]{{0,200}}"
_EASY_VALUE = rf"(?:{_PLAIN_LETTER}|n(?!o *\n)|o(?!n *\n|ff *\n)|y(?!es *\n))[^\n:#]*"
_INTEGER = r"(?:0|[1-9][0-9]{0,17})"

# The colon stands in each alternative: `re` then looks for it alone when it takes characters back.
_KEY = (
    rf"(?:{_EASY_KEY}:|(?!{_BOOLEAN} *:){_START}[^\n:#]{{0,200}}:"
    rf"|'[^'\n]{{0,200}}':|\"(?:[^\"\\\n]|\\[^\n]){{0,200}}\":|{_INTEGER}:)(?<! :)"
)


def _value(more: str) -> str:
    """The value after a key or dash, if there is one, to the end of its last line.

    Its further lines begin with the spaces of ``more`` or are empty. All of them are indented more deeply
    than the key, as PyYAML writes them: so whatever begins at a key's column is a key
    (:mod:`dashlint.sources.positions` counts on it). There is one way only for each line to match, so that
    the time stays linear.
    """
    plain = rf"(?!{_BOOLEAN} *\n){_START}{_TEXT}(?:\n{more} *(?![-?:][ \n])[^\s#:]{_TEXT})*"
    lines = rf"\n\n*{more}"
    single = rf"'[^'\n]*(?:(?:''|{lines})[^'\n]*)*'"
    double = rf'"[^"\\\n]*(?:(?:\\(?:[^\n]|{lines})|{lines})[^"\\\n]*)*"'
    any_value = rf"(?:{plain}|{_NUMBER}|{_NO_NUMBER}|{single}|{double}|\[\]|\{{\}}|~)"
    # What most lines hold comes first; the last alternative would match all of it, too.
    easy = rf"{_EASY_VALUE}\n(?!{more})|{_INTEGER}\n|'[^'\n]*'\n|\[\]\n|\{{\}}\n"
    return rf"(?:{easy}|{any_value}? {{0,9}}\n)"


# Without a dash before the key, the text of a literal block is what is indented more deeply than the key.
_LITERAL = r"\|[-+]?\n(?P=indent) +\S[^\n]*\n(?:(?:(?P=indent) [^\n]*)?\n)*"
_ITEM_LITERAL = _LITERAL.replace("(?P=indent) ", "(?P=indent)   ")

# No deeper than 200: deeper than any dashboard, and shallow enough for whoever walks through the result.
# Runs of blanks are bounded, since several unbounded ones beside each other would take quadratic time.
# Items come before keys behind a dash, because layouts hold long lists of ids.
_ENTRY = (
    r"(?P<indent> {0,200})(?:"
    rf"{_KEY}(?:\n| {{1,9}}(?:{_value('(?P=indent) ')}|{_LITERAL}))"
    rf"|- (?:{_EASY_VALUE}\n(?!(?P=indent) )|{_INTEGER}\n)"
    rf"|- {_KEY}(?:\n| {{1,9}}(?:{_value('(?P=indent)   ')}|{_ITEM_LITERAL}))"
    rf"|(?:- {{1,9}}){{1,4}}{_value('(?P=indent) ')}"
    r")"
)
_COMMENT = r" *(?:#[^\n]*)?\n"

# The first entry is not indented, so nothing after it can end the document.
_FILE = re.compile(
    rf"(?:{_COMMENT})*(?:---\n(?:{_COMMENT})*)?(?=[^ \n#]|\Z)(?:{_ENTRY}|{_COMMENT})*", re.DOTALL
)

# Characters that YAML 1.1 refuses or takes for line breaks, the tab, whose rules differ, and blanks beyond
# ASCII, which the fast reader strips from the ends of a value. Compiled when the first text needs it.
_ODD_BYTES = bytes([*range(0x0A), *range(0x0B, 0x20), 0x7F])
_ODD = (
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)


def is_plain(text: str) -> bool:
    """Whether both readers read the text alike; its only line breaks are line feeds."""
    if text.isascii():
        data = text.encode("ascii")
        if len(data.translate(None, _ODD_BYTES)) != len(data):
            return False
    elif re.search(_ODD, text):
        return False
    found = _FILE.match(text)
    return found is not None and found.end() == len(text)
