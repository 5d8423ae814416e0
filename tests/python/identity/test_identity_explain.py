"""`consent explain --identity`: what ties records to one person, and which tie is the weakest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clone import run
from hypothesis import given
from hypothesis import strategies as st

from runner.identity.explain import parts, weakest_tie


def told(folder: Path, who: str) -> Any:
    done = run(folder, f"consent explain --identity '{who}' --json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_record_is_tied_to_one_before_it(delivered: Path) -> None:
    found = told(delivered, "frank@contoso.com")
    assert [(each["source_name"], each["source_record_id"]) for each in found["records"]] == [
        ("crm", "C0000002"),
        ("loyalty", "L0000002"),
        ("webshop", "500002"),
    ]
    first, *others = found["records"]
    assert first["matched_to"] is None and first["keys"]["email"] == "frank@contoso.com"
    assert [each["matched_to"] for each in others] == ["crm C0000002"] * 2
    assert [each["matched_by"] for each in others] == [
        "loyalty_id 2620000000002",
        "email frank@contoso.com",
    ]
    # telephone and loyalty card, telephone and address: one of them may be wrong
    assert found["weakest"] is None
    assert any("No single key" in note for note in found["notes"])


def test_the_weakest_link_is_marked(delivered: Path) -> None:
    found = told(delivered, "willem.smit14@example.net")
    assert found["weakest"] == {
        "tie": "always_match",
        "parts": [["crm C0000014"], ["webshop 500014"]],
    }
    assert [each["is_weakest"] for each in found["records"]] == [False, True]
    said = run(delivered, "consent explain --identity willem.smit14@example.net").stdout
    assert "weakest" in said and "falls apart into" in said


def test_a_source_record_finds_its_profile_and_each_record_has_its_person(delivered: Path) -> None:
    by_address = told(delivered, "frank@contoso.com")
    assert told(delivered, "webshop 500002") == told(delivered, "webshop|500002")
    found = told(delivered, "webshop 500002")
    assert found["profile_id"] == by_address["profile_id"]
    people = [set(each["person"]) for each in found["records"]]
    assert people[0] == {"first_name", "last_name", "birth_date"}
    said = run(delivered, "consent explain --identity 'webshop 500002'").stdout
    words = " ".join(found["records"][0]["person"].values()).split()
    assert set(words) <= set(said.split())


def test_the_rows_that_would_part_a_profile_are_told(delivered: Path) -> None:
    # whichever key holds three records together, the first one is parted from each other one
    assert told(delivered, "frank@contoso.com")["parting"] == [
        "crm,C0000002,loyalty,L0000002",
        "crm,C0000002,webshop,500002",
    ]
    # two people with one number
    found = told(delivered, "sem.visser450@example.org")
    assert len(found["weakest"]["parts"]) == 2
    [row] = found["parting"]
    one, other = row.split(",")[:2], row.split(",")[2:]
    sides = [
        next(i for i, part in enumerate(found["weakest"]["parts"]) if " ".join(name) in part)
        for name in (one, other)
    ]
    assert sorted(sides) == [0, 1]
    # what people have put together, people take apart
    found = told(delivered, "willem.smit14@example.net")
    assert found["parting"] == []
    assert any("out of the seed always_match" in note for note in found["notes"])


def test_pairs_that_are_kept_apart_are_told(delivered: Path) -> None:
    found = told(delivered, "bram.visser@example.com")
    assert "never_match keeps crm C0000003 and crm C0000004 apart." in found["notes"]


def test_the_path_is_that_of_profile_matches(delivered: Path) -> None:
    with duckdb.connect(str(delivered / "consent.duckdb"), read_only=True) as connection:
        profiles = connection.execute(
            "select profile_id from profiles order by record_count desc, profile_id limit 2"
        ).fetchall()
        for (profile,) in profiles:
            expected = connection.execute(
                "select source_name || ' ' || source_record_id, matched_to, steps"
                " from profile_matches where profile_id = ? order by all",
                [profile],
            ).fetchall()
            found = told(delivered, profile)
            assert len(expected) > 2
            shown = sorted(
                (
                    f"{each['source_name']} {each['source_record_id']}",
                    each["matched_to"] and each["matched_to"].replace(" ", "|", 1),
                    each["steps"],
                )
                for each in found["records"]
            )
            assert shown == expected


def test_nobody(delivered: Path) -> None:
    done = run(delivered, "consent explain --identity nobody@example.com")
    assert done.returncode == 2 and "No profile has nobody@example.com" in done.stderr


@given(
    st.lists(st.sets(st.integers(0, 7), min_size=2, max_size=4), max_size=10),
    st.permutations(range(10)),
)
def test_the_weakest_tie_is_one_that_holds_and_no_weaker_one_does(
    members: list[set[int]], ranks: list[int]
) -> None:
    records = set().union(*members) if members else {0}
    ties = {("key", index): each for index, each in enumerate(members)}
    ranked = {tie: ranks[index] for index, tie in enumerate(ties)}
    whole = len(parts(records, ties.values()))
    splitting = {tie: len(parts(records, [m for t, m in ties.items() if t != tie])) for tie in ties}
    found = weakest_tie(records, ties, ranked)
    if whole > 1:  # no profile: everything splits
        return
    holding = [tie for tie, count in splitting.items() if count > 1]
    if not holding:
        assert found is None
        return
    assert found is not None
    tie, sides = found
    assert tie == max(holding, key=lambda each: ranked[each])
    assert set().union(*sides) == records and len(sides) == splitting[tie] > 1
    assert sum(map(len, sides)) == len(records)


@pytest.mark.parametrize("ties", [[], [{1, 2}], [{1, 2}, {3, 4}], [{1, 2, 3}, {3, 4}]])
def test_parts(ties: list[set[int]]) -> None:
    found = parts([1, 2, 3, 4], ties)
    assert sorted(map(len, found), reverse=True) == [*map(len, found)]
    assert sorted(x for part in found for x in part) == [1, 2, 3, 4]
    assert all(any(tie <= part for part in found) for tie in ties)
