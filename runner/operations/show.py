"""What `consent status` shows to people."""

from __future__ import annotations

from collections.abc import Mapping

from runner import console
from runner.operations.status import Status


def show_status(found: Status) -> None:
    """What is not well, then runs, sizes, sources and exports, the worst first."""
    if found.running:
        now = found.running
        console.show_table(
            ("running", "since (UTC)", "process", "on"),
            [(now.command, now.since, str(now.process), now.host)],
            title="Running now",
        )
        console.show_table(
            ("step", "status", "seconds"),
            [(step["name"], step["status"], step["seconds"] or None) for step in now.steps],
            title="Its steps",
        )
    console.show_table(
        ("started (UTC)", "run", "status", "minutes", "usually", "not well", "log"),
        [
            (
                each.started_at,
                each.command,
                each.status,
                each.minutes,
                each.usual_minutes,
                "; ".join(each.not_well),
                each.log,
            )
            for each in found.runs
        ],
        title="The last runs",
    )
    console.show_table(
        ("table", "rows", "before", "change"),
        [(each.table, each.rows, each.rows_before, each.change) for each in found.sizes],
        title="Sizes after the last refresh",
    )
    console.show_table(
        ("source", "is", "arrived (UTC)", "age h", "limit h"),
        [
            (each.source, each.status, each.loaded_at, each.age_hours, each.limit_hours)
            for each in found.freshness
        ],
        title="How old the sources are",
    )
    console.show_table(
        ("consent source", "events", "last recorded there", "last arrived here"),
        [
            (each.source, each.events, each.last_recorded_at, each.last_arrived_at)
            for each in found.sources
        ],
        title="Consent, by source",
    )
    console.show_table(
        (
            "export",
            "destination",
            "last delivered",
            "rows",
            "out there",
            "withdrawn",
            "overdue",
            "limit h",
            "median h",
            "",
        ),
        [
            (
                each.export,
                each.destination,
                each.last_delivered_at,
                _counts(each.last_rows),
                each.outstanding,
                each.waiting,
                each.overdue,
                each.limit_hours,
                each.median_hours,
                each.note,
            )
            for each in found.exports
        ],
        title="Exports",
    )
    console.show_table(
        ("warning", "rows", "listed in"),
        [(each.test, each.rows, each.table) for each in found.warnings],
        title="Warnings of the last build",
    )
    if found.warnings:
        console.say("`consent rejected` shows what is behind the warnings.")
    console.show_table(
        ("erasure asked for (UTC)", "days", "contact points", "removal not delivered by"),
        [
            (
                each.requested_at,
                each.age_days,
                ", ".join(each.contact_points),
                ", ".join(each.waiting) or "none: repeat `consent erase`",
            )
            for each in found.erasures
        ],
        title="Erasures that are not complete",
    )
    if found.note:
        console.say(found.note)
    for problem in found.problems:
        console.complain(problem)


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in rows.items())
