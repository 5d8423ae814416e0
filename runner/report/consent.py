"""Consent in numbers: what stands, how it changed, where it comes from, what is about to end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from runner.dbt import Project
from runner.report.figures import Figure, Row
from runner.report.history import History
from runner.report.small import Count, parts, said
from runner.warehouse import Warehouse

STATUSES = ("granted", "pending", "expired", "denied", "suppressed", "no_record")
_WEEKS = 52
_MONTHS = 12


def permitted(
    project: Project, warehouse: Warehouse, purposes: Sequence[str], past: History, exact: bool
) -> Figure:
    """People permitted per purpose, now and a month ago."""
    consents = project.relation("profile_consents")
    now = {
        row["purpose"]: (row["permitted"], row["people"])
        for row in warehouse.rows(
            "select purpose, count(*) as people,"
            " count(case when is_permitted then 1 end) as permitted"
            f" from {consents} group by purpose"
        )
    }
    before = past.month_ago("permitted")
    people_before = past.month_ago("people").get(("people", ""), 0)
    rows: list[Row] = []
    for purpose in purposes:
        yes, people = now.get(purpose, (0, 0))
        then = before.get((purpose, ""))
        rows.append(
            {
                "purpose": purpose,
                "now": _of_all(yes, people, exact),
                "month_ago": None if then is None else _of_all(then, people_before, exact),
            }
        )
    return Figure("permitted", ("purpose", "now", "month_ago"), rows, "pairs", {"of": "purpose"})


def statuses(
    project: Project, warehouse: Warehouse, purposes: Sequence[str], exact: bool
) -> Figure:
    """Contact points per purpose and status; what is suppressed is a status of its own."""
    counted: dict[str, dict[str, int]] = {name: dict.fromkeys(STATUSES, 0) for name in purposes}
    for row in warehouse.rows(
        f"""
        select purpose, status, counted
        from (
            select
                purpose,
                case when reason = 'suppressed' then 'suppressed' else status end as status,
                count(*) as counted
            from {project.relation("contact_point_permissions")}
            group by purpose, case when reason = 'suppressed' then 'suppressed' else status end
        ) as statuses
        """
    ):
        counted[row["purpose"]][row["status"]] = row["counted"]
    rows = [{"purpose": name, **parts(each, exact)[0]} for name, each in counted.items()]
    return Figure("statuses", ("purpose", *STATUSES), rows, "stacked", {"of": "purpose"})


def weekly(project: Project, warehouse: Warehouse, today: date, exact: bool) -> Figure:
    """Grants and withdrawals per week, by when they were recorded; whole weeks only."""
    first = monday(today) - timedelta(weeks=_WEEKS)
    counted: dict[date, dict[str, int]] = {}
    for row in warehouse.rows(
        f"""
        select
            cast(date_trunc('week', recorded_at) as date) as week,
            count(distinct case when status = 'granted' then event_id end) as grants,
            count(distinct case when status = 'denied' then event_id end) as withdrawals
        from {project.relation("int_consent__statements")}
        where
            not is_retracted
            and recorded_at >= cast($1 as timestamp)
            and recorded_at < cast($2 as timestamp)
        group by cast(date_trunc('week', recorded_at) as date)
        """,
        [first.isoformat(), monday(today).isoformat()],
    ):
        counted[_day(row["week"])] = {"grants": row["grants"], "withdrawals": row["withdrawals"]}
    rows: list[Row] = []
    for index in range(_WEEKS if counted else 0):
        week = first + timedelta(weeks=index)
        each = counted.get(week, {"grants": 0, "withdrawals": 0})
        rows.append({"week": week, **{key: said(value, exact) for key, value in each.items()}})
    return Figure("weekly", ("week", "grants", "withdrawals"), rows, "lines", {"of": "week"})


def origins(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Where the grants that permit something come from: source by purpose."""
    rows = warehouse.rows(
        f"""
        select source_name as source, purpose, count(*) as counted
        from {project.relation("contact_point_permissions")}
        where is_permitted and status = 'granted' and source_name is not null
        group by source_name, purpose
        order by source_name, purpose
        """
    )
    return Figure(
        "origins",
        ("source", "purpose", "contact_points"),
        [
            {
                "source": row["source"],
                "purpose": row["purpose"],
                "contact_points": said(row["counted"], exact),
            }
            for row in rows
        ],
        "heat",
        {"x": "purpose", "y": "source", "value": "contact_points"},
    )


def expiring(project: Project, warehouse: Warehouse, now: datetime, exact: bool) -> Figure:
    """Permitted contact points whose grant ends in the coming twelve months."""
    return Figure(
        "expiring",
        ("month", "purpose", "contact_points"),
        _by_month(
            warehouse,
            f"""
            select purpose as name, expires_at
            from {project.relation("contact_point_permissions")}
            where is_permitted
            """,
            now,
            ("purpose", "contact_points"),
            exact,
        ),
        "columns",
        {
            "of": "month",
            "by": "purpose",
            "value": "contact_points",
            "every": [months_on(now.date().replace(day=1), n) for n in range(_MONTHS + 1)],
        },
    )


def losses(
    project: Project,
    warehouse: Warehouse,
    guards: Sequence[tuple[str, str]],
    now: datetime,
    exact: bool,
) -> Figure:
    """Members whom each segment loses by grants that end, if nothing else changes."""
    asked = " or ".join(
        f"(members.segment_name = '{segment}' and permissions.purpose = '{purpose}')"
        for segment, purpose in guards
    )
    found = (
        _by_month(
            warehouse,
            f"""
        select members.segment_name as name, permissions.expires_at
        from {project.relation("segment_members")} as members
        inner join {project.relation("contact_point_permissions")} as permissions
            on
                members.profile_id = permissions.profile_id
                and members.key_type = permissions.key_type
                and members.key_value = permissions.key_value
        where permissions.is_permitted and permissions.expires_at is not null and ({asked})
        """,
            now,
            ("segment", "members"),
            exact,
        )
        if guards
        else []
    )
    return Figure(
        "losses",
        ("month", "segment", "members"),
        found,
        "heat",
        {"x": "month", "y": "segment", "value": "members"},
    )


def _of_all(count: int, everybody: int, exact: bool) -> Count:
    """A part of all people, whose number the page tells: the rest must not be of few either."""
    told, _ = parts({"part": count, "rest": everybody - count}, exact)
    return told["part"]


def _by_month(
    warehouse: Warehouse, ends: str, now: datetime, names: tuple[str, str], exact: bool
) -> list[Row]:
    rows = warehouse.rows(
        f"""
        select
            cast(date_trunc('month', expires_at) as date) as month, name, count(*) as counted
        from ({ends}) as ends
        where expires_at > cast($1 as timestamp) and expires_at < cast($2 as timestamp)
        group by cast(date_trunc('month', expires_at) as date), name
        order by month, name
        """,
        [now.isoformat(), months_on(now.date(), _MONTHS).isoformat()],
    )
    return [
        {
            "month": _day(row["month"]),
            names[0]: row["name"],
            names[1]: said(row["counted"], exact),
        }
        for row in rows
    ]


def months_on(day: date, months: int) -> date:
    """The day so many months on; in a shorter month its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (after - timedelta(days=1)).day))


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _day(given: Any) -> date:
    day: date = given.date() if isinstance(given, datetime) else given
    return day
