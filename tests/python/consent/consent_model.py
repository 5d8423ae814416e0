"""docs/consent.md once more, in plain Python: slow, readable, and sharing nothing with the SQL.

A world is what has come in, version by version, and who has which contact points. `decide` gives
the decision for every contact point, `may_be_used` that for every profile.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from typing import Any

Point = tuple[str, str]
"""Kind and value of a contact point."""

NEVER = datetime(1, 1, 1)
RIGHTS = ("use", "sale", "storage")


@dataclass(frozen=True)
class Version:
    """One version of one consent event, as a source had it from one moment on."""

    consent_id: str
    point: Point
    purpose: str
    status: str
    recorded_at: datetime | None
    confirmed_at: datetime | None
    expires_at: datetime | None
    first_seen_at: datetime
    gone_at: datetime | None = None


@dataclass(frozen=True)
class Suppression:
    """A contact point of the suppression feed."""

    point: Point
    reason: str
    suppressed_at: datetime | None


@dataclass
class World:
    """Everything that bears on a decision."""

    purposes: Mapping[str, Mapping[str, Any]]
    points: Mapping[str, list[Point]]
    countries: Mapping[str, set[str]]
    versions: list[Version]
    suppressions: list[Suppression] = field(default_factory=list)
    suppressions_seen_at: datetime = NEVER


@dataclass(frozen=True)
class Decision:
    """What is decided; `ids` are the consent ids of which one may be named, empty for any."""

    status: str
    is_permitted: bool
    reason: str
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Said:
    """An event that takes part: its effect, and since when."""

    effect: str
    at: datetime
    consent_id: str


class Model:
    """The decisions of a world, for one moment, from what was known at one moment."""

    def __init__(
        self,
        world: World,
        now: datetime,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> None:
        self.world = world
        self.now = now
        self.as_of = as_of or now
        self.known_at = known_at or now
        self.said: dict[tuple[Point, str], list[_Said]] = {}
        for (point, purpose), versions in self._candidates().items():
            self.said[point, purpose] = [self._effect(v, at) for v, at in versions]

    # -- purposes ----------------------------------------------------------------------------

    def keys(self, purpose: str) -> Mapping[str, Any]:
        return self.world.purposes.get(purpose) or {}

    def enforcement(self, purpose: str, profile: str) -> str:
        default = "opt_out" if purpose in RIGHTS else "opt_in"
        general = str(self.keys(purpose).get("enforcement", default))
        by_country = self.keys(purpose).get("enforcement_by_country") or {}
        if not by_country or general == "none":
            return general
        countries = self.world.countries.get(profile) or set()
        applying = (
            [by_country.get(country, general) for country in countries]
            if countries
            else [*by_country.values(), general]
        )
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

    # -- events ------------------------------------------------------------------------------

    def _candidates(self) -> dict[tuple[Point, str], list[tuple[Version, datetime]]]:
        timed = []
        for version in self._versions():
            if version.first_seen_at > self.known_at:
                continue
            is_gone = version.gone_at is not None and version.gone_at <= min(
                self.as_of, self.known_at
            )
            if is_gone and version.status != "denied":
                continue
            at = self._time(version)
            if at <= self.as_of:
                timed.append((version, at))
        found: dict[tuple[Point, str], list[tuple[Version, datetime]]] = {}
        for version, at in timed:
            event = (version.consent_id, version.point, version.purpose)
            latest = max(
                other_at
                for other, other_at in timed
                if (other.consent_id, other.point, other.purpose) == event
            )
            if version.status == "denied" or at == latest:
                found.setdefault((version.point, version.purpose), []).append((version, at))
        return found

    def _versions(self) -> list[Version]:
        """Complaints and erasures are denials."""
        said = [
            Version(
                f"suppression-{each.reason}-{each.point[0]}-{md5(each.point[1].encode()).hexdigest()}",
                each.point,
                {"complained": "use", "erased": "storage"}[each.reason],
                "denied",
                each.suppressed_at,
                None,
                None,
                self.world.suppressions_seen_at,
            )
            for each in self.world.suppressions
            if each.reason in ("complained", "erased")
        ]
        return [*self.world.versions, *said]

    def _time(self, version: Version) -> datetime:
        stated = version.recorded_at or version.confirmed_at
        if version.status != "denied":
            return stated or NEVER
        if stated is None:
            return version.first_seen_at
        return min(stated, max(version.first_seen_at, min(self.as_of, self.now)))

    def _effect(self, version: Version, at: datetime) -> _Said:
        if version.status != "granted":
            return _Said(version.status, at, version.consent_id)
        keys = self.keys(version.purpose)
        confirmed = version.confirmed_at is not None and version.confirmed_at <= self.as_of
        if keys.get("double_opt_in") and not confirmed:
            return _Said("pending", at, version.consent_id)
        ends = [version.expires_at] if version.expires_at else []
        months = keys.get("valid_for_months")
        if months:
            ends.append(add_months(at, months))
        in_force = all(self.as_of < end for end in ends)
        return _Said("granted" if in_force else "expired", at, version.consent_id)

    def latest(self, point: Point, purpose: str, effect: str) -> datetime | None:
        """When a contact point last said so."""
        return max(
            (each.at for each in self.said.get((point, purpose), ()) if each.effect == effect),
            default=None,
        )

    def ids(self, point: Point, purpose: str, effect: str) -> frozenset[str]:
        at = self.latest(point, purpose, effect)
        return frozenset(
            each.consent_id
            for each in self.said.get((point, purpose), ())
            if each.effect == effect and each.at == at
        )

    def is_itself_denied(self, point: Point, purpose: str) -> bool:
        denied = self.latest(point, purpose, "denied")
        granted = self.latest(point, purpose, "granted")
        return denied is not None and (granted is None or granted <= denied)

    # -- the decision ------------------------------------------------------------------------

    def denials(self, profile: str, point: Point, purpose: str) -> list[datetime]:
        """The denials that reach a contact point by the purpose's policy."""
        channel = self.channel(purpose)
        found = []
        for other in self.world.points[profile]:
            if other != point and channel is None and not self.is_itself_denied(other, purpose):
                continue
            if other != point and self.conflict(purpose) == "contact_point" and other[0] == channel:
                continue
            at = self.latest(other, purpose, "denied")
            if at is not None:
                found.append(at)
        return found

    def is_blocked_by_any(self, profile: str, purpose: str) -> bool:
        return self.conflict(purpose) == "any_denial" and any(
            self.is_itself_denied(other, purpose) for other in self.world.points[profile]
        )

    def status(self, profile: str, point: Point, purpose: str) -> str:
        if self.is_blocked_by_any(profile, purpose):
            return "denied"
        granted = self.latest(point, purpose, "granted")
        denied = max(self.denials(profile, point, purpose), default=None)
        if granted is not None and (denied is None or denied < granted):
            return "granted"
        if denied is not None:
            return "denied"
        return self.status_without_denials(point, purpose)

    def status_without_denials(self, point: Point, purpose: str) -> str:
        for effect in ("granted", "expired", "pending"):
            if self.latest(point, purpose, effect) is not None:
                return effect
        return "no_record"

    def permits(self, profile: str, purpose: str, status: str) -> bool:
        match self.enforcement(purpose, profile):
            case "none":
                return True
            case "opt_out":
                return status != "denied"
            case _:
                return status == "granted"

    def lifted_at(self, point: Point, purpose: str, ancestor: str) -> datetime | None:
        """The latest grant in force of the purpose or of one between it and the ancestor."""
        line = [purpose, *self.ancestors(purpose)]
        between = line[: line.index(ancestor)]
        times = [self.latest(point, each, "granted") for each in between]
        return max((at for at in times if at is not None), default=None)

    def ancestor_permits(self, profile: str, point: Point, purpose: str, ancestor: str) -> bool:
        status = self.status(profile, point, ancestor)
        lift = self.lifted_at(point, purpose, ancestor)
        if (
            status == "denied"
            and self.conflict(ancestor) != "any_denial"
            and lift is not None
            and max(self.denials(profile, point, ancestor)) < lift
        ):
            status = self.status_without_denials(point, ancestor)
        return self.permits(profile, ancestor, status)

    def is_suppressed(self, point: Point) -> bool:
        return any(
            each.point == point
            and each.reason not in ("complained", "erased")
            and (each.suppressed_at is None or min(each.suppressed_at, self.now) <= self.as_of)
            for each in self.world.suppressions
        )

    def is_withheld(self, profile: str) -> bool:
        return any(self.is_itself_denied(point, "storage") for point in self.world.points[profile])

    def decide(self, profile: str, point: Point, purpose: str) -> Decision:
        status = self.status(profile, point, purpose)
        own = self.permits(profile, purpose, status)
        above = all(
            self.ancestor_permits(profile, point, purpose, each) for each in self.ancestors(purpose)
        )
        if self.is_suppressed(point):
            return Decision(status, False, "suppressed")
        if not own and status == "denied":
            if self.is_itself_denied(point, purpose):
                return Decision(status, False, "denied", self.ids(point, purpose, "denied"))
            return Decision(status, False, "denied_elsewhere")
        if not above:
            return Decision(status, False, "parent_not_permitted")
        if not own:
            reason = {"expired": "expired", "pending": "unconfirmed"}.get(status, "no_record")
            return Decision(status, False, reason)
        if self.enforcement(purpose, profile) == "none":
            return Decision(status, True, "not_required")
        if status == "granted":
            return Decision(status, True, "granted", self.ids(point, purpose, "granted"))
        return Decision(status, True, "not_denied")

    def decisions(self) -> dict[tuple[str, Point, str], Decision]:
        """Every contact point of every profile that is kept, for every purpose that it is for."""
        return {
            (profile, point, purpose): self.decide(profile, point, purpose)
            for profile, points in self.world.points.items()
            if not self.is_withheld(profile)
            for point in points
            for purpose in {*self.world.purposes, *RIGHTS}
            if self.channel(purpose) in (None, point[0])
        }

    def may_be_used(self, profile: str, purpose: str) -> bool:
        points = self.world.points[profile]
        if self.channel(purpose) is not None:
            return any(
                self.decide(profile, point, purpose).is_permitted
                for point in points
                if point[0] == self.channel(purpose)
            )
        line = [purpose, *self.ancestors(purpose)]
        for each in line:
            if self.enforcement(each, profile) == "none":
                continue
            for point in points:
                lift = self.lifted_at(point, purpose, each) if each != purpose else None
                denied = self.latest(point, each, "denied")
                is_lifted = (
                    lift is not None
                    and denied is not None
                    and denied < lift
                    and self.conflict(each) != "any_denial"
                )
                if self.is_itself_denied(point, each) and not is_lifted:
                    return False
        if any(self.enforcement(each, profile) == "opt_in" for each in line):
            return any(
                self.permits(profile, purpose, self.status(profile, point, purpose))
                and all(self.ancestor_permits(profile, point, purpose, each) for each in line[1:])
                for point in points
            )
        return True


def add_months(moment: datetime, months: int) -> datetime:
    """Calendar months, clamped to the last day."""
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
