"""Editing, deleting or giving away a contact point permits nothing, but for named exceptions.

Tried on the independent model, which is quick, and on the warehouse: random projects in which only
records change, and what is permitted before and after.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from consent_edits import Comparison, Permitted
from consent_evidence import Load, World
from consent_model import Model
from consent_people import People
from consent_worlds import random_world
from evidence_project import MODELS, EvidenceProject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LONG = bool(os.environ.get("CONSENT_LONG"))
START = datetime(2026, 6, 1, 12)
LOADS = tuple(START + timedelta(days=days) for days in (0, 2, 4))
WORLDS = 25


def until(world: World, count: int) -> World:
    """The world after so many of its loads."""
    return World(world.purposes, world.loads[:count], world.models, world.labels, world.answers)


def of_model(world: World, count: int) -> Permitted:
    model = Model(until(world, count), LOADS[count - 1])
    return Permitted(
        model.people,
        {place: d.reason for place, d in model.decisions().items() if d.is_permitted},
        {
            (profile, purpose)
            for profile in model.profiles
            if not model.is_withheld(profile)
            for purpose in model.purposes
            if model.may_be_used(profile, purpose)
        },
    )


@settings(
    max_examples=3_000 if LONG else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.integers(0, 2**32))
def test_an_edit_permits_nothing_by_the_model(seed: int) -> None:
    world = random_world(Random(seed), LOADS, MODELS, only_records=True)
    states = [of_model(world, count) for count in (1, 2, 3)]
    for before, after in pairwise(states):
        assert Comparison(world, before, after).unexplained() == []


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[World, list[Permitted]]]:
    """Worlds, and what the warehouse permitted after each load."""
    worlds = [
        random_world(Random(n), LOADS, MODELS, prefix=f"w{n}_", only_records=True)
        for n in range(WORLDS)
    ]
    purposes: dict[str, Any] = {n: dict(k) for each in worlds for n, k in each.purposes.items()}
    project = EvidenceProject(tmp_path_factory.mktemp("edited"), purposes).create()
    labels = {key: value for each in worlds for key, value in each.labels.items()}
    answers = {key: value for each in worlds for key, value in each.answers.items()}
    found: list[tuple[World, list[Permitted]]] = [(world, []) for world in worlds]
    for number, moment in enumerate(LOADS):
        loads = [world.loads[number] for world in worlds]
        whole = Load(
            moment,
            tuple(each for load in loads for each in load.records),
            tuple(each for load in loads for each in load.rows),
            tuple(each for load in loads for each in load.suppressions),
        )
        project.load(whole, labels, answers)
        ids, decisions, consents = project.records(), project.decisions(), project.consents()
        for world, states in found:
            people = People(until(world, number + 1), moment)
            names = {next(ids[key] for key in profile): profile for profile in people.profiles}
            states.append(
                Permitted(
                    people,
                    {
                        (names[who], point, purpose): reason
                        for (who, point, purpose), (_, yes, reason, _) in decisions.items()
                        if yes and who in names and _is_of(world, purpose)
                    },
                    {
                        (names[who], purpose)
                        for (who, purpose), yes in consents.items()
                        if yes and who in names and _is_of(world, purpose)
                    },
                )
            )
    return found


def _is_of(world: World, purpose: str) -> bool:
    return purpose in {*world.purposes, "use", "sale", "storage"}


def comparisons(edited: list[tuple[World, list[Permitted]]]) -> Iterator[Comparison]:
    for world, states in edited:
        for before, after in pairwise(states):
            yield Comparison(world, before, after)


def test_an_edit_permits_nothing_by_the_warehouse(
    edited: list[tuple[World, list[Permitted]]],
) -> None:
    wrong = [each for comparison in comparisons(edited) for each in comparison.unexplained()]
    assert wrong == []
    assert sum(len(state.points) for _, states in edited for state in states) > 500
