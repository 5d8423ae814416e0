"""A person's values in texts: whole values between boundaries, never parts of longer ones.

`era.one@example.com` is no part of `xera.one@example.com`, and `+31620000002` none of
`+316200000021`. Rows are found by their keys and never by these patterns; what the patterns find
in a text is masked there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.masking import MASK

SHORTEST = 6
"""Values shorter than this say too little to be looked for inside of a text."""
_NUMBER = re.compile(r"\+\d+")
_MAILBOX = r"[\w.+%-]"
"""What may stand in a mailbox's name (RFC 5322's rarer signs delimit values more often)."""
_APART = r"[ ().-]{0,2}"


class Values:
    """The plain values of one person.

    Attributes:
        searched: those long enough to be looked for inside of texts, in lower case.
    """

    def __init__(self, values: Iterable[str]) -> None:
        """Takes contact points and raw forms of them, in any case."""
        self.searched = sorted({each.lower() for each in values if len(each) >= SHORTEST})
        # nothing at all is matched by a person without such values
        pattern = "|".join(_whole(each) for each in self.searched) or r"(?!)"
        self._pattern = re.compile(pattern, re.IGNORECASE)

    def count(self, text: str) -> int:
        """How often a value stands in a text."""
        return sum(1 for _ in self._pattern.finditer(text))

    def within(self, text: str) -> bool:
        """Whether a value stands in a text."""
        return self._pattern.search(text) is not None

    def masked(self, text: str) -> str:
        """The text with `***` for each value."""
        return self._pattern.sub(MASK, text)

    def candidates(self, column: str) -> str:
        """SQL that is true for each text that may hold a value; `within` decides.

        A number counts by its last digits, since separators may stand between the others.
        """
        tests = [
            f"position('{_needle(each)}' in lower({column})) > 0"
            if _NUMBER.fullmatch(each) is None
            else f"position('{each[1:]}' in regexp_replace({column}, '[^0-9]', '', 'g')) > 0"
            for each in self.searched
        ]
        return f"({' or '.join(tests)})" if tests else "(1 = 0)"

    def parts(self) -> list[bytes]:
        """What a file's bytes would hold of it, however its texts are laid side by side."""
        # a run of digits comes together by chance between other numbers
        return [each.encode() for each in self.searched if not each.isdigit()]


def _whole(value: str) -> str:
    plain = re.escape(value)
    if "@" in value:
        return rf"(?<!{_MAILBOX})(?<!\w'){plain}(?![\w-]|\.\w)"
    if _NUMBER.fullmatch(value):
        digits = value[1:]
        spaced = _APART.join(digits)
        return rf"(?<![\w+])(?:(?:\+|00)?{digits}|(?:\+|00){spaced})(?!\w)"
    return rf"(?<![\w-]){plain}(?![\w-])"


def _needle(value: str) -> str:
    return value.replace("'", "''")
