"""`consent explain`: agrees with the members, and names the fewest conditions to change.

`CONSENT_LONG=1` asks 400 pairs of rules and profiles instead of 200.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from segment_evaluator import Row, World, leaf_holds
from segment_lab import Lab
from segment_random import Dice, make_lab

from runner.segments.explain import GUARD, LIMIT, Explained, Explanation, explained
from runner.segments.flips import fewest, holds
from runner.segments.plans import Condition, plans, stored_as_of
from runner.warehouse import open_warehouse

Pair = tuple[str, Row, Explanation]
SEGMENTS, PROFILES = 100 if os.environ.get("CONSENT_LONG") == "1" else 50, 4


@pytest.fixture(scope="module")
def world_and_pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dice, Lab, list[Pair]]:
    """Explanations of random profiles and random rules, half of them of new leaves."""
    dice = Dice(11)
    lab = make_lab(tmp_path_factory.mktemp("explained"), dice)
    rules = dice.rules(SEGMENTS, new_leaves=0.5)
    lab.segments(rules)
    lab.remember(dice.stays)
    lab.require_build()
    project = lab.project()
    as_of = stored_as_of(project)
    compiled = plans(project, rules, as_of)
    chance = random.Random(12)
    pairs = []
    with open_warehouse(project) as warehouse:
        for name, plan in compiled.items():
            for profile in chance.sample(dice.profiles, PROFILES):
                answer = explained(project, warehouse, plan, as_of, profile["profile_id"])
                pairs.append((name, profile, answer))
    assert len(pairs) == SEGMENTS * PROFILES
    return dice, lab, pairs


def judged(given: Any, profile: Row, world: World, flipped: set[str], path: str, at: str) -> bool:
    """Whether a rule holds when the leaves at some places turn out otherwise."""

    def inner(items: Iterable[Any], path: str) -> list[bool]:
        return [
            judged(item, profile, world, flipped, f"{path}[{index}]", at)
            for index, item in enumerate(items)
        ]

    if isinstance(given, list):
        return all(inner(given, path))
    if "all" in given:
        return all(inner(given["all"], f"{path}.all"))
    if "any" in given:
        return any(inner(given["any"], f"{path}.any"))
    if "not" in given:
        return not judged(given["not"], profile, world, flipped, f"{path}.not", at)
    if "rule_of" in given:
        name = given["rule_of"]
        where = world.rules[name].get("where", [])
        return judged(where, profile, world, flipped, "where", f"{at}{path} → {name}: ")
    return leaf_holds(given, profile, world) != (at + path in flipped)


def leaves_of(tree: Explained | None) -> list[str]:
    if tree is None:
        return []
    below = [place for each in tree.conditions for place in leaves_of(each)]
    is_group = tree.condition in ("all", "any", "not") or "rule_of" in tree.condition
    return below if is_group else [tree.path]


def test_it_agrees_with_the_members(world_and_pairs: tuple[Dice, Lab, list[Pair]]) -> None:
    dice, lab, pairs = world_and_pairs
    members = lab.members()
    for name, profile, answer in pairs:
        assert answer.is_member == (profile["profile_id"] in members[name])
        allowed = answer.permission is None or answer.permission.is_permitted
        assert (answer.cut is None) == ("limit" not in dice.world.rules[name])
        allowed = allowed and not (answer.cut and answer.cut.is_over)
        assert (answer.matches_rule and allowed) == answer.is_member
        assert answer.notes == []
    inside = sum(answer.is_member for _, _, answer in pairs)
    assert len(pairs) / 5 < inside < len(pairs) * 4 / 5, "both kinds have to be there"


def test_each_condition_turns_out_as_the_evaluator_says(
    world_and_pairs: tuple[Dice, Lab, list[Pair]],
) -> None:
    dice, _, pairs = world_and_pairs
    for name, profile, answer in pairs:
        where = dice.world.rules[name]["where"]
        assert answer.rule is not None
        assert answer.rule.holds == judged(where, profile, dice.world, set(), "where", "")


def test_changing_what_it_names_flips_the_result(
    world_and_pairs: tuple[Dice, Lab, list[Pair]],
) -> None:
    dice, _, pairs = world_and_pairs
    tried = 0
    for name, profile, answer in pairs:
        if answer.is_member:
            assert answer.needed == []
            continue
        where = dice.world.rules[name]["where"]
        places = {each.path for each in answer.needed}
        blocked = answer.permission is not None and not answer.permission.is_permitted
        assert (GUARD in places) == blocked
        assert (LIMIT in places) == (answer.cut is not None and answer.cut.is_over)
        places -= {GUARD, LIMIT}
        assert judged(where, profile, dice.world, places, "where", ""), f"{name}: {places}"
        # and nothing smaller does
        leaves = leaves_of(answer.rule)
        assert places <= set(leaves)
        for fewer in range(len(places)):
            if len(leaves) <= 16 or fewer <= 1:
                for some in itertools.combinations(leaves, fewer):
                    assert not judged(where, profile, dice.world, set(some), "where", "")
        tried += len(places) > 1
    assert tried > 3, "some need more than one change"


def test_the_fewest_are_found_by_trying_all() -> None:
    """Against brute force on random trees of up to ten leaves."""
    chance = random.Random(5)
    for _ in range(400):
        conditions: list[Condition] = []
        open_ids: list[int | None] = [None]
        while open_ids:
            parent = open_ids.pop(0)
            leaf = len(conditions) + len(open_ids) > 9 or chance.random() < 0.3
            group = "leaf" if leaf else chance.choice(["all", "any", "not", "rule_of"])
            each = Condition(len(conditions), parent, group, "", "", "", {})
            conditions.append(each)
            if parent is not None:
                conditions[parent].children.append(each.id)
            if not leaf:
                open_ids += [each.id] * (1 if group in ("not", "rule_of") else chance.randint(1, 3))
        leaves = {each.id: chance.random() < 0.5 for each in conditions if each.group == "leaf"}
        for wanted in (True, False):
            found = fewest(conditions, leaves, wanted)
            smallest = next(
                count
                for count in range(len(leaves) + 1)
                for some in itertools.combinations(leaves, count)
                if holds(conditions, leaves | {i: not leaves[i] for i in some})[0] == wanted
            )
            assert found is not None
            assert len(found) == smallest
            after = leaves | {i: not leaves[i] for i in found}
            assert holds(conditions, after)[0] == wanted


def test_a_rule_without_conditions_needs_nothing() -> None:
    assert fewest([], {}, True) == frozenset()
    assert fewest([], {}, False) is None


def test_texts_in_a_rule_are_no_parameters(tmp_path: Path) -> None:
    dice = Dice(13, people=3)
    lab = make_lab(tmp_path, dice)
    rule = {"contacts_nobody": "x", "where": {"field": "country", "in": ["$1", "%s", "a'b", "\\"]}}
    lab.segments({"texts": rule})
    lab.require_build()
    project = lab.project()
    (plan,) = plans(project, ["texts"], None).values()
    with open_warehouse(project) as warehouse:
        for profile in dice.profiles:
            answer = explained(project, warehouse, plan, None, profile["profile_id"])
            assert answer.rule is not None
            assert answer.rule.holds == (profile["country"] in ("$1", "%s"))
            assert answer.rule.values == {"country": profile["country"]}
