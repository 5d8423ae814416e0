"""What each contact point has said, and since when, as it takes part in a decision.

The first steps of docs/consent.md: time of an event, replacement, confirmation, expiry, grants
that were given for another contact point or by somebody else.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from consent_evidence import NEVER, RIGHTS, Evidence, Point, Version, World
from consent_people import Former, People, Profile

COUNTRIES = frozenset({"BE", "DE", "FR", "GB", "NL", "PK", "US"})
"""Those of the ISO codes that tests use."""


@dataclass(frozen=True)
class Said:
    """A version that takes part: its effect, and since when; of complaints, no consent id."""

    effect: str
    at: datetime
    consent_id: str | None


class Statements:
    """What the contact points of a world say at one moment, as was known at one moment."""

    cached = ("said", "points", "formers", "replaced", "latest", "is_itself_denied", "left_to")

    def __init__(
        self,
        world: World,
        now: datetime,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> None:
        self.world = world
        self.as_of = as_of or now
        self.known_at = known_at or now
        self.evidence = Evidence(world, self.known_at)
        self.people = People(world, self.known_at)
        self.profiles = self.people.profiles
        for name in self.cached:
            setattr(self, name, cache(getattr(self, name)))

    def points(self, profile: Profile) -> list[Point]:
        return self.people.points(profile)

    def formers(self, profile: Profile) -> list[Former]:
        return self.people.formers(profile)

    def replaced(self, profile: Profile) -> list[Former]:
        return self.people.replaced(profile)

    def left_to(self, profile: Profile, point: Point) -> datetime | None:
        return self.people.left_to(profile, point)

    # -- purposes ----------------------------------------------------------------------------

    @cached_property
    def purposes(self) -> list[str]:
        return [*dict.fromkeys([*self.world.purposes, *RIGHTS])]

    def keys(self, purpose: str) -> Mapping[str, Any]:
        return self.world.purposes.get(purpose) or {}

    def enforcement(self, purpose: str, profile: Profile) -> str:
        default = "opt_out" if purpose in RIGHTS else "opt_in"
        general = str(self.keys(purpose).get("enforcement", default))
        by_country = self.keys(purpose).get("enforcement_by_country") or {}
        if not by_country or general == "none":
            return general
        said = {each.upper() for each in self.people.countries(profile)}
        if said and said <= COUNTRIES:
            applying = [by_country.get(country, general) for country in said]
        else:
            applying = [*by_country.values(), general]
        return "opt_in" if "opt_in" in applying else "opt_out"

    def conflict(self, purpose: str) -> str:
        return str(self.keys(purpose).get("conflict", "latest_denial"))

    def channel(self, purpose: str) -> str | None:
        return self.keys(purpose).get("channel")

    def ancestors(self, purpose: str) -> list[str]:
        """From the parent upwards."""
        if purpose in RIGHTS or self.keys(purpose).get("enforcement") == "none":
            return []
        parent = str(self.keys(purpose).get("parent") or "use")
        return [parent, *self.ancestors(parent)]

    # -- what the versions say ---------------------------------------------------------------

    @cached_property
    def _timed(self) -> dict[tuple[Point, str], list[tuple[Version, datetime]]]:
        """Versions with the time from which they count, up to `as_of`, by where and what for."""
        found: dict[tuple[Point, str], list[tuple[Version, datetime]]] = {}
        for version in self.evidence.counting:
            if self.evidence.is_superseded(version, self.as_of):
                continue
            if version.status == "denied":
                at = self.evidence.denied_at(version, self.as_of)
            elif version.status == "nothing":
                # undated, it ends the undated grants of its event too
                at = version.stated or version.first_seen
            else:
                at = self._asked_at(version)[0]
                if version.stated is not None and version.stated > self.as_of:
                    continue
            if at <= self.as_of:
                found.setdefault((version.point, version.purpose), []).append((version, at))
        return found

    def _is_pending(self, version: Version) -> bool:
        double = self.keys(version.purpose).get("double_opt_in")
        return version.status == "pending" or bool(
            version.status == "granted" and double and not version.is_confirmed(self.as_of)
        )

    def _asked_at(self, version: Version) -> tuple[datetime, set[Point]]:
        """The time of a grant is that of its request; where that was made, if not here."""
        own = version.stated or NEVER
        double = self.keys(version.purpose).get("double_opt_in")
        if version.status != "granted" or not double or self._is_pending(version):
            return own, set()
        requests = [
            (each.stated or NEVER, each.point)
            for each in self.evidence.same_event(version)
            if self._is_pending(each) and (each.stated or NEVER) <= own
        ]
        if not requests:
            return own, set()
        asked = max(at for at, _ in requests)
        where = {point for at, point in requests if at == asked}
        return asked, set() if version.point in where else where

    def _given_elsewhere(self, version: Version) -> bool:
        """Whether a grant was given for another contact point than the one that it is on."""
        if self._asked_at(version)[1]:
            return True
        if self.world.models[version.row.model].carries:
            return False
        every = [v for v in self.evidence.versions if v.event == version.event]
        first = min(
            v.first_seen for v in every if v.point == version.point and v.stated == version.stated
        )
        earlier = [
            v
            for v in every
            if v.point != version.point and v.point[0] == version.point[0] and v.first_seen < first
        ]
        return any(
            version.stated is None or version.stated <= (v.stated or self.evidence.last_shown(v))
            for v in earlier
        )

    def _goes_on_counting(self, version: Version, profile: Profile) -> bool:
        """Whether a row that is gone turned up on another contact point of the profile."""
        if self.world.models[version.row.model].kind != "state":
            return False
        end = version.stretches[-1][1]
        return end is not None and any(
            other.point != version.point
            and other.point[0] == version.point[0]
            and other.stated == version.stated
            and other.status == version.status
            and other.is_there(self.as_of)
            and any(start >= end for start, _ in other.stretches)
            for other in self.evidence.same_event(version)
        )

    def _came_later(self, profile: Profile, version: Version) -> bool:
        """Whether a row had moved away before the profile got the contact point."""
        end = version.stretches[-1][1]
        if version.is_there(self.as_of) or end is None:
            return False
        stretches = [self.people.history.get(key, {}).get(version.point, ()) for key in profile]
        return not any(
            start < end and left is None for there in stretches for start, left in there[-1:]
        )

    def said(self, profile: Profile, point: Point, purpose: str) -> list[Said]:
        """What takes part in the decision about a contact point of a profile."""
        timed = [
            (version, at)
            for version, at in self._timed.get((point, purpose), [])
            if version.status == "denied"
            or version.is_there(self.as_of)
            or (point in self.points(profile) and self._goes_on_counting(version, profile))
        ]
        latest: dict[Any, datetime] = {}
        for version, at in timed:
            said = at if version.status in ("denied", "nothing") else version.stated or NEVER
            latest[version.event] = max(said, latest.get(version.event, NEVER))
        left = self.left_to(profile, point)
        found = [*self._complaints(point, purpose)]
        for version, at in timed:
            if version.status == "denied":
                found.append(Said("denied", at, version.row.id))
            elif version.status == "nothing" or ((version.stated or NEVER) < latest[version.event]):
                continue
            elif version.status == "pending":
                found.append(Said("pending", at, version.row.id))
            elif (left is None or at > left) and not self._came_later(profile, version):
                found.append(Said(self._effect(version, at), at, version.row.id))
        return found

    def _complaints(self, point: Point, purpose: str) -> list[Said]:
        reasons = {"use": "complained", "storage": "erased"}
        return [
            Said("denied", at, None)
            for each in self.evidence.suppressions
            if each.point == point
            and each.reason == reasons.get(purpose)
            and (at := self.evidence.suppressed_at(each)) <= self.as_of
        ]

    def _effect(self, version: Version, at: datetime) -> str:
        if self._is_pending(version):
            return "pending"
        if self._given_elsewhere(version):
            return "elsewhere"
        ends = [version.expires] if version.expires else []
        months = self.keys(version.purpose).get("valid_for_months")
        if months:
            ends.append(add_months(at, months) if at != NEVER else NEVER)
        return "granted" if all(self.as_of < end for end in ends) else "expired"

    def latest(self, profile: Profile, point: Point, purpose: str, effect: str) -> datetime | None:
        """When a contact point last said so."""
        return max(
            (e.at for e in self.said(profile, point, purpose) if e.effect == effect), default=None
        )

    def ids(self, profile: Profile, point: Point, purpose: str, effect: str) -> frozenset[str]:
        at = self.latest(profile, point, purpose, effect)
        found = {
            each.consent_id
            for each in self.said(profile, point, purpose)
            if each.effect == effect and each.at == at
        }
        # one that is no consent may be named by whatever id
        return frozenset() if None in found else frozenset(i for i in found if i is not None)

    def is_itself_denied(self, profile: Profile, point: Point, purpose: str) -> bool:
        denied = self.latest(profile, point, purpose, "denied")
        granted = self.latest(profile, point, purpose, "granted")
        return denied is not None and (granted is None or granted <= denied)


def add_months(moment: datetime, months: int) -> datetime:
    """Calendar months, clamped to the last day."""
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
