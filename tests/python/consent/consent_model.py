"""docs/consent.md once more, in plain Python: slow, readable, and sharing nothing with the SQL.

A `World` is what was loaded, load by load. A `Model` decides it for one moment, from what was
known at one moment: `decisions` for every contact point, `may_be_used` for every profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from consent_evidence import Point, Suppression, World
from consent_people import Former, Profile
from consent_statements import Statements


@dataclass(frozen=True)
class Decision:
    """What is decided; `ids` are the consent ids of which one may be named, empty for any."""

    status: str
    is_permitted: bool
    reason: str
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _FormerDenial:
    """A denial on a former contact point, and whether it is an erasure."""

    former: Former
    at: datetime
    is_erasure: bool


class Model(Statements):
    """The decisions of a world, for one moment, from what was known at one moment."""

    cached = (
        *Statements.cached,
        "former_denials",
        "status",
        "enforcement",
        "is_blocked_by_any",
        "is_withheld",
    )

    # -- former contact points ---------------------------------------------------------------

    def former_denials(
        self, profile: Profile, purpose: str, replaced: bool = False
    ) -> list[_FormerDenial]:
        """The denials on former contact points, or on replaced ones, that are its too."""
        return [
            _FormerDenial(former, each.at, purpose == "storage" and each.consent_id is None)
            for former in (self.replaced if replaced else self.formers)(profile)
            for each in self.said(profile, former.point, purpose)
            if each.effect == "denied" and not self.people.is_the_others(profile, former, each.at)
        ]

    def _erasures(self, point: Point) -> list[datetime]:
        return [
            at
            for each in self.evidence.suppressions
            if each.point == point
            and each.reason == "erased"
            and (at := self.evidence.suppressed_at(each)) <= self.as_of
        ]

    def _was_lifted_there(self, profile: Profile, denial: _FormerDenial, purpose: str) -> bool:
        """Whether a grant in force lifted it where it was made, while the record had it."""
        return any(
            each.effect == "granted"
            and each.at > denial.at
            and (denial.former.last_seen is None or each.at < denial.former.last_seen)
            for each in self.said(profile, denial.former.point, purpose)
        )

    def _stands_for_all(
        self, profile: Profile, denial: _FormerDenial, purpose: str, line: list[str]
    ) -> bool:
        """Whether no grant after the former contact point's end lifts a denial as a whole."""
        if denial.is_erasure:
            granted = self.latest(profile, denial.former.point, "storage", "granted")
            return granted is None or granted <= denial.at
        last = denial.former.last_seen
        if last is None:
            return True
        present = set(self.points(profile))
        points = {
            point
            for key in denial.former.holders
            for point in self.people.contact_points(key) & present
        }
        grants = [
            at
            for point in points
            for each in line
            if (at := self.latest(profile, point, each, "granted")) is not None
        ]
        return not any(at > max(last, denial.at) for at in grants)

    def _is_over(self, profile: Profile, denial: _FormerDenial, purpose: str) -> bool:
        return (
            self.channel(purpose) is None
            and self.conflict(purpose) != "any_denial"
            and not denial.is_erasure
            and self._was_lifted_there(profile, denial, purpose)
        )

    # -- the decision ------------------------------------------------------------------------

    def denials(self, profile: Profile, point: Point, purpose: str) -> list[datetime]:
        """The denials that reach a contact point by the purpose's policy."""
        channel, conflict = self.channel(purpose), self.conflict(purpose)
        found = []
        for other in self.points(profile):
            if other != point:
                if channel is None and not self.is_itself_denied(profile, other, purpose):
                    continue
                if conflict == "contact_point" and other[0] == channel:
                    continue
            at = self.latest(profile, other, purpose, "denied")
            if at is not None:
                found.append(at)
        for denial in self.former_denials(profile, purpose):
            if conflict == "contact_point" and denial.former.point[0] == channel:
                continue
            if not self._is_over(profile, denial, purpose):
                found.append(denial.at)
        if conflict == "contact_point":
            found += [
                denial.at
                for denial in self.former_denials(profile, purpose, replaced=True)
                if denial.former.point[0] == channel
                and point in self.people.successors(profile, denial.former)
            ]
        return found

    def is_blocked_by_any(self, profile: Profile, purpose: str) -> bool:
        if self.conflict(purpose) != "any_denial":
            return False
        return any(
            self.is_itself_denied(profile, other, purpose) for other in self.points(profile)
        ) or any(
            not self._was_lifted_there(profile, denial, purpose)
            and self._stands_for_all(profile, denial, purpose, [purpose])
            for denial in self.former_denials(profile, purpose)
        )

    def status(self, profile: Profile, point: Point, purpose: str) -> str:
        if self.is_blocked_by_any(profile, purpose):
            return "denied"
        granted = self.latest(profile, point, purpose, "granted")
        denied = max(self.denials(profile, point, purpose), default=None)
        if granted is not None and (denied is None or denied < granted):
            return "granted"
        if denied is not None:
            return "denied"
        return self.status_without_denials(profile, point, purpose)

    def status_without_denials(self, profile: Profile, point: Point, purpose: str) -> str:
        for effect in ("granted", "expired", "pending"):
            if self.latest(profile, point, purpose, effect) is not None:
                return effect
        return "no_record"

    def permits(self, profile: Profile, purpose: str, status: str) -> bool:
        match self.enforcement(purpose, profile):
            case "none":
                return True
            case "opt_out":
                return status != "denied"
            case _:
                return status == "granted"

    def line_below(self, purpose: str, ancestor: str) -> list[str]:
        """The purpose and those between it and an ancestor."""
        line = [purpose, *self.ancestors(purpose)]
        return line[: line.index(ancestor)]

    def lifted_at(
        self, profile: Profile, point: Point, purpose: str, ancestor: str
    ) -> datetime | None:
        """The latest grant in force of the purpose or of one between it and the ancestor."""
        line = self.line_below(purpose, ancestor)
        times = [self.latest(profile, point, each, "granted") for each in line]
        return max((at for at in times if at is not None), default=None)

    def ancestor_permits(self, profile: Profile, point: Point, purpose: str, ancestor: str) -> bool:
        status = self.status(profile, point, ancestor)
        lift = self.lifted_at(profile, point, purpose, ancestor)
        if (
            status == "denied"
            and self.conflict(ancestor) != "any_denial"
            and lift is not None
            and max(self.denials(profile, point, ancestor)) < lift
        ):
            status = self.status_without_denials(profile, point, ancestor)
        return self.permits(profile, ancestor, status)

    # -- suppressions ------------------------------------------------------------------------

    def _is_suppressed_itself(self, point: Point) -> bool:
        return any(self._holds(each) for each in self.evidence.suppressions if each.point == point)

    def _holds(self, each: Suppression) -> bool:
        if each.reason in ("complained", "erased", "lifted"):
            return False
        at = self.evidence.suppressed_at(each)
        if at > self.as_of:
            return False
        there = self.evidence.suppressions[each]
        if each.reason == "bounced":
            return self.as_of < there[0][0] or any(
                start <= self.as_of and (end is None or self.as_of < end) for start, end in there
            )
        return not any(
            other.reason == "lifted"
            and other.point == each.point
            and at < self.evidence.suppressed_at(other) <= self.as_of
            for other in self.evidence.suppressions
        )

    def is_suppressed(self, profile: Profile, point: Point) -> bool:
        if self._is_suppressed_itself(point):
            return True
        return any(
            each.point == former.point and each.reason != "bounced" and self._holds(each)
            for former in self.replaced(profile)
            if point in self.people.successors(profile, former)
            for each in self.evidence.suppressions
        )

    # -- storage -----------------------------------------------------------------------------

    def is_withheld(self, profile: Profile) -> bool:
        return (
            any(self.is_itself_denied(profile, p, "storage") for p in self.points(profile))
            or any(
                self._stands_for_all(profile, denial, "storage", ["storage"])
                for denial in self.former_denials(profile, "storage")
                if not self._is_over(profile, denial, "storage")
            )
            or bool(self.people.records(profile) & self._withheld_for_erasures)
        )

    @cached_property
    def _withheld_for_erasures(self) -> set[tuple[str, str]]:
        """The records that were withheld for an erasure that still stands, in whatever load."""
        marked: dict[Point, set[tuple[str, str]]] = {}
        standing = {
            point
            for point in {s.point for s in self.evidence.suppressions if s.reason == "erased"}
            if self._is_erased(point)
        }
        for load in self.evidence.loads:
            then = Model(
                World(
                    self.world.purposes,
                    [each for each in self.world.loads if each.moment <= load.moment],
                    self.world.models,
                    self.world.labels,
                    self.world.answers,
                    [each for each in self.world.retractions if each.at <= load.moment],
                    self.world.retired,
                ),
                load.moment,
            )
            for point in standing:
                if not then._is_erased(point):
                    continue
                for profile in then.profiles:
                    if then._is_withheld_for(profile, point, marked.get(point, set())):
                        marked.setdefault(point, set()).update(profile)
        return {key for keys in marked.values() for key in keys}

    def _is_erased(self, point: Point) -> bool:
        """Whether an erasure of a contact point stands, whoever has it."""
        erased = max(self._erasures(point), default=None)
        if erased is None:
            return False
        left = [
            self.left_to(profile, point)
            for profile in self.profiles
            if point in self.points(profile)
        ]
        return not any(
            version.status == "granted"
            and version.is_there(self.as_of)
            and at > erased
            and all(each is None or at > each for each in left)
            and self._effect(version, at) == "granted"
            for version, at in self._timed.get((point, "storage"), [])
        )

    def _is_withheld_for(
        self, profile: Profile, point: Point, marked: set[tuple[str, str]]
    ) -> bool:
        return (
            point in self.points(profile)
            or any(
                denial.is_erasure and denial.former.point == point
                for denial in self.former_denials(profile, "storage")
            )
            or bool(self.people.records(profile) & marked)
        )

    # -- results -----------------------------------------------------------------------------

    def decide(self, profile: Profile, point: Point, purpose: str) -> Decision:
        status = self.status(profile, point, purpose)
        own = self.permits(profile, purpose, status)
        above = all(
            self.ancestor_permits(profile, point, purpose, each) for each in self.ancestors(purpose)
        )
        if self.is_suppressed(profile, point):
            return Decision(status, False, "suppressed")
        if not own and status == "denied":
            if self.is_itself_denied(profile, point, purpose):
                ids = self.ids(profile, point, purpose, "denied")
                return Decision(status, False, "denied", ids)
            return Decision(status, False, "denied_elsewhere")
        if not above:
            return Decision(status, False, "parent_not_permitted")
        if not own:
            if status in ("expired", "pending"):
                ids = self.ids(profile, point, purpose, status)
                reason = {"expired": "expired", "pending": "unconfirmed"}[status]
                return Decision(status, False, reason, ids)
            if self.latest(profile, point, purpose, "elsewhere") is not None:
                ids = self.ids(profile, point, purpose, "elsewhere")
                return Decision(status, False, "granted_elsewhere", ids)
            return Decision(status, False, "no_record")
        if self.enforcement(purpose, profile) == "none":
            return Decision(status, True, "not_required")
        if status == "granted":
            return Decision(status, True, "granted", self.ids(profile, point, purpose, "granted"))
        return Decision(status, True, "not_denied")

    def decisions(self) -> dict[tuple[Profile, Point, str], Decision]:
        """Every contact point of every profile that is kept, for every purpose that it is for."""
        return {
            (profile, point, purpose): self.decide(profile, point, purpose)
            for profile in self.profiles
            if not self.is_withheld(profile)
            for point in self.points(profile)
            for purpose in self.purposes
            if self.channel(purpose) in (None, point[0])
        }

    def may_be_used(self, profile: Profile, purpose: str) -> bool:
        points = self.points(profile)
        channel = self.channel(purpose)
        if channel is not None:
            return any(
                self.decide(profile, point, purpose).is_permitted
                for point in points
                if point[0] == channel
            )
        line = [purpose, *self.ancestors(purpose)]
        for each in line:
            if self.enforcement(each, profile) != "none" and self._refuses(profile, purpose, each):
                return False
        if any(self.enforcement(each, profile) == "opt_in" for each in line):
            return any(
                self.permits(profile, purpose, self.status(profile, point, purpose))
                and all(self.ancestor_permits(profile, point, purpose, each) for each in line[1:])
                for point in points
            )
        return True

    def _refuses(self, profile: Profile, purpose: str, each: str) -> bool:
        """Whether a denial of a purpose, or of an ancestor of it, stands for the whole person."""
        for point in self.points(profile):
            lift = self.lifted_at(profile, point, purpose, each) if each != purpose else None
            denied = self.latest(profile, point, each, "denied")
            is_lifted = (
                lift is not None
                and denied is not None
                and denied < lift
                and self.conflict(each) != "any_denial"
            )
            if self.is_itself_denied(profile, point, each) and not is_lifted:
                return True
        line = [each]
        if each != purpose and self.conflict(each) != "any_denial":
            line += self.line_below(purpose, each)
        return any(
            self._stands_for_all(profile, denial, each, line)
            for denial in self.former_denials(profile, each)
            if not self._was_lifted_there(profile, denial, each)
        )
