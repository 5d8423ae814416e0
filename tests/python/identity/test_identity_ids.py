"""The cases in which a profile's id is easily lost or given twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from identity_lab import Lab, Record, failures

Change = tuple[str, str, str]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path).create()


def record(identifier: str, email: str | None = None, phone: str | None = None) -> Record:
    return {"source_name": "a", "source_record_id": identifier, "email": email, "phone": phone}


def refresh(lab: Lab, *records: Record, full_refresh: bool = False) -> dict[str, str]:
    """The id of each record after a refresh."""
    lab.write_customers(records)
    outcome = lab.build(
        "+profile_id_changes",
        "+int_identity__record_profiles",
        is_tested=False,
        full_refresh=full_refresh,
        accepted_shrinks=["stg_lab__customers"],
    )
    assert outcome.success, failures(outcome)
    return dict(lab.rows("select source_record_id, profile_id from int_identity__record_profiles"))


def changes(lab: Lab) -> list[Change]:
    """Of all refreshes, in order."""
    return lab.rows(
        "select old_profile_id, new_profile_id, reason from profile_id_changes order by changed_at"
    )


def test_the_id_seen_first_survives_a_merge(lab: Lab) -> None:
    first = refresh(lab, record("z", "z@example.com"))
    both = refresh(lab, record("z", "z@example.com"), record("a", "a@example.com"))
    # the older profile has the greater record and id or not: only its age counts
    merged = refresh(
        lab,
        record("z", "z@example.com", "+31600000001"),
        record("a", "a@example.com", "+31600000001"),
    )
    assert merged == {"z": first["z"], "a": first["z"]}
    assert changes(lab) == [(both["a"], first["z"], "merged")]


def test_the_part_seen_first_keeps_the_id_in_a_split(lab: Lab) -> None:
    whole = refresh(lab, record("z", "z@example.com"))
    refresh(lab, record("z", "z@example.com"), record("a", "z@example.com"))
    parts = refresh(lab, record("z", "z@example.com"), record("a", "a@example.com"))
    assert parts["z"] == whole["z"] != parts["a"]
    assert changes(lab) == [(whole["z"], parts["a"], "split")]


def test_a_merge_and_a_split_in_one_refresh(lab: Lab) -> None:
    """1 leaves 2 for 3: the id of 1 and 2 stays with 1, and so takes 3 in; 2 gets a new one."""
    before = refresh(
        lab,
        record("1", "x@example.com"),
        record("2", "x@example.com"),
        record("3", "y@example.com"),
    )
    after = refresh(
        lab,
        record("1", "y@example.com"),
        record("2", "x@example.com"),
        record("3", "y@example.com"),
    )
    assert after["1"] == after["3"] in (before["1"], before["3"])
    assert after["2"] not in before.values()
    assert len(set(after.values())) == 2
    assert {reason for *_, reason in changes(lab)} == {"merged", "split"}


def test_a_record_that_comes_back_has_its_id_again(lab: Lab) -> None:
    before = refresh(lab, record("1", "x@example.com"), record("2", "y@example.com"))
    refresh(lab, record("2", "y@example.com"))
    # meanwhile it changed its address: it is the record that it was
    after = refresh(lab, record("1", "new@example.com"), record("2", "y@example.com"))
    assert after == before
    assert changes(lab) == []


def test_an_id_is_never_given_to_somebody_else(lab: Lab) -> None:
    """All records of a profile go; others come, and one of them has the same address."""
    before = refresh(lab, record("1", "x@example.com"))
    refresh(lab)
    after = refresh(lab, record("2", "x@example.com"), record("3", "y@example.com"))
    assert not set(before.values()) & set(after.values())


def test_a_retired_id_stays_retired(lab: Lab) -> None:
    """Two profiles merge and part again: the survivor keeps its id, the other is a new one."""
    before = refresh(lab, record("1", "x@example.com"), record("2", "y@example.com"))
    refresh(lab, record("1", "x@example.com"), record("2", "x@example.com"))
    after = refresh(lab, record("1", "x@example.com"), record("2", "y@example.com"))
    assert after["1"] == before["1"]
    assert after["2"] not in before.values()
    assert [reason for *_, reason in changes(lab)] == ["merged", "split"]


def test_a_full_refresh_keeps_ids(lab: Lab) -> None:
    records = [record("1", "x@example.com"), record("2", "x@example.com"), record("3")]
    before = refresh(lab, record("3"))
    ids = refresh(lab, *records)
    assert ids["3"] == before["3"]
    assert refresh(lab, *records, full_refresh=True) == ids
    assert changes(lab) == []


def test_keys_that_only_look_alike_tie_nobody(lab: Lab) -> None:
    """The same text as an address and as a number, and no text at all."""
    ids = refresh(
        lab,
        record("1", email="+31600000001"),
        record("2", phone="+31600000001"),
        record("3"),
        record("4"),
    )
    assert len(set(ids.values())) == 4
