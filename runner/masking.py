"""Messages of warehouses and destinations without what they quote from people's rows.

A message is for the operator; the row that it is about is for nobody but the warehouse. What
looks like a contact point, a value that an engine quotes because it could not use it, and a line
of a file that it shows are replaced by `***`.
"""

from __future__ import annotations

import re

MASK = "***"
_EMAIL = re.compile(r"[^\s@'\"`,;|=(){}\[\]<>]+@[^\s@'\"`,;|(){}\[\]<>]+")
_NUMBER = re.compile(r"(?<![\w./:-])(?:\+\d[\d ().-]{5,}\d|0\d[\d ().-]{6,}\d|\d{9,})(?![\w/:-])")
_QUOTED_VALUE = re.compile(
    r"""(?ix)
    (
        (?: could\ not\ (?:convert|cast|parse)\ (?:string|value)
          | (?:failed\ to|unable\ to|cannot)\ (?:convert|cast|parse)\ (?:string|value)
          | invalid\ input\ syntax[^:"'\n]*: | invalid\ byte\ sequence[^:"'\n]*:
          | field\ format: | out\ of\ range: | duplicate\ key | malformed\ \w+(?:\ \w+)?:
          | (?<=\ error:\ )value
        )\s*
    )
    (?: "(?:[^"\n]|"")*" | '(?:[^'\n]|'')*' )
    """
)
_KEY_DETAIL = re.compile(r"=\([^)\n]*\)")
_SHOWN_LINE = re.compile(r"(?im)^(\s*(?:original line|line|context|LINE \d+)\s*:).*$")
_ROW = re.compile(r"(?im)^(.*failing row contains ).*$")


def masked(text: str) -> str:
    """The text without what it quotes from rows.

    Example:
        `Could not convert string 'frank@contoso.com' to INT32` becomes
        `Could not convert string *** to INT32`.
    """
    text = _SHOWN_LINE.sub(rf"\1 {MASK}", text)
    text = _ROW.sub(rf"\1{MASK}", text)
    text = _QUOTED_VALUE.sub(rf"\1{MASK}", text)
    text = _KEY_DETAIL.sub(f"=({MASK})", text)
    return _NUMBER.sub(MASK, _EMAIL.sub(MASK, text))
