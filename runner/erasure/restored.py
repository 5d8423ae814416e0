"""What a restored backup must forget again: whoever was erased after it was made.

Two places know of that by hashes: the warehouse whose place the backup takes, and the note beside
the backup's manifest, which is there when that warehouse is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from runner import console
from runner.dbt import Project
from runner.erasure import backups, request
from runner.erasure.hashes import Point, hashed, is_hash
from runner.erasure.places import Table, table_of, tables
from runner.erasure.reach import raw_values
from runner.erasure.request import CONTACT_POINT, PROFILE, PROFILE_ID, RECORD, Request
from runner.erasure.tables import purge
from runner.errors import ConsentError, WarehouseInUseError
from runner.exports.check import ERASED
from runner.warehouse import Warehouse, open_warehouse, rewrite

_TOMBSTONE = ("contact_point_hash", "denied_at", "first_seen_at", "erased_at", "made_by")


@dataclass
class Later:
    """Erasures that a backup may not know of.

    Attributes:
        rows: of `erasures`, complete ones by hashes.
        tombstones: of those who were erased.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    tombstones: list[dict[str, Any]] = field(default_factory=list)

    @property
    def completed(self) -> dict[str, Any]:
        """When each complete request was, by its id."""
        return {row["erasure_id"]: row["completed_at"] for row in self.rows if row["completed_at"]}


def later(project: Project, folder: Path) -> Later:
    """What the warehouse that is there, and the backup's note, know of erasures.

    Raises:
        ConsentError: the note cannot be used, or another process holds the warehouse.
    """
    noted = backups.noted(folder)
    found = Later()
    try:
        with open_warehouse(project) as warehouse:
            found.rows = request.stored_rows(project, warehouse)
            table = project.relation("tombstones")
            if warehouse.has(table):
                found.tombstones = warehouse.rows(
                    f"select {', '.join(_TOMBSTONE)} from {table}"
                    " where erased_at is not null or coalesce(made_by, 'erase') <> 'evidence'"
                )
    except WarehouseInUseError:
        raise
    except (ConsentError, duckdb.Error) as error:
        if _is_there(project):
            console.warn(
                "The erasures of the warehouse that is replaced could not be read "
                f"({str(error).splitlines()[0]}). Those that the backup was told of are applied; "
                "repeat the others."
            )
    known = {row["erasure_id"] for row in found.rows}
    found.rows += [row for row in noted if row["erasure_id"] not in known]
    hashes = {row["contact_point_hash"] for row in found.tombstones}
    found.tombstones += [
        each
        for row in found.rows
        if (each := _tombstone(row))["contact_point_hash"] not in hashes
        and row["item"] == CONTACT_POINT
    ]
    return found


def apply(project: Project, warehouse: Warehouse, known: Later) -> int:
    """Erases from a restored warehouse whoever was erased before; the caller commits.

    Returns:
        The number of rows that were deleted or changed.
    """
    if not known.rows and not known.tombstones:
        return 0
    counts = purge(project, warehouse, _who(project, warehouse, known))
    table = request.make(project, warehouse)
    for erasure_id in {row["erasure_id"] for row in known.rows}:
        warehouse.execute(f"delete from {table} where erasure_id = $1", [erasure_id])
    # complete again when no byte is left
    request.insert(warehouse, table, [{**row, "completed_at": None} for row in known.rows])
    tombstones = project.relation("tombstones")
    if warehouse.has(tombstones):
        # a backup of an earlier version has fewer columns
        columns = [each for each in _TOMBSTONE if each in table_of(warehouse, tombstones).columns]
        values = ", ".join(
            f"cast(${index} as timestamp)" if each.endswith("_at") else f"${index}"
            for index, each in enumerate(columns, 1)
        )
        for row in known.tombstones:
            salted = row["contact_point_hash"]
            warehouse.execute(f"delete from {tombstones} where contact_point_hash = $1", [salted])
            warehouse.execute(
                f"insert into {tombstones} ({', '.join(columns)}) values ({values})",
                [None if row[name] is None else str(row[name]) for name in columns],
            )
    return sum(counts.values())


def finish(project: Project, known: Later) -> None:
    """Writes the restored warehouse anew, so that no byte is left of whom it had to forget."""
    if not known.completed:
        return
    table = request.relation(project)
    with open_warehouse(project) as warehouse:
        rows = request.stored_rows(project, warehouse)
    rewrite(project, table, lambda warehouse, into: request.insert(warehouse, into, rows))
    with open_warehouse(project, writing=True) as warehouse:
        for erasure_id, completed_at in known.completed.items():
            warehouse.execute(
                f"update {table} set completed_at = cast($1 as timestamp) where erasure_id = $2",
                [str(completed_at), erasure_id],
            )
    count = len(known.completed)
    console.say(f"{count} erasure{'s' if count > 1 else ''} applied to what the backup held.")


def _who(project: Project, warehouse: Warehouse, known: Later) -> Request:
    """The erased people's values that the restored tables hold in plain."""
    wanted = {
        (row["item"], row["key_type"], row["key_value"])
        for row in known.rows
        if row["completed_at"] and is_hash(row["key_value"])
    }
    found = Request()
    for table in tables(project, warehouse):
        for kind, value in _distinct(warehouse, table, "key_type", "key_value"):
            item = PROFILE if kind == PROFILE_ID else CONTACT_POINT
            if (item, kind, hashed((kind, value))) in wanted:
                (found.profiles.add(value) if item == PROFILE else found.points.add((kind, value)))
        for record in _distinct(warehouse, table, "source_name", "source_record_id"):
            if (RECORD, record[0], hashed(record)) in wanted:
                found.records.add(record)
        for column in table.kept.profiles if table.kept else ():
            for (profile_id,) in _distinct(warehouse, table, column):
                if (PROFILE, PROFILE_ID, hashed((PROFILE_ID, profile_id))) in wanted:
                    found.profiles.add(profile_id)
    found.raws = raw_values(project, warehouse, found.points)
    return found


def _distinct(warehouse: Warehouse, table: Table, *columns: str) -> list[Any]:
    if not set(columns) <= set(table.columns):
        return []
    listed = ", ".join(columns)
    rows = warehouse.rows(f"select {listed} from {table.relation} group by {listed}")
    found = [tuple(row.values()) for row in rows]
    return [each for each in found if None not in each and not is_hash(str(each[-1]))]


def _tombstone(row: Mapping[str, Any]) -> dict[str, Any]:
    point: Point = (row["key_type"], row["key_value"])
    return {
        "contact_point_hash": hashed(point).removeprefix(ERASED),
        "denied_at": row["requested_at"],
        "first_seen_at": row["requested_at"],
        "erased_at": row["completed_at"],
        "made_by": "erase",
    }


def _is_there(project: Project) -> bool:
    path = project.folder / str(getattr(project.credentials, "path", ""))
    return project.engine != "duckdb" or path.is_file()
