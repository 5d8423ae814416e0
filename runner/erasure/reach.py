"""Who is meant by a request, and all that it reaches.

It reaches the records that exact keys tie to the one that was named, their contact points and
those that they had and nobody else has had since. Records that likeness alone ties, or whose merge
is under review, may be somebody else's: they are named and left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runner.dbt import Project
from runner.erasure.hashes import Point, digest, is_hash
from runner.erasure.places import Table, tables
from runner.erasure.request import PROFILE_ID, Record, Request, stored, take
from runner.erasure.sql import listed, pairs
from runner.errors import UsageError
from runner.identity import people
from runner.identity.keys import key_names
from runner.warehouse import Warehouse, open_warehouse


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
        written = stored(project, candidates)
        take(request, written)
        try:
            found = people.find(project, who)
        except people.NobodyError:
            # a text may be a key of several kinds: only what something is kept of is the person's
            known = _known(project, {each for each in candidates if each[0] != PROFILE_ID})
            if not known and not written:
                raise
            named |= known
            continue
        if len(found.profile_ids) > 1 and len(whom) == 1 and not written:
            raise UsageError(
                f"{who} is shared by the profiles {', '.join(found.profile_ids)}.",
                "Give the profile id of the person.",
            )
        if len(found.profile_ids) == 1:
            request.profiles |= set(found.profile_ids)
        named |= set(found.contact_points)
    with open_warehouse(project) as warehouse:
        _reach(project, warehouse, request, named)
        request.raws |= raw_values(project, warehouse, request.points)
    return request


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


def _reach(project: Project, warehouse: Warehouse, request: Request, named: set[Point]) -> None:
    request.profiles |= _vanished(project, warehouse, named)
    request.profiles |= _merged_into(project, warehouse, request.profiles)
    new = named if not request.records else named - request.points
    records, doubtful = _records(project, warehouse, request, new)
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
        if not is_hash(row["profile_id"])
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
    project: Project, warehouse: Warehouse, request: Request, named: set[Point]
) -> tuple[dict[int, Record], dict[int, Record]]:
    """Records of the profiles: those that are the person's, and those that may be somebody else's.

    The person's are those that exact keys and always_match tie to a record that has what was
    named (to the profile's first one, where that is an id), and that are not under review; and
    those that a request names already: since then its profile is withheld, and no longer reviewed.
    """
    profiles = request.profiles
    table = project.relation("int_identity__record_profiles")
    all_records = {
        row["record_id"]: (row["source_name"], row["source_record_id"])
        for row in warehouse.rows(
            f"select record_id, source_name, source_record_id from {table}"
            f" where profile_id in ({listed(profiles)})"
        )
    }
    if not all_records:
        return {}, {}
    exact = {*key_names(project), "always_match"}
    ties: dict[tuple[str, int], set[int]] = {}
    for row in warehouse.rows(
        f"select record_id, tie_type, tie_id from {project.relation('int_identity__ties')}"
        f" where profile_id in ({listed(profiles)})"
    ):
        if row["tie_type"] in exact:
            ties.setdefault((row["tie_type"], row["tie_id"]), set()).add(row["record_id"])
    written = {key for key, record in all_records.items() if record in request.records}
    starts = _with_points(project, warehouse, all_records, named)
    if not starts and not written:
        starts = {min(all_records)}
    reached = set(starts)
    size = 0
    while size < len(reached):
        size = len(reached)
        for members in ties.values():
            if members & reached:
                reached |= members
    reached -= _under_review(project, warehouse, all_records) - starts
    reached |= written
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
            f" where (key_type, key_value) in ({pairs(points)})"
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
            " and key_value is not null"
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
            f"select key_type, key_value from {table} where profile_id in ({listed(profiles)})"
        )
    }
    if doubtful:
        records = project.relation("int_identity__record_profiles")
        sure = [
            row["record_id"]
            for row in warehouse.rows(
                f"select record_id from {records} where profile_id in ({listed(profiles)})"
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
            f" where profile_id in ({listed(request.profiles)})"
        )
        if row["key_type"] != PROFILE_ID and not is_hash(row["key_value"])
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
                f" and profile_id in ({listed(request.profiles)})"
            )
        }
    if request.records:
        mine = f"(source_name, source_record_id) in ({pairs(request.records)})"
        found |= {
            (row["key_type"], row["key_value"])
            for row in warehouse.rows(f"select key_type, key_value from {history} where {mine}")
        }
    return {
        point
        for point in found
        if not is_hash(point[1])
        and not _had_since(warehouse, history, point, request.records or {("", "")})
    }


def _had_since(warehouse: Warehouse, history: str, point: Point, records: Iterable[Record]) -> bool:
    """Whether somebody else's record has had it after, or as long as, the person's."""
    mine = f"(source_name, source_record_id) in ({pairs(records)})"
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
            f" where (key_type, key_value) in ({pairs(points)})"
        ):
            found[row["key_type"], row["key_value"]].add(row["profile_id"])
    return found


def raw_values(project: Project, warehouse: Warehouse, points: set[Point]) -> set[str]:
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
                    f" where (key_type, key_value) in ({pairs(points)})"
                    " and raw_key_value is not null"
                )
            }
    return found - {value for _, value in points} - {""}


def _is_there(project: Project, warehouse: Warehouse, model: str) -> bool:
    return project.has_model(model) and warehouse.has(project.relation(model))
