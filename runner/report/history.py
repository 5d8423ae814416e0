"""What earlier refreshes counted, from `run_counts`: everything that is drawn over time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from runner.dbt import Project
from runner.warehouse import Warehouse

Counts = dict[tuple[str, str], int]
"""Name and detail → count."""
_POINTS = 120
"""Runs that a line has at most: of more, every second, third … one, and always the last."""


@dataclass
class History:
    """Counts per kind and refresh.

    Attributes:
        runs: moments of refreshes, the earliest first, thinned to what a line can show.
        month: the last refresh that is a month old or older, if there was one.
    """

    runs: list[datetime] = field(default_factory=list)
    month: datetime | None = None
    counts: dict[tuple[str, datetime], Counts] = field(default_factory=lambda: defaultdict(dict))

    def at(self, kind: str, run: datetime) -> Counts:
        """What a refresh counted of a kind."""
        return self.counts.get((kind, run), {})

    def month_ago(self, kind: str) -> Counts:
        """What was counted a month ago; nothing where no refresh is that old."""
        return self.at(kind, self.month) if self.month else {}


def history(project: Project, warehouse: Warehouse, now: datetime) -> History:
    """What was counted until now; nothing where no refresh has counted."""
    if not project.has_model("run_counts"):
        return History()
    table = project.relation("run_counts")
    if not warehouse.has(table):
        return History()
    runs = [
        row["counted_at"]
        for row in warehouse.rows(
            f"select counted_at from {table} where kind = 'people' and counted_at <= "
            "cast($1 as timestamp) group by counted_at order by counted_at",
            [now.isoformat()],
        )
    ]
    old = [run for run in runs if (now - run).days >= 30]
    step = -(-len(runs) // _POINTS) or 1
    found = History(runs[::-1][::step][::-1], old[-1] if old else None)
    wanted = {*found.runs, *([found.month] if found.month else [])}
    for row in warehouse.rows(f"select counted_at, kind, name, detail, counted from {table}"):
        if row["counted_at"] in wanted:
            kind = found.counts[row["kind"], row["counted_at"]]
            kind[row["name"], row["detail"]] = row["counted"]
    return found
