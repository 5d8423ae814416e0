"""`consent status`: did the last refreshes go well, how fresh is consent, who is still out there?

Read from what the warehouse keeps, and from the lock; nothing is built and nothing is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from runner import clock
from runner.dbt import Project
from runner.exports.contract import Export, exports
from runner.operations import lock
from runner.warehouse import Warehouse, open_warehouse

SHOWN = 5


@dataclass
class RefreshLine:
    """One refresh: `running` and `interrupted` come from the lock, the others from the record."""

    started_at: datetime
    status: str
    minutes: float | None = None
    usual_minutes: float | None = None
    failed: list[str] = field(default_factory=list)


@dataclass
class SourceLine:
    """A consent source: when its last event was recorded there, and when the last one arrived."""

    source: str
    events: int
    last_recorded_at: datetime | None
    last_arrived_at: datetime | None


@dataclass
class ExportLine:
    """An export: its last delivery, and its withdrawals.

    Attributes:
        outstanding: contact points that are out there.
        waiting: of these, withdrawn and not yet delivered as removed.
        overdue: of these, longer than `remove_within` allows.
        oldest_waiting: since when the first one waits.
        median_hours: usual time from a withdrawal to its delivered removal.
    """

    export: str
    last_delivered_at: datetime | None
    outstanding: int
    waiting: int = 0
    overdue: int = 0
    oldest_waiting: datetime | None = None
    limit_hours: float | None = None
    median_hours: float | None = None
    note: str = ""


@dataclass
class Status:
    """Everything that an operator asks about, the worst first."""

    refreshes: list[RefreshLine]
    sources: list[SourceLine]
    exports: list[ExportLine]

    @property
    def is_well(self) -> bool:
        """Whether the last refresh ended well and nothing is overdue."""
        last = next((each for each in self.refreshes if each.status != "running"), None)
        return (last is None or last.status == "successful") and not any(
            each.overdue for each in self.exports
        )


def status(project: Project, now: datetime | None = None) -> Status:
    """Looks at everything.

    Args:
        project: the parsed project, with its target.
        now: the moment that overdue is counted at, UTC; the present.

    Raises:
        ConsentError: the warehouse does not exist or is in use.
    """
    now = now or clock.now()
    with open_warehouse(project) as warehouse:
        return Status(
            refreshes=_refreshes(project, warehouse),
            sources=_sources(project, warehouse),
            exports=_exports(project, warehouse, now),
        )


def _refreshes(project: Project, warehouse: Warehouse) -> list[RefreshLine]:
    lines: list[RefreshLine] = []
    holder, runs = lock.holder(project)
    if holder.get("what") == "refresh":
        since = datetime.fromisoformat(holder["since"])
        lines.append(RefreshLine(since, "running" if runs else "interrupted"))
    table = project.state_relation("refreshes")
    if not warehouse.has(table):
        return lines
    rows = warehouse.rows(
        f"select started_at, ended_at, status, steps from {table} order by started_at desc"
    )
    minutes = [
        (row["ended_at"] - row["started_at"]).total_seconds() / 60 if row["ended_at"] else None
        for row in rows
    ]
    for index, row in enumerate(rows[:SHOWN]):
        before = sorted(each for each in minutes[index + 1 : index + 11] if each is not None)
        bad = [f"{s['name']} {s['status']}" for s in json.loads(row["steps"]) if _is_bad(s)]
        lines.append(
            RefreshLine(
                started_at=row["started_at"],
                status=row["status"],
                minutes=_rounded(minutes[index]),
                usual_minutes=_rounded(before[len(before) // 2] if before else None),
                failed=bad,
            )
        )
    return lines


def _sources(project: Project, warehouse: Warehouse) -> list[SourceLine]:
    rows = warehouse.rows(
        f"""
        select
            source_name,
            count(*) as events,
            max(recorded_at) as last_recorded_at,
            max(first_seen_at) as last_arrived_at
        from {project.relation("consent_events")}
        group by source_name
        order by last_arrived_at, source_name
        """
    )
    return [
        SourceLine(
            row["source_name"], row["events"], row["last_recorded_at"], row["last_arrived_at"]
        )
        for row in rows
    ]


def _exports(project: Project, warehouse: Warehouse, now: datetime) -> list[ExportLine]:
    contracts = {each.name: each for each in exports(project)}
    found = {name: ExportLine(name, None, 0) for name in contracts}
    for row in warehouse.rows(
        f"""
        select export_name, max(delivered_at) as last_delivered_at
        from {project.relation("deliveries")}
        where status = 'delivered'
        group by export_name
        """
    ):
        line = found.setdefault(row["export_name"], ExportLine(row["export_name"], None, 0))
        line.last_delivered_at = row["last_delivered_at"]
    for row in warehouse.rows(
        f"""
        select export_name, count(*) as outstanding
        from {project.relation("delivered_members")}
        where removed_at is null
        group by export_name
        """
    ):
        line = found.setdefault(row["export_name"], ExportLine(row["export_name"], None, 0))
        line.outstanding = row["outstanding"]
    for name, line in found.items():
        if name not in contracts:
            if line.outstanding:
                line.note = "the export is gone, and nobody was removed from its destination"
            continue
        _withdrawals(project, warehouse, line, contracts[name], now)
    return sorted(
        (line for line in found.values() if line.export in contracts or line.note),
        key=lambda line: (-line.overdue, -line.waiting, not line.note, line.export),
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
    values = [line.export, str(now - (contract.remove_within or timedelta())), *contract.required]
    required = ", ".join(f"${index}" for index in range(3, len(values) + 1))
    # withdrawn, and out there although the last build permits it no more
    (waiting,) = warehouse.rows(
        f"""
        select
            count(*) as waiting,
            min(since) as oldest,
            count(case when since < cast($2 as timestamp) then 1 end) as overdue
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
            where export_name = $1 and removed_at >= withdrawn_at and withdrawn_at >= delivered_at
            group by key_type, key_value
        ) as contact_points
        order by removed_at desc
        limit 1000
        """,
        [line.export],
    )
    hours = sorted((r["removed_at"] - r["withdrawn_at"]).total_seconds() / 3600 for r in taken)
    line.median_hours = _rounded(hours[len(hours) // 2] if hours else None)


def _is_bad(step: dict[str, Any]) -> bool:
    return step["status"] not in ("successful", "warned")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
