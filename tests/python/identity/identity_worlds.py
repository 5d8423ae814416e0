"""Small worlds of customers that live side by side in one warehouse and change at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from identity_model import Forest, Name, Rules, present_pairs

SOURCES = ("a", "b", "c")
KEYS = ("email", "phone", "card")
MAX_RECORDS_PER_KEY = 5


@dataclass
class World:
    """A handful of records that share a handful of values.

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
        junk = frozenset({("email", self.value("email", 0))})
        self.rules = replace(self.rules, junk=junk, unique=("card",) if self.is_guarded else ())

    def value(self, key: str, number: int) -> str:
        return f"w{self.number}-{key}{number}@example.com"

    def change(self) -> None:
        """One thing happens, or a few at once."""
        happenings = [self.insert, self.insert, self.update, self.update, self.delete, self.restore]
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


def rows(worlds: list[World]) -> Iterator[dict[str, str]]:
    """All records as customers of the lab."""
    for world in worlds:
        for (source, identifier), keys in world.records.items():
            yield {"source_name": source, "source_record_id": identifier, **keys}


def pairs(worlds: list[World], kind: str) -> list[tuple[str, str, str, str]]:
    return [(*one, *other) for world in worlds for one, other in sorted(getattr(world.rules, kind))]


def existing(world: World) -> Rules:
    """The rules as far as both records of a pair exist."""
    return replace(
        world.rules,
        always=frozenset(present_pairs(world.records, world.rules.always)),
        never=frozenset(present_pairs(world.records, world.rules.never)),
    )
