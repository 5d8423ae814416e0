"""What records that part are permitted by it, through `dbt build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from identity_lab import Lab, Record, failures

from runner.dbt import Invocation

WAITING = "partings_wait_for_accept_partings"
TOLD = "partings_have_permitted_contact_points"


def record(number: int, **columns: Any) -> Record:
    named = {"source_name": "a", "source_record_id": str(number)}
    return {**named, "email": f"{number}@example.com", "phone": "+31600000001", **columns}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Three records with one telephone number; the first one's address is denied."""
    lab = Lab(tmp_path, variables={"max_records_per_key": 3}).create()
    lab.load("denied", pa.table({"key_value": ["1@example.com"]}))
    lab.write_customers(record(number) for number in (1, 2, 3))
    outcome = build(lab)
    assert outcome.success, failures(outcome)
    assert permitted(lab) == set()
    return lab


def build(lab: Lab, accepted: int = 20) -> Invocation:
    return lab.build("+partings", accepted_partings=accepted)


def permitted(lab: Lab) -> set[str]:
    rows = lab.rows("select key_value from contact_point_permissions where is_permitted")
    return {value for (value,) in rows}


def statuses(outcome: Invocation) -> dict[str, str]:
    return {each.name: each.status for each in outcome.results if each.name in (WAITING, TOLD)}


def partings(lab: Lab) -> list[tuple[Any, ...]]:
    return lab.rows(
        "select count(*), count(distinct contact_point_hash), count(settled_at),"
        " count(distinct old_profile_id) from partings"
    )


def test_a_key_that_too_many_share_parts_and_says_whom(lab: Lab) -> None:
    lab.write_customers(record(number) for number in (1, 2, 3, 4))
    outcome = build(lab)
    assert outcome.success, failures(outcome)
    # the number is one contact point, of two parts that the no reaches no longer
    assert permitted(lab) >= {"2@example.com", "3@example.com", "+31600000001"}
    assert partings(lab) == [(4, 3, 4, 1)]
    assert statuses(outcome) == {WAITING: "pass", TOLD: "warn"}
    parted = lab.rows(
        "select key_value, reason, record_count, count(*) from int_identity__parted group by all"
    )
    assert parted == [("+31600000001", "shared_by_too_many", 4, 3)]
    # told once
    assert statuses(build(lab)) == {WAITING: "pass", TOLD: "pass"}


def test_many_wait_until_they_are_accepted(lab: Lab) -> None:
    lab.write_customers(record(number) for number in (1, 2, 3, 4))
    for _ in range(2):
        outcome = build(lab, accepted=3)
        assert not outcome.success
        assert statuses(outcome)[WAITING] == "fail"
        assert partings(lab) == [(4, 3, 0, 1)]
    outcome = build(lab, accepted=10**9)
    assert outcome.success, failures(outcome)
    assert partings(lab) == [(4, 3, 4, 1)]
    outcome = build(lab, accepted=3)
    assert outcome.success, failures(outcome)


def test_what_is_permitted_no_more_waits_no_more(lab: Lab) -> None:
    lab.write_customers(record(number) for number in (1, 2, 3, 4))
    assert not build(lab, accepted=3).success
    lab.write_customers(record(number) for number in (1, 2, 3))
    outcome = build(lab, accepted=3)
    assert outcome.success, failures(outcome)
    assert permitted(lab) == set()
    assert partings(lab) == [(4, 3, 4, 1)]


def test_a_shared_key_parts_too_and_a_changed_number_is_no_parting(lab: Lab) -> None:
    lab.write_customers([record(1), record(2), record(3, phone="+31600000009")])
    outcome = build(lab, accepted=1)
    assert outcome.success, failures(outcome)
    assert partings(lab) == [(0, 0, 0, 0)]
    lab.write_shared([("phone", "+31600000001")])
    outcome = build(lab, accepted=1)
    assert statuses(outcome)[WAITING] == "fail"
    assert partings(lab) == [(2, 2, 0, 1)]
    assert lab.rows("select distinct reason from int_identity__parted") == [("shared",)]
