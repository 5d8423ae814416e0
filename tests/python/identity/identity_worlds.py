"""Small worlds of customers that live side by side in one warehouse and change at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from identity_model import Forest, Name, Rules, present_pairs

SOURCES = ("a", "b", "c")
KEYS = ("email", "phone", "card")
MAX_RECORDS_PER_KEY = {"email": 5, "phone": 4, "card": 5}
ONLY_WITH = {"phone": ("last_name",)}
NAMES = ("Öztürk", "öztürk ", "ÖZTÜRK", "Ozturk")
UNREADABLE = "is none"


@dataclass
class World:
    """A handful of records that share a handful of values; a telephone number ties them only
    with one last name.

    Attributes:
        is_guarded: whether it has pairs that people decided on, and cards that are unique.
        records: what its sources hold now.
        lost: records that were there once.
        last: what happened in the last step.
    """

    number: int
    is_guarded: bool
    random: random.Random
    records: dict[Name, dict[str, str]] = field(default_factory=dict)
    lost: list[Name] = field(default_factory=list)
    rules: Rules = field(default_factory=lambda: Rules(MAX_RECORDS_PER_KEY))
    last: str = ""

    def __post_init__(self) -> None:
        self.rules = replace(
            self.rules,
            junk=frozenset({("email", self.value("email", 0)), ("phone", f"w{self.number}-none")}),
            shared=frozenset({("email", self.value("email", 1))}),
            only_with=frozenset(ONLY_WITH),
            unique=("card",) if self.is_guarded else (),
        )

    def value(self, key: str, number: int) -> str:
        return f"w{self.number}-{key}{number}@example.com"

    def change(self) -> None:
        """One thing happens, or a few at once."""
        happenings = [self.insert, self.insert, self.update, self.update, self.delete, self.restore]
        happenings += [self.rename, self.give_point, self.take_points, self.smudge]
        if self.is_guarded:
            happenings += [self.part, self.unite, self.forget_pair]
        chosen = self.random.choices(happenings, k=self.random.choice((0, 1, 1, 1, 2, 4)))
        self.last = ", ".join(happening.__name__ for happening in chosen)
        for happening in chosen:
            happening()

    def insert(self) -> None:
        identifier = f"w{self.number}-{self.random.choice('xX_9')}{self.random.randrange(1000)}"
        name = (self.random.choice(SOURCES), identifier)
        if name not in self.records and name not in self.lost and len(self.records) < 16:
            self.records[name] = self.some_keys()
            self._set("names", name, self.random.choice(NAMES))

    def update(self) -> None:
        if self.records:
            name = self.random.choice(sorted(self.records))
            self.records[name] = {**self.records[name], **self.some_keys()}
            if self.random.random() < 0.4:
                self.records[name].pop(self.random.choice(KEYS), None)

    def delete(self) -> None:
        if self.records:
            name = self.random.choice(sorted(self.records))
            self.lost.append(name)
            del self.records[name]

    def restore(self) -> None:
        if self.lost:
            name = self.lost.pop(self.random.randrange(len(self.lost)))
            self.records[name] = self.some_keys()

    def rename(self) -> None:
        if self.records:
            name = self.random.choice(sorted(self.records))
            self._set("names", name, self.random.choice((None, *NAMES)))

    def give_point(self) -> None:
        """A record has one more address or number."""
        if self.records:
            name = self.random.choice(sorted(self.records))
            kind = self.random.choice(("email", "phone"))
            point = (kind, self.value(kind, self.random.randrange(6)))
            self._set("further", name, self.rules.further.get(name, frozenset()) | {point})

    def take_points(self) -> None:
        if self.rules.further:
            self._set("further", self.random.choice(sorted(self.rules.further)), None)

    def smudge(self) -> None:
        """A telephone number comes as nobody can read it, as junk, or as it should."""
        if self.records:
            name = self.random.choice(sorted(self.records))
            raw = self.random.choice((UNREADABLE, f"W{self.number}-NONE", None))
            if raw == UNREADABLE:
                self.records[name].pop("phone", None)
            self._set("raw", name, raw and {"phone": raw})

    def part(self) -> None:
        self._add_pair("never")

    def unite(self) -> None:
        self._add_pair("always")

    def forget_pair(self) -> None:
        kind = self.random.choice(("always", "never"))
        pairs = sorted(getattr(self.rules, kind))
        if pairs:
            gone = self.random.choice(pairs)
            self.rules = replace(self.rules, **{kind: frozenset(pairs) - {gone}})

    def some_keys(self) -> dict[str, str]:
        return {
            key: self.value(key, self.random.randrange(6))
            for key in KEYS
            if self.random.random() < {"email": 0.6, "phone": 0.5, "card": 0.3}[key]
        }

    def _set(self, fact: str, name: Name, value: object) -> None:
        """One thing that is known of a record; None: nothing."""
        known = {each: old for each, old in getattr(self.rules, fact).items() if each != name}
        if value is not None:
            known[name] = value
        self.rules = replace(self.rules, **{fact: known})

    def _add_pair(self, kind: str) -> None:
        names = sorted({*self.records, *self.lost})
        if len(names) < 2:
            return
        one, other = self.random.sample(names, 2)
        known = getattr(self.rules, kind)
        changed = replace(self.rules, **{kind: known | {(one, other)}})
        if len(known) < 3 and not _contradicts_itself(changed):
            self.rules = changed


def _contradicts_itself(rules: Rules) -> bool:
    """Whether always_match joins what never_match parts, be it over absent records."""
    forest = Forest()
    for one, other in rules.always:
        forest.join(one, other)
    return any(forest.find(one) == forest.find(other) for one, other in rules.never)


def rows(worlds: list[World]) -> Iterator[dict[str, str | None]]:
    """All records as customers of the lab."""
    for world in worlds:
        for name, keys in world.records.items():
            raw = {f"raw_{kind}": value for kind, value in keys.items()}
            raw |= {f"raw_{kind}": text for kind, text in world.rules.raw.get(name, {}).items()}
            named = {"source_name": name[0], "source_record_id": name[1]}
            yield {**named, **keys, **raw, "last_name": world.rules.names.get(name)}


def contact_points(worlds: list[World]) -> Iterator[tuple[str, str, str, str, None]]:
    """The further contact points of all records."""
    for world in worlds:
        for name, points in sorted(world.rules.further.items()):
            if name in world.records:
                yield from ((*name, kind, value, None) for kind, value in sorted(points))


def pairs(worlds: list[World], kind: str) -> list[tuple[str, str, str, str]]:
    return [(*one, *other) for world in worlds for one, other in sorted(getattr(world.rules, kind))]


def existing(world: World) -> Rules:
    """The rules as far as both records of a pair exist."""
    return replace(
        world.rules,
        always=frozenset(present_pairs(world.records, world.rules.always)),
        never=frozenset(present_pairs(world.records, world.rules.never)),
    )
