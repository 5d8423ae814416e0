"""Who is one person, and under which id, in plain Python: shares no code with the SQL.

A record is named by (source_name, source_record_id) and has at most one value of its own per
kind of key; contact point models may give it more.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Name = tuple[str, str]
Records = Mapping[Name, Mapping[str, str]]
Pairs = Iterable[tuple[Name, Name]]
Partition = set[frozenset[Name]]
Key = tuple[str, str]
Shared = tuple[str, str, str]
"""A key with what its records must agree on beside it, empty without a condition."""


@dataclass
class Forest:
    """Union-find over whatever is hashable."""

    parents: dict[object, object] = field(default_factory=dict)

    def find(self, item: object) -> object:
        path = []
        while self.parents.setdefault(item, item) != item:
            path.append(item)
            item = self.parents[item]
        for passed in path:
            self.parents[passed] = item
        return item

    def join(self, one: object, other: object) -> None:
        self.parents[self.find(one)] = self.find(other)

    def groups(self, items: Iterable[Name]) -> Partition:
        found: dict[object, set[Name]] = defaultdict(set)
        for item in items:
            found[self.find(item)].add(item)
        return {frozenset(group) for group in found.values()}


@dataclass(frozen=True)
class Rules:
    """What ties and what parts, beside the records themselves.

    Attributes:
        max_records_per_key: per kind of key.
        shared: keys that people said are shared.
        only_with: kinds of key that tie only records with one name.
        names: the name of each record that has one.
        further: contact points of records beside their own.
        raw: values as they came, where they are not the keys themselves.
    """

    max_records_per_key: Mapping[str, int]
    junk: frozenset[Key] = frozenset()
    always: frozenset[tuple[Name, Name]] = frozenset()
    never: frozenset[tuple[Name, Name]] = frozenset()
    unique: tuple[str, ...] = ()
    shared: frozenset[Key] = frozenset()
    only_with: frozenset[str] = frozenset()
    names: Mapping[Name, str] = field(default_factory=dict)
    further: Mapping[Name, frozenset[Key]] = field(default_factory=dict)
    raw: Mapping[Name, Mapping[str, str]] = field(default_factory=dict)


def is_junk(name: Name, key: Key, records: Records, rules: Rules) -> bool:
    """Whether a key of a record identifies nobody, as it is or, the record's own, as it came."""
    came_as = rules.raw.get(name, {}).get(key[0]) if records[name].get(key[0]) == key[1] else None
    return key in rules.junk or (came_as is not None and (key[0], came_as.lower()) in rules.junk)


def keys_of(name: Name, records: Records, rules: Rules) -> set[Key]:
    """All contact points of a record."""
    keys = {*records[name].items(), *rules.further.get(name, ())}
    return {key for key in keys if not is_junk(name, key, records, rules)}


def holders(records: Records, rules: Rules) -> dict[Shared, set[Name]]:
    """The records that share each key, one that has it alone among them."""
    found: dict[Shared, set[Name]] = defaultdict(set)
    for name in records:
        for kind, value in keys_of(name, records, rules):
            if kind not in rules.only_with:
                found[kind, value, ""].add(name)
            elif name in rules.names:
                found[kind, value, rules.names[name].strip().casefold()].add(name)
    return found


def tying(records: Records, rules: Rules) -> dict[Shared, set[Name]]:
    """The records of each key that ties them."""
    return {
        key: names
        for key, names in holders(records, rules).items()
        if 1 < len(names) <= rules.max_records_per_key[key[0]] and key[:2] not in rules.shared
    }


def present_pairs(records: Records, pairs: Pairs) -> list[tuple[Name, Name]]:
    return [(one, other) for one, other in pairs if one in records and other in records]


def naive_partition(records: Records, rules: Rules) -> Partition:
    """The connected components before never_match and unique keys."""
    forest = Forest()
    for names in tying(records, rules).values():
        first = min(names)
        for name in names:
            forest.join(first, name)
    for one, other in present_pairs(records, rules.always):
        forest.join(one, other)
    return forest.groups(records)


def conflict(group: Iterable[Name], records: Records, rules: Rules) -> bool:
    """Whether a guard forbids these records to be one person.

    Values that always_match has brought together do not contradict each other; those that only
    have a third one in common do.
    """
    members = set(group)
    if any(one in members and other in members for one, other in rules.never):
        return True
    forest = Forest()
    for one, other in present_pairs(records, rules.always):
        forest.join(one, other)
    for column in rules.unique:
        sets: dict[object, set[str]] = defaultdict(set)
        for name in members:
            value = records[name].get(column)
            if value is not None and not is_junk(name, (column, value), records, rules):
                sets[forest.find(name)].add(value)
        values = set().union(*sets.values())
        if values and values not in sets.values():
            return True
    return False


