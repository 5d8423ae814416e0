"""What keeps records apart, through `dbt build`: junk, shared keys, contradictions, decisions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from identity_lab import Lab, Record, failures

Rejected = tuple[str, str, str, int]


def record(identifier: str, **columns: Any) -> Record:
    return {"source_name": "a", "source_record_id": identifier, **columns}


def people(lab: Lab) -> set[frozenset[str]]:
    """The records of each profile."""
    found: dict[str, set[str]] = {}
    for profile, identifier in lab.rows(
        "select profile_id, source_record_id from int_identity__record_profiles"
    ):
        found.setdefault(profile, set()).add(identifier)
    return {frozenset(records) for records in found.values()}


def groups(*texts: str) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


def rejected(lab: Lab) -> set[Rejected]:
    return set(lab.rows("select reason, key_type, masked_value, record_count from rejected_keys"))


def points(lab: Lab) -> set[tuple[str, str]]:
    """Record id and contact point of everybody, by the record that is named first."""
    return set(
        lab.rows(
            "select min(records.source_record_id), points.key_value"
            " from int_identity__contact_points as points"
            " inner join int_identity__record_profiles as records using (profile_id)"
            " group by points.profile_id, points.key_value"
        )
    )


def build(lab: Lab) -> None:
    chosen = ("profiles", "profile_matches", "rejected_keys", "int_identity__contact_points")
    outcome = lab.build(*(f"+{name}" for name in chosen), is_tested=False)
    assert outcome.success, failures(outcome)


def test_a_junk_value_ties_nobody_and_is_no_contact_point(tmp_path: Path) -> None:
    lab = Lab(tmp_path).create()
    lab.write_junk([("email", "noreply@example.com")])
    lab.write_customers(
        [
            record("1", email="noreply@example.com", phone="+31600000001"),
            record("2", email="noreply@example.com"),
            record("3", email="ann@example.com", phone="+31600000001"),
        ]
    )
    build(lab)
    assert people(lab) == groups("1 3", "2")
    assert rejected(lab) == {("junk", "email", "n***@example.com", 2)}
    assert "noreply@example.com" not in {value for _, value in points(lab)}


def test_a_value_that_too_many_share_ties_nobody_and_stays_a_contact_point(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path, variables={"max_records_per_key": 3}).create()
    shared = [record(f"{number}", phone="+31200000000") for number in range(4)]
    tied = [record(f"t{number}", phone="+31200000001") for number in range(3)]
    lab.write_customers([*shared, *tied])
    build(lab)
    assert people(lab) == groups("0", "1", "2", "3", "t0 t1 t2")
    assert rejected(lab) == {("shared_by_too_many", "phone", "+***00", 4)}
    assert {who for who, value in points(lab) if value == "+31200000000"} == {"0", "1", "2", "3"}


# 1 and 2 share an address and a telephone number, 2 and 3 the telephone number alone
CHAIN = [
    record("1", email="ann@example.com", phone="+31600000001", card="A"),
    record("2", email="ann@example.com", phone="+31600000001"),
    record("3", phone="+31600000001", card="B"),
]


def test_a_contradiction_cuts_the_weakest_tie(tmp_path: Path) -> None:
    lab = Lab(
        tmp_path, keys=("email", "phone", "card"), variables={"unique_keys": {"card": "cut"}}
    ).create()
    lab.write_customers(CHAIN)
    build(lab)
    assert people(lab) == groups("1 2", "3")
    assert {reason for reason, *_ in rejected(lab)} == {"cut"}


def test_a_contradiction_is_only_told_where_that_is_asked(tmp_path: Path) -> None:
    lab = Lab(
        tmp_path, keys=("email", "phone", "card"), variables={"unique_keys": {"card": "report"}}
    ).create()
    lab.write_customers(CHAIN)
    build(lab)
    assert people(lab) == groups("1 2 3")
    assert rejected(lab) == {("contradiction", "card", "*** and ***", 2)}


def test_an_attribute_may_contradict_too(tmp_path: Path) -> None:
    lab = Lab(
        tmp_path,
        attributes={"birth_date": "date"},
        variables={"unique_keys": {"birth_date": "cut"}},
    ).create()
    lab.write_customers(
        [
            record("1", phone="+31600000001", birth_date=date(1990, 1, 1)),
            record("2", phone="+31600000001", birth_date=date(1961, 5, 5)),
        ]
    )
    build(lab)
    assert people(lab) == groups("1", "2")


def pair(one: str, other: str) -> tuple[str, str, str, str]:
    return ("a", one, "a", other)


def test_decisions_by_people_win_over_everything(tmp_path: Path) -> None:
    lab = Lab(
        tmp_path, keys=("email", "phone", "card"), variables={"unique_keys": {"card": "cut"}}
    ).create()
    lab.write_customers([*CHAIN, record("4", email="bob@example.com", card="C")])
    lab.write_pairs("never_match", [pair("1", "2")])
    lab.write_pairs("always_match", [pair("2", "4"), pair("2", "3")])
    build(lab)
    # B and C are two cards of one person: always_match holds them together
    assert people(lab) == groups("1", "2 3 4")
    assert ("contradiction", "card", "*** and ***", 2) in rejected(lab)


@pytest.mark.parametrize(
    ("always", "never", "message"),
    [
        ([pair("1", "2")], [pair("2", "1")], "a 1 and a 2 stand in both"),
        ([], [pair("1", "1")], "a 1 is paired with itself"),
    ],
)
def test_decisions_that_contradict_each_other_stop_the_build(
    always: list[tuple[str, str, str, str]],
    never: list[tuple[str, str, str, str]],
    message: str,
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path).create()
    lab.write_customers([record("1"), record("2")])
    lab.write_pairs("always_match", always)
    lab.write_pairs("never_match", never)
    outcome = lab.build()
    assert not outcome.success
    assert message in failures(outcome)


def test_a_decision_about_a_record_that_nobody_has_is_told(tmp_path: Path) -> None:
    lab = Lab(tmp_path).create()
    lab.write_customers([record("1"), record("2")])
    lab.write_pairs("never_match", [pair("1", "mispelt")])
    outcome = lab.build("+int_identity__unmatched_pairs")
    assert outcome.success
    assert lab.rows("select seed, source_record_id from int_identity__unmatched_pairs") == [
        ("never_match", "mispelt")
    ]
    [warned] = [each for each in outcome.results if each.status == "warn"]
    assert "int_identity__unmatched_pairs" in warned.name


def test_a_pair_that_must_stay_apart_is_parted_through_others_too(tmp_path: Path) -> None:
    """1 and 4 meet over 2 and 3; parting them cuts one tie, and nothing else falls apart."""
    lab = Lab(tmp_path).create()
    lab.write_customers(
        [
            record("1", email="a@example.com"),
            record("2", email="a@example.com", phone="+31600000001"),
            record("3", email="b@example.com", phone="+31600000001"),
            record("4", email="b@example.com"),
        ]
    )
    lab.write_pairs("never_match", [pair("1", "4")])
    build(lab)
    assert people(lab) == groups("1 2", "3 4")
