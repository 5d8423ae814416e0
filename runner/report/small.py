"""Small counts: who is one of four can be guessed, so the page does not say how many they are."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from enum import StrEnum
from typing import TypeVar

FEW = range(1, 5)


class Unsaid(StrEnum):
    """A count that is not said.

    `FEW` are one to four. `KEPT_BACK` is larger, but with the total it would give the few away.
    """

    FEW = "few"
    KEPT_BACK = "kept_back"


Count = int | Unsaid
Key = TypeVar("Key", bound=Hashable)


def said(count: int, exact: bool) -> Count:
    """A count that stands alone."""
    return Unsaid.FEW if count in FEW and not exact else count


def parts(
    counts: Mapping[Key, int], exact: bool, told: Collection[Key] = ()
) -> tuple[dict[Key, Count], bool]:
    """The parts of a whole: what a subtraction would tell is kept back with the few.

    Where one part alone is of few, or all that are of few add up to what few are, the next
    smallest part is kept back, so that at least two unknown parts make up what is missing, and
    what is missing is no longer of few.

    Args:
        counts: the parts, which add up to the whole.
        exact: say everything.
        told: parts that stand elsewhere too, so that keeping them back would hide nothing.

    Returns:
        What may be said of each part, and whether the whole may be said.
    """
    found: dict[Key, Count] = {key: said(count, exact) for key, count in counts.items()}
    hidden = [key for key, count in found.items() if isinstance(count, Unsaid)]
    if not hidden:
        return found, True
    others = [key for key in counts if key not in hidden and key not in told and counts[key]]
    others.sort(key=lambda key: counts[key], reverse=True)
    while len(hidden) < 2 or sum(counts[key] for key in hidden) in FEW:
        if not others:
            return found, False
        key = others.pop()
        found[key] = Unsaid.KEPT_BACK
        hidden.append(key)
    return found, True
