"""`consent filter` permits nothing that the decision refuses, on random lists over random worlds.

The independent model of consent decides every row anew, from the page: who has a contact point of
the row, or had it, and what they said. `CONSENT_LONG=1` tries more worlds.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from consent_evidence import Load, Point, World
from consent_model import Model
from consent_people import Profile
from consent_worlds import random_world
from evidence_project import KINDS, MODELS, EvidenceProject
from typer.testing import CliRunner

from runner.cli import app

LONG = bool(os.environ.get("CONSENT_LONG"))
WORLDS = 24 if LONG else 6
ROWS = 60
LOADS = tuple(datetime(2026, 6, 1, 12) + timedelta(days=days) for days in (0, 2))
BARRED = {"withheld", "suppressed", "former_contact_point", "denied_elsewhere"}
Row = dict[str, str]


class Lists:
    """Random worlds in one warehouse, and random lists of their contact points."""

    def __init__(self, folder: Path) -> None:
        self.worlds = [
            _readable(random_world(Random(f"list {n}"), LOADS, MODELS, prefix=f"w{n}_"))
            for n in range(WORLDS)
        ]
        purposes = {n: dict(k) for each in self.worlds for n, k in each.purposes.items()}
        self.project = EvidenceProject(
            folder, purposes, variables={"delivery_targets": ["lab"], "accepted_drops": 100_000}
        ).create()
        labels = {key: value for each in self.worlds for key, value in each.labels.items()}
        answers = {key: value for each in self.worlds for key, value in each.answers.items()}
        for number, moment in enumerate(LOADS):
            loads = [world.loads[number] for world in self.worlds]
            whole = Load(
                moment,
                tuple(each for load in loads for each in load.records),
                tuple(each for load in loads for each in load.rows),
                tuple(each for load in loads for each in load.suppressions),
            )
            self.project.load(whole, labels, answers)

    def filter(self, rows: list[Row], *options: str) -> dict[str, Any]:
        """What the command says of a list; `lines` has the rows of each of its files."""
        path = self.project.folder / "list.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["number", *KINDS])
            writer.writeheader()
            writer.writerows({"number": str(n), **row} for n, row in enumerate(rows))
        arguments = ["filter", str(path), "--json", "--overwrite", *options]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        answer["lines"] = {}
        for verdict, name in answer["files"].items():
            with Path(name).open(newline="", encoding="utf-8") as file:
                answer["lines"][verdict] = list(csv.DictReader(file))
        return answer


def _readable(world: World) -> World:
    """The world with telephone numbers that are some: lists are cleaned, as sources are."""

    def changed(point: Point) -> Point:
        return (point[0], point[1].replace("+316000", "+316123"))

    return replace(
        world,
        loads=[
            Load(
                load.moment,
                tuple(replace(r, points=frozenset(map(changed, r.points))) for r in load.records),
                tuple(replace(row, point=changed(row.point)) for row in load.rows),
                tuple(replace(each, point=changed(each.point)) for each in load.suppressions),
            )
            for load in world.loads
        ],
        retractions=[],
    )


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Lists:
    return Lists(tmp_path_factory.mktemp("lists"))


def random_rows(world: World, chance: Random) -> list[Row]:
    """Rows that name contact points of a world together that may be several people's."""
    points = sorted({p for load in world.loads for r in load.records for p in r.points})
    points += sorted({row.point for load in world.loads for row in load.rows})
    points += [("email", f"stranger{n}@example.org") for n in range(3)]
    rows = []
    for _ in range(ROWS):
        chosen = dict(chance.sample(points, chance.choice((1, 1, 2, 3))))
        rows.append(dict(chosen))
    return rows


