"""segment_history: who entered, left and came back, from one refresh to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from segment_lab import Lab

DAYS = tuple(f"2026-03-0{day} 12:00:00" for day in range(1, 7))
RULES = {
    name: {"contacts_nobody": "a test", "where": {"field": "country", "eq": code}}
    for name, code in (("dutch", "NL"), ("german", "DE"))
}
Stay = tuple[str, str, str, str | None]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(folder=tmp_path, attributes={"country": "string"})
    lab.create()
    lab.segments(RULES)
    return lab


def refresh(lab: Lab, day: int, people: dict[str, str], **variables: str) -> None:
    """A refresh on one of the days, with the country of each person."""
    rows = [{"profile_id": who, "country": country} for who, country in people.items()]
    lab.load({"profiles": rows})
    lab.require_build(now=DAYS[day], **variables)


def stays(lab: Lab) -> list[Stay]:
    """Segment, person, and the days of entering and leaving."""
    rows = lab.rows(
        "select segment_name, profile_id, cast(cast(entered_at as date) as varchar),"
        " cast(cast(left_at as date) as varchar) from segment_history order by all"
    )
    return [(name, who, entered[-2:], left and left[-2:]) for name, who, entered, left in rows]


def test_who_leaves_and_comes_back_starts_a_new_stay(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL", "bob": "NL"})
    refresh(lab, 1, {"ann": "DE", "bob": "NL"})
    refresh(lab, 2, {"ann": "NL"})
    assert stays(lab) == [
        ("dutch", "ann", "01", "02"),
        ("dutch", "ann", "03", None),
        ("dutch", "bob", "01", "03"),
        ("german", "ann", "02", "03"),
    ]


def test_the_same_run_twice_changes_nothing(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL", "bob": "NL"})
    refresh(lab, 1, {"ann": "NL"})
    once = stays(lab)
    refresh(lab, 1, {"ann": "NL"})
    assert stays(lab) == once == [("dutch", "ann", "01", None), ("dutch", "bob", "01", "02")]


def test_leaving_and_coming_back_within_one_moment_is_not_two_stays(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL"})
    refresh(lab, 1, {})
    refresh(lab, 1, {"ann": "NL"})
    assert [stay for stay in stays(lab) if stay[3] is None] == [("dutch", "ann", "02", None)]


def test_a_run_for_another_moment_writes_no_history(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL"})
    before = stays(lab)
    refresh(lab, 1, {"bob": "NL"}, as_of="2026-02-01")
    assert stays(lab) == before


def test_a_full_refresh_keeps_it(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL"})
    refresh(lab, 1, {"bob": "NL"})
    before = stays(lab)
    lab.require_build("segments", "--full-refresh", now=DAYS[2])
    assert stays(lab) == before


def test_a_segment_that_is_taken_away_ends_its_stays(lab: Lab) -> None:
    refresh(lab, 0, {"ann": "NL", "bob": "DE"})
    lab.segments({"german": RULES["german"]})
    refresh(lab, 1, {"ann": "NL", "bob": "DE"})
    assert stays(lab) == [("dutch", "ann", "01", "02"), ("german", "bob", "01", None)]
