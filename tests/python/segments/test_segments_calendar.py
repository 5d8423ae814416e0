"""Leap days and month ends: what relative days and birthdays mean on the days that not all have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from segment_lab import Lab


@dataclass(frozen=True)
class Case:
    """A condition on `day`, evaluated on one day, and the days that it holds for and not."""

    today: str
    condition: dict[str, Any]
    holds: tuple[str, ...]
    fails: tuple[str, ...]


CASES = {
    "one month before 31 March is the last of February": Case(
        "2026-03-31", {"eq": {"months_ago": 1}}, ("2026-02-28",), ("2026-02-27", "2026-03-01")
    ),
    "in a leap year it is the 29th": Case(
        "2028-03-31", {"eq": {"months_ago": 1}}, ("2028-02-29",), ("2028-02-28", "2028-03-01")
    ),
    "two months after 31 December": Case(
        "2026-12-31", {"eq": {"months_ahead": 2}}, ("2027-02-28",), ("2027-03-01", "2027-03-03")
    ),
    "a year before 29 February": Case(
        "2028-02-29", {"eq": {"years_ago": 1}}, ("2027-02-28",), ("2027-03-01",)
    ),
    "four years before 29 February": Case(
        "2028-02-29", {"eq": {"years_ago": 4}}, ("2024-02-29",), ("2024-02-28",)
    ),
    "a year after 29 February": Case(
        "2028-02-29", {"eq": {"years_ahead": 1}}, ("2029-02-28",), ("2029-03-01",)
    ),
    "days do not care": Case(
        "2028-03-31", {"eq": {"days_ago": 31}}, ("2028-02-29",), ("2028-02-28", "2028-03-01")
    ),
    "the last days across a leap day": Case(
        "2028-03-31",
        {"within_last": {"days": 31}},
        ("2028-02-29", "2028-03-01", "2028-03-31"),
        ("2028-02-28", "2028-04-01"),
    ),
    "the last month from 31 March": Case(
        "2026-03-31",
        {"within_last": {"months": 1}},
        ("2026-02-28", "2026-03-31"),
        ("2026-02-27", "2026-04-01"),
    ),
    "this month on its last day": Case(
        "2028-02-29",
        {"in_current": "month"},
        ("2028-02-01", "2028-02-29"),
        ("2028-01-31", "2028-03-01", "2024-02-29"),
    ),
    "this quarter on its last day": Case(
        "2026-03-31",
        {"in_current": "quarter"},
        ("2026-01-01", "2026-03-31"),
        ("2025-12-31", "2026-04-01"),
    ),
    "this week starts on Monday": Case(
        "2028-02-29",
        {"in_current": "week"},
        ("2028-02-28", "2028-02-29", "2028-03-05"),
        ("2028-02-27", "2028-03-06"),
    ),
    "born on 29 February, on the 28th of another year": Case(
        "2026-02-28",
        {"anniversary_within": {"days": 0}},
        ("2008-02-29", "2008-02-28"),
        ("2008-03-01", "2008-02-27"),
    ),
    "born on 29 February, on 1 March of another year": Case(
        "2026-03-01", {"anniversary_within": {"days": 0}}, ("2008-03-01",), ("2008-02-29",)
    ),
    "born on 29 February, in a leap year": Case(
        "2028-02-28", {"anniversary_within": {"days": 0}}, ("2008-02-28",), ("2008-02-29",)
    ),
    "birthdays across the turn of the year": Case(
        "2026-12-31",
        {"anniversary_within": {"days": 2}},
        ("1991-12-31", "1992-01-01", "1993-01-02"),
        ("1990-12-30", "1990-01-03"),
    ),
    "eighteen on the 28th, born on the 29th": Case(
        "2026-02-28", {"age": {"gte": 18}}, ("2008-02-28", "2008-02-29"), ("2008-03-01",)
    ),
    "and not a day earlier": Case(
        "2026-02-27", {"age": {"gte": 18}}, ("2008-02-27",), ("2008-02-28", "2008-02-29")
    ),
    "twenty on 29 February": Case(
        "2028-02-29", {"age": {"eq": 20}}, ("2008-02-29", "2007-03-01"), ("2008-03-01",)
    ),
    "and nineteen the day before": Case(
        "2028-02-28", {"age": {"eq": 19}}, ("2008-02-29",), ("2008-02-28",)
    ),
    "the last day of February": Case(
        "2026-03-01", {"month_is": 2, "day_of_month_is": 29}, ("2008-02-29",), ("2008-02-28",)
    ),
}
DAYS = sorted({day for case in CASES.values() for day in (*case.holds, *case.fails)})


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Who is in the segment of each case: a person for each day, called by it."""
    lab = Lab(folder=tmp_path_factory.mktemp("calendar"), attributes={"day": "date"})
    lab.create()
    names = {f"case_{number}": name for number, name in enumerate(CASES)}
    lab.segments(
        {
            segment: {
                "contacts_nobody": "a test",
                "where": {"field": "day", **CASES[name].condition},
            }
            for segment, name in names.items()
        }
    )
    lab.load({"profiles": [{"profile_id": day, "day": date.fromisoformat(day)} for day in DAYS]})
    lab.require_build("fixtures")
    found: dict[str, set[str]] = {}
    for today in sorted({case.today for case in CASES.values()}):
        chosen = [segment for segment, name in names.items() if CASES[name].today == today]
        lab.require_build(*chosen, now=f"{today}T12:00:00")
        for segment in chosen:
            found[names[segment]] = {
                who for (who,) in lab.rows(f"select profile_id from {segment}")
            }
    return found


@pytest.mark.parametrize("name", CASES)
def test_days_that_not_all_months_have(name: str, members: dict[str, set[str]]) -> None:
    case = CASES[name]
    tried = {*case.holds, *case.fails}
    assert members[name] & tried == set(case.holds)
