"""What other systems document of sequences and frequency, asked of this language.

Each case is a documented example, written anew as a rule, with the people that it holds for.
Where the language differs on purpose, the case has the reason; docs/segments.md lists them.

Sources: the past-event condition of Apache Unomi; the `performed` segment node of Dittofeed; the
segment conditions of Klaviyo's help ("what someone has done"); Braze's segmentation filters, its
page on "X in Y" filters and on frequency capping.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clone import ROOT
from segment_lab import Lab

# the moment of Braze's example: the evening before in New York, an hour past midnight in UTC
NOW = datetime(2026, 4, 17, 1, 0)
EVENTS: dict[str, Sequence[tuple[str, datetime, str, int]]] = {
    # person: activity, time, what, amount
    "none": (),
    "one": (("orders", datetime(2026, 4, 10, 12), "shoes", 50),),
    "two": (
        ("orders", datetime(2026, 4, 14, 0), "shoes", 20),
        ("orders", datetime(2026, 4, 16, 23), "hats", 200),
    ),
    "three": (
        ("orders", datetime(2026, 4, 14, 0), "shoes", 20),
        ("orders", datetime(2026, 4, 15, 9), "shoes", 20),
        ("orders", datetime(2026, 4, 17, 0, 30), "shoes", 20),
    ),
    "before": (
        ("orders", datetime(2026, 4, 13, 23, 59), "shoes", 20),
        ("orders", datetime(2026, 4, 15, 9), "shoes", 20),
        ("orders", datetime(2026, 4, 16, 9), "shoes", 20),
    ),
    "abandoned": (("checkouts", datetime(2026, 4, 15, 20), "c1", 0),),
    "bought": (
        ("checkouts", datetime(2026, 4, 15, 20), "c2", 0),
        ("orders", datetime(2026, 4, 15, 21), "shoes", 30),
    ),
    "waiting": (("checkouts", datetime(2026, 4, 17, 0), "c3", 0),),
    "old": (("orders", datetime(2024, 1, 1), "shoes", 10),),
}


@dataclass(frozen=True)
class Case:
    """What a system documents, as a rule, and for whom it holds.

    Attributes:
        documented: the example in that system's terms.
        differs: why the language does something else; empty where it does not.
    """

    documented: str
    rule: dict[str, Any]
    holds: set[str]
    differs: str = ""


def orders(**keys: Any) -> dict[str, Any]:
    return {"activity": "orders", **keys}


BUYERS = {"one", "two", "three", "before", "bought", "old"}
EVERYBODY = set(EVENTS)
CASES = {
    "unomi_minimum": Case(
        "pastEventCondition with minimumEventCount 2 and numberOfDays 30",
        orders(count={"gte": 2}, within_last={"days": 30}),
        {"two", "three", "before"},
    ),
    "unomi_maximum": Case(
        "pastEventCondition with minimumEventCount 1 and maximumEventCount 1",
        orders(count={"between": [1, 1]}),
        {"one", "bought", "old"},
    ),
    "unomi_not_occurred": Case(
        "pastEventCondition with the operator eventsNotOccurred",
        {"not": orders(within_last={"days": 30})},
        EVERYBODY - BUYERS | {"old"},
    ),
    "unomi_dates": Case(
        "pastEventCondition with fromDate and toDate",
        orders(between=[date(2026, 4, 10), date(2026, 4, 13)]),
        {"one", "before"},
    ),
    "unomi_event_condition": Case(
        "pastEventCondition with an eventCondition on a property of the event",
        orders(where={"field": "what", "eq": "hats"}),
        {"two"},
    ),
    "unomi_number_of_days": Case(
        "numberOfDays 3 begins 72 hours before now",
        orders(within_last={"days": 3}, count={"gte": 3}),
        {"three"},
        "days are whole days of the project's time zone, today and so many before; "
        "write hours for an exact span",
    ),
    "dittofeed_performed": Case(
        "performed once at least",
        orders(),
        BUYERS,
    ),
    "dittofeed_times": Case(
        "performed with times 3 and timesOperator greater than or equal",
        orders(count={"gte": 3}),
        {"three", "before"},
    ),
    "dittofeed_never": Case(
        "performed with times 0 and timesOperator equals",
        orders(count={"eq": 0}),
        EVERYBODY - BUYERS,
    ),
    "dittofeed_within_seconds": Case(
        "performed with withinSeconds 86400",
        orders(within_last={"hours": 24}),
        {"two", "three", "before"},
    ),
    "dittofeed_properties": Case(
        "performed with a property above a number",
        orders(where={"field": "amount", "gt": 100}),
        {"two"},
    ),
    "klaviyo_at_least_once": Case(
        "placed order at least once in the last 30 days",
        orders(within_last={"days": 30}),
        BUYERS - {"old"},
    ),
    "klaviyo_zero_times": Case(
        "placed order zero times over all time",
        orders(count={"eq": 0}),
        EVERYBODY - BUYERS,
    ),
    "klaviyo_lapsed": Case(
        "placed order at least once over all time and zero times in the last 365 days",
        {"all": [orders(), orders(within_last={"days": 365}, count={"eq": 0})]},
        {"old"},
    ),
    "klaviyo_vip": Case(
        "placed order at least twice, or spent more than an amount",
        {"any": [orders(count={"gte": 2}), orders(sum={"of": "amount", "gt": 40})]},
        {"one", "two", "three", "before"},
    ),
    "klaviyo_abandoned": Case(
        "checkout started, then no order placed within a day of it",
        {
            "activity": "checkouts",
            "not_followed_by": {"activity": "orders", "within": {"hours": 24}},
        },
        {"abandoned"},
    ),
    "braze_x_in_y": Case(
        "made more than 2 purchases in the past 3 days: today is day 0, so the window is 73 hours",
        orders(count={"gt": 2}, within_last={"days": 3}),
        {"three"},
    ),
    "braze_last_purchase": Case(
        "last made a purchase more than 2 days ago",
        orders(last_at={"before": {"days_ago": 2}}),
        {"one", "old"},
    ),
    "braze_first_purchase": Case(
        "first made a purchase after a date",
        orders(first_at={"after": date(2026, 4, 14)}),
        {"bought"},
    ),
    "braze_money_in_days": Case(
        "spent more than an amount in the last 3 days",
        orders(sum={"of": "amount", "gt": 100}, within_last={"days": 3}),
        {"two"},
    ),
}


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    columns = {"what": "string", "amount": "bigint"}
    lab = Lab(
        folder=tmp_path_factory.mktemp("events"),
        attributes={"birth_date": "date"},
        activities={"orders": columns, "checkouts": columns},
        exports=["letters"],
    )
    lab.create()
    rows: dict[str, list[dict[str, Any]]] = {"orders": [], "checkouts": []}
    for who, events in EVENTS.items():
        for activity, time, what, amount in events:
            rows[activity].append(
                {"profile_id": who, "occurred_at": time, "what": what, "amount": amount}
            )
    people = ["today", "yesterday", "never"]
    times = [NOW - timedelta(minutes=50), NOW - timedelta(hours=5)]
    point = {"key_type": "email"}
    lab.load(
        {
            "profiles": [{"profile_id": who} for who in (*EVENTS, *people)],
            **{f"int_activities__{name}": each for name, each in rows.items()},
            "profile_contact_points": [
                {"profile_id": who, "key_value": f"{who}@example.com", **point} for who in people
            ],
            "deliveries": [
                {"export_name": "letters", "destination": "out", "kind": "added"}
                | {"status": "delivered", "delivered_at": time}
                for time in times
            ],
            "delivered_members": [
                {"export_name": "letters", "destination": "out", **point}
                | {"key_value": f"{who}@example.com", "delivered_at": time}
                for who, time in zip(people, times, strict=False)
            ],
        }
    )
    rules = {name: case.rule for name, case in CASES.items()}
    rules |= {name: rule for name, (rule, _) in CAPS.items()}
    lab.segments({name: {"contacts_nobody": "x", "where": rule} for name, rule in rules.items()})
    lab.require_build(now=NOW.isoformat())
    return lab.members()


CAPS: dict[str, tuple[dict[str, Any], set[str]]] = {
    # "every 1 day" limits to the current calendar day, "every 2 days" to the one before too
    "braze_every_day": (
        {"not": {"delivered": "letters", "within_last": {"days": 0}}},
        {"yesterday", "never"},
    ),
    "braze_every_two_days": (
        {"not": {"delivered": "letters", "within_last": {"days": 1}}},
        {"never"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_documented_case(name: str, members: dict[str, set[str]]) -> None:
    assert members[name] & EVERYBODY == CASES[name].holds


@pytest.mark.parametrize("name", CAPS)
def test_a_cap_on_frequency(name: str, members: dict[str, set[str]]) -> None:
    assert members[name] & {"today", "yesterday", "never"} == CAPS[name][1]


def test_the_page_lists_every_difference() -> None:
    page = (ROOT / "docs/segments.md").read_text(encoding="utf-8")
    section = page.split("## Where other rule engines differ", 1)[1].split("\n## ", 1)[0]
    words = re.sub(r"\s+", " ", section)
    for name, case in CASES.items():
        if case.differs:
            assert case.differs in words, name
