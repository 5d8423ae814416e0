"""Which contact point is a member's where the rule asks for its dates, and who is over a limit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from segment_lab import Lab

from runner.segments.explain import LIMIT, Cut, explained
from runner.segments.listing import funnel
from runner.segments.plans import plans, stored_as_of
from runner.warehouse import open_warehouse

SOON, LATE = datetime(2026, 3, 5), datetime(2027, 1, 1)
ENDS: dict[str, Any] = {"consent": "newsletter", "expires": {"within_next": {"days": 10}}}
RULES: dict[str, dict[str, Any]] = {
    "renew": {"contact_for": "newsletter", "where": ENDS},
    "inlined": {"contact_for": "newsletter", "where": {"all": [{"rule_of": "renew"}]}},
    "any_way": {"contact_for": "newsletter", "where": {"any": [ENDS, {"consent": "newsletter"}]}},
    "top": {
        "contact_for": "newsletter",
        "limit": {"to": 1, "by": {"field": "points", "order": "desc"}},
    },
    "whole": {"contacts_nobody": "x", "where": {"rule_of": "top"}},
}


def point(value: str, permitted: bool = True) -> dict[str, Any]:
    return {
        "profile_id": value[:3],
        "key_type": "email",
        "key_value": value,
        "purpose": "newsletter",
        "status": "granted",
        "is_permitted": permitted,
        "reason": "granted",
    }


def grant(value: str, ends: datetime | None) -> dict[str, Any]:
    return {
        "profile_id": value[:3],
        "key_type": "email",
        "key_value": value,
        "purpose": "newsletter",
        "granted_at": datetime(2025, 1, 1),
        "source_name": "shop",
        "ends_at": ends,
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder: Path = tmp_path_factory.mktemp("chosen")
    lab = Lab(folder=folder, attributes={"points": "bigint"})
    lab.create()
    people = ("ann", "bob", "cem")
    lab.load(
        {
            "profiles": [
                {"profile_id": who, "points": points, "consent_newsletter": True}
                for who, points in zip(people, (5, 9, None), strict=True)
            ],
            "profile_consents": [
                {"profile_id": who, "purpose": "newsletter", "is_permitted": True}
                | {"key_type": "email", "key_value": f"{who}@a.example", "reason": "granted"}
                for who in people
            ],
            "profile_contact_points": [
                {"profile_id": "ann", "key_type": "email", "key_value": value, "is_primary": first}
                for value, first in (("ann@a.example", True), ("ann@b.example", False))
            ],
            "contact_point_permissions": [
                point("ann@a.example"),
                point("ann@b.example"),
                point("bob@a.example", permitted=False),
                point("cem@a.example"),
            ],
            "int_consent__deciding_grants": [
                grant("ann@a.example", LATE),
                grant("ann@b.example", SOON),
                grant("bob@a.example", SOON),
                grant("cem@a.example", None),
            ],
        }
    )
    lab.segments(RULES)
    lab.require_build()
    return lab


def test_the_contact_point_is_the_one_that_the_rule_asks_for(built: Lab) -> None:
    rows = built.rows("select segment_name, profile_id, key_value from segment_members")
    found = {(segment, who): value for segment, who, value in rows}
    assert found["renew", "ann"] == found["inlined", "ann"] == "ann@b.example"
    assert found["any_way", "ann"] == "ann@a.example"
    assert built.members()["renew"] == {"ann"}


def test_a_limit_cuts_the_members_and_not_the_rule(built: Lab) -> None:
    assert built.members()["top"] == {"bob"}
    assert built.members()["whole"] == {"ann", "bob", "cem"}


def test_who_is_over_the_limit_is_told(built: Lab) -> None:
    project = built.project()
    counted = {each.segment: each for each in funnel(project)}
    assert counted["top"].left_out == {"over_limit": 2}
    as_of = stored_as_of(project)
    plan = plans(project, ["top"], as_of)["top"]
    with open_warehouse(project) as warehouse:
        cem = explained(project, warehouse, plan, as_of, "cem")
        bob = explained(project, warehouse, plan, as_of, "bob")
    assert cem.cut == Cut(1, 3)
    assert [each.path for each in cem.needed] == [LIMIT]
    assert (bob.cut, bob.needed, bob.notes, cem.notes) == (Cut(1, 1), [], [], [])
