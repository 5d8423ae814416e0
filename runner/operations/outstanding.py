"""What is out there, per export and destination, and the withdrawals that wait for removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runner.dbt import Project
from runner.exports.contract import Export
from runner.exports.destination import named
from runner.warehouse import Warehouse


@dataclass
class ExportLine:
    """A destination of an export: its last delivery, and its withdrawals.

    Attributes:
        last_rows: of that delivery, contact points per kind.
        outstanding: contact points that are out there.
        waiting: of these, withdrawn and not yet delivered as removed.
        overdue: of these, longer than `remove_within` allows.
        oldest_waiting: since when the first one waits.
        median_hours: usual time from a withdrawal to its delivered removal.
        note: why nothing will remove who is out there, where that is so.
    """

    export: str
    last_delivered_at: datetime | None
    outstanding: int
    waiting: int = 0
    overdue: int = 0
    oldest_waiting: datetime | None = None
    limit_hours: float | None = None
    median_hours: float | None = None
    destination: str = ""
    last_rows: dict[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def left_behind(self) -> str:
        """What to do about people at a destination that nothing is delivered to any more."""
        return (
            f"{self.outstanding:,} contact points are out there at {self.destination}, and "
            f"{self.note}. `consent export {self.export} --retire` removes them there."
        )


def out_there(
    project: Project, warehouse: Warehouse, declared: Sequence[Export], now: datetime
) -> list[ExportLine]:
    """Every destination that is delivered to, and every one that was left with people out there.

    Those with something overdue come first.
    """
    contracts = {(each.name, named(each.destination)): each for each in declared}
    found = {key: ExportLine(key[0], None, 0, destination=key[1]) for key in contracts}
    for row in warehouse.rows(
        f"""
        select export_name, destination, kind, delivered_at, row_count
        from {project.relation("deliveries")} as deliveries
        where
            status = 'delivered'
            and kind in ('full', 'added', 'removed')
            and delivered_at = (
                select max(latest.delivered_at)
                from {project.relation("deliveries")} as latest
                where
                    latest.export_name = deliveries.export_name
                    and latest.destination = deliveries.destination
                    and latest.status = 'delivered'
                    and latest.kind in ('full', 'added', 'removed')
            )
        order by export_name, destination, kind
        """
    ):
        line = _line_of(found, row["export_name"], row["destination"])
        line.last_delivered_at = row["delivered_at"]
        line.last_rows[row["kind"]] = row["row_count"]
    for row in warehouse.rows(
        f"""
        select export_name, destination, count(*) as outstanding
        from {project.relation("delivered_members")}
        where removed_at is null
        group by export_name, destination
        """
    ):
        _line_of(found, row["export_name"], row["destination"]).outstanding = row["outstanding"]
    places = {each.name: named(each.destination) for each in declared}
    for key, line in found.items():
        if key in contracts:
            _withdrawals(project, warehouse, line, contracts[key], now)
        elif line.outstanding:
            place = places.get(line.export)
            line.note = (
                f"the export delivers to {place} now"
                if place
                else "the export is no longer in the project"
            )
    return sorted(
        (line for key, line in found.items() if key in contracts or line.note),
        key=lambda line: (
            -line.overdue,
            -line.waiting,
            not line.note,
            line.export,
            line.destination,
        ),
    )


def shortest_limit(contracts: Sequence[Export]) -> timedelta | None:
    """The shortest time in which a withdrawal must be delivered as removed; None without one."""
    return min((each.remove_within for each in contracts if each.remove_within), default=None)


def _line_of(found: dict[tuple[str, str], ExportLine], export: str, destination: str) -> ExportLine:
    return found.setdefault(
        (export, destination), ExportLine(export, None, 0, destination=destination)
    )


def _withdrawals(
    project: Project,
    warehouse: Warehouse,
    line: ExportLine,
    contract: Export,
    now: datetime,
) -> None:
    """Fills in who waits for removal, since when, and how long removals have taken."""
    table = project.relation("int_exports__withdrawals")
    since = str(now - (contract.remove_within or timedelta()))
    values = [line.export, line.destination, since, *contract.required]
    required = ", ".join(f"${index}" for index in range(4, len(values) + 1))
    # withdrawn, and out there although the last build permits it no more
    (waiting,) = warehouse.rows(
        f"""
        select
            count(*) as waiting,
            min(since) as oldest,
            count(case when since < cast($3 as timestamp) then 1 end) as overdue
        from (
            select withdrawals.key_type, withdrawals.key_value,
                min(withdrawals.withdrawn_at) as since
            from {table} as withdrawals
            left join (
                select key_type, key_value
                from {project.relation("contact_point_permissions")}
                where is_permitted and purpose in ({required or "null"})
                group by key_type, key_value, profile_id
                having count(*) = {len(contract.required)}
            ) as permitted
                on withdrawals.key_type = permitted.key_type
                and withdrawals.key_value = permitted.key_value
            where
                withdrawals.export_name = $1
                and withdrawals.destination = $2
                and withdrawals.removed_at is null
                and withdrawals.lifted_at is null
                and permitted.key_value is null
            group by withdrawals.key_type, withdrawals.key_value
        ) as contact_points
        """,
        values,
    )
    limit = contract.remove_within
    line.waiting, line.oldest_waiting = waiting["waiting"], waiting["oldest"]
    if limit is not None:
        line.limit_hours = limit.total_seconds() / 3600
        line.overdue = waiting["overdue"]
    taken = warehouse.rows(
        f"""
        select withdrawn_at, removed_at
        from (
            select
                key_type, key_value, min(withdrawn_at) as withdrawn_at,
                min(removed_at) as removed_at
            from {table}
            where
                export_name = $1
                and destination = $2
                and removed_at >= withdrawn_at
                and withdrawn_at >= delivered_at
            group by key_type, key_value
        ) as contact_points
        order by removed_at desc
        limit 1000
        """,
        [line.export, line.destination],
    )
    hours = sorted((r["removed_at"] - r["withdrawn_at"]).total_seconds() / 3600 for r in taken)
    line.median_hours = round(hours[len(hours) // 2], 2) if hours else None
