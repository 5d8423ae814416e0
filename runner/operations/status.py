"""`consent status`: did the last refreshes go well, how fresh is consent, who is still out there?

Read from what the warehouse keeps, and from the lock; nothing is built and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from runner import clock
from runner.dbt import Project
from runner.erasure.pending import Pending, pending
from runner.errors import WarehouseInUseError
from runner.exports import state
from runner.exports.contract import Export, exports
from runner.operations import lock, record, rejected
from runner.operations.outstanding import ExportLine, out_there, shortest_limit
from runner.operations.rejected import Warned
from runner.operations.steps import CANCELLED, FAILED, SKIPPED, SUCCESSFUL
from runner.warehouse import Warehouse, open_warehouse

SHOWN = 5
_COMPARED = 10
"""The runs before one that tell how long it usually takes."""


@dataclass
class Running:
    """The command that works on the warehouse now."""

    command: str
    since: datetime
    process: int
    host: str
    steps: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class RunLine:
    """One run that has ended.

    Attributes:
        status: successful, failed, cancelled, or interrupted where the process was killed.
        usual_minutes: how long those before it took, the median of the successful ones.
        not_well: steps that were not successful, with what they say.
    """

    started_at: datetime
    command: str
    status: str
    minutes: float | None = None
    usual_minutes: float | None = None
    not_well: list[str] = field(default_factory=list)
    log: str = ""


@dataclass
class SizeLine:
    """A table after the last successful refresh, and after the one before it."""

    table: str
    rows: int
    rows_before: int | None

    @property
    def change(self) -> int | None:
        """Rows more, or less."""
        return None if self.rows_before is None else self.rows - self.rows_before


@dataclass
class AgeLine:
    """A source: when its data arrived, as the last run found it, and how old that is now.

    Attributes:
        status: fresh, late (reported), too old (nothing is delivered from it) or unknown.
    """

    source: str
    status: str
    loaded_at: datetime | None
    age_hours: float | None
    limit_hours: float | None


@dataclass
class SourceLine:
    """A consent source: when its last event was recorded there, and when the last one arrived."""

    source: str
    events: int
    last_recorded_at: datetime | None
    last_arrived_at: datetime | None


@dataclass
class Status:
    """Everything that an operator asks about, the worst first.

    Attributes:
        problems: what somebody has to look at, one sentence each; empty when all is well.
        warnings: of the last build's tests; `consent rejected` shows what is behind them.
        erasures: requests that are not complete.
        note: why a part is missing, where one is.
    """

    problems: list[str] = field(default_factory=list)
    running: Running | None = None
    runs: list[RunLine] = field(default_factory=list)
    sizes: list[SizeLine] = field(default_factory=list)
    freshness: list[AgeLine] = field(default_factory=list)
    sources: list[SourceLine] = field(default_factory=list)
    exports: list[ExportLine] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    erasures: list[Pending] = field(default_factory=list)
    note: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.problems


def status(project: Project, now: datetime | None = None) -> Status:
    """Looks at everything.

    Args:
        project: the parsed project, with its target.
        now: the moment that overdue is counted at, UTC; the present.

    Raises:
        ConsentError: the warehouse does not exist, or another program than `consent` holds it.
    """
    now = now or clock.now()
    contracts = exports(project)
    said, is_held = lock.holder(project)
    found = Status(running=_running(said) if is_held else None)
    left = [record.interrupted(each) for each in said.get("unrecorded") or ()]
    try:
        with open_warehouse(project) as warehouse:
            rows = [*_read_back(left), *record.recorded(project, warehouse, SHOWN + _COMPARED * 3)]
            rows.sort(key=lambda row: row["started_at"], reverse=True)
            found.runs = _runs(rows)
            found.sizes = _sizes(rows)
            found.freshness = _freshness(rows, now)
            found.warnings = rejected.stored(project, warehouse)
            if not state.is_current(project, warehouse):
                found.note = (
                    "What was sent is recorded as an earlier version did: `consent refresh` "
                    "brings it up to date."
                )
            elif warehouse.has(project.relation("int_exports__withdrawals")):
                found.sources = _sources(project, warehouse)
                found.exports = out_there(project, warehouse, contracts, now)
                found.erasures = pending(project, warehouse, now)
            else:
                found.note = "Nothing is built yet: `consent refresh` does it."
            found.problems = _problems(found, rows, contracts, now)
    except WarehouseInUseError:
        if found.running is None:
            raise
        found.note = "The warehouse is being written: all else is shown when that has ended."
    limit = shortest_limit(contracts)
    if found.running and limit and now - found.running.since > limit:
        found.problems.append(
            f"{found.running.command} has been running for {_hours(now - found.running.since)} h, "
            f"longer than the shortest remove_within ({_hours(limit)} h)."
        )
    return found


def _running(said: Mapping[str, Any]) -> Running:
    return Running(
        command=str(said.get("what")),
        since=datetime.fromisoformat(said.get("since") or clock.now().isoformat()),
        process=int(said.get("pid") or 0),
        host=str(said.get("host")),
        steps=(said.get("run") or {}).get("steps") or [],
    )


def _read_back(left: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Runs that only the lock's file knows, as the record would give them."""
    times = ("started_at", "ended_at")
    return [
        {**run, **{name: run[name] and datetime.fromisoformat(run[name]) for name in times}}
        for run in left
    ]


