"""Who is who today, and which contact points each record had: the history part of the model.

Profiles are the components of the records of the last load; a record that is gone belongs to the
profiles that docs/consent.md names. Everything is read as known at one moment, with today's
identities.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from consent_evidence import Load, Point, Record, Stretch, World, stretches

Key = tuple[str, str]
"""Source and id of a record."""
Profile = frozenset[Key]
"""Its records."""


@dataclass(frozen=True)
class Former:
    """A contact point that a record of a profile had, and none of its records has now."""

    point: Point
    holders: tuple[Key, ...]
    last_seen: datetime | None


def components(records: Iterable[Record]) -> list[Profile]:
    """The records that hang together by shared contact points."""
    groups: list[tuple[set[Key], set[Point]]] = []
    for record in records:
        keys, points = {record.key}, set(record.points)
        for group in [g for g in groups if g[1] & points]:
            groups.remove(group)
            keys |= group[0]
            points |= group[1]
        groups.append((keys, points))
    return [frozenset(keys) for keys, _ in groups]


class People:
    """Profiles of the last load, and what was known at a moment of the past of their records."""

    def __init__(self, world: World, known_at: datetime) -> None:
        self.loads = [each for each in world.loads if each.moment <= known_at]
        self.today: Load = world.loads[-1]
        self.profiles = components(self.today.records)
        self.present = {record.key: record for record in self.today.records}
        every = dict.fromkeys(r.key for load in self.loads for r in load.records)
        self.gone = [key for key in every if key not in self.present]

    @cached_property
    def _shown(self) -> list[dict[Key, Record]]:
        return [{r.key: r for r in load.records} for load in self.loads]

    def points(self, profile: Profile) -> list[Point]:
        return sorted({point for key in profile for point in self.present[key].points})

    @cached_property
    def history(self) -> dict[Key, dict[Point, tuple[Stretch, ...]]]:
        """Per record and contact point, when it had it."""
        found: dict[Key, dict[Point, tuple[Stretch, ...]]] = {}
        had: dict[Key, set[Point]] = {}
        for shown in self._shown:
            for key, record in shown.items():
                had.setdefault(key, set()).update(record.points)
        for key, points in had.items():
            found[key] = {
                point: stretches(
                    (load.moment, key in shown and point in shown[key].points)
                    for load, shown in zip(self.loads, self._shown, strict=True)
                )
                for point in points
            }
        return found

    def last(self, key: Key) -> tuple[Record, Profile]:
        """A gone record as it was last, and its profile then."""
        load, shown = next(
            (load, shown)
            for load, shown in zip(reversed(self.loads), reversed(self._shown), strict=True)
            if key in shown
        )
        return shown[key], next(p for p in components(load.records) if key in p)

    @cached_property
    def belonging(self) -> dict[Profile, set[Key]]:
        """The gone records of each profile."""
        lasts = {key: self.last(key) for key in self.gone}
        found: dict[Profile, set[Key]] = {profile: set() for profile in self.profiles}
        for profile, gone in found.items():
            points = set(self.points(profile))
            while more := {
                key
                for key, (record, then) in lasts.items()
                if key not in gone and (then & (profile | gone) or record.points & points)
            }:
                gone |= more
        return found

    def records(self, profile: Profile) -> set[Key]:
        return {*profile, *self.belonging[profile]}

    def contact_points(self, key: Key) -> frozenset[Point]:
        """What a record has now, or had last."""
        return self.present[key].points if key in self.present else self.last(key)[0].points

    def countries(self, profile: Profile) -> set[str]:
        """As the sources write them, without the empty ones."""
        found = {
            (self.present[key] if key in self.present else self.last(key)[0]).country
            for key in self.records(profile)
        }
        return {each.strip() for each in found if each and each.strip()}

    def formers(self, profile: Profile) -> list[Former]:
        now = set(self.points(profile))
        holders: dict[Point, list[Key]] = {}
        for key in sorted(self.records(profile)):
            for point in self.history.get(key, {}):
                if point not in now:
                    holders.setdefault(point, []).append(key)
        found = []
        for point, keys in holders.items():
            ends = [self.history[key][point][-1][1] for key in keys]
            last = None if None in ends else max(end for end in ends if end is not None)
            found.append(Former(point, tuple(keys), last))
        return found

    def replaced(self, profile: Profile) -> list[Former]:
        """What a record of the profile had and has no more, though another may have it still.

        The page says of a former contact point that none of the records has it now, and of edits
        that they permit nothing; where an address that one record still has was replaced on
        another, only this wider reading keeps the second.
        """
        former = {each.point: each for each in self.formers(profile)}
        now = set(self.points(profile))
        holders: dict[Point, list[Key]] = {}
        for key in sorted(self.records(profile)):
            own = self.present[key].points if key in self.present else frozenset()
            for point in self.history.get(key, {}):
                if point in now and point not in own:
                    holders.setdefault(point, []).append(key)
        shared = [Former(point, tuple(keys), None) for point, keys in holders.items()]
        return [*former.values(), *shared]

    def successors(self, profile: Profile, former: Former) -> set[Point]:
        """The contact points of a profile that took the place of a former one."""
        found = set()
        for key in former.holders:
            ended = [end for _, end in self.history[key][former.point] if end is not None]
            for point, there in self.history[key].items():
                if point[0] == former.point[0] and any(there[0][0] >= end for end in ended):
                    found.add(point)
        return found & set(self.points(profile))

    def left_to(self, profile: Profile, point: Point) -> datetime | None:
        """When other profiles had left a contact point that this one was shown with later."""
        firsts = [
            self.history[key][point][0][0] for key in profile if point in self.history.get(key, {})
        ]
        if not firsts:
            return None
        left = []
        for other in self.profiles:
            ends = [
                self.history[key][point][-1][1]
                for key in (self.records(other) if other != profile else ())
                if point in self.history.get(key, {}) and key not in profile
            ]
            if ends and None not in ends:
                last = max(end for end in ends if end is not None)
                if last <= min(firsts):
                    left.append(last)
        return max(left, default=None)

    def is_the_others(self, profile: Profile, former: Former, denied_at: datetime) -> bool:
        """Whether a denial on a former contact point is of those who had it afterwards alone."""
        if former.last_seen is None or denied_at <= former.last_seen:
            return False
        own = self.records(profile)
        for other in self.profiles:
            if other == profile:
                continue
            since = [
                start
                for key in self.records(other) - own
                for start, end in self.history.get(key, {}).get(former.point, ())
                if end is None or end > former.last_seen
            ]
            if since and denied_at > min(since):
                return True
        return False
