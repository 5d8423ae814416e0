"""What keeps records apart, through `dbt build`: junk, shared keys, contradictions, decisions.

The cases stand side by side in one warehouse; the records of each begin with its name.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from identity_lab import Lab, Record, failures

KEYS = ("email", "phone", "card")
Pair = tuple[str, str, str, str]


def record(identifier: str, **columns: Any) -> Record:
    return {"source_name": "a", "source_record_id": identifier, **columns}


def pair(one: str, other: str) -> Pair:
    return ("a", one, "a", other)


def chain(case: str, number: int) -> list[Record]:
    """1 and 2 share an address and a telephone number, 2 and 3 the number alone."""
    phone = f"+3160000001{number}"
    return [
        record(f"{case} 1", email=f"{case}@example.com", phone=phone, card=f"{case} A"),
        record(f"{case} 2", email=f"{case}@example.com", phone=phone),
        record(f"{case} 3", phone=phone, card=f"{case} B"),
    ]


CUSTOMERS = [
    record("junk 1", email="noreply@example.com", phone="+31600000001"),
    record("junk 2", email="noreply@example.com"),
    record("junk 3", email="junk@example.com", phone="+31600000001"),
    *(record(f"shared {number}", phone="+31200000000") for number in range(4)),
    *(record(f"enough {number}", phone="+31200000001") for number in range(3)),
    *chain("cut", 1),
    # the address comes first in the list of keys, but more records share it: it is the weaker
    record("weak 1", email="weak@example.com", card="weak A"),
    record("weak 2", email="weak@example.com", phone="+31600000005"),
    record("weak 3", email="weak@example.com", phone="+31600000005", card="weak B"),
    *chain("decided", 2),
    record("decided 4", email="decided.4@example.com", card="decided C"),
    record("born 1", phone="+31600000003", birth_date=date(1990, 1, 1)),
    record("born 2", phone="+31600000003", birth_date=date(1961, 5, 5)),
    # 1 and 4 meet over 2 and 3
    record("far 1", email="far.a@example.com"),
    record("far 2", email="far.a@example.com", phone="+31600000004"),
    record("far 3", email="far.b@example.com", phone="+31600000004"),
    record("far 4", email="far.b@example.com"),
]
NEVER = [pair("decided 1", "decided 2"), pair("far 1", "far 4"), pair("far 1", "mispelt")]
ALWAYS = [pair("decided 2", "decided 4"), pair("decided 2", "decided 3")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(
        tmp_path_factory.mktemp("guards"),
        keys=KEYS,
        attributes={"birth_date": "date"},
        variables={
            "max_records_per_key": 3,
            "unique_keys": {"card": "cut", "birth_date": "cut"},
        },
    ).create()
    lab.write_customers(CUSTOMERS)
    lab.write_junk([("email", "noreply@example.com")])
    lab.write_pairs("never_match", NEVER)
    lab.write_pairs("always_match", ALWAYS)
    build(lab)
    return lab


def build(lab: Lab) -> None:
    chosen = ("profiles", "profile_matches", "rejected_keys", "int_identity__contact_points")
    outcome = lab.build(*(f"+{name}" for name in chosen), is_tested=False)
    assert outcome.success, failures(outcome)


def people(lab: Lab, case: str) -> set[frozenset[str]]:
    """The records of each profile of a case, by their short names."""
    found: dict[str, set[str]] = {}
    for profile, identifier in lab.rows(
        "select profile_id, source_record_id from int_identity__record_profiles"
        f" where source_record_id like '{case} %'"
    ):
        found.setdefault(profile, set()).add(identifier.removeprefix(f"{case} "))
    return {frozenset(records) for records in found.values()}


def groups(*texts: str) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


def rejected(lab: Lab, case: str) -> set[tuple[str, str, str, int]]:
    """What is told of a case: reason, key, masked value and number of records."""
    return set(
        lab.rows(
            "select reason, key_type, masked_value, record_count from rejected_keys"
            f" where source_record_id like '{case} %'"
        )
    )


def holders(lab: Lab, value: str) -> int:
    """The profiles that have a contact point."""
    [(count,)] = lab.rows(
        "select count(distinct profile_id) from int_identity__contact_points"
        f" where key_value = '{value}'"
    )
    return int(count)


def test_a_junk_value_ties_nobody_and_is_no_contact_point(lab: Lab) -> None:
    assert people(lab, "junk") == groups("1 3", "2")
    assert rejected(lab, "junk") == {("junk", "email", "n***@example.com", 2)}
    assert holders(lab, "noreply@example.com") == 0


def test_a_value_that_too_many_share_ties_nobody_and_stays_a_contact_point(lab: Lab) -> None:
    assert people(lab, "shared") == groups("0", "1", "2", "3")
    assert rejected(lab, "shared") == {("shared_by_too_many", "phone", "+***00", 4)}
    assert holders(lab, "+31200000000") == 4
    assert people(lab, "enough") == groups("0 1 2")


def test_a_contradiction_cuts_the_weakest_tie(lab: Lab) -> None:
    assert people(lab, "cut") == groups("1 2", "3")
    assert {reason for reason, *_ in rejected(lab, "cut")} == {"cut"}
    assert people(lab, "weak") == groups("1", "2 3")


def test_an_attribute_may_contradict_too(lab: Lab) -> None:
    assert people(lab, "born") == groups("1", "2")


def test_decisions_by_people_win_over_everything(lab: Lab) -> None:
    # B and C are two cards of one person: always_match holds them together
    assert people(lab, "decided") == groups("1", "2 3 4")
    assert ("contradiction", "card", "d***B and d***C", 2) in {
        (reason, kind, value.replace(" B", "B").replace(" C", "C"), count)
        for reason, kind, value, count in rejected(lab, "decided")
    }


def test_who_must_stay_apart_is_parted_through_others_too(lab: Lab) -> None:
    """One tie is cut, and nothing else falls apart."""
    assert people(lab, "far") == groups("1 2", "3 4")


def test_a_decision_about_a_record_that_nobody_has_is_told(lab: Lab) -> None:
    outcome = lab.build("int_identity__unmatched_pairs")
    [warned] = [each for each in outcome.results if each.status == "warn"]
    assert outcome.success
    assert "int_identity__unmatched_pairs" in warned.name
    assert lab.rows("select seed, source_record_id from int_identity__unmatched_pairs") == [
        ("never_match", "mispelt")
    ]


def test_a_contradiction_is_only_told_where_that_is_asked(tmp_path: Path) -> None:
    lab = Lab(tmp_path, keys=KEYS, variables={"unique_keys": {"card": "report"}}).create()
    lab.write_customers(chain("cut", 1))
    build(lab)
    assert people(lab, "cut") == groups("1 2 3")
    assert {(reason, kind, count) for reason, kind, _, count in rejected(lab, "cut")} == {
        ("contradiction", "card", 2)
    }


@pytest.mark.parametrize(
    ("always", "never", "message"),
    [
        ([pair("1", "2")], [pair("2", "1")], "a 1 and a 2 stand in both"),
        ([], [pair("1", "1")], "a 1 is paired with itself"),
    ],
)
def test_decisions_that_contradict_each_other_stop_the_build(
    always: list[Pair], never: list[Pair], message: str, tmp_path: Path
) -> None:
    lab = Lab(tmp_path).create()
    lab.write_customers([record("1"), record("2")])
    lab.write_pairs("always_match", always)
    lab.write_pairs("never_match", never)
    outcome = lab.build("+int_identity__match_pairs", is_tested=False)
    assert not outcome.success
    assert message in failures(outcome)


CHAIN = 120


def test_every_record_of_a_long_chain_has_its_reason(tmp_path: Path) -> None:
    """Each record shares its address with the one before and its number with the one after."""
    lab = Lab(tmp_path).create()
    lab.write_customers(
        record(
            f"{number:03}",
            email=f"{(number + 1) // 2}@example.com",
            phone=f"+316000{number // 2:05}",
        )
        for number in range(CHAIN)
    )
    outcome = lab.build("+profile_matches", "+profiles")
    assert outcome.success, failures(outcome)
    matches = lab.rows(
        "select source_record_id, matched_to, split_part(matched_by, ' ', 1), steps"
        " from profile_matches order by source_record_id"
    )
    assert matches == [("000", None, None, 0)] + [
        (f"{number:03}", f"a|{number - 1:03}", "phone" if number % 2 else "email", number)
        for number in range(1, CHAIN)
    ]