def problems_of_cut(found: Partition, records: Records, rules: Rules) -> list[str]:
    """What is wrong with a partition after the guards; empty when nothing is."""
    naive = naive_partition(records, rules)
    group_of = {name: group for group in found for name in group}
    problems = []
    if set(group_of) != set(records):
        problems.append("not every record is in one group")
    for whole in naive:
        if not conflict(whole, records, rules) and whole not in found:
            problems.append(f"cut without a reason: {sorted(whole)}")
    for group in found:
        if not any(group <= whole for whole in naive):
            problems.append(f"joined without a key: {sorted(group)}")
        inside = {name: records[name] for name in group}
        forest = Forest()
        for names in tying(records, rules).values():
            shared = sorted(names & group)
            for name in shared:
                forest.join(shared[0], name)
        for one, other in present_pairs(inside, rules.always):
            forest.join(one, other)
        if len(forest.groups(group)) > 1:
            problems.append(f"not tied together: {sorted(group)}")
        if conflict(group, records, rules):
            problems.append(f"a guard is ignored: {sorted(group)}")
    for one, other in present_pairs(records, rules.always):
        if group_of[one] is not group_of[other]:
            problems.append(f"always_match is ignored: {one} {other}")
    for key, names in tying(records, rules).items():
        apart = {group_of[name] for name in names}
        for one in apart:
            for other in apart - {one}:
                if not conflict(one | other, records, rules):
                    problems.append(f"{key} ties {sorted(one)} and {sorted(other)}, nothing parts")
    return problems


def steps_from_first(group: frozenset[Name], records: Records, rules: Rules) -> dict[Name, int]:
    """Ties between each record of a profile and its first one."""
    ties = [names & group for names in tying(records, rules).values()]
    ties += [set(pair) for pair in rules.always if set(pair) <= group]
    steps = {min(group): 0}
    level = 0
    while True:
        reached = {n for tie in ties if any(steps.get(x) == level for x in tie) for n in tie}
        fresh = reached - steps.keys()
        if not fresh:
            return steps
        level += 1
        steps.update(dict.fromkeys(fresh, level))


def own_id(name: Name) -> str:
    source = name[0].replace("~", "~~").replace("|", "~|")
    return hashlib.md5(f"{source}|{name[1]}".encode()).hexdigest()


# ------------------------------------------------------------------ ids


@dataclass
class Remembered:
    """What is known of a record from earlier refreshes."""

    profile: str
    first_seen: int
    is_there: bool = True


@dataclass
class Ids:
    """The ids of profiles over a sequence of refreshes."""

    records: dict[Name, Remembered] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=dict)

    def refresh(
        self, step: int, groups: Partition, found: Mapping[Name, str]
    ) -> set[tuple[str, str, str]]:
        """Checks the ids found at a step, remembers them, and says what changed.

        Returns: (old id, new id, reason) per change.
        """
        known = self.records
        group_of = {name: group for group in groups for name in group}

        def seniority(name: Name) -> tuple[bool, int, Name]:
            return (not known[name].is_there, known[name].first_seen, name)

        members: dict[str, list[Name]] = defaultdict(list)
        for name in group_of:
            if name in known:
                members[known[name].profile].append(name)
        heir = {profile: min(names, key=seniority) for profile, names in members.items()}
        claims: dict[frozenset[Name], list[str]] = defaultdict(list)
        for profile, name in heir.items():
            claims[group_of[name]].append(profile)

        given: dict[frozenset[Name], str] = {}
        for group in groups:
            ids = {found[name] for name in group}
            assert len(ids) == 1, f"one profile, several ids: {sorted(group)} {ids}"
            (given[group],) = ids
            first = min(group)
            if claims[group]:
                expected = min(claims[group], key=lambda profile: (self.born[profile], profile))
                assert given[group] == expected, f"{sorted(group)} lost its id"
            elif first not in known and own_id(first) not in self.born:
                assert given[group] == own_id(first), f"{sorted(group)} has an odd new id"
            else:
                assert given[group] not in self.born, f"{sorted(group)} has somebody else's id"
        assert len(set(given.values())) == len(given), "one id, several profiles"

        moved: dict[str, set[str]] = defaultdict(set)
        for name, group in group_of.items():
            if name in known and known[name].profile != given[group]:
                moved[known[name].profile].add(given[group])
        changes = set()
        for old, news in moved.items():
            for new in news:
                ended = old not in given.values()
                inherits = ended and given[group_of[heir[old]]] == new
                changes.add((old, new, "merged" if inherits else "split"))

        for memory in known.values():
            memory.is_there = False
        for name, group in group_of.items():
            self.born.setdefault(given[group], step)
            memory = known.setdefault(name, Remembered(given[group], step))
            memory.profile, memory.is_there = given[group], True
        return changes
