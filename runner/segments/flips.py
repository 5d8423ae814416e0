"""The fewest conditions that would have to turn out otherwise for a rule to turn out otherwise.

Each leaf of a rule is looked at on its own, also where two ask the same. Then the smallest set can
be found exactly, from the leaves upwards: making all of several conditions hold takes a change in
each one that does not; making one of them hold takes the cheapest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.segments.plans import Condition

Flips = frozenset[int]


def holds(conditions: Sequence[Condition], leaves: Mapping[int, bool]) -> dict[int, bool]:
    """Whether each condition of a rule holds, given its leaves."""
    found: dict[int, bool] = {}
    for each in reversed(conditions):
        inner = [found[child] for child in each.children]
        match each.group:
            case "leaf":
                found[each.id] = leaves[each.id]
            case "not":
                found[each.id] = not inner[0]
            case "any":
                found[each.id] = any(inner)
            case _:
                found[each.id] = all(inner)
    return found


def fewest(
    conditions: Sequence[Condition], leaves: Mapping[int, bool], wanted: bool
) -> Flips | None:
    """The smallest set of leaves to change so that the rule holds, or does not.

    Of several smallest sets, the one whose conditions stand first. None when no change of leaves
    does it: a rule without conditions always holds.
    """
    if not conditions:
        return frozenset() if wanted else None
    found: dict[int, dict[bool, Flips | None]] = {}
    for each in reversed(conditions):
        inner = [found[child] for child in each.children]
        match each.group:
            case "leaf":
                found[each.id] = {
                    value: frozenset() if leaves[each.id] == value else frozenset({each.id})
                    for value in (True, False)
                }
            case "not":
                found[each.id] = {value: inner[0][not value] for value in (True, False)}
            case "any":
                found[each.id] = {True: _one(inner, True), False: _each(inner, False)}
            case _:
                found[each.id] = {True: _each(inner, True), False: _one(inner, False)}
    return found[0][wanted]


def _each(inner: Sequence[Mapping[bool, Flips | None]], value: bool) -> Flips | None:
    flips: Flips = frozenset()
    for each in inner:
        needed = each[value]
        if needed is None:
            return None
        flips |= needed
    return flips


def _one(inner: Sequence[Mapping[bool, Flips | None]], value: bool) -> Flips | None:
    possible = [flips for each in inner if (flips := each[value]) is not None]
    return min(possible, key=lambda flips: (len(flips), sorted(flips)), default=None)
