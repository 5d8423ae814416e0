"""What an edit at a source may permit: the exceptions of docs/consent.md, and nothing else.

Two moments are compared between which only records changed: contact points were edited, records
were deleted and came back, keys passed from one to another. `unexplained` names what is permitted
afterwards, was not before, and is none of the exceptions. It asks the rows themselves, and has no
part in the decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent_evidence import NEVER, RIGHTS, Point, Row, World, looked_up, read
from consent_people import People, Profile


@dataclass
class Permitted:
    """All that is permitted at one moment.

    Attributes:
        points: by profile, contact point and purpose, the reason.
        uses: profile and purpose.
    """

    people: People
    points: dict[tuple[Profile, Point, str], str]
    uses: set[tuple[Profile, str]]


class Comparison:
    """Two moments of a world, the second after one more load."""

    def __init__(self, world: World, before: Permitted, after: Permitted) -> None:
        self.world = world
        self.before = before
        self.after = after
        self.load = world.loads[len(after.people.loads) - 1]

    def unexplained(self) -> list[str]:
        """What no exception explains."""
        wrong = []
        for (profile, point, purpose), reason in self.after.points.items():
            old = self.predecessors(profile)
            had = [each for each in old if point in self.before.people.points(each)]
            was = any((each, point, purpose) in self.before.points for each in had)
            if had and not was and not self._explains(profile, point, purpose, reason):
                wrong.append(f"{sorted(profile)}, {point}, {purpose}: {reason}")
        for profile, purpose in self.after.uses:
            old = self.predecessors(profile)
            was = any((each, purpose) in self.before.uses for each in old)
            if old and not was and not self._explains_use(profile, purpose):
                wrong.append(f"{sorted(profile)}, {purpose}")
        for profile in self.after.people.profiles:
            if not self.predecessors(profile):
                wrong += self._inherited(profile)
        return wrong

    def predecessors(self, profile: Profile) -> list[Profile]:
        """The profiles of before that have one of its records."""
        return [each for each in self.before.people.profiles if each & profile]

    # -- the exceptions ----------------------------------------------------------------------

    def _explains(self, profile: Profile, point: Point, purpose: str, reason: str) -> bool:
        return (
            self._is_part(profile)
            or self._was_suppressed_only(profile, point, purpose)
            or self._is_carried(profile, purpose)
            or self._is_first_of_kind(profile, point)
            or self._came_back(profile, point, purpose)
            or self._is_answered_again(profile, purpose)
        )

    def _is_carried(self, profile: Profile, purpose: str) -> bool:
        """Whether a source that asks before it changes an address says so of a contact point."""
        history = self.after.people.history
        points = {point for key in self.after.people.records(profile) for point in history[key]}
        return any(
            self.world.models[row.model].carries
            for point in points
            for row in self._grants(point, purpose)
        )

    def _explains_use(self, profile: Profile, purpose: str) -> bool:
        if (
            self._is_part(profile)
            or self._is_carried(profile, purpose)
            or self._is_answered_again(profile, purpose)
        ):
            return True
        channel = (self.world.purposes.get(purpose) or {}).get("channel")
        reached = [
            point for who, point, what in self.after.points if who == profile and what == purpose
        ]
        before = {
            point
            for each in self.predecessors(profile)
            for point in self.before.people.points(each)
        }
        if any(
            self._is_first_of_kind(profile, point) for point in self.after.people.points(profile)
        ):
            return True
        for point in reached if channel else self.after.people.points(profile):
            if self._came_back(profile, point, purpose):
                return True
            if before & self._bounced():
                return True
            if point in before:
                continue
            if self._was_given_here(profile, point, purpose):
                return True
            if channel and not any(each[0] == channel for each in before):
                return True
        return False

    def _is_part(self, profile: Profile) -> bool:
        """Whether it split off: from records that are there, or from ones that are gone."""
        here = {key for each in self.after.people.profiles for key in each}
        own = self.after.people.records(profile)
        return any(
            (each & here) - profile or self.before.people.records(each) - here - own
            for each in self.predecessors(profile)
        )

    def _bounced(self) -> set[Point]:
        return {each.point for each in self.load.suppressions if each.reason == "bounced"}

    def _was_suppressed_only(self, profile: Profile, point: Point, purpose: str) -> bool:
        return point in self._bounced()

    def _is_first_of_kind(self, profile: Profile, point: Point) -> bool:
        """Whether a record that never had a contact point of the kind has got this one."""
        history = self.after.people.history
        return any(
            point in history[key]
            and history[key][point][0][0] == self.load.moment
            and not any(
                other[0] == point[0] and there[0][0] < self.load.moment
                for other, there in history[key].items()
            )
            for key in profile
        )

    def _line(self, purpose: str) -> list[str]:
        """A purpose and what is above it."""
        keys = self.world.purposes.get(purpose) or {}
        if purpose in RIGHTS or keys.get("enforcement") == "none":
            return [purpose]
        return [purpose, *self._line(str(keys.get("parent") or "use"))]

    def _grants(self, point: Point, purpose: str) -> Iterable[Row]:
        line = self._line(purpose)
        for row in {row for load in self.after.people.loads for row in load.rows}:
            if row.point == point and self._label(row) in line and self._status(row) == "granted":
                yield row

    def _was_given_here(self, profile: Profile, point: Point, purpose: str) -> bool:
        """Whether a grant was given on this contact point, and to this profile."""
        left = self._left(profile, point, self.after.people)
        return any(
            self.world.models[row.model].carries
            or (self._is_at_home(row) and (left is None or _time(row) > left))
            for row in self._grants(point, purpose)
        )

    def _came_back(self, profile: Profile, point: Point, purpose: str) -> bool:
        """Whether a grant was another profile's, and that one is a part of this one now."""
        return any(
            self._left(each, point, self.before.people) is not None
            for each in self.predecessors(profile)
            if point in self.before.people.points(each)
        ) and self._was_given_here(profile, point, purpose)

    def _is_answered_again(self, profile: Profile, purpose: str) -> bool:
        """Whether an unmapped answer is over, since its event came back with one that is mapped.

        It was the rows' being gone that had left it standing, not anything that a person said.
        """
        history = self.after.people.history
        points = {point for key in self.after.people.records(profile) for point in history[key]}
        *before, previous = self.world.loads[: len(self.after.people.loads) - 1]
        gone = {row.event for load in before for row in load.rows} - {
            row.event for row in previous.rows
        }
        unmapped = {
            row.event
            for load in self.after.people.loads
            for row in load.rows
            if row.answer and not self._status(row) and row.point in points
        }
        line = self._line(purpose)
        return any(
            row.event in gone & unmapped and self._status(row) and self._label(row) in line
            for row in self.load.rows
        )

    def _label(self, row: Row) -> str:
        return looked_up(self.world.labels, row.source, row.label) or row.label

    def _status(self, row: Row) -> str | None:
        return looked_up(self.world.answers, row.source, row.answer or "")

    def _is_at_home(self, row: Row) -> bool:
        """Whether its event was here first, or was said anew since it was elsewhere."""
        for load in self.after.people.loads:
            same = [each for each in load.rows if each.event == row.event]
            points = {r.point for r in same if r.point[0] == row.point[0]}
            if points:
                return row.point in points
        return False

    def _left(self, profile: Profile, point: Point, people: People) -> datetime | None:
        """When the others who are still there had left it, before this profile was first there."""
        history = people.history
        first = min(history[key][point][0][0] for key in profile if point in history.get(key, {}))
        ends = [
            there[-1][1]
            for other in people.profiles
            if other != profile
            for key in people.records(other)
            if (there := history.get(key, {}).get(point))
        ]
        return max((each for each in ends if each is not None and each <= first), default=None)

    def _inherited(self, profile: Profile) -> list[str]:
        """A profile of new records has no grant that was somebody else's who is still there."""
        wrong = []
        for (who, point, purpose), reason in self.after.points.items():
            if who == profile and reason == "granted":
                left = self._left(profile, point, self.after.people)
                if left is not None and all(
                    _time(row) <= left for row in self._grants(point, purpose)
                ):
                    wrong.append(f"{sorted(profile)}, {point}, {purpose}: somebody else's grant")
        return wrong


def _time(row: Row) -> datetime:
    return read(row.recorded) or read(row.confirmed) or NEVER
