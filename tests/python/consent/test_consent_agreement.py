"""The warehouse and the independent model decide the same, for random worlds and any moment.

`CONSENT_LONG=1` decides 500 worlds instead of 25. One warehouse takes many worlds side by side:
four loads with everything that may change between them, a consent model that is renamed and one
that is retired, then a decision for a past moment from what was known at another one. Every data
test that ships must be green on them.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from consent_evidence import Load, Point, Retraction, Source, World
from consent_model import Decision, Model
from consent_people import Profile
from consent_worlds import meanings, random_world
from evidence_project import MODELS, Decided, EvidenceProject

LONG = bool(os.environ.get("CONSENT_LONG"))
WORLDS = 25
SEEDS = range(20) if LONG else range(1)
START = datetime(2026, 6, 1, 12)
LOADS = tuple(START + timedelta(days=days) for days in (0, 2, 4, 6))
LATER = LOADS[-1] + timedelta(days=1)
RIGHTS: tuple[dict[str, Any], ...] = (
    {},
    {"use": {"conflict": "any_denial"}},
    {"sale": {"enforcement": "opt_in"}, "use": {"valid_for_months": 6}},
    {"use": {"enforcement_by_country": {"DE": "opt_in"}}},
)
RENAMED, RETIRED = "stg_lab__state", "stg_lab__old"
PAST = {"as_of": LOADS[1] - timedelta(hours=1), "known_at": LOADS[2] + timedelta(hours=1)}

Result = tuple[
    dict[tuple[str, str], str],
    dict[tuple[str, Point, str], Decided],
    dict[tuple[str, str], bool],
]
"""What a schema holds: profiles of records, permissions, and consents of profiles."""


class Decisions:
    """What the warehouse decided for the worlds of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = Random(seed)
        rights = RIGHTS[seed % len(RIGHTS)]
        models = {**MODELS, RETIRED: Source("ledger" if seed % 2 == 0 else "state")}
        self.worlds = [
            without_retired(random_world(Random(f"{seed} {n}"), LOADS, models, rights, f"w{n}_"))
            for n in range(WORLDS)
        ]
        purposes: dict[str, Any] = {
            name: dict(keys) for each in self.worlds for name, keys in each.purposes.items()
        }
        opted = [
            n for n, k in purposes.items() if k.get("channel") and k.get("enforcement") != "none"
        ]
        self.project = EvidenceProject(
            folder,
            purposes,
            segments={f"audience_of_{name}": name for name in opted[:5]},
            variables={"accepted_drops": 100_000},
            models=models,
        ).create()
        every = sorted((r for w in self.worlds for r in w.retractions), key=lambda r: r.at)
        if seed % 4 == 3:
            # all that a model brought in one load
            at = LOADS[1] + timedelta(hours=5)
            every.append(Retraction(at, model="stg_lab__state", load=LOADS[1]))
            for world in self.worlds:
                world.retractions.append(every[-1])
        for number, moment in enumerate(LOADS):
            self.load(number)
            for retraction in every:
                if moment < retraction.at < moment + timedelta(days=2):
                    self.project.retract(retraction)
        self.present = self.read("main")
        self.project.build(LATER, **PAST)
        self.past = self.read("main_asof")

    def load(self, number: int) -> None:
        """One refresh; what words mean changes before the last one, and so do labels."""
        if number == 2:
            self.project.rename(RENAMED, "stg_lab__answers")
        if number == 3:
            self.project.retire(RETIRED)
        labels: dict[Any, str] = {}
        answers: dict[Any, str] = {}
        for world in self.worlds:
            is_last = number == len(LOADS) - 1
            mapped = (world.labels, world.answers) if is_last else meanings(world, self.chance)
            labels |= mapped[0]
            answers |= mapped[1]
        loads = [world.loads[number] for world in self.worlds]
        whole = Load(
            LOADS[number],
            tuple(each for load in loads for each in load.records),
            tuple(each for load in loads for each in load.rows),
            tuple(each for load in loads for each in load.suppressions),
        )
        self.project.load(whole, labels, answers)

    def read(self, schema: str) -> Result:
        return (
            self.project.records(schema),
            self.project.decisions(schema),
            self.project.consents(schema),
        )


def without_retired(world: World) -> World:
    """One of the models is gone for good in the last load."""
    last = world.loads[-1]
    rows = tuple(row for row in last.rows if row.model != RETIRED)
    return replace(
        world,
        loads=[*world.loads[:-1], replace(last, rows=rows)],
        retired={RETIRED: last.moment},
    )


@pytest.fixture(scope="module", params=SEEDS)
def decided(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Decisions:
    return Decisions(request.param, tmp_path_factory.mktemp("agreed"))


def profile_ids(model: Model, records: dict[tuple[str, str], str]) -> dict[Profile, str]:
    """The warehouse's name of each profile of the model, which has the same records."""
    found = {profile: {records[key] for key in profile} for profile in model.profiles}
    assert all(len(ids) == 1 for ids in found.values()), found
    return {profile: ids.pop() for profile, ids in found.items()}


def is_same(expected: Decision, found: Decided) -> bool:
    *decision, consent_id = found
    return [expected.status, expected.is_permitted, expected.reason] == decision and (
        not expected.ids or consent_id in expected.ids
    )


def differences(model: Model, result: Result) -> list[str]:
    """What the model and the warehouse do not agree on, in words."""
    records, permissions, consents = result
    ids = profile_ids(model, records)
    wrong = []
    for profile, name in ids.items():
        is_kept = (name, "use") in consents
        if model.is_withheld(profile) == is_kept:
            state = "kept" if is_kept else "withheld"
            wrong.append(f"{name} {sorted(profile)}: {state}")
    for (profile, point, purpose), expected in model.decisions().items():
        found = permissions.get((ids[profile], point, purpose))
        if found is not None and not is_same(expected, found):
            wrong.append(f"{sorted(profile)}, {point}, {purpose}: {found} instead of {expected}")
    for profile, name in ids.items():
        for purpose in () if model.is_withheld(profile) else model.purposes:
            if (expected_use := model.may_be_used(profile, purpose)) != consents[name, purpose]:
                wrong.append(f"{sorted(profile)}, {purpose}: use instead of {expected_use}")
    return wrong


def check(worlds: list[World], clocks: dict[str, datetime], now: datetime, result: Result) -> None:
    wrong, reasons = [], Counter[str]()
    for number, world in enumerate(worlds):
        model = Model(world, now, **clocks)
        wrong += [f"world {number}: {each}" for each in differences(model, result)]
        reasons.update(each.reason for each in model.decisions().values())
    assert wrong == [], f"{len(wrong)} differences\n" + "\n".join(wrong)
    assert sum(reasons.values()) > 500
    assert {"granted", "denied", "denied_elsewhere", "granted_elsewhere"} <= set(reasons)


def test_they_agree_on_the_present(decided: Decisions) -> None:
    check(decided.worlds, {}, LOADS[-1], decided.present)


def test_they_agree_on_the_past_from_what_was_known(decided: Decisions) -> None:
    check(decided.worlds, PAST, LATER, decided.past)
