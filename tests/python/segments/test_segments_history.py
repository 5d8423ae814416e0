"""segment_history: who entered, left and came back, from one refresh to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from segment_lab import Lab

DAYS = tuple(f"2026-03-0{day} 12:00:00" for day in range(1, 6))
RULES = {
    name: {"contacts_nobody": "a test", "where": {"field": "country", "eq": code}}
    for name, code in (("dutch", "NL"), ("german", "DE"))
}
Stay = tuple[str, str, str, str | None]


class Story:
    """The history after each of a few refreshes of one warehouse."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder=folder, attributes={"country": "string"})
        self.lab.create()
        self.lab.segments(RULES)
        self.refresh(0, ann="NL", bob="NL", cem="NL")
        self.refresh(1, ann="DE", bob="NL")
        self.moved = self.stays()
        self.refresh(1, ann="DE", bob="NL")
        self.repeated = self.stays()
        self.refresh(1, ann="DE", bob="NL", cem="NL")
        self.back_at_once = self.stays()
        self.refresh(2, ann="NL")
        self.back = self.stays()
        self.refresh(3, dee="NL", as_of="2026-02-01")
        self.past = self.stays()
        self.lab.require_build("segments", "--full-refresh", now=DAYS[3])
        self.full = self.stays()
        self.lab.segments({"german": RULES["german"]})
        self.refresh(4, ann="NL", bob="DE")
        self.taken_away = self.stays()

    def refresh(self, day: int, as_of: str | None = None, **people: str) -> None:
        """A refresh on one of the days, with the country of each person."""
        rows = [{"profile_id": who, "country": country} for who, country in people.items()]
        self.lab.load({"profiles": rows})
        self.lab.require_build(now=DAYS[day], **({"as_of": as_of} if as_of else {}))

    def stays(self) -> list[Stay]:
        """Segment, person, and the days of entering and leaving."""
        rows = self.lab.rows(
            "select segment_name, profile_id, cast(cast(entered_at as date) as varchar),"
            " cast(cast(left_at as date) as varchar) from segment_history order by all"
        )
        return [(name, who, entered[-2:], left and left[-2:]) for name, who, entered, left in rows]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("history"))


def test_who_enters_and_leaves(story: Story) -> None:
    assert story.moved == [
        ("dutch", "ann", "01", "02"),
        ("dutch", "bob", "01", None),
        ("dutch", "cem", "01", "02"),
        ("german", "ann", "02", None),
    ]


def test_the_same_run_twice_changes_nothing(story: Story) -> None:
    assert story.repeated == story.moved


def test_leaving_and_coming_back_within_one_moment_leaves_one_open_stay(story: Story) -> None:
    assert [stay for stay in story.back_at_once if stay[1] == "cem"] == [
        ("dutch", "cem", "01", "02"),
        ("dutch", "cem", "02", None),
    ]


def test_who_comes_back_starts_a_new_stay(story: Story) -> None:
    assert story.back == [
        ("dutch", "ann", "01", "02"),
        ("dutch", "ann", "03", None),
        ("dutch", "bob", "01", "03"),
        ("dutch", "cem", "01", "02"),
        ("dutch", "cem", "02", "03"),
        ("german", "ann", "02", "03"),
    ]


def test_a_run_for_another_moment_writes_no_history(story: Story) -> None:
    assert story.past == story.back


def test_a_full_refresh_keeps_it(story: Story) -> None:
    """Its members are those of the table that the run before it read: Dee is in now."""
    assert [stay for stay in story.full if stay[3] != "04" and stay[1] != "dee"] == [
        stay for stay in story.back if stay[1] != "ann" or stay[3]
    ]
    assert ("dutch", "dee", "04", None) in story.full


def test_a_segment_that_is_taken_away_ends_its_stays(story: Story) -> None:
    assert [stay for stay in story.taken_away if stay[3] in ("05", None)] == [
        ("dutch", "dee", "04", "05"),
        ("german", "bob", "05", None),
    ]