def _problems(
    found: Status, rows: Sequence[Mapping[str, Any]], contracts: Sequence[Export], now: datetime
) -> list[str]:
    problems = [
        f"{each.export}: {each.overdue:,} withdrawals are overdue, the oldest since "
        f"{each.oldest_waiting:%Y-%m-%d %H:%M} UTC."
        for each in found.exports
        if each.overdue
    ]
    problems += [f"{each.export}: {each.left_behind}" for each in found.exports if each.note]
    problems += [each.problem for each in found.erasures if each.is_late]
    last_refresh = next((row for row in rows if row["command"] == "refresh"), None)
    last = rows[0] if rows else None
    for row in [last_refresh] if last is last_refresh else [last, last_refresh]:
        if row and row["status"] != SUCCESSFUL:
            problems.append(
                f"The last {row['command']} ({row['started_at']:%Y-%m-%d %H:%M} UTC) "
                + (FAILED if row["status"] == FAILED else f"was {row['status']}")
                + (f": {_bad(row)[0]}." if _bad(row) else ".")
            )
    good = next((r for r in rows if r["command"] == "refresh" and r["status"] == SUCCESSFUL), None)
    limit = shortest_limit(contracts)
    if good and limit and now - good["started_at"] > limit:
        problems.append(
            f"The last successful refresh was {_hours(now - good['started_at'])} h ago, longer "
            f"than the shortest remove_within ({_hours(limit)} h): a withdrawal may wait unseen."
        )
    return problems


def _runs(rows: Sequence[Mapping[str, Any]]) -> list[RunLine]:
    lines = []
    for index, row in enumerate(rows[:SHOWN]):
        before = sorted(
            minutes
            for other in rows[index + 1 :]
            if other["command"] == row["command"]
            and other["status"] == SUCCESSFUL
            and (minutes := _minutes(other)) is not None
        )[:_COMPARED]
        lines.append(
            RunLine(
                started_at=row["started_at"],
                command=row["command"],
                status=row["status"],
                minutes=_rounded(_minutes(row)),
                usual_minutes=_rounded(before[len(before) // 2] if before else None),
                not_well=_bad(row),
                log=row.get("log") or "",
            )
        )
    return lines


def _sizes(rows: Sequence[Mapping[str, Any]]) -> list[SizeLine]:
    counted = [row["row_counts"] for row in rows if row["row_counts"]]
    if not counted:
        return []
    before = counted[1] if len(counted) > 1 else {}
    return [SizeLine(name, number, before.get(name)) for name, number in counted[0].items()]


def _freshness(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[AgeLine]:
    found: Sequence[Mapping[str, Any]] = next((r["freshness"] for r in rows if r["freshness"]), [])
    lines = []
    for each in found:
        loaded_at = datetime.fromisoformat(each["loaded_at"]) if each["loaded_at"] else None
        age = _hours(now - loaded_at) if loaded_at else None
        limits = (each["error_after_hours"], each["warn_after_hours"])
        if age is None:
            state = "unknown"
        elif limits[0] is not None and age > limits[0]:
            state = "too old"
        else:
            state = "late" if limits[1] is not None and age > limits[1] else "fresh"
        limit = limits[0] if limits[0] is not None else limits[1]
        lines.append(AgeLine(each["source"], state, loaded_at, age, limit))
    worst = {"too old": 0, "unknown": 1, "late": 2, "fresh": 3}
    return sorted(lines, key=lambda line: (worst[line.status], -(line.age_hours or 0)))


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


def _bad(row: Mapping[str, Any]) -> list[str]:
    """The steps that failed, with what they say, and how many more were skipped or cancelled."""
    steps = row["steps"]
    bad = [
        f"{step['name']} {step['status']}" + (f": {step['detail']}" if step["detail"] else "")
        for step in steps
        if step["status"] == FAILED or (step["status"] == SKIPPED and _is_first(step, steps))
    ]
    rest = Counter(step["status"] for step in steps if step["status"] in (SKIPPED, CANCELLED))
    return [*bad, *(f"{count} steps {status}" for status, count in rest.items())]


def _is_first(step: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a step was skipped for something that is no step of its own."""
    return all(step["because"] != other["name"] for other in steps)


def _minutes(row: Mapping[str, Any]) -> float | None:
    if not row["ended_at"]:
        return None
    return float((row["ended_at"] - row["started_at"]).total_seconds()) / 60


def _hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
