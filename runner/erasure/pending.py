"""What is known of erasures afterwards: those that wait, and what to say of somebody erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.dbt import Project
from runner.erasure import request
from runner.erasure.hashes import Point, digest, hashed, is_hash
from runner.erasure.sql import pairs
from runner.identity import people
from runner.warehouse import Warehouse, open_warehouse

LIMIT = timedelta(days=30)
"""A request is to be answered within one month (Article 12(3) of the GDPR)."""


@dataclass
class Pending:
    """A request that is not complete.

    Attributes:
        contact_points: masked.
        waiting: exports that have not delivered the removal; when there are none, the request is
            completed by repeating it.
    """

    requested_at: datetime
    age_days: float
    contact_points: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        """Whether it has waited for longer than it may."""
        return self.age_days > LIMIT.days

    @property
    def problem(self) -> str:
        """What to do about a late one."""
        do = (
            f"the removal is not delivered by {', '.join(self.waiting)}: `consent refresh`"
            if self.waiting
            else "repeat `consent erase` with any contact point of the person"
        )
        return (
            f"An erasure that was asked for on {self.requested_at:%Y-%m-%d} is not complete after "
            f"{self.age_days:.0f} days: {do}."
        )


def pending(project: Project, warehouse: Warehouse, now: datetime) -> list[Pending]:
    """Requests that are not complete, the oldest first."""
    found: dict[str, tuple[Pending, set[Point]]] = {}
    for row in request.stored_rows(project, warehouse):
        if row["completed_at"] is not None:
            continue
        age = round((now - row["requested_at"]).total_seconds() / 86400, 1)
        entry, points = found.setdefault(
            row["erasure_id"], (Pending(row["requested_at"], age), set())
        )
        if row["item"] in (request.CONTACT_POINT, request.PROFILE):
            points.add((row["key_type"], row["key_value"]))
        if row["item"] == request.CONTACT_POINT:
            entry.contact_points.append(masked((row["key_type"], row["key_value"])))
    for entry, points in found.values():
        if points:
            entry.waiting = [
                row["export_name"]
                for row in warehouse.rows(
                    f"select distinct export_name from {project.relation('delivered_members')}"
                    f" where removed_at is null and (key_type, key_value) in ({pairs(points)})"
                    " order by export_name"
                )
            ]
    return [entry for entry, _ in found.values()]


def told(project: Project, who: str) -> str | None:
    """What to say of somebody whom no profile has because they were erased here; else None."""
    points = {*people.contact_points_of(project, who), (request.PROFILE_ID, who)}
    wanted = points | {(kind, hashed((kind, value))) for kind, value in points}
    with open_warehouse(project) as warehouse:
        rows = [
            row
            for row in request.stored_rows(project, warehouse)
            if (row["key_type"], row["key_value"]) in wanted
        ]
        salted = ", ".join(f"'{digest(point)}'" for point in points)
        stones = warehouse.rows(
            f"select denied_at, erased_at from {project.relation('tombstones')}"
            f" where contact_point_hash in ({salted}) order by denied_at desc"
        )
    if rows:
        last = rows[-1]
        asked = f"{who} asked on {last['requested_at']:%Y-%m-%d} to be erased, and "
        if last["completed_at"] is None:
            return (
                f"{asked}is in no profile, segment or export any more; the erasure is not "
                "complete yet (`consent status` shows what it waits for)."
            )
        return (
            f"{asked}was erased here on {last['completed_at']:%Y-%m-%d}. Nothing is kept but a "
            "salted hash, by which whatever a source still brings is withheld until a later yes "
            "to storage."
        )
    if stones:
        return (
            f"{who} said no to the storage of data on {stones[0]['denied_at']:%Y-%m-%d} and is "
            "withheld from every profile, segment and export, until a later yes to storage."
        )
    return None


def masked(point: Point) -> str:
    """A contact point as reports show it."""
    kind, value = point
    if is_hash(value):
        return f"{kind} (hashed)"
    if "@" in value:
        return f"{kind} {value[0]}***{value[value.index('@') :]}"
    return f"{kind} {value[0]}***{value[-2:]}" if len(value) > 2 else f"{kind} ***"
