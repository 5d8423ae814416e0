"""Merges to look at (`merge_reviews`), through `dbt build`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from identity_lab import Lab, Record, failures

BORN, OTHERWISE = date(1990, 1, 1), date(1961, 5, 5)


def record(identifier: str, email: str, **columns: Any) -> Record:
    named = {"source_name": "a", "source_record_id": identifier}
    return {**named, "email": email and f"{email}@example.com", **columns}


CUSTOMERS = [
    # 1 and 3 meet over 2, which has no birth date
    record("born 1", "born", birth_date=BORN, first_name="Anouk", last_name="Öztürk"),
    record("born 2", "born", phone="+31600000001"),
    record("born 3", "", phone="+31600000001", birth_date=OTHERWISE, last_name="öztürk "),
    # another first name with the same last name is no contradiction, nor is a name that one lacks
    record("name 1", "name", first_name="Anna", last_name="Ba"),
    record("name 2", "name", first_name="Bea", last_name="ba"),
    record("name 3", "name", first_name="Cem", last_name="Demir"),
    record("name 4", "name", first_name="Anna"),
    # shared by three, and two of them by a number too
    record("mail 1", "mail", phone="+31600000002"),
    record("mail 2", "mail", phone="+31600000002"),
    record("mail 3", "mail"),
    # decided by people
    record("sure 1", "sure", birth_date=BORN),
    record("sure 2", "sure", birth_date=OTHERWISE),
    # withheld, and so not to be looked at
    record("gone 1", "gone", birth_date=BORN),
    record("gone 2", "gone", birth_date=OTHERWISE),
    *(record(f"many {number}", f"many{number // 2}", phone="+31600000003") for number in range(5)),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = new_lab(tmp_path_factory.mktemp("reviews"))
    lab.write_customers(CUSTOMERS)
    lab.write_pairs("always_match", [("a", "sure 2", "a", "sure 1")])
    build(lab)
    lab.load_withheld("gone 1")
    build(lab)
    return lab


def new_lab(folder: Path) -> Lab:
    return Lab(
        folder,
        attributes={"birth_date": "date", "first_name": "string", "last_name": "string"},
        variables={"merge_reviews": {"shared_by": 2, "size": 4}},
    ).create()


def build(lab: Lab) -> None:
    outcome = lab.build("+merge_reviews")
    assert outcome.success, failures(outcome)


def reviews(lab: Lab, case: str) -> set[tuple[str, str, str, str]]:
    """The doubts of a case: both records by their short names, doubt and detail."""
    return {
        (one.removeprefix(f"{case} "), other.removeprefix(f"{case} "), doubt, detail)
        for one, other, doubt, detail in lab.rows(
            "select source_record_id, other_source_record_id, doubt, detail from merge_reviews"
            f" where source_record_id like '{case} %'"
        )
    }


def test_records_that_contradict_each_other_are_to_be_looked_at(lab: Lab) -> None:
    assert reviews(lab, "born") == {("1", "3", "birth_date", "1***01 and 1***05")}
    found = {row for row in reviews(lab, "name") if row[2] == "names"}
    assert {row[:2] for row in found} == {("1", "3")}
    [(*_, detail)] = found
    assert detail.split() == ["a***na", "***", "and", "c***em", "d***ir"]


def test_one_key_of_many_records_is_a_doubt(lab: Lab) -> None:
    assert reviews(lab, "mail") == {("1", "3", "shared_key", "email m***@example.com of 3 records")}


def test_a_large_profile_is_a_doubt_for_each_of_its_ties(lab: Lab) -> None:
    found = {row for row in reviews(lab, "many") if row[2] == "large_profile"}
    assert len(found) == 4
    assert {detail for *_, detail in found} == {"5 records"}


def test_what_people_have_decided_is_settled(lab: Lab) -> None:
    assert reviews(lab, "sure") == set()


def test_whom_nobody_may_see_is_left_out(lab: Lab) -> None:
    assert reviews(lab, "gone") == set()


def test_a_project_without_names_and_birth_dates_has_reviews_too(tmp_path: Path) -> None:
    lab = Lab(tmp_path, variables={"merge_reviews": {"shared_by": 2}}).create()
    lab.write_customers([record(str(number), "one") for number in range(3)])
    build(lab)
    assert lab.rows("select distinct doubt from merge_reviews") == [("shared_key",)]
