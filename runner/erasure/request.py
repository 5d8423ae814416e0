"""A request not to be kept, as state (`erasures`).

It is written down with all that it reaches before anything else happens, so that it is known whole
until it is complete, whatever of the person is gone by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.dbt import Project
from runner.erasure.hashes import Point, digest, hashed, is_hash
from runner.erasure.places import ERASURES
from runner.erasure.sql import listed
from runner.erasure.values import Values
from runner.warehouse import Warehouse, open_warehouse

CONTACT_POINT, PROFILE, RECORD, RAW = "contact_point", "profile", "record", "raw_value"
PROFILE_ID = "profile_id"

Record = tuple[str, str]
"""A source record: its source and its id there."""


@dataclass
class Request:
    """All that one request reaches.

    Attributes:
        ids: of the rows of `erasures` that it stands in; the first one takes what is new.
        points: contact points that are nobody else's.
        raws: other forms in which sources wrote them.
        shared: contact points that another profile, or a record in doubt, has too: they stay.
        doubtful: records of the profile that no exact key ties to the person, or whose merge is
            under review, as `source id`.
        requested_at: when it came in first; None while it is not written down.
        is_complete: everything was done before.
    """

    ids: tuple[str, ...] = ()
    points: set[Point] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    records: set[Record] = field(default_factory=set)
    raws: set[str] = field(default_factory=set)
    shared: set[Point] = field(default_factory=set)
    doubtful: tuple[str, ...] = ()
    requested_at: datetime | None = None
    is_complete: bool = False

    @property
    def values(self) -> Values:
        """What is looked for in texts."""
        return Values([*(value for _, value in self.points), *self.raws])

    @property
    def sent_as(self) -> set[Point]:
        """What deliveries and their ledger know the person by: lists of nobody's address too."""
        return self.points | {(PROFILE_ID, profile_id) for profile_id in self.profiles}


def write_down(project: Project, warehouse: Warehouse, request: Request, now: datetime) -> None:
    """The request as state, with a tombstone for each contact point; the caller commits.

    What is written down already stays as it is, so that a repetition changes nothing.
    """
    table = make(project, warehouse)
    ids = request.ids or (uuid.uuid4().hex,)
    written = {
        (row["item"], row["key_type"], row["key_value"])
        for row in warehouse.rows(
            f"select item, key_type, key_value from {table} where erasure_id in ({listed(ids)})"
        )
    }
    tombstones = project.relation("tombstones")
    for item, key_type, key_value in _items(request):
        kept_as = {key_value, hashed((key_type, key_value))}
        if any((item, key_type, each) in written for each in kept_as):
            continue
        request.is_complete = False
        warehouse.execute(
            f"insert into {table} (erasure_id, item, key_type, key_value, requested_at)"
            " values ($1, $2, $3, $4, cast($5 as timestamp))",
            [ids[0], item, key_type, key_value, str(now)],
        )
        if item == CONTACT_POINT:
            salted = digest((key_type, key_value))
            warehouse.execute(f"delete from {tombstones} where contact_point_hash = $1", [salted])
            warehouse.execute(
                f"insert into {tombstones} (contact_point_hash, denied_at, first_seen_at, made_by)"
                " values ($1, cast($2 as timestamp), cast($3 as timestamp), 'erase')",
                [salted, str(now), str(now)],
            )
    request.ids = ids
    request.requested_at = request.requested_at or now


def forget(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Rows of `erasures` as they stay when the request is complete: hashes, and when."""
    return [
        {
            **row,
            "key_value": hashed((row["key_type"], row["key_value"])),
            "completed_at": row["completed_at"] or now,
        }
        for row in rows
        if row["item"] != RAW
    ]


def stored_rows(
    project: Project, warehouse: Warehouse, ids: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Rows of `erasures`, of some requests or of all."""
    table = relation(project)
    if not warehouse.has(table):
        return []
    among = "" if ids is None else f"where erasure_id in ({listed(ids)})"
    return warehouse.rows(
        f"select erasure_id, item, key_type, key_value, requested_at, completed_at from {table}"
        f" {among} order by requested_at, erasure_id, item, key_type, key_value"
    )


def relation(project: Project) -> str:
    """The table of requests."""
    return project.relation(ERASURES)


def insert(warehouse: Warehouse, into: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes rows as they are."""
    for row in rows:
        times = [None if row[name] is None else str(row[name]) for name in _TIMES]
        warehouse.execute(
            f"insert into {into} values ($1, $2, $3, $4, cast($5 as timestamp),"
            " cast($6 as timestamp))",
            [*(row[name] for name in _TEXTS), *times],
        )


_TEXTS = ("erasure_id", "item", "key_type", "key_value")
_TIMES = ("requested_at", "completed_at")


def make(project: Project, warehouse: Warehouse) -> str:
    """The table, also where no build has made it yet."""
    table = relation(project)
    columns = [*(f"{name} text" for name in _TEXTS), *(f"{name} timestamp" for name in _TIMES)]
    warehouse.execute(f"create table if not exists {table} ({', '.join(columns)})")
    return table


def _items(request: Request) -> list[tuple[str, str, str]]:
    return [
        *((CONTACT_POINT, *point) for point in sorted(request.points)),
        *((PROFILE, PROFILE_ID, profile_id) for profile_id in sorted(request.profiles)),
        *((RECORD, *record) for record in sorted(request.records)),
        *((RAW, "raw", raw) for raw in sorted(request.raws)),
    ]


def stored(project: Project, candidates: Iterable[Point]) -> list[dict[str, Any]]:
    """All rows of the requests that have one of the contact points, or the profile."""
    wanted = set(candidates) | {(kind, hashed((kind, value))) for kind, value in candidates}
    with open_warehouse(project) as warehouse:
        rows = stored_rows(project, warehouse)
    ids = {row["erasure_id"] for row in rows if (row["key_type"], row["key_value"]) in wanted}
    mine = [row for row in rows if row["erasure_id"] in ids]
    open_ids = {row["erasure_id"] for row in mine if row["completed_at"] is None}
    # what was completed once is over, as long as something else of the person waits
    return [row for row in mine if row["erasure_id"] in open_ids] or mine


def take(request: Request, rows: Sequence[Mapping[str, Any]]) -> None:
    """Takes into a request what is written down of it and not complete."""
    if not rows:
        return
    ids = dict.fromkeys([*request.ids, *(row["erasure_id"] for row in rows)])
    request.is_complete = all(row["completed_at"] is not None for row in rows) and (
        request.is_complete or not request.ids
    )
    request.ids = tuple(ids)
    times = [row["requested_at"] for row in rows]
    request.requested_at = min([*times, request.requested_at or times[0]])
    for row in rows:
        if row["completed_at"] is not None or is_hash(row["key_value"]):
            continue  # everything but the last word was done
        point = (row["key_type"], row["key_value"])
        if row["item"] == CONTACT_POINT:
            request.points.add(point)
        elif row["item"] == PROFILE:
            request.profiles.add(point[1])
        elif row["item"] == RECORD:
            request.records.add(point)
        else:
            request.raws.add(point[1])
