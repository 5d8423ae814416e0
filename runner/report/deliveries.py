"""Deliveries in numbers: how long removals take, and what was handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from runner.dbt import Project
from runner.operations.outstanding import ExportLine
from runner.report.consent import monday
from runner.report.figures import Figure, Row
from runner.report.small import said
from runner.warehouse import Warehouse

KINDS = ("full", "added", "removed")
_WEEKS = 26


def removals(
    project: Project, warehouse: Warehouse, lines: Sequence[ExportLine], exact: bool
) -> Figure:
    """Hours from a withdrawal to its delivered removal, against the limit of the export."""
    taken = {
        row["export_name"]: row
        for row in warehouse.rows(
            f"""
            select
                export_name,
                count(*) as removed,
                percentile_cont(0.5) within group (order by hours) as usual,
                max(hours) as slowest
            from (
                select
                    export_name,
                    extract(epoch from (min(removed_at) - min(withdrawn_at))) / 3600.0 as hours
                from {project.relation("int_exports__withdrawals")}
                where removed_at >= withdrawn_at and withdrawn_at >= delivered_at
                group by export_name, destination, key_type, key_value
            ) as taken
            group by export_name
            """
        )
    }
    rows: list[Row] = []
    for line in sorted(lines, key=lambda line: (line.export, line.destination)):
        each = taken.get(line.export, {})
        rows.append(
            {
                "export": line.export,
                "removed": said(int(each.get("removed") or 0), exact),
                "usual_hours": _hours(each.get("usual")),
                "slowest_hours": _hours(each.get("slowest")),
                "limit_hours": _hours(line.limit_hours),
                "waiting": said(line.waiting, exact),
                "overdue": said(line.overdue, exact),
            }
        )
    columns = (
        "export",
        "removed",
        "usual_hours",
        "slowest_hours",
        "limit_hours",
        "waiting",
        "overdue",
    )
    return Figure("removals", columns, rows, "limits", {"of": "export"})


def delivered(project: Project, warehouse: Warehouse, today: date, exact: bool) -> Figure:
    """Contact points handed over per week, by kind of file."""
    first = monday(today) - timedelta(weeks=_WEEKS - 1)
    rows = warehouse.rows(
        f"""
        select
            cast(date_trunc('week', delivered_at) as date) as week,
            export_name as export,
            kind,
            sum(row_count) as contact_points
        from {project.relation("deliveries")}
        where
            status = 'delivered'
            and kind in ('full', 'added', 'removed')
            and delivered_at >= cast($1 as timestamp)
            and delivered_at < cast($2 as timestamp)
        group by cast(date_trunc('week', delivered_at) as date), export_name, kind
        order by week, export, kind
        """,
        [first.isoformat(), (today + timedelta(days=1)).isoformat()],
    )
    return Figure(
        "delivered",
        ("week", "export", "kind", "contact_points"),
        [
            {
                "week": row["week"],
                "export": row["export"],
                "kind": row["kind"],
                "contact_points": said(int(row["contact_points"]), exact),
            }
            for row in rows
        ],
        "columns",
        {
            "of": "week",
            "by": "kind",
            "value": "contact_points",
            "every": [first + timedelta(weeks=index) for index in range(_WEEKS)],
        },
    )


def _hours(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