class Expected:
    """What the page says of a row, by the independent model."""

    def __init__(self, world: World, purpose: str, third_party: bool) -> None:
        self.model = Model(world, LOADS[-1])
        self.required = [purpose, *(["sale"] if third_party else [])]
        self.channel = self.model.channel(purpose)
        self.formers = {
            former.point for who in self.model.profiles for former in self.model.formers(who)
        }

    def owners(self, point: Point) -> list[Profile]:
        return [who for who in self.model.profiles if point in self.model.points(who)]

    def may(self, point: Point) -> bool:
        """Whether the contact point itself may be used, whoever has it."""
        owners = self.owners(point)
        if owners:
            return all(
                self.model.decide(who, point, purpose).is_permitted
                and (self.channel is not None or self.model.may_be_used(who, purpose))
                for who in owners
                for purpose in self.required
            )
        nobody: Profile = frozenset()
        return all(
            self.model.latest(nobody, point, purpose, "granted") is not None
            and not self.model.is_itself_denied(nobody, point, purpose)
            for purpose in self.required
        )

    def is_barred(self, point: Point) -> bool:
        return (
            point in self.formers
            or self.model._is_suppressed_itself(point)
            or any(self.model.is_withheld(who) for who in self.owners(point))
        )


def _points(row: Row) -> list[Point]:
    return [(kind, row[kind]) for kind in KINDS if row.get(kind)]


def _cases(world: World) -> list[tuple[str, tuple[str, ...]]]:
    named = sorted(name for name in world.purposes if name not in ("use", "sale", "storage"))
    return [(named[0], ()), (named[1], ("--third-party",)), ("use", ())]


def test_a_list_permits_nothing_that_the_decision_refuses(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lists.project.folder)
    seen: Counter[str] = Counter()
    for number, world in enumerate(lists.worlds):
        chance = Random(f"rows {number}")
        rows = random_rows(world, chance)
        for purpose, options in _cases(world):
            answer = lists.filter(rows, "--for", purpose, *options)
            expected = Expected(world, purpose, bool(options))
            for line in answer["lines"]["permitted"]:
                given = rows[int(line["number"])]
                seen["permitted"] += 1
                assert _points(line), line
                for point in _points(line):
                    assert point in _points(given)
                    assert expected.channel in (None, point[0])
                    assert expected.may(point), (purpose, options, given, point)
                for point in _points(given):
                    assert not expected.is_barred(point), (purpose, given, point)
            for line in answer["lines"]["refused"]:
                given = rows[int(line["number"])]
                seen[line["consent_reason"]] += 1
                only = _points(given)
                # somebody's contact point that may be used, and bars nothing, is not refused
                if (
                    len(only) == 1
                    and expected.channel in (None, only[0][0])
                    and expected.owners(only[0])
                ):
                    case = (purpose, options, line["consent_reason"], only)
                    assert expected.is_barred(only[0]) or not expected.may(only[0]), case
            for line in answer["lines"].get("unknown", []):
                seen["unknown"] += 1
                assert not any(
                    expected.may(point)
                    for point in _points(line)
                    if expected.channel in (None, point[0])
                ), line
            assert sum(map(len, answer["lines"].values())) == len(rows)
    assert seen["permitted"] > 30 and seen["unknown"] > 3, seen
    assert {"denied", "denied_elsewhere", "no_contact_point", "no_record", "withheld"} <= set(seen)


def test_a_denial_reached_through_another_contact_point_refuses_the_row(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding a contact point to a row never permits it."""
    monkeypatch.chdir(lists.project.folder)
    for number, world in enumerate(lists.worlds):
        chance = Random(f"pairs {number}")
        purpose = _cases(world)[0][0]
        rows = random_rows(world, chance)
        kind = Expected(world, purpose, False).channel
        alone = [{k: v for k, v in row.items() if k == kind} for row in rows]
        with_more = lists.filter(rows, "--for", purpose)
        with_one = lists.filter(alone, "--for", purpose)
        permitted = {line["number"] for line in with_more["lines"]["permitted"]}
        assert permitted <= {line["number"] for line in with_one["lines"]["permitted"]}
