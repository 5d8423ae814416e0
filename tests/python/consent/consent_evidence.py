"""What sources said, load by load, and what it means by the mappings of the moment.

The first half of docs/consent.md in plain Python: rows become versions of events with the
stretches in which they were there; labels and answers are read with today's mappings; retractions
and times decide which of it may take part in a decision. It shares nothing with the SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

Point = tuple[str, str]
"""Kind and value of a contact point."""
Time = datetime | str | None
"""A time as a source has it: read, not readable (the text), or none."""
Stretch = tuple[datetime, datetime | None]
"""The load that showed something first, and the first one that missed it."""

NEVER = datetime(1, 1, 1)
FIRST_YEAR = 1900
RIGHTS = ("use", "sale", "storage")
STATUSES = ("granted", "denied", "pending")


@dataclass(frozen=True)
class Record:
    """A customer of a source."""

    source: str
    id: str
    points: frozenset[Point]
    country: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.id


@dataclass(frozen=True)
class Row:
    """A row of a consent model, as it was said."""

    model: str
    source: str
    id: str
    point: Point
    label: str
    """For which purpose, in the source's words."""
    answer: str | None
    """Its answer, in the source's words; None or empty: it says nothing."""
    recorded: Time = None
    confirmed: Time = None
    expires: Time = None

    @property
    def event(self) -> tuple[str, str, str, str]:
        """What the rows of one event have in common as they come."""
        return self.model, self.source, self.id, self.label


@dataclass(frozen=True)
class Suppression:
    """A row of a suppression list."""

    point: Point
    reason: str
    at: datetime | None = None


@dataclass(frozen=True)
class Load:
    """All that the sources show to one run."""

    moment: datetime
    records: tuple[Record, ...]
    rows: tuple[Row, ...]
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True)
class Retraction:
    """Evidence taken back: one event, one suppression, or what a model brought in one load."""

    at: datetime
    event: tuple[str, str, str, str] | None = None
    suppression: Suppression | None = None
    model: str | None = None
    load: datetime | None = None
    denials_too: bool = False
    undone_at: datetime | None = None


@dataclass(frozen=True)
class Source:
    """How a consent model is declared."""

    kind: str = "state"
    carries: bool = False


@dataclass
class World:
    """Everything that bears on a decision.

    Attributes:
        purposes: as in `vars: purposes:`.
        loads: what was loaded, oldest first.
        models: the consent models.
        labels: by source and label, in lower case, the purpose of today; "" is every source.
        answers: by source and answer likewise, the status of today.
        retractions: all that were ever made.
        retired: consent models that are gone for good, and since which load.
    """

    purposes: Mapping[str, Mapping[str, Any]]
    loads: list[Load]
    models: Mapping[str, Source]
    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    retractions: list[Retraction] = field(default_factory=list)
    retired: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """A version of an event, with its meaning of today, as it was known at one moment."""

    row: Row
    purpose: str
    status: str
    """granted, denied, pending, or nothing."""
    is_mapped: bool
    stretches: tuple[Stretch, ...]
    is_retracted: bool = False

    @property
    def point(self) -> Point:
        return self.row.point

    @property
    def event(self) -> tuple[str, str, str, str]:
        return self.row.model, self.row.source, self.row.id, self.purpose

    @property
    def first_seen(self) -> datetime:
        return self.stretches[0][0]

    @property
    def stated(self) -> datetime | None:
        return read(self.row.recorded) or read(self.row.confirmed)

    @property
    def expires(self) -> datetime | None:
        """When it ends; an end that cannot be read has come."""
        return (read(self.row.expires) or NEVER) if self.row.expires is not None else None

    def is_confirmed(self, moment: datetime) -> bool:
        confirmed = read(self.row.confirmed)
        return confirmed is not None and confirmed <= moment

    def is_there(self, moment: datetime) -> bool:
        """Whether its source has it; before its first load: known late, but there."""
        return moment < self.first_seen or any(covers(each, moment) for each in self.stretches)


