"""Random worlds for the model and the warehouse, many of them decided by one build.

A world has purposes, words, people and contact points of its own under a prefix; the three rights
and the consent models are shared, so that those are declared once for all worlds of a build. From
load to load records change, leave and come back, contact points pass from one to another, rows
change, vanish and return, suppressions come and go, and words change their meaning.

Everything is drawn from a `random.Random`, which a seed or hypothesis may stand behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from consent_evidence import Load, Point, Record, Retraction, Row, Source, Suppression, World

COUNTRIES = ("NL", "US", "DE", None, None, " de ", "Germany", "XX")
CHANNELS = ("email", "phone", None)
ANSWERS = {
    "yes": "granted",
    "sure": "granted",
    "no": "denied",
    "asked": "pending",
    "never": "nothing",
    "UNSUB": None,
    "hm": None,
    "granted": None,
    "denied": None,
}
"""What an answer of a source means in the end; None: nobody mapped it."""
DAYS = (10, 10, 10, 20, 20, 5, 100, 400, 0, -1, -2, -3, None, None)
"""How many days before the first load something was said; few, so that ties are common."""
UNREADABLE = "2026-02-30"


@dataclass
class Event:
    """A consent event of a source, and what it shows now."""

    model: str
    source: str
    id: str
    label: str
    record: int | None
    """The record whose column it is, if it is one: it goes where that one's contact point goes."""
    kind: str
    point: Point
    rows: list[Row] = field(default_factory=list)


@dataclass
class Draft:
    """A world while it is drawn."""

    chance: Random
    prefix: str
    start: datetime
    models: Mapping[str, Source]
    purposes: dict[str, dict[str, Any]]
    pool: list[Point]
    only_records: bool = False
    records: dict[int, Record] = field(default_factory=dict)
    away: dict[int, Record] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    suppressions: set[Suppression] = field(default_factory=set)


def trees(chance: Random, size: int = 4) -> dict[str, dict[str, Any]]:
    """Purposes `a`, `b`, … with every key, each below `use` or one drawn before it."""
    found: dict[str, dict[str, Any]] = {}
    for name in "abcdefgh"[:size]:
        keys: dict[str, Any] = {
            "enforcement": chance.choice([*["opt_in"] * 5, "opt_out", "opt_out", "none"])
        }
        channel = chance.choice(CHANNELS)
        if channel:
            keys["channel"] = channel
        if keys["enforcement"] != "none":
            parents = [
                each
                for each, above in found.items()
                if above["enforcement"] != "none" and above.get("channel") in (None, channel)
            ]
            if parents and chance.random() < 0.5:
                keys["parent"] = chance.choice(parents)
            if chance.random() < 0.25:
                codes = chance.sample(["NL", "US", "DE"], chance.randint(1, 2))
                keys["enforcement_by_country"] = {
                    code: chance.choice(["opt_in", "opt_out"]) for code in codes
                }
        if chance.random() < 0.25:
            keys["valid_for_months"] = chance.choice([1, 6])
        if chance.random() < 0.25:
            keys["double_opt_in"] = True
        policies = ["latest_denial", "latest_denial", "any_denial"]
        keys["conflict"] = chance.choice(policies + (["contact_point"] if channel else []))
        found[name] = keys
    return found


