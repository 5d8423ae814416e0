"""`deliveries` and `delivered_members`: the tables of the warehouse that only this module writes.

What was sent is kept per export and destination, so that one that moves away and back is caught
up with, and one that was left is not forgotten. A row of `delivered_members` is the whole truth
about one contact point at one destination of one export (`ROW`); its state beside the deliveries
is ledger.py's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.dbt import Project
from runner.errors import ConsentError
from runner.exports.contract import KINDS
from runner.exports.local import batches_of, spool
from runner.exports.signing import digest
from runner.warehouse import Warehouse

ROW = "key_type, key_value, profile_id, delivered_at, removed_at"
_LATER = {
    "deliveries": {"destination", "certificate_sha256", "proof"},
    "delivered_members": {"destination"},
}
"""Columns that the tables of the first version do not have."""


def require_current(project: Project, warehouse: Warehouse) -> None:
    """What an earlier version of this product wrote is brought up to date by a build.

    Raises:
        ConsentError: that has not been done yet.
    """
    if not is_current(project, warehouse):
        raise ConsentError(
            "What was sent is recorded here as an earlier version of dbt-consent did.",
            "Run `consent refresh`, which brings it up to date.",
        )


def is_current(project: Project, warehouse: Warehouse) -> bool:
    """Whether the tables have the columns of this version; so too where there are none yet."""
    for name in _LATER:
        node = project.model(name)
        columns = warehouse.rows(
            """
            select column_name from information_schema.columns
            where table_schema = $1 and table_name = $2
            """,
            [node["schema"], node["alias"]],
        )
        there = {row["column_name"] for row in columns}
        if columns and not _LATER[name] <= there:
            return False
    return True


def recorded(
    project: Project, warehouse: Warehouse, export: str, destination: str
) -> dict[str, dict[str, Any]]:
    """The deliveries to a destination that the warehouse knows, oldest first, by their names.

    Each has `location`, and per kind the number of `rows` and the `sha256`.
    """
    rows = warehouse.rows(
        f"""
        select delivery_id, kind, location, row_count, sha256
        from {project.relation("deliveries")}
        where
            export_name = $1
            and destination = $2
            and status = 'delivered'
            and kind in ('full', 'added', 'removed')
        order by delivery_id
        """,
        [export, destination],
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["delivery_id"].removesuffix(f"-{row['kind']}")
        entry = found.setdefault(name, {"location": row["location"], "rows": {}, "sha256": {}})
        entry["rows"][row["kind"]] = row["row_count"]
        entry["sha256"][row["kind"]] = row["sha256"]
    return found


def outstanding(project: Project, warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """How many contact points are out there, by export and destination."""
    rows = warehouse.rows(
        f"""
        select export_name, destination, count(*) as outstanding
        from {project.relation("delivered_members")}
        where removed_at is null
        group by export_name, destination
        order by export_name, destination
        """
    )
    return {(row["export_name"], row["destination"]): row["outstanding"] for row in rows}


def close(
    project: Project,
    warehouse: Warehouse,
    export: str,
    destination: str,
    now: datetime,
    delivered: int = 0,
) -> int:
    """Writes that a destination was given up, and that nobody is out there any more.

    Args:
        project: the parsed project.
        warehouse: opened for writing.
        export: the export.
        destination: as `Destination.name`.
        now: when.
        delivered: how many removals were delivered for it and are recorded.

    Returns:
        How many were still out there, and are stated to be removed.
    """
    mine = [export, destination]
    stated = outstanding(project, warehouse).get((export, destination), 0)
    warehouse.execute(
        f"""
        update {project.relation("delivered_members")}
        set removed_at = cast($3 as timestamp)
        where export_name = $1 and destination = $2 and removed_at is null
        """,
        [*mine, str(now)],
    )
    mark = hashlib.sha256(":".join(mine).encode()).hexdigest()[:8]
    warehouse.execute(
        f"""
        insert into {project.relation("deliveries")} (
            delivery_id, export_name, destination, segment_name, kind, delivered_at, as_of,
            row_count, status
        )
        select
            $3, $1, $2, coalesce(max(segment_name), 'unknown'), 'retired',
            cast($4 as timestamp), cast($4 as timestamp), cast($5 as bigint), 'delivered'
        from {project.relation("deliveries")}
        where export_name = $1 and destination = $2
        """,
        [*mine, f"{now:%Y%m%dT%H%M%S%f}Z-{mark}-retired", str(now), stated + delivered],
    )
    return stated


def read(project: Project, warehouse: Warehouse, export: str, destination: str, to: Path) -> None:
    """Every row of what was sent to a destination, into a file."""
    batches = warehouse.stream(
        f"""
        select {ROW} from {project.relation("delivered_members")}
        where export_name = $1 and destination = $2
        """,
        [export, destination],
    )
    spool(batches, to)


def record(
    project: Project,
    warehouse: Warehouse,
    certificate: Mapping[str, Any],
    destination: str,
    rows: Path,
    *,
    replace: bool,
) -> None:
    """Writes one delivery into the warehouse; the caller commits. Twice is the same as once.

    Args:
        project: the parsed project.
        warehouse: opened for writing.
        certificate: of the delivery.
        destination: where it is.
        rows: the delivery's ledger file. A row that is older than the warehouse's is not taken.
        replace: forget the destination's rows first; the file is the whole ledger.
    """
    mine = [certificate["export"], destination]
    members = project.relation("delivered_members")
    warehouse.execute("drop table if exists _incoming_rows")
    warehouse.load("_incoming_rows", batches_of(rows))
    if replace:
        warehouse.execute(
            f"delete from {members} where export_name = $1 and destination = $2", mine
        )
    warehouse.execute(
        f"""
        delete from _incoming_rows
        where exists (
            select 1 from {members} as kept
            where
                kept.export_name = $1
                and kept.destination = $2
                and kept.key_type = _incoming_rows.key_type
                and kept.key_value = _incoming_rows.key_value
                and coalesce(kept.removed_at, kept.delivered_at)
                    > coalesce(_incoming_rows.removed_at, _incoming_rows.delivered_at)
        )
        """,
        mine,
    )
    warehouse.execute(
        f"""
        delete from {members}
        where export_name = $1 and destination = $2 and exists (
            select 1 from _incoming_rows as incoming
            where
                incoming.key_type = {members}.key_type
                and incoming.key_value = {members}.key_value
        )
        """,
        mine,
    )
    warehouse.execute(
        f"""
        insert into {members} (export_name, destination, {ROW})
        select cast($1 as varchar), cast($2 as varchar), {ROW} from _incoming_rows
        """,
        mine,
    )
    warehouse.execute("drop table _incoming_rows")
    record_deliveries(project, warehouse, certificate, destination, "delivered")


def record_deliveries(
    project: Project,
    warehouse: Warehouse,
    certificate: Mapping[str, Any],
    destination: str,
    status: str,
) -> None:
    """Writes the rows of `deliveries` that a certificate stands for, one per kind."""
    deliveries = project.relation("deliveries")
    for kind in {*KINDS, *certificate["kinds"]}:
        warehouse.execute(
            f"delete from {deliveries} where delivery_id = $1",
            [f"{certificate['delivery']}-{kind}"],
        )
    for kind, summary in certificate["kinds"].items():
        warehouse.execute(
            f"""
            insert into {deliveries} (
                delivery_id, export_name, destination, segment_name, kind, delivered_at, as_of,
                location, proof, row_count, sha256, status, certificate_sha256
            )
            values (
                $1, $2, $3, $4, $5, cast($6 as timestamp), cast($7 as timestamp), $8, $9, $10, $11,
                $12, $13
            )
            """,
            [
                f"{certificate['delivery']}-{kind}",
                certificate["export"],
                destination,
                certificate["segment"],
                kind,
                plain_time(certificate["delivered_at"]),
                plain_time(certificate["as_of"]),
                certificate["location"],
                _folder_of(certificate.get("proof")),
                summary["rows"],
                summary["sha256"],
                status,
                digest(certificate) if status == "delivered" else None,
            ],
        )


def _folder_of(url: str | None) -> str | None:
    """The place that a delivery's proof is in."""
    return url.rpartition("/")[0] if url else None


def plain_time(text: str) -> str:
    """A certificate's time as SQL reads it."""
    return text.replace("T", " ").removesuffix("Z")