def read(time: Time) -> datetime | None:
    """A time that counts: one that could be read, and not before 1900."""
    return time if isinstance(time, datetime) and time.year >= FIRST_YEAR else None


def covers(stretch: Stretch, moment: datetime) -> bool:
    start, end = stretch
    return start <= moment and (end is None or moment < end)


def looked_up(mapping: Mapping[tuple[str, str], str], source: str, text: str) -> str | None:
    """What a text means: a source's own row comes before one for every source."""
    sought = text.strip().lower()
    return mapping.get((source, sought)) or mapping.get(("", sought))


def stretches(shown: Iterable[tuple[datetime, bool | None]]) -> tuple[Stretch, ...]:
    """From whether each load shows something (None: it does not say) to when it was there."""
    found: list[Stretch] = []
    for moment, is_shown in shown:
        is_open = bool(found) and found[-1][1] is None
        if is_shown and not is_open:
            found.append((moment, None))
        elif is_shown is False and is_open:
            found[-1] = (found[-1][0], moment)
    return tuple(found)


class Evidence:
    """The evidence that was known at one moment, read with today's mappings.

    Attributes:
        versions: all that mean a purpose, retracted ones included.
        suppressions: with their stretches, those that were not retracted.
    """

    def __init__(self, world: World, known_at: datetime) -> None:
        self.world = world
        self.known_at = known_at
        self.loads = [each for each in world.loads if each.moment <= known_at]
        self.versions = [v for row in self._rows() if (v := self._version(row)) is not None]
        self._retract()
        self.suppressions = {
            each: stretches((load.moment, each in load.suppressions) for load in self.loads)
            for each in dict.fromkeys(s for load in self.loads for s in load.suppressions)
            if not self._is_taken_back(each)
        }

    def _rows(self) -> list[Row]:
        return list(dict.fromkeys(row for load in self.loads for row in load.rows))

    @cached_property
    def _events_of_loads(self) -> list[set[tuple[str, str, str, str]]]:
        return [{row.event for row in load.rows} for load in self.loads]

    @cached_property
    def _rows_of_loads(self) -> list[set[Row]]:
        return [set(load.rows) for load in self.loads]

    def _shown(self, row: Row) -> Iterable[tuple[datetime, bool | None]]:
        is_ledger = self.world.models[row.model].kind == "ledger"
        retired = self.world.retired.get(row.model, datetime.max)
        for load, rows, events in zip(
            self.loads, self._rows_of_loads, self._events_of_loads, strict=True
        ):
            if row in rows:
                yield load.moment, True
            elif is_ledger and row.event not in events and load.moment < retired:
                yield load.moment, None
            else:
                yield load.moment, False

    def _version(self, row: Row) -> Version | None:
        purpose = looked_up(self.world.labels, row.source, row.label)
        if purpose is None and row.label in {*self.world.purposes, *RIGHTS}:
            purpose = row.label
        if purpose == "ignored":
            return None
        assert purpose is not None, f"the build would stop on {row.label}"
        there = stretches(self._shown(row))
        answer = (row.answer or "").strip().lower()
        if not answer:
            # only in a ledger does an empty answer end what was said before
            is_ledger = self.world.models[row.model].kind == "ledger"
            return Version(row, purpose, "nothing", False, there) if is_ledger else None
        status = looked_up(self.world.answers, row.source, answer)
        if status is None and answer in STATUSES:
            status = answer
        return Version(row, purpose, status or "denied", status is not None, there)

    # -- retractions -------------------------------------------------------------------------

    def _standing(self) -> list[Retraction]:
        return [
            each
            for each in self.world.retractions
            if each.at <= self.known_at
            and (each.undone_at is None or each.undone_at > self.known_at)
        ]

    def _is_taken_back(self, suppression: Suppression) -> bool:
        return any(
            each.suppression == suppression and each.denials_too for each in self._standing()
        )

    def _retract(self) -> None:
        for retraction in self._standing():
            hit = [v for v in self.versions if self._is_meant(retraction, v)]
            said = {(v.row.answer, v.stated) for v in hit}
            if retraction.event is not None:
                # the source still has the mistake
                hit += [
                    v
                    for v in self.versions
                    if v.row.event == retraction.event and (v.row.answer, v.stated) in said
                ]
            taken = {v.row for v in hit if v.status != "denied" or retraction.denials_too}
            self.versions = [
                Version(v.row, v.purpose, v.status, v.is_mapped, v.stretches, True)
                if v.row in taken
                else v
                for v in self.versions
            ]

    def _is_meant(self, retraction: Retraction, version: Version) -> bool:
        if retraction.event is not None:
            return version.row.event == retraction.event and version.first_seen <= retraction.at
        return version.row.model == retraction.model and version.first_seen == retraction.load

    # -- what counts at a moment -------------------------------------------------------------

    @cached_property
    def counting(self) -> list[Version]:
        return [v for v in self.versions if not v.is_retracted]

    @cached_property
    def _by_event(self) -> dict[tuple[str, str, str, str], list[Version]]:
        found: dict[tuple[str, str, str, str], list[Version]] = {}
        for each in self.counting:
            found.setdefault(each.event, []).append(each)
        return found

    def same_event(self, version: Version) -> list[Version]:
        """The versions of its event that count, itself among them."""
        return self._by_event.get(version.event, [])

    def is_superseded(self, version: Version, moment: datetime) -> bool:
        """Whether an answer that nobody mapped, or an undated version, says no more."""
        others = [v for v in self.same_event(version) if v.row != version.row]
        if version.status == "denied" and not version.is_mapped:
            return self._is_answered(version, [v for v in others if v.is_mapped], moment)
        return version.stated is None and any(
            other.first_seen > version.first_seen
            and other.stated is not None
            and other.stated <= moment
            and _without_date(other) == _without_date(version)
            for other in others
        )

    def _is_answered(self, version: Version, mapped: list[Version], moment: datetime) -> bool:
        """Whether an event has said something that is mapped since it said this."""
        if any(
            version.stated is not None
            and other.stated is not None
            and other.is_there(moment)
            and version.stated < other.stated <= moment
            for other in mapped
        ):
            return True
        unclear = [
            other
            for other in self.same_event(version)
            if other.status == "denied" and not other.is_mapped
        ]
        ends = [other.stretches[-1][1] for other in unclear]
        if None in ends or any(other.is_there(moment) for other in unclear):
            return False
        # on whichever contact point: a row that is gone has said nothing new
        last = max(end for end in ends if end is not None)
        return any(
            last <= start <= moment
            for other in mapped
            if other.stated is None or other.stated <= moment
            for start, _ in other.stretches
        )

    def denied_at(self, version: Version, moment: datetime) -> datetime:
        """When a denial counts from, as seen at a moment."""
        if version.stated is not None:
            return min(version.stated, version.first_seen)
        found = version.first_seen
        for (start, _), (back, _) in pairwise(version.stretches):
            said_else = any(
                start <= other_start < back
                for other in self.same_event(version)
                if other.is_mapped and other.status != "denied"
                for other_start, _ in other.stretches
            )
            if said_else and back <= moment:
                found = back
        return found

    def last_shown(self, version: Version) -> datetime:
        """The last load in which it was there."""
        return max(load.moment for load in self.loads if _holds(version, load.moment))

    def suppressed_at(self, suppression: Suppression) -> datetime:
        first = self.suppressions[suppression][0][0]
        return min(suppression.at, first) if suppression.at else first


def _holds(version: Version, moment: datetime) -> bool:
    return any(covers(each, moment) for each in version.stretches)


def _without_date(version: Version) -> tuple[Any, ...]:
    return version.point, version.status, version.is_mapped, version.expires
