"""Who is meant by a request, all that it reaches, and the request as state (`erasures`).

A request reaches the records that exact keys tie to the one that was named, their contact points
and those that they had and nobody else has had since. It is written down before anything else
happens, so that it is known whole until it is complete, whatever of the person is gone by then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.dbt import Project
from runner.erasure.hashes import Point, digest, hashed
from runner.erasure.places import ERASURES, Table, tables
from runner.erasure.values import Values
from runner.errors import UsageError
from runner.exports.check import ERASED
from runner.exports.local import literal
from runner.identity import people
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


def find(project: Project, whom: Sequence[str]) -> Request:
    """Whom the texts mean, from what is built and from requests that are not complete.

    Args:
        project: the parsed project, built.
        whom: what the person is known by; several mean one person.

    Raises:
        UsageError: nobody is known by one of them, or several people are.
        ConsentError: nothing is built yet.
    """
    request = Request()
    named: set[Point] = set()
    for who in whom:
        candidates = set(people.contact_points_of(project, who)) | {(PROFILE_ID, who)}
        stored = _stored(project, candidates)
        _take(request, stored)
        try:
            found = people.find(project, who)
        except people.NobodyError:
            known = {each for each in candidates if each[0] != PROFILE_ID}
            known = known if stored else _known(project, known)
            if not known and not stored:
                raise
            named |= known
            continue
        if len(found.profile_ids) > 1 and len(whom) == 1 and not stored:
            raise UsageError(
                f"{who} is shared by the profiles {', '.join(found.profile_ids)}.",
                "Give the profile id of the person.",
            )
        if len(found.profile_ids) == 1:
            request.profiles |= set(found.profile_ids)
        named |= set(found.contact_points)
    with open_warehouse(project) as warehouse:
        _reach(project, warehouse, request, named)
        request.raws |= _raw_values(project, warehouse, request.points)
    return request


def write_down(project: Project, warehouse: Warehouse, request: Request, now: datetime) -> None:
    """The request as state, with a tombstone for each contact point; the caller commits.

    What is written down already stays as it is, so that a repetition changes nothing.
    """
    table = _make(project, warehouse)
    ids = request.ids or (uuid.uuid4().hex,)
    written = {
        (row["item"], row["key_type"], row["key_value"])
        for row in warehouse.rows(
            f"select item, key_type, key_value from {table} where erasure_id in ({_listed(ids)})"
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
                f"insert into {tombstones} (contact_point_hash, denied_at, first_seen_at)"
                " values ($1, cast($2 as timestamp), cast($3 as timestamp))",
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
    among = "" if ids is None else f"where erasure_id in ({_listed(ids)})"
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


def _make(project: Project, warehouse: Warehouse) -> str:
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


# -- what is written down already ---------------------------------------------------------------


def _stored(project: Project, candidates: Iterable[Point]) -> list[dict[str, Any]]:
    """All rows of the requests that have one of the contact points, or the profile."""
    wanted = set(candidates) | {(kind, hashed((kind, value))) for kind, value in candidates}
    with open_warehouse(project) as warehouse:
        rows = stored_rows(project, warehouse)
    ids = {row["erasure_id"] for row in rows if (row["key_type"], row["key_value"]) in wanted}
    mine = [row for row in rows if row["erasure_id"] in ids]
    open_ids = {row["erasure_id"] for row in mine if row["completed_at"] is None}
    # what was completed once is over, as long as something else of the person waits
    return [row for row in mine if row["erasure_id"] in open_ids] or mine


def _take(request: Request, rows: Sequence[Mapping[str, Any]]) -> None:
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
        if row["completed_at"] is not None or row["key_value"].startswith(ERASED):
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


def _known(project: Project, candidates: Iterable[Point]) -> set[Point]:
    """Those of which something is kept: of somebody whom no customer source knows (any more)."""
    found = set()
    with open_warehouse(project) as warehouse:
        places = [
            each.relation
            for each in tables(project, warehouse)
            if each.kept and each.kept.by_contact_point and _has_points(each)
        ]
        for point in candidates:
            if any(
                warehouse.rows(
                    f"select 1 as found from {place}"
                    " where key_type = $1 and key_value = $2 limit 1",
                    point,
                )
                for place in places
            ) or warehouse.rows(
                f"select 1 as found from {project.relation('tombstones')}"
                " where contact_point_hash = $1",
                [digest(point)],
            ):
                found.add(point)
    return found


def _has_points(table: Table) -> bool:
    return {"key_type", "key_value"} <= set(table.columns)


# -- what the person has and had ----------------------------------------------------------------


def _reach(project: Project, warehouse: Warehouse, request: Request, named: set[Point]) -> None:
    request.profiles |= _vanished(project, warehouse, named)
    request.profiles |= _merged_into(project, warehouse, request.profiles)
    records, doubtful = _records(project, warehouse, request.profiles, named)
    request.records |= set(records.values())
    request.doubtful = tuple(sorted(" ".join(each) for each in doubtful.values()))
    mine = _present(project, warehouse, request.profiles, doubtful)
    others = {
        point: owners - request.profiles
        for point, owners in _owners(project, warehouse, mine | named).items()
    }
    in_doubt = _points_of_records(project, warehouse, doubtful)
    request.shared = {point for point in mine if others[point] or point in in_doubt}
    request.points |= (mine | {point for point in named if not others[point]}) - request.shared
    former = _former(project, warehouse, request)
    taken = _owners(project, warehouse, former)
    request.points |= {point for point in former if not taken[point] - request.profiles}
    if not request.points and not request.ids:
        names = sorted(set().union(*others.values()))
        raise UsageError(
            f"Every contact point of the profile is shared with another one: {', '.join(names)}.",
            "Part them with never_match, or erase those too.",
        )


def _vanished(project: Project, warehouse: Warehouse, points: Iterable[Point]) -> set[str]:
    """Profiles that the contact points were delivered for, and that have no record any more."""
    return {
        row["profile_id"]
        for point in points
        for row in warehouse.rows(
            f"""
            select delivered.profile_id
            from {project.relation("delivered_members")} as delivered
            left join {project.relation("int_identity__record_profiles")} as records
                on delivered.profile_id = records.profile_id
            where
                delivered.key_type = $1
                and delivered.key_value = $2
                and records.profile_id is null
            """,
            point,
        )
        if row["profile_id"] != hashed((PROFILE_ID, row["profile_id"]))
    }


def _merged_into(project: Project, warehouse: Warehouse, profiles: Iterable[str]) -> set[str]:
    """Ids that have ended in these profiles."""
    if not _is_there(project, warehouse, "profile_id_changes"):
        return set()
    changes = project.relation("profile_id_changes")
    found: set[str] = set()
    waiting = list(profiles)
    while waiting:
        for row in warehouse.rows(
            f"select old_profile_id from {changes} where new_profile_id = $1 and reason = 'merged'",
            [waiting.pop()],
        ):
            if row["old_profile_id"] not in found:
                found.add(row["old_profile_id"])
                waiting.append(row["old_profile_id"])
    return found


def _records(
    project: Project, warehouse: Warehouse, profiles: set[str], named: set[Point]
) -> tuple[dict[int, Record], dict[int, Record]]:
    """Records of the profiles: those that are the person's, and those that may be somebody else's.

    The person's are those that exact keys and always_match tie to a record that has what was
    named (to the profile's first one, where that is an id), and that are not under review.
    """
    table = project.relation("int_identity__record_profiles")
    all_records = {
        row["record_id"]: (row["source_name"], row["source_record_id"])
        for row in warehouse.rows(
            f"select record_id, source_name, source_record_id from {table}"
            f" where profile_id in ({_listed(profiles)})"
        )
    }
    if not all_records:
        return {}, {}
    exact = {*project.setting("alternate_keys", ["email", "phone"]), "always_match"}
    ties: dict[tuple[str, int], set[int]] = {}
    for row in warehouse.rows(
        f"select record_id, tie_type, tie_id from {project.relation('int_identity__ties')}"
        f" where profile_id in ({_listed(profiles)})"
    ):
        if row["tie_type"] in exact:
            ties.setdefault((row["tie_type"], row["tie_id"]), set()).add(row["record_id"])
    starts = _with_points(project, warehouse, all_records, named) or {min(all_records)}
    reached = set(starts)
    size = 0
    while size < len(reached):
        size = len(reached)
        for members in ties.values():
            if members & reached:
                reached |= members
    reached -= _under_review(project, warehouse, all_records) - starts
    return (
        {key: record for key, record in all_records.items() if key in reached},
        {key: record for key, record in all_records.items() if key not in reached},
    )


def _under_review(
    project: Project, warehouse: Warehouse, records: Mapping[int, Record]
) -> set[int]:
    """Records of which somebody has yet to say whether their merge is right."""
    if not _is_there(project, warehouse, "merge_reviews"):
        return set()
    found = set()
    for sides in ("source_name, source_record_id", "other_source_name, other_source_record_id"):
        for row in warehouse.rows(f"select {sides} from {project.relation('merge_reviews')}"):
            found.add(tuple(row.values()))
    return {key for key, record in records.items() if record in found}


def _with_points(
    project: Project, warehouse: Warehouse, records: Mapping[int, Record], points: set[Point]
) -> set[int]:
    """Those of the records that have one of the contact points."""
    if not points:
        return set()
    return {
        row["record_id"]
        for row in warehouse.rows(
            f"select record_id, key_type, key_value"
            f" from {project.relation('int_identity__named_keys')}"
            f" where (key_type, key_value) in ({_pairs(points)})"
        )
        if row["record_id"] in records
    }


def _points_of_records(
    project: Project, warehouse: Warehouse, records: Mapping[int, Record]
) -> set[Point]:
    if not records:
        return set()
    return {
        (row["key_type"], row["key_value"])
        for row in warehouse.rows(
            f"select key_type, key_value from {project.relation('int_identity__named_keys')}"
            f" where record_id in ({', '.join(str(each) for each in records)})"
        )
    }


def _present(
    project: Project, warehouse: Warehouse, profiles: set[str], doubtful: Mapping[int, Record]
) -> set[Point]:
    """Contact points that the profiles have, but for those that only records in doubt have."""
    table = project.relation("int_identity__contact_points")
    found = {
        (row["key_type"], row["key_value"])
        for row in warehouse.rows(
            f"select key_type, key_value from {table} where profile_id in ({_listed(profiles)})"
        )
    }
    if doubtful:
        records = project.relation("int_identity__record_profiles")
        sure = [
            row["record_id"]
            for row in warehouse.rows(
                f"select record_id from {records} where profile_id in ({_listed(profiles)})"
            )
            if row["record_id"] not in doubtful
        ]
        found &= _points_of_records(project, warehouse, dict.fromkeys(sure, ("", "")))
    return found


def _former(project: Project, warehouse: Warehouse, request: Request) -> set[Point]:
    """What the person's records had, and what was delivered for the person, in earlier days.

    Not what a record of somebody else has had since.
    """
    found = {
        (row["key_type"], row["key_value"])
        for row in warehouse.rows(
            f"select key_type, key_value from {project.relation('delivered_members')}"
            f" where profile_id in ({_listed(request.profiles)})"
        )
        if row["key_type"] != PROFILE_ID
        and row["key_value"] != hashed((row["key_type"], row["key_value"]))
    }
    if not _is_there(project, warehouse, "contact_point_history"):
        return found
    history = project.relation("contact_point_history")
    if _is_there(project, warehouse, "profile_ids"):
        request.records |= {
            (row["source_name"], row["source_record_id"])
            for row in warehouse.rows(
                f"select source_name, source_record_id from {project.relation('profile_ids')}"
                f" where last_seen_at is not null"
                f" and profile_id in ({_listed(request.profiles)})"
            )
        }
    if request.records:
        mine = f"(source_name, source_record_id) in ({_pairs(request.records)})"
        found |= {
            (row["key_type"], row["key_value"])
            for row in warehouse.rows(f"select key_type, key_value from {history} where {mine}")
        }
    return {
        point
        for point in found
        if point[1] != hashed(point)
        and not _had_since(warehouse, history, point, request.records or {("", "")})
    }


def _had_since(warehouse: Warehouse, history: str, point: Point, records: Iterable[Record]) -> bool:
    """Whether somebody else's record has had it after, or as long as, the person's."""
    mine = f"(source_name, source_record_id) in ({_pairs(records)})"
    (row,) = warehouse.rows(
        f"""
        select
            max(case when {mine} then coalesce(last_seen_at, timestamp '9999-01-01') end) as own,
            max(case when not {mine} then coalesce(last_seen_at, timestamp '9999-01-01') end)
                as theirs
        from {history}
        where key_type = $1 and key_value = $2
        """,
        point,
    )
    return row["theirs"] is not None and (row["own"] is None or row["theirs"] >= row["own"])


def _owners(project: Project, warehouse: Warehouse, points: set[Point]) -> dict[Point, set[str]]:
    """Per contact point, the profiles that have it now."""
    found: dict[Point, set[str]] = {point: set() for point in points}
    if points:
        for row in warehouse.rows(
            f"select key_type, key_value, profile_id"
            f" from {project.relation('int_identity__contact_points')}"
            f" where (key_type, key_value) in ({_pairs(points)})"
        ):
            found[row["key_type"], row["key_value"]].add(row["profile_id"])
    return found


def _raw_values(project: Project, warehouse: Warehouse, points: set[Point]) -> set[str]:
    """The contact points as sources wrote them, where that is another text."""
    if not points:
        return set()
    found: set[str] = set()
    for table in tables(project, warehouse):
        if table.kept and _has_points(table) and "raw_key_value" in table.columns:
            found |= {
                row["raw_key_value"].strip().lower()
                for row in warehouse.rows(
                    f"select distinct raw_key_value from {table.relation}"
                    f" where (key_type, key_value) in ({_pairs(points)})"
                    " and raw_key_value is not null"
                )
            }
    return found - {value for _, value in points} - {""}


def _is_there(project: Project, warehouse: Warehouse, model: str) -> bool:
    return project.has_model(model) and warehouse.has(project.relation(model))


def _listed(values: Iterable[str]) -> str:
    return ", ".join(literal(each) for each in sorted(values)) or "null"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"({literal(one)}, {literal(other)})" for one, other in sorted(pairs))
