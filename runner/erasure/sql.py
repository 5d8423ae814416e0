"""Lists of values as SQL."""

from __future__ import annotations

from collections.abc import Iterable

from runner.exports.local import literal


def listed(values: Iterable[str]) -> str:
    """Values for `in (…)`; a list of none matches nothing."""
    return ", ".join(literal(each) for each in sorted(values)) or "null"


def pairs(given: Iterable[tuple[str, str]]) -> str:
    """Pairs for `(one, other) in (…)`; empty where there is none."""
    return ", ".join(f"({literal(one)}, {literal(other)})" for one, other in sorted(given))
