"""Random rules over random people mean the same to the compiler and to an independent evaluator.

`CONSENT_LONG=1` compares 2,000 rules instead of 200, on the engine that the tests run on.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from segment_evaluator import members_of
from segment_random import Dice, make_lab
from segment_values import ATTRIBUTES

LONG = os.environ.get("CONSENT_LONG") == "1"
PER_BUILD = 200 if LONG else 100
SEEDS = range(100, 110) if LONG else (1, 2)
EVERYTHING = {
    "all", "any", "not", "eq", "ne", "in", "not_in", "is_missing", "lt", "lte", "gt", "gte",
    "between", "not_between", "contains", "not_contains", "starts_with", "ends_with", "matches",
    "ignore_case", "before", "after", "on_or_before", "on_or_after", "within_last", "within_next",
    "in_current", "month_is", "day_of_month_is", "weekday_is", "anniversary_within", "age",
    "activity", "count", "count_distinct", "sum", "avg", "min", "max", "first_at", "last_at",
    "consent", "rule_of", "source", "sample", "other field", "relative day", "several texts",
    "followed_by", "not_followed_by", "within", "same", "compare", "times", "plus", "list",
    "member_of", "delivered", "recorded", "expires", "from", "limit",
}  # fmt: skip


def compare(folder: Path, seed: int, count: int) -> Dice:
    """Builds random rules in one go and requires the members that the evaluator finds."""
    dice = Dice(seed)
    lab = make_lab(folder, dice)
    rules = dice.rules(count)
    lab.segments(rules)
    lab.remember(dice.stays)
    lab.require_build()
    built = lab.members()
    telling = 0
    for name, rule in rules.items():
        expected = members_of(name, rule, dice.profiles, dice.world)
        assert built[name] == expected, (
            f"seed {seed}, {name}, as of {dice.as_of} in {dice.zone}: {rule}\n"
            f"missing {sorted(expected - built[name])}, too many {sorted(built[name] - expected)}"
        )
        telling += 0 < len(expected) < len(dice.profiles)
    assert telling > count / 2, "most rules have to tell people apart"
    return dice


@pytest.mark.parametrize("seed", SEEDS)
def test_random_rules_have_the_members_that_the_evaluator_finds(seed: int, tmp_path: Path) -> None:
    dice = compare(tmp_path, seed, PER_BUILD)
    assert dice.used >= EVERYTHING, f"never drawn: {sorted(EVERYTHING - dice.used)}"
    assert set(ATTRIBUTES) <= set(dice.profiles[0])