def random_world(
    chance: Random,
    loads: Sequence[datetime],
    models: Mapping[str, Source],
    rights: Mapping[str, Any] | None = None,
    prefix: str = "w0_",
    only_records: bool = False,
) -> World:
    """A world after its loads; in the last one records are as they were.

    With `only_records` nothing but records changes, in every load, and what is gone stays away;
    rows that are columns of a record go along with it, all that is said was said before the first
    load, and everybody lives in one country.
    """
    tree = {
        f"{prefix}{name}": {
            **keys,
            **({"parent": f"{prefix}{keys['parent']}"} if "parent" in keys else {}),
        }
        for name, keys in trees(chance, 3).items()
    }
    # about some purposes little is said, so that it shows
    quiet = [f"{prefix}y", f"{prefix}z"]
    for name in quiet:
        channel = chance.choice(["email", "email", "phone", None])
        policies = ["latest_denial", "any_denial", *(["contact_point"] if channel else [])]
        tree[name] = {"conflict": chance.choice(policies)}
        tree[name] |= {"channel": channel} if channel else {}
    number = int("".join(filter(str.isdigit, prefix)) or 0)
    pool: list[Point] = [("email", f"{prefix}{n}@example.com") for n in range(7)]
    pool += [("phone", f"+316{number % 10**5:05d}{n:03d}") for n in range(4)]
    pool += [("loyalty_id", f"{prefix}L{n}".upper()) for n in range(2)]
    draft = Draft(chance, prefix, loads[0], models, {**(rights or {}), **tree}, pool, only_records)
    for index in range(chance.randint(2, 4)):
        draft.records[index] = _record(draft, index)
    for index in range(chance.randint(4, 12)):
        draft.events.append(_event(draft, index, [*tree][:-2]))
    for index, name in enumerate(quiet * chance.randint(1, 2)):
        draft.events.append(_event(draft, 90 + index, [name]))
    if chance.random() < 0.3:
        draft.suppressions = {_suppression(draft) for _ in range(chance.randint(1, 2))}
    found = [_load(draft, loads[0])]
    for moment in loads[1:]:
        if only_records or moment != loads[-1]:
            _change_records(draft)
        if not only_records:
            _change_suppressions(draft)
            for event in draft.events:
                _change_event(draft, event, moment)
        found.append(_load(draft, moment))
    world = World(draft.purposes, found, models, _labels(draft), _answers(draft))
    if not only_records:
        world.retractions = list(_retractions(draft, world))
    return world


def meanings(world: World, chance: Random) -> tuple[dict[Any, str], dict[Any, str]]:
    """Labels and answers as they were mapped before today: some otherwise, some not at all."""
    purposes = [each for each in world.purposes if each not in ("use", "sale", "storage")]
    labels = {
        key: chance.choice([*purposes, "ignored"]) if chance.random() < 0.2 else value
        for key, value in world.labels.items()
    }
    answers = {
        key: chance.choice(["granted", "denied", "pending", "nothing"])
        if chance.random() < 0.2
        else value
        for key, value in world.answers.items()
        if chance.random() < 0.9
    }
    return labels, answers


def _record(draft: Draft, index: int) -> Record:
    chance = draft.chance
    points = {
        chance.choice([point for point in draft.pool if point[0] == kind])
        for kind, share in (("email", 0.9), ("phone", 0.5), ("loyalty_id", 0.35))
        if chance.random() < share
    }
    source = ("crm", "shop")[index % 2]
    country = "NL" if draft.only_records else chance.choice(COUNTRIES)
    return Record(source, f"{draft.prefix}r{index}", frozenset(points), country)


def _event(draft: Draft, index: int, about: list[str]) -> Event:
    chance = draft.chance
    model = chance.choice([*draft.models])
    source = chance.choice(["crm", "crm", "shop"])
    right = chance.choice(["use", "use", "sale", "storage"])
    purpose = right if chance.random() < 0.1 else chance.choice(about)
    # two words for one purpose, and its own name; a right has the world's own word too
    label = chance.choice([f"{draft.prefix}{purpose}1", f"{draft.prefix}{purpose}2", purpose])
    kind = draft.purposes.get(purpose, {}).get("channel") or "email"
    kind = chance.choice([kind] * 5 + ["email", "phone"])
    is_column = draft.models[model].kind == "state" and chance.random() < 0.7
    record = chance.choice([*draft.records]) if is_column else None
    used = [p for r in draft.records.values() for p in r.points if p[0] == kind]
    point = chance.choice(used * 3 + [each for each in draft.pool if each[0] == kind])
    event = Event(model, source, f"{draft.prefix}{index}", label, record, kind, point)
    event.rows = _said(draft, event)
    return event


