"""Random sequences of inserts, updates, deletes, returns and decisions, refreshed step by step,
against the independent model. Many small worlds live side by side in one warehouse.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from identity_lab import START, Lab, failures
from identity_model import (
    Ids,
    Key,
    Name,
    Partition,
    Rules,
    holders,
    is_junk,
    keys_of,
    naive_partition,
    problems_of_cut,
    steps_from_first,
    tying,
)
from identity_worlds import (
    KEYS,
    MAX_RECORDS_PER_KEY,
    ONLY_WITH,
    UNREADABLE,
    World,
    contact_points,
    existing,
    pairs,
    rows,
)

LONG = bool(os.environ.get("CONSENT_LONG"))
STEPS, WORLDS = (100, 150) if LONG else (8, 100)
IDS = "select source_name, source_record_id, profile_id, last_seen_at from profile_ids"
CHANGES = "select old_profile_id, new_profile_id, reason, changed_at from profile_id_changes"


def new_lab(folder: Path) -> Lab:
    return Lab(
        folder,
        keys=KEYS,
        attributes={"last_name": "string"},
        has_raw_keys=True,
        only_with=ONLY_WITH,
        variables={
            "max_records_per_key": MAX_RECORDS_PER_KEY,
            "unique_keys": {"card": "cut"},
            "contact_point_models": ["stg_lab__contact_points"],
        },
    ).create()


def new_worlds(seed: int) -> list[World]:
    """Guarded ones, and others whose records have no card that could part them."""
    worlds = []
    for number in range(WORLDS):
        is_guarded = number % 2 == 0
        world = World(number, is_guarded, random.Random(f"{seed}-{number}"))
        worlds.append(world)
    return worlds


def write(lab: Lab, worlds: list[World], shuffled: random.Random) -> None:
    customers = list(rows(worlds))
    shuffled.shuffle(customers)
    for customer in customers:
        if not worlds[_world(customer["source_record_id"])].is_guarded:
            customer.pop("card", None)
            customer.pop("raw_card", None)
    lab.write_customers(customers)
    for kind in ("always", "never"):
        decided = pairs(worlds, kind)
        shuffled.shuffle(decided)
        lab.write_pairs(f"{kind}_match", decided)
    lab.write_junk([key for world in worlds for key in world.rules.junk])
    lab.write_shared([key for world in worlds for key in world.rules.shared])
    points = list(contact_points(worlds))
    shuffled.shuffle(points)
    lab.write_contact_points(points)


def _world(source_record_id: str) -> int:
    return int(source_record_id.split("-")[0][1:])


def records_of(world: World) -> dict[Name, dict[str, str]]:
    if world.is_guarded:
        return world.records
    return {n: {k: v for k, v in r.items() if k != "card"} for n, r in world.records.items()}


def found_ids(lab: Lab) -> tuple[list[dict[Name, str]], set[Name]]:
    """Per world the id of each record that is there, and all records that are not."""
    there: list[dict[Name, str]] = [{} for _ in range(WORLDS)]
    gone = set()
    for source, identifier, profile, last_seen in lab.rows(IDS):
        if last_seen is None:
            there[_world(identifier)][source, identifier] = profile
        else:
            gone.add((source, identifier))
    return there, gone


def partition_of(ids: dict[Name, str]) -> Partition:
    groups: dict[str, set[Name]] = defaultdict(set)
    for name, profile in ids.items():
        groups[profile].add(name)
    return {frozenset(group) for group in groups.values()}


def keeps_ties(
    before: dict[Name, dict[str, str]],
    rules_before: Rules,
    now: dict[Name, dict[str, str]],
    rules: Rules,
) -> bool:
    """Whether all records are still there, and what tied two of them still does."""
    ties = tying(now, rules)
    kept = (names <= ties.get(key, set()) for key, names in tying(before, rules_before).items())
    return before.keys() <= now.keys() and all(kept)


@pytest.mark.parametrize("seed", [1])
def test_sequences_agree_with_the_model(seed: int, tmp_path: Path) -> None:
    lab, worlds, models = new_lab(tmp_path), new_worlds(seed), [Ids() for _ in range(WORLDS)]
    shuffled = random.Random(seed)
    expected_changes: set[tuple[str, str, str, dt.datetime]] = set()
    before: list[tuple[dict[Name, dict[str, str]], Rules]] = [({}, w.rules) for w in worlds]
    earlier: list[Partition] = [set() for _ in worlds]
    for step in range(1, STEPS + 1):
        for world in worlds:
            for _ in range(4 if step == 1 else 1):
                world.change()
        write(lab, worlds, shuffled)
        outcome = lab.build(is_tested=step in (1, STEPS), full_refresh=step % 5 == 0)
        assert outcome.success, failures(outcome)

        there, gone = found_ids(lab)
        assert gone == {name for world in worlds for name in world.lost if name in seen(models)}
        for world, model, ids in zip(worlds, models, there, strict=True):
            note = f"seed {seed}, step {step}, world {world.number} ({world.last})"
            records, rules, groups = records_of(world), existing(world), partition_of(ids)
            if world.is_guarded:
                assert problems_of_cut(groups, records, rules) == [], note
            else:
                assert groups == naive_partition(records, rules), note
                if keeps_ties(*before[world.number], records, rules):
                    for group in earlier[world.number]:
                        assert any(group <= whole for whole in groups), note
            moment = START + dt.timedelta(days=lab.step)
            for change in model.refresh(step, groups, ids):
                expected_changes.add((*change, moment))
            before[world.number], earlier[world.number] = (dict(records), rules), groups
        assert set(lab.rows(CHANGES)) == expected_changes, f"seed {seed}, step {step}"
    assert {reason for _, _, reason, _ in expected_changes} == {"merged", "split"}

    check_matches(lab, worlds)
    check_unchanged_input(lab)
    check_row_order(lab, worlds, tmp_path)


def seen(models: list[Ids]) -> set[Name]:
    return {name for model in models for name in model.records}


def check_matches(lab: Lab, worlds: list[World]) -> None:
    """Every record leads to the first of its profile, by a shortest way over keys it has."""
    outcome = lab.build("+profile_matches", "+rejected_keys", "+profiles")
    assert outcome.success, failures(outcome)
    matches = lab.rows(
        "select source_name, source_record_id, matched_by, matched_to, steps from profile_matches"
    )
    expected: dict[Name, int] = {}
    for world, ids in zip(worlds, found_ids(lab)[0], strict=True):
        for group in partition_of(ids):
            expected |= steps_from_first(group, records_of(world), existing(world))
    assert {(source, name): steps for source, name, _, _, steps in matches} == expected
    for source, name, matched_by, matched_to, steps in matches:
        if steps:
            other = tuple(matched_to.split("|"))
            world = worlds[_world(name)]
            keys, other_keys = (
                keys_of(n, records_of(world), world.rules) for n in ((source, name), other)
            )
            kind, _, masked = matched_by.partition(" ")
            masked, _, condition = masked.partition(", with ")
            if kind == "always_match":
                pair = ((source, name), other)
                assert pair in world.rules.always or pair[::-1] in world.rules.always
            else:
                assert any(k == kind and k in matched_by for k, _ in keys & other_keys)
                assert masked == "w***@example.com"
                assert condition == ", ".join(ONLY_WITH.get(kind, ()))
            assert expected[other] == steps - 1

    found = lab.rows("select reason, key_type, record_count from rejected_keys")
    wanted = []
    per_source: Counter[tuple[str, str, str]] = Counter()
    for world in worlds:
        records, rules = records_of(world), world.rules
        for key, names in holders(records, rules).items():
            if key[:2] in rules.shared and len(names) > 1:
                wanted.append(("shared", key[0], len(names)))
            elif len(names) > MAX_RECORDS_PER_KEY[key[0]]:
                wanted.append(("shared_by_too_many", key[0], len(names)))
        junk: Counter[Key] = Counter()
        for name, keys in records.items():
            came_as = rules.raw.get(name, {}).get("phone")
            if came_as and "phone" not in keys:
                if came_as == UNREADABLE:
                    per_source["not_valid", "phone", name[0]] += 1
                else:
                    junk["phone", came_as] += 1
            for key in {*keys.items(), *rules.further.get(name, ())}:
                if is_junk(name, key, records, rules):
                    junk[key] += 1
                elif key[0] in rules.only_with and name not in rules.names:
                    per_source["lacks_attribute", key[0], name[0]] += 1
        wanted += [("junk", kind, count) for (kind, _), count in junk.items()]
    wanted += [(reason, kind, count) for (reason, kind, _), count in per_source.items()]
    for world, ids in zip(worlds, found_ids(lab)[0], strict=True):
        for group in partition_of(ids) if world.is_guarded else ():
            cards = [records_of(world)[name].get("card") for name in group]
            if len(set(cards) - {None}) > 1:
                wanted.append(("contradiction", "card", len(cards) - cards.count(None)))
    assert sorted(row for row in found if row[0] != "cut") == sorted(wanted)
    assert any(row[0] == "cut" for row in found)


def check_unchanged_input(lab: Lab) -> None:
    states = [sorted(lab.rows(f"select * from {name}"), key=repr) for name in STATES]
    for full_refresh in (False, True):
        assert lab.build(is_tested=False, full_refresh=full_refresh).success
        assert states == [sorted(lab.rows(f"select * from {name}"), key=repr) for name in STATES]


STATES = ("profile_ids", "profile_id_changes")


def check_row_order(lab: Lab, worlds: list[World], folder: Path) -> None:
    """From nothing, whatever the order of rows, the same profiles with the same ids."""
    components = """
        select records.source_name, records.source_record_id, components.component_id
        from int_identity__components as components
        inner join int_identity__records as records using (record_id) order by 1, 2
    """
    others = []
    for seed in (1, 2):
        (folder / f"again{seed}").mkdir()
        again = new_lab(folder / f"again{seed}")
        write(again, worlds, random.Random(seed))
        assert again.build(is_tested=False).success
        assert again.rows(components) == lab.rows(components)
        others.append(sorted(again.rows("select * from profile_ids"), key=repr))
    assert others[0] == others[1]
