"""The record of runs: the table `refreshes`, which `consent status` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from runner import console
from runner.dbt import Project
from runner.errors import ConsentError
from runner.exports.finish import Outcome
from runner.operations.lock import Held
from runner.operations.rejected import Warned
from runner.operations.steps import CANCELLED, QUEUED, RUNNING, SUCCESSFUL, Step
from runner.warehouse import Warehouse, open_warehouse

TABLE = "refreshes"
KEPT = 1_000
"""Records of runs that are kept; older ones go."""
INTERRUPTED = "interrupted"
COUNTED = (
    "profiles",
    "profile_contact_points",
    "consent_events",
    "contact_point_permissions",
    "segment_members",
    "rejected_consents",
    "unmatched_consents",
)
"""The tables whose sizes are kept, to be compared with the ones before."""
_COLUMNS = (
    "started_at",
    "ended_at",
    "target",
    "status",
    "steps",
    "command",
    "row_counts",
    "freshness",
    "log",
)


@dataclass
class SourceAge:
    """How old a source was found to be.

    Attributes:
        loaded_at: when its data arrived, UTC; None when that could not be asked.
        status: pass, warn (older than it should be), error (too old to deliver from) or
            runtime error (it could not be asked).
        warn_after_hours: from this age on it is reported.
        error_after_hours: from this age on nothing is delivered from it.
    """

    source: str
    loaded_at: datetime | None
    status: str
    warn_after_hours: float | None = None
    error_after_hours: float | None = None


@dataclass
class Refresh:
    """A run from its start to its end.

    Attributes:
        status: running, successful, failed or cancelled; interrupted when it was killed.
        command: refresh or export.
        steps: in their order.
        nodes: number of built nodes per status.
        row_counts: rows of the tables that others build on, after the build.
        freshness: of the sources, when the run looked.
        warnings: of the build's tests, most rows first.
        log: its log file.
    """

    started_at: datetime
    target: str
    status: str = RUNNING
    ended_at: datetime | None = None
    command: str = "refresh"
    steps: list[Step] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)
    row_counts: dict[str, int] = field(default_factory=dict)
    freshness: list[SourceAge] = field(default_factory=list)
    deliveries: list[Outcome] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    log: str = ""

    @property
    def is_green(self) -> bool:
        """Whether everything that was asked for succeeded."""
        return all(step.status == SUCCESSFUL for step in self.steps)

    def to_keep(self) -> dict[str, Any]:
        """What the record keeps of it, as JSON would have it."""
        kept = {name: getattr(self, name) for name in _COLUMNS}
        kept["steps"] = [asdict(step) for step in self.steps]
        kept["freshness"] = [asdict(each) for each in self.freshness]
        plain: dict[str, Any] = json.loads(json.dumps(kept, default=str))
        return plain


def remember(project: Project, run: Refresh, held: Held) -> None:
    """Records a run, and those before it that nobody could record.

    Where the warehouse cannot be opened, the lock's file keeps all of them for the next run.
    """
    held.tell(run=run.to_keep())
    rows = [interrupted(each) for each in held.unrecorded] + [run.to_keep()]
    try:
        with open_warehouse(project, writing=True) as warehouse:
            _insert(project, warehouse, rows)
    except ConsentError as error:
        console.warn(f"this run will be recorded by the next one: {error.what}")
    except Exception as error:  # a full disk, a table that cannot be written: each engine's own
        first = str(error).strip().splitlines()[0]
        console.warn(f"this run will be recorded by the next one: {first}")
    else:
        held.recorded()


def interrupted(said: Mapping[str, Any]) -> dict[str, Any]:
    """The run that a lock's file tells of, as it stands when nobody works on it any more."""
    run: dict[str, Any] = dict(said["run"])
    if run["status"] == RUNNING:
        run["status"] = INTERRUPTED
        steps = []
        for step in run["steps"]:
            if step["status"] in (RUNNING, QUEUED):
                was = "was running" if step["status"] == RUNNING else "had not started"
                step = {**step, "status": CANCELLED, "detail": f"{was} when the process ended"}
            steps.append(step)
        run["steps"] = steps
    return run


def recorded(project: Project, warehouse: Warehouse, limit: int) -> list[dict[str, Any]]:
    """The last runs, the latest first, with what is JSON in them read."""
    table = project.state_relation(TABLE)
    if not warehouse.has(table):
        return []
    rows = warehouse.rows(f"select * from {table} order by started_at desc limit {limit}")
    empty = {"steps": "[]", "row_counts": "{}", "freshness": "[]"}
    for row in rows:
        row |= {name: json.loads(row.get(name) or text) for name, text in empty.items()}
        row["command"] = row.get("command") or "refresh"
    return rows


def count_rows(project: Project, warehouse: Warehouse) -> dict[str, int]:
    """Rows of the tables that others build on."""
    names = [name for name in COUNTED if project.has_model(name)]
    parts = [
        f"select '{name}' as name, count(*) as counted from {project.relation(name)}"
        for name in names
    ]
    if not parts:
        return {}
    counted = {row["name"]: row["counted"] for row in warehouse.rows(" union all ".join(parts))}
    return {name: counted[name] for name in names}


def _insert(project: Project, warehouse: Warehouse, rows: Iterable[Mapping[str, Any]]) -> None:
    table = project.state_relation(TABLE)
    warehouse.execute(
        f"""
        create table if not exists {table} (
            started_at timestamp, ended_at timestamp, target text, status text, steps text,
            command text, row_counts text, freshness text, log text
        )
        """
    )
    for row in rows:
        given = [(name, _as_text(row[name])) for name in _COLUMNS if row.get(name) is not None]
        values = ", ".join(
            f"cast(${index} as {'timestamp' if name.endswith('_at') else 'text'})"
            for index, (name, _) in enumerate(given, 1)
        )
        warehouse.execute(
            f"insert into {table} ({', '.join(name for name, _ in given)}) values ({values})",
            [value for _, value in given],
        )
    warehouse.execute(
        f"""
        delete from {table} where started_at < (
            select min(started_at) from (
                select started_at from {table} order by started_at desc limit {KEPT}
            ) as last_ones
        )
        """
    )


def _as_text(value: object) -> str:
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return json.dumps(value)
    return str(value)