def _said(draft: Draft, event: Event) -> list[Row]:
    """What an event says anew: one row, or contradictory ones."""
    return [_row(draft, event) for _ in range(draft.chance.choice([1, 1, 1, 2]))]


def _row(draft: Draft, event: Event) -> Row:
    chance = draft.chance
    answer = chance.choice(
        [
            *["yes"] * 9,
            *("sure", "sure", "no", "no", "denied", "asked", "asked", "never", "UNSUB", "hm", ""),
        ]
    )
    confirmed = chance.choice([None, None, _day(draft)])
    expires: Any = chance.choice([*[None] * 9, draft.start + timedelta(days=5), UNREADABLE])
    return Row(
        event.model,
        event.source,
        event.id,
        event.point,
        event.label,
        answer if answer in ("", "denied") else f"{draft.prefix}{answer}",
        chance.choice([_day(draft)] * 15 + [UNREADABLE, datetime(1899, 12, 31)]),
        confirmed,
        expires,
    )


def _day(draft: Draft) -> datetime | None:
    days = draft.chance.choice([each for each in DAYS if not draft.only_records or (each or 1) > 0])
    return None if days is None else draft.start - timedelta(days=days)


def _suppression(draft: Draft) -> Suppression:
    chance = draft.chance
    reason = chance.choice(["bounced", "manual", "odd", "complained", "erased", "lifted"])
    point = chance.choice([each for each in draft.pool if each[0] != "loyalty_id"])
    days = chance.choice([10, 20, 5, 1, -1, None])
    # who lifts something says when
    days = 3 if days is None and reason in ("lifted", "manual", "odd") else days
    at = None if days is None else draft.start - timedelta(days=days)
    return Suppression(point, reason, at)


def _labels(draft: Draft) -> dict[tuple[str, str], str]:
    found = {}
    for purpose in dict.fromkeys([*draft.purposes, "use", "sale", "storage"]):
        for number in (1, 2):
            found["", f"{draft.prefix}{purpose}{number}".lower()] = purpose
    label = draft.chance.choice([*found])
    if draft.chance.random() < 0.3:
        found["crm", label[1]] = draft.chance.choice([*draft.purposes, "ignored"])
    return found


def _answers(draft: Draft) -> dict[tuple[str, str], str]:
    found = {
        ("", f"{draft.prefix}{answer}".lower()): meaning
        for answer, meaning in ANSWERS.items()
        if meaning is not None
    }
    if draft.chance.random() < 0.3:
        found["", f"{draft.prefix}hm"] = draft.chance.choice(["granted", "denied", "pending"])
    return found


# -- from load to load ---------------------------------------------------------------------------


def _change_records(draft: Draft) -> None:
    chance = draft.chance
    if len(draft.records) > 1 and chance.random() < 0.25:
        gone = chance.choice([*draft.records])
        draft.away[gone] = draft.records.pop(gone)
    for index in [*draft.away]:
        if not draft.only_records and chance.random() < 0.3:
            draft.records[index] = draft.away.pop(index)
    if chance.random() < 0.15:
        index = len(draft.records) + len(draft.away)
        draft.records[index] = _record(draft, index)
    for index, record in [*draft.records.items()]:
        if chance.random() < 0.4:
            draft.records[index] = replace(record, points=frozenset(_edited(draft, record)))
    if len(draft.records) > 1 and chance.random() < 0.15:
        _swap(draft, *chance.sample([*draft.records], 2))


def _edited(draft: Draft, record: Record) -> set[Point]:
    """One contact point becomes another of the kind, goes, or comes."""
    chance = draft.chance
    kind = chance.choice(["email", "email", "email", "phone", "loyalty_id"])
    kept = {point for point in record.points if point[0] != kind}
    if chance.random() < 0.15:
        return kept
    return kept | {chance.choice([point for point in draft.pool if point[0] == kind])}


