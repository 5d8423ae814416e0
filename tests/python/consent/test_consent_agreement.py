"""The warehouse and the independent model decide the same, for random worlds and any moment.

`CONSENT_LONG=1` decides 500 worlds instead of 25. One warehouse takes many worlds side by side:
three loads with rows that go and come back, then a decision for a past moment from what was known
at another one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from consent_model import Decision, Model, World
from consent_worlds import drawn, lines_of, world_of
from exports_project import ScratchProject

LONG = bool(os.environ.get("CONSENT_LONG"))
WORLDS = 25
SEEDS = range(20) if LONG else range(1)
START = datetime(2026, 6, 1, 12)
LOADS = tuple(START + timedelta(days=days) for days in (0, 1, 2))
RIGHTS: tuple[dict[str, Any], ...] = (
    {},
    {"use": {"conflict": "any_denial"}},
    {"sale": {"enforcement": "opt_in"}, "use": {"valid_for_months": 6}},
)
PAST = {"as_of": LOADS[1] - timedelta(hours=1), "known_at": LOADS[1] + timedelta(hours=1)}

Found = dict[tuple[str, tuple[str, str], str], tuple[Any, ...]]


class Decided:
    """What the warehouse decided for the worlds of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        rights = RIGHTS[seed % len(RIGHTS)]
        self.sketches = drawn(WORLDS, seed)
        self.worlds: list[World] = []
        self.project = ScratchProject(folder, {}, {"everyone": "everyone"})
        purposes: dict[str, Any] = {"everyone": {"channel": "email"}, **rights}
        for number, sketch in enumerate(self.sketches):
            world = world_of(sketch, LOADS, rights, f"w{number}_")
            purposes |= world.purposes
            self.worlds.append(world)
        self.project.variables = {
            "purposes": purposes,
            "consent_models": [{"model": "stg_shop__consents", "kind": "state", "max_shrink": 1}],
        }
        self.project.write()
        for load, moment in enumerate(LOADS):
            self.write(load)
            self.project.refresh("--no-export", CONSENT_NOW=str(moment))
        self.present = self.read("main")
        self.project.refresh(
            "--as-of",
            str(PAST["as_of"]),
            "--known-at",
            str(PAST["known_at"]),
            CONSENT_NOW=str(LOADS[-1] + timedelta(days=1)),
        )
        self.past = self.read("main_asof")

    def write(self, load: int) -> None:
        customers: list[dict[str, Any]] = []
        consents: list[dict[str, Any]] = []
        suppressions: list[dict[str, Any]] = []
        for number, (sketch, world) in enumerate(zip(self.sketches, self.worlds, strict=True)):
            lines = lines_of(sketch, world, load, LOADS, f"w{number}_")
            customers += lines[0]
            consents += lines[1]
            suppressions += lines[2]
        self.project.customers(*customers)
        self.project.consents(*consents)
        self.project.suppressions(*suppressions)

    def read(self, schema: str) -> tuple[Found, dict[tuple[str, str], bool]]:
        permissions = {
            (profile, (kind, value), purpose): tuple(rest)
            for profile, kind, value, purpose, *rest in self.project.query(
                "select profile_id, key_type, key_value, purpose, status, is_permitted, reason,"
                f" consent_id from {schema}.contact_point_permissions"
            )
        }
        consents = {
            (profile, purpose): permitted
            for profile, purpose, permitted in self.project.query(
                f"select profile_id, purpose, is_permitted from {schema}.profile_consents"
            )
        }
        return permissions, consents


@pytest.fixture(scope="module", params=SEEDS)
def decided(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Decided:
    return Decided(request.param, tmp_path_factory.mktemp("agreed") / "project")


def models(decided: Decided, clocks: Mapping[str, datetime], now: datetime) -> list[Model]:
    return [Model(world, now, **clocks) for world in decided.worlds]


def differences(model: Model, found: Found) -> list[str]:
    wrong = []
    for place, expected in model.decisions().items():
        status, is_permitted, reason, consent_id = found[place]
        got = Decision(status, is_permitted, reason, expected.ids)
        if got != expected or (expected.ids and consent_id not in expected.ids):
            wrong.append(f"{place}: {found[place]} instead of {expected}")
    return wrong


def check(
    decided: Decided,
    clocks: Mapping[str, datetime],
    now: datetime,
    result: tuple[Found, dict[tuple[str, str], bool]],
) -> None:
    permissions, consents = result
    count = 0
    for number, model in enumerate(models(decided, clocks, now)):
        mine = {
            place: row for place, row in permissions.items() if place[0].startswith(f"w{number}_")
        }
        expected = {
            place: value for place, value in model.decisions().items() if place[2] != "everyone"
        }
        # the worlds share a table: each has its own purposes and the three rights
        mine = {place: row for place, row in mine.items() if place[2] in model_purposes(model)}
        assert mine.keys() == expected.keys(), mine.keys() ^ expected.keys()
        wrong = differences(model, mine)
        assert wrong == [], f"world {number}: {model.world}\n" + "\n".join(wrong)
        for profile in {place[0] for place in expected}:
            for purpose in model_purposes(model):
                assert consents[profile, purpose] == model.may_be_used(profile, purpose), (
                    f"world {number}, {profile}, {purpose}: {model.world}"
                )
        count += len(expected)
    assert count > 500


def model_purposes(model: Model) -> set[str]:
    return {*model.world.purposes, "use", "sale", "storage"}


def test_they_agree_on_the_present(decided: Decided) -> None:
    check(decided, {}, LOADS[-1], decided.present)


def test_they_agree_on_the_past_from_what_was_known(decided: Decided) -> None:
    check(decided, PAST, LOADS[-1] + timedelta(days=1), decided.past)
