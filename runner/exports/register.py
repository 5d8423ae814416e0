"""What `deliveries` says beside what was made: what was begun, found unchanged, restated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.dbt import Project
from runner.exports.certificate import time_text
from runner.exports.contract import KINDS, Export
from runner.exports.destination import NAME, Destination
from runner.exports.signing import digest
from runner.exports.state import record_deliveries
from runner.warehouse import Warehouse, open_warehouse

KEPT = 100
"""Lines that are kept of what became no delivery, per export and destination; older ones go."""


def announce(
    project: Project,
    export: Export,
    name: str,
    now: datetime,
    as_of: datetime,
    destination: Destination,
) -> None:
    """Writes down that a delivery is begun, so that what is left of it is known to be ours."""
    intended = {
        "delivery": name,
        "export": export.name,
        "segment": export.segment,
        "delivered_at": time_text(now),
        "as_of": time_text(as_of),
        "location": destination.where(name),
        "kinds": {kind: {"rows": 0, "sha256": None} for kind in export.deliver},
    }
    with open_warehouse(project, writing=True) as warehouse:
        record_deliveries(project, warehouse, intended, destination.name, "started")


def begun(project: Project, warehouse: Warehouse, export: str, destination: str) -> list[str]:
    """Names of the deliveries to a destination that were begun and never recorded as made."""
    rows = warehouse.rows(
        f"""
        select delivery_id, kind
        from {project.relation("deliveries")}
        where export_name = $1 and destination = $2 and status = 'started'
        order by delivery_id
        """,
        [export, destination],
    )
    names = {row["delivery_id"].removesuffix(f"-{row['kind']}") for row in rows}
    return sorted(name for name in names if NAME.fullmatch(name))


def record_unchanged(
    project: Project,
    export: Export,
    last: Mapping[str, Any],
    name: str,
    now: datetime,
    destination: Destination,
) -> None:
    """One line that says: at that time, the last delivery was what would be delivered again."""
    kind = "full" if "full" in last["kinds"] else export.deliver[0]
    line = {
        **last,
        "export": export.name,
        "delivery": name,
        "delivered_at": time_text(now),
        "as_of": time_text(now),
        "kinds": {"unchanged": last["kinds"][kind]},
    }
    with open_warehouse(project, writing=True) as warehouse:
        record_deliveries(project, warehouse, line, destination.name, "unchanged")
        forget_old(project, warehouse, export.name, destination.name, "unchanged")


def forget_old(
    project: Project, warehouse: Warehouse, export: str, destination: str, status: str
) -> None:
    """Takes out the oldest lines of what was looked at, and was no delivery."""
    deliveries = project.relation("deliveries")
    warehouse.execute(
        f"""
        delete from {deliveries}
        where
            export_name = $1 and destination = $2 and status = $3
            and delivered_at < (
                select min(delivered_at) from (
                    select delivered_at from {deliveries}
                    where export_name = $1 and destination = $2 and status = $3
                    group by delivered_at
                    order by delivered_at desc limit {KEPT}
                ) as last_ones
            )
        """,
        [export, destination, status],
    )


def restate(project: Project, warehouse: Warehouse, certificate: Mapping[str, Any]) -> None:
    """Brings `deliveries` to what a certificate says after an erasure, or after its time."""
    for kind, summary in certificate["kinds"].items():
        warehouse.execute(
            f"""
            update {project.relation("deliveries")}
            set row_count = $1, sha256 = $2, certificate_sha256 = $3
            where delivery_id = $4
            """,
            [
                summary["rows"],
                summary["sha256"],
                digest(certificate),
                f"{certificate['delivery']}-{kind}",
            ],
        )


def standing(
    project: Project, warehouse: Warehouse, export: str, fingerprint: str
) -> dict[str, Any] | None:
    """The delivery that stands for a build: made of it, or found unchanged after it.

    Returns its `location` and `rows`, the number of rows per kind.
    """
    rows = warehouse.rows(
        f"""
        select made.location, made.kind, made.row_count
        from {project.relation("deliveries")} as asked
        inner join {project.relation("deliveries")} as made
            on asked.location = made.location and asked.export_name = made.export_name
        where
            asked.export_name = $1
            and asked.status in ('delivered', 'unchanged')
            and asked.delivery_id like $2
            and made.status = 'delivered'
        """,
        [export, f"%-{fingerprint}-%"],
    )
    if not rows:
        return None
    return {
        "location": rows[0]["location"],
        "rows": {row["kind"]: row["row_count"] for row in rows},
    }


def of_delivery(project: Project, warehouse: Warehouse, name: str) -> dict[str, dict[str, Any]]:
    """The rows of one delivery that was delivered, by kind; empty for one that is not known."""
    rows = warehouse.rows(
        f"""
        select kind, row_count, sha256, certificate_sha256
        from {project.relation("deliveries")}
        where status = 'delivered' and delivery_id like $1
        """,
        [f"{name}-%"],
    )
    return {row["kind"]: row for row in rows}


def forget(project: Project, warehouse: Warehouse, name: str) -> None:
    """Takes out the rows of one delivery."""
    for kind in KINDS:
        warehouse.execute(
            f"delete from {project.relation('deliveries')} where delivery_id = $1",
            [f"{name}-{kind}"],
        )