def _swap(draft: Draft, one: int, other: int) -> None:
    """Two records exchange their contact points of a kind."""
    kind = draft.chance.choice(["email", "phone"])
    first, second = draft.records[one], draft.records[other]

    def parts(record: Record) -> tuple[frozenset[Point], frozenset[Point]]:
        of_kind = frozenset(point for point in record.points if point[0] == kind)
        return of_kind, record.points - of_kind

    draft.records[one] = replace(first, points=parts(first)[1] | parts(second)[0])
    draft.records[other] = replace(second, points=parts(second)[1] | parts(first)[0])


def _change_suppressions(draft: Draft) -> None:
    chance = draft.chance
    if draft.suppressions and chance.random() < 0.25:
        draft.suppressions.remove(chance.choice(sorted(draft.suppressions, key=repr)))
    if chance.random() < 0.12:
        draft.suppressions.add(_suppression(draft))


def _change_event(draft: Draft, event: Event, moment: datetime) -> None:
    """Often nothing; else it says something else, is elsewhere, or dated otherwise."""
    chance = draft.chance
    is_ledger = draft.models[event.model].kind == "ledger"
    what = chance.random() * 1.5
    if what < 0.15:
        said = _said(draft, event)
        event.rows = [*event.rows, *said] if is_ledger and chance.random() < 0.5 else said
    elif what < 0.25:
        at = chance.choice([None, moment, moment - timedelta(hours=5), draft.start])
        event.rows = [replace(row, recorded=at) for row in event.rows]
    elif what < 0.33 and event.record is None:
        event.point = chance.choice([each for each in draft.pool if each[0] == event.kind])
        event.rows = [replace(row, point=event.point) for row in event.rows]
    elif what < 0.4:
        answer = chance.choice(["yes", "no", "UNSUB", "asked"])
        at = chance.choice([None, moment - timedelta(hours=1)])
        event.rows = [
            replace(row, answer=f"{draft.prefix}{answer}", recorded=at or row.recorded)
            for row in event.rows
        ]
    elif what < 0.45:
        event.rows = [
            replace(row, answer=f"{draft.prefix}yes", confirmed=moment - timedelta(hours=2))
            for row in event.rows
        ]


def _load(draft: Draft, moment: datetime) -> Load:
    chance = draft.chance
    rows = []
    for event in draft.events:
        if not draft.only_records and chance.random() < 0.1:
            continue
        if event.record is None:
            rows += event.rows
        elif event.record in draft.records:
            points = draft.records[event.record].points
            own = [point for point in points if point[0] == event.kind]
            rows += [replace(row, point=own[0]) for row in event.rows if own]
    return Load(
        moment,
        tuple(draft.records.values()),
        tuple(rows),
        tuple(sorted(draft.suppressions, key=repr)),
    )


def _retractions(draft: Draft, world: World) -> list[Retraction]:
    """Now and then a mistake is taken back, between the loads; now and then that is one too."""
    chance = draft.chance
    found = []
    if chance.random() < 0.4:
        load = chance.choice(world.loads[:-1])
        at = load.moment + timedelta(hours=3)
        undone = at + timedelta(hours=1) if chance.random() < 0.2 else None
        loaded = [each for each in world.loads if each.moment <= at]
        # a box that was left empty is no event
        said = [row for each in loaded for row in each.rows if row.answer]
        rows = sorted({row.event for row in said})
        listed = sorted({s for each in loaded for s in each.suppressions}, key=repr)
        if listed and chance.random() < 0.3:
            given = chance.choice(listed)
            found.append(Retraction(at, suppression=given, denials_too=True, undone_at=undone))
        elif rows:
            found.append(
                Retraction(
                    at,
                    event=chance.choice(rows),
                    denials_too=chance.random() < 0.7,
                    undone_at=undone,
                )
            )
    return found
