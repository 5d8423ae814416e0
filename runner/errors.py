"""What may go wrong, said once and in one paragraph: what, where, what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

FAILURE = 1
WRONG_USE = 2


class ConsentError(Exception):
    """Something failed that the reader of the message can act on.

    Args:
        what: what went wrong and where, one sentence.
        fix: what to do about it, one sentence.
    """

    exit_code = FAILURE

    def __init__(self, what: str, fix: str = "") -> None:
        """Both sentences make the message, in this order."""
        self.what = what.strip()
        self.fix = fix.strip()
        super().__init__(f"{self.what} {self.fix}".strip())


class UsageError(ConsentError):
    """The command was called with something that does not exist."""

    exit_code = WRONG_USE


class ExportError(ConsentError):
    """An export was not delivered; the last delivery stays in place."""


class WarehouseInUseError(ConsentError):
    """Another process holds the warehouse's file."""


def warehouse_in_use(text: str) -> WarehouseInUseError | None:
    """The error for DuckDB's message about a file that another process holds; else None."""
    found = re.search(r'Could not set lock on file "([^"]+)"(?:.*?\(PID (\d+)\))?', text, re.S)
    if found is None:
        return None
    who = f"process {found[2]}" if found[2] else "another process"
    return WarehouseInUseError(
        f"The warehouse {found[1]} is in use by {who}.",
        "Wait until that dbt or consent command has ended, and repeat this one.",
    )


def nearest(name: object, candidates: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for a misspelt name, or nothing when no candidate is near."""
    found = difflib.get_close_matches(str(name), sorted(candidates), n=1, cutoff=0.5)
    return f" (did you mean '{found[0]}'?)" if found else ""
