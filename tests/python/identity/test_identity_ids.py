"""The cases in which a profile's id is easily lost or given twice.

Each is a few loads of its own records; all of them are refreshed side by side in one warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from identity_lab import Lab, Record, failures


@dataclass(frozen=True)
class Row:
    """A record of a case, by a name and values that only the case has."""

    name: str
    email: str | None = None
    phone: str | None = None

    def of(self, case: str) -> Record:
        return {
            "source_name": "a",
            "source_record_id": f"{case} {self.name}",
            "email": self.email and f"{case}.{self.email}@example.com",
            "phone": self.phone and f"{case}.{self.phone}",
        }


LOADS: dict[str, tuple[tuple[Row, ...], ...]] = {
    # the older profile has the greater name: only its age counts
    "merge": (
        (Row("z", "z"),),
        (Row("z", "z"), Row("a", "a")),
        (Row("z", "z", "1"), Row("a", "a", "1")),
    ),
    "split": (
        (Row("z", "z"),),
        (Row("z", "z"), Row("a", "z")),
        (Row("z", "z"), Row("a", "a")),
    ),
    # in one refresh: 1 leaves 2 for 3
    "both": (
        (Row("1", "x"), Row("2", "x"), Row("3", "y")),
        (Row("1", "y"), Row("2", "x"), Row("3", "y")),
    ),
    # away for a while, and back with another address: it is the record that it was
    "return": (
        (Row("1", "x"), Row("2", "y")),
        (Row("2", "y"),),
        (Row("1", "new"), Row("2", "y")),
    ),
    # all records of a profile go; another one comes with the same address
    "reuse": ((Row("1", "x"),), (), (Row("2", "x"), Row("3", "y"))),
    # merged, and parted again
    "retired": (
        (Row("1", "x"), Row("2", "y")),
        (Row("1", "x"), Row("2", "x")),
        (Row("1", "x"), Row("2", "y")),
    ),
    # parted, while 1, from which the id was made, is taken out of the state
    "taken": (
        (Row("1", "x"), Row("2", "x")),
        (Row("1", "x"), Row("2", "x")),
        (Row("1", "y"), Row("2", "x")),
    ),
    # the same text as an address and as a number, and no text at all
    "alike": ((Row("1", email="x"), Row("2", phone="x@example.com"), Row("3"), Row("4")),),
}
STEPS = 3


class Story:
    """The ids of every case after each load, and what was recorded as changed."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder).create()
        self.ids = [self.refresh(step) for step in range(STEPS - 1)]
        with duckdb.connect(str(self.lab.warehouse)) as connection:
            connection.execute("delete from profile_ids where source_record_id = 'taken 1'")
        self.ids.append(self.refresh(STEPS - 1))
        self.rebuilt = self.refresh(STEPS - 1, full_refresh=True)
        self.changes: list[tuple[str, str, str]] = self.lab.rows(
            "select old_profile_id, new_profile_id, reason from profile_id_changes"
            " order by changed_at"
        )

    def refresh(self, step: int, full_refresh: bool = False) -> dict[str, str]:
        self.lab.write_customers(
            row.of(case)
            for case, loads in LOADS.items()
            for row in loads[min(step, len(loads) - 1)]
        )
        outcome = self.lab.build(
            "+profile_id_changes",
            "+int_identity__record_profiles",
            is_tested=False,
            full_refresh=full_refresh,
            accepted_shrinks=["stg_lab__customers"],
        )
        assert outcome.success, failures(outcome)
        return dict(
            self.lab.rows("select source_record_id, profile_id from int_identity__record_profiles")
        )

    def of(self, case: str) -> list[dict[str, str]]:
        """Per load, the id of each record of a case, by the record's short name."""
        return [
            {
                name.removeprefix(f"{case} "): profile
                for name, profile in ids.items()
                if name.startswith(f"{case} ")
            }
            for ids in self.ids
        ]

    def changed(self, case: str) -> list[tuple[str, str, str]]:
        mine = {profile for ids in self.of(case) for profile in ids.values()}
        return [change for change in self.changes if change[0] in mine]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("ids"))


def test_the_id_seen_first_survives_a_merge(story: Story) -> None:
    first, both, merged = story.of("merge")
    assert merged == {"z": first["z"], "a": first["z"]}
    assert story.changed("merge") == [(both["a"], first["z"], "merged")]


def test_the_part_seen_first_keeps_the_id_in_a_split(story: Story) -> None:
    whole, _, parts = story.of("split")
    assert parts["z"] == whole["z"] != parts["a"]
    assert story.changed("split") == [(whole["z"], parts["a"], "split")]


def test_a_merge_and_a_split_in_one_refresh(story: Story) -> None:
    before, after, _ = story.of("both")
    assert after["1"] == after["3"]
    assert after["1"] in (before["1"], before["3"])
    assert after["2"] not in before.values()
    assert {reason for *_, reason in story.changed("both")} == {"merged", "split"}


def test_a_record_that_comes_back_has_its_id_again(story: Story) -> None:
    before, _, after = story.of("return")
    assert after == before
    assert story.changed("return") == []


def test_an_id_is_never_given_to_somebody_else(story: Story) -> None:
    before, none, after = story.of("reuse")
    assert none == {}
    assert not set(before.values()) & set(after.values())


def test_an_id_in_use_is_not_given_once_more(story: Story) -> None:
    _, whole, parts = story.of("taken")
    assert parts["2"] == whole["1"] == whole["2"] != parts["1"]


def test_a_retired_id_stays_retired(story: Story) -> None:
    before, merged, after = story.of("retired")
    (retired, survivor, reason), *later = story.changed("retired")
    assert {retired, survivor} == set(before.values())
    assert set(merged.values()) == {survivor}
    assert reason == "merged"
    assert [(old, reason) for old, _, reason in later] == [(survivor, "split")]
    assert survivor in after.values()
    assert retired not in after.values()


def test_keys_that_only_look_alike_tie_nobody(story: Story) -> None:
    assert len(set(story.of("alike")[0].values())) == 4


def test_a_full_refresh_keeps_ids(story: Story) -> None:
    assert story.rebuilt == story.ids[-1]


def test_no_id_is_of_two_cases(story: Story) -> None:
    for ids in story.ids:
        cases: dict[str, set[str]] = {}
        for name, profile in ids.items():
            cases.setdefault(profile, set()).add(name.split()[0])
        assert all(len(each) == 1 for each in cases.values())
