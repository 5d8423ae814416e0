"""`consent erase WHO`: a person's request not to be kept, from the first minute to the proof.

Two states. *Suppressed*, at once: a tombstone per contact point, and the person leaves every table
that is used. *Complete*, as soon as every destination has received the removal: plain values leave
the state, the ledger and all earlier deliveries, the warehouse's file is rewritten, and a search
over everything that the project owns shows that nothing is left. What sources still hold is named.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from runner import clock
from runner.dbt import Project
from runner.errors import UsageError
from runner.exports import erasure
from runner.exports.check import ERASED
from runner.exports.contract import exports
from runner.exports.destination import Destination
from runner.exports.erasure import Point
from runner.identity import people
from runner.operations import lock
from runner.warehouse import Warehouse, compact, open_warehouse

SUPPRESSED, COMPLETE = "suppressed", "complete"
_SHORT = 6
"""Values shorter than this are searched for as whole values, not inside of texts."""


@dataclass
class Place:
    """Where something was removed, or is still held."""

    where: str
    rows: int


@dataclass
class Report:
    """What became of a request.

    Attributes:
        contact_points: masked.
        shared: contact points that another profile has too; they stay that one's.
        waiting: exports whose destinations have not received the removal yet.
        removed: what was removed where.
        at_sources: models over sources that still bring the person: the owner of the source
            deletes it there. Nothing of it is used, and nothing is kept in state.
        left: places in which the search afterwards still found a plain value; empty when complete.
        repeat: the command that completes the request.
    """

    state: str
    contact_points: list[str]
    shared: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    removed: list[Place] = field(default_factory=list)
    at_sources: list[Place] = field(default_factory=list)
    left: list[Place] = field(default_factory=list)
    repeat: str = ""


@dataclass(frozen=True)
class _Request:
    profile_ids: tuple[str, ...]
    points: tuple[Point, ...]
    shared: tuple[Point, ...]


def erase(project: Project, whom: Sequence[str], *, wait: bool = False) -> Report:
    """Suppresses a person at once, and erases as soon as all removals were delivered.

    Args:
        project: the parsed project, built.
        whom: what the person is known by: e-mail addresses, telephone numbers, other keys, or a
            profile id; several mean one request.
        wait: wait for a refresh that runs.

    Raises:
        UsageError: the text is no contact point and no profile, or several profiles have it.
        ConsentError: nothing is built yet, or a refresh runs.
    """
    request = _request(project, whom)
    with lock.one_at_a_time(project, "erase", wait=wait):
        now = clock.now()
        _suppress(project, request, now)
        report = Report(
            SUPPRESSED,
            [_masked(point) for point in request.points],
            [_masked(point) for point in request.shared],
            sorted(erasure.still_out(project, request.points)),
            repeat=f"consent erase {' '.join(value for _, value in request.points)}",
        )
        report.at_sources = _at_sources(project, request)
        if report.waiting:
            return report
        report.removed = _purge(project, request, now)
        report.left = _search(project, request)
        report.state = SUPPRESSED if report.left else COMPLETE
    if report.state == COMPLETE:
        report.repeat = ""
    return report


# -- who ----------------------------------------------------------------------------------------


def _request(project: Project, whom: Sequence[str]) -> _Request:
    ids: set[str] = set()
    named: set[Point] = set()
    for who in whom:
        try:
            found = people.find(project, who)
        except UsageError:
            known = _known(project, people.contact_points_of(project, who))
            if not known:
                raise
            named |= known
            continue
        if len(found.profile_ids) > 1 and len(whom) == 1:
            raise UsageError(
                f"{who} is shared by the profiles {', '.join(found.profile_ids)}.",
                "Give the profile id of the person.",
            )
        if len(found.profile_ids) == 1:
            ids |= set(found.profile_ids)
        named |= set(found.contact_points)
    with open_warehouse(project) as warehouse:
        table = project.relation("int_identity__contact_points")
        having: dict[Point, set[str]] = {point: set() for point in named}
        mine: set[Point] = set()
        for profile_id in ids:
            for row in warehouse.rows(
                f"select key_type, key_value from {table} where profile_id = $1", [profile_id]
            ):
                mine.add((row["key_type"], row["key_value"]))
        for kind, value in mine | named:
            having[kind, value] = {
                row["profile_id"]
                for row in warehouse.rows(
                    f"select profile_id from {table} where key_type = $1 and key_value = $2",
                    [kind, value],
                )
            }
    shared = {point for point in mine if having[point] - ids}
    points = (mine | {point for point in named if not having[point] - ids}) - shared
    if not points:
        raise UsageError(
            "Every contact point of the profile is shared with another one: "
            f"{', '.join(sorted(set().union(*having.values()) - ids))}.",
            "Part them with never_match, or erase those too.",
        )
    ids |= _vanished(project, points)
    return _Request(tuple(sorted(ids)), tuple(sorted(points)), tuple(sorted(shared)))


def _vanished(project: Project, points: Iterable[Point]) -> set[str]:
    """Profiles that the contact points were delivered for, and that have no record any more."""
    with open_warehouse(project) as warehouse:
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
            if not row["profile_id"].startswith(ERASED)
        }


def _known(project: Project, candidates: Iterable[Point]) -> set[Point]:
    """Those with consent or a tombstone: of somebody whom no customer source knows (any more)."""
    found = set()
    with open_warehouse(project) as warehouse:
        for point in candidates:
            if warehouse.rows(
                f"select 1 as found from {project.relation('consent_events')}"
                " where key_type = $1 and key_value = $2",
                point,
            ) or warehouse.rows(
                f"select 1 as found from {project.relation('tombstones')}"
                " where contact_point_hash = $1",
                [erasure.digest(point)],
            ):
                found.add(point)
    return found


def _masked(point: Point) -> str:
    kind, value = point
    if "@" in value:
        return f"{kind} {value[0]}***{value[value.index('@') :]}"
    return f"{kind} {value[0]}***{value[-2:]}" if len(value) > 2 else f"{kind} ***"


# -- suppressed ---------------------------------------------------------------------------------


def _suppress(project: Project, request: _Request, now: datetime) -> None:
    """Tombstones, and the profile leaves every table that is rebuilt; state is not touched."""
    tombstones = project.relation("tombstones")
    with open_warehouse(project, writing=True) as warehouse:
        for point in request.points:
            digest = erasure.digest(point)
            if warehouse.rows(
                f"select 1 as found from {tombstones} where contact_point_hash = $1", [digest]
            ):
                # it stands by itself from now on, whatever becomes of the evidence
                warehouse.execute(
                    f"update {tombstones} set made_by = 'erase' where contact_point_hash = $1",
                    [digest],
                )
                continue
            warehouse.execute(
                f"insert into {tombstones}"
                " (contact_point_hash, denied_at, first_seen_at, made_by)"
                " values ($1, cast($2 as timestamp), cast($3 as timestamp), 'erase')",
                [digest, str(now), str(now)],
            )
        for relation, columns in _tables(project, warehouse, state=False):
            if "profile_id" in columns:
                for profile_id in request.profile_ids:
                    warehouse.execute(f"delete from {relation} where profile_id = $1", [profile_id])


def _at_sources(project: Project, request: _Request) -> list[Place]:
    """What staging models still bring."""
    names = [
        *project.setting("customer_models", []),
        *(
            each if isinstance(each, str) else each["model"]
            for each in project.setting("consent_models", [])
        ),
        *project.setting("suppression_models", []),
    ]
    found = []
    with open_warehouse(project) as warehouse:
        for name in names:
            relation = project.relation(name)
            columns = _text_columns(warehouse, relation)
            rows = _count(warehouse, relation, columns, request)
            if rows:
                found.append(Place(name, rows))
    return found


# -- complete -----------------------------------------------------------------------------------


def _purge(project: Project, request: _Request, now: datetime) -> list[Place]:
    removed = [
        Place(f"delivery {each.export} {each.delivery}", each.lines + each.evidence_rows)
        for each in erasure.erase(project, request.points, now)
    ]
    with open_warehouse(project, writing=True) as warehouse:
        removed += _purge_state(project, warehouse, request)
        for relation, columns in _tables(project, warehouse, state=False):
            rows = _count(warehouse, relation, columns, request)
            if rows:
                condition, values = _condition(columns, request)
                warehouse.execute(f"delete from {relation} where {condition}", values)
                removed.append(Place(relation, rows))
        for point in request.points:
            warehouse.execute(
                f"update {project.relation('tombstones')} set erased_at = cast($1 as timestamp)"
                " where contact_point_hash = $2",
                [str(now), erasure.digest(point)],
            )
    compact(project)
    counted: Counter[str] = Counter()
    for each in removed:
        counted[each.where] += each.rows
    return [Place(where, rows) for where, rows in counted.items() if rows]


def _purge_state(project: Project, warehouse: Warehouse, request: _Request) -> list[Place]:
    """Consent events and identities go; history keeps its numbers under a hash."""
    found = []
    events = project.relation("consent_events")
    for kind, value in request.points:
        values = [kind, value]
        condition = "key_type = $1 and key_value = $2"
        found.append(_removed(warehouse, events, condition, values))
        warehouse.execute(f"delete from {events} where {condition}", values)
    for profile_id in request.profile_ids:
        ids = project.relation("profile_ids")
        found.append(_removed(warehouse, ids, "profile_id = $1", [profile_id]))
        warehouse.execute(f"delete from {ids} where profile_id = $1", [profile_id])
        stands_for = erasure.hashed(("profile_id", profile_id))
        for name, column in (
            ("segment_history", "profile_id"),
            ("profile_id_changes", "old_profile_id"),
            ("profile_id_changes", "new_profile_id"),
        ):
            relation = project.relation(name)
            found.append(_removed(warehouse, relation, f"{column} = $1", [profile_id]))
            warehouse.execute(
                f"update {relation} set {column} = $1 where {column} = $2",
                [stands_for, profile_id],
            )
    return found


def _removed(warehouse: Warehouse, relation: str, condition: str, values: Sequence[str]) -> Place:
    (row,) = warehouse.rows(f"select count(*) as n from {relation} where {condition}", values)
    return Place(relation, row["n"])


# -- the search ---------------------------------------------------------------------------------


def _search(project: Project, request: _Request) -> list[Place]:
    """Every table and every file of the project that still holds a plain value."""
    found = []
    file = _warehouse_file(project)
    with open_warehouse(project) as warehouse:
        for state in (True, False):
            for relation, columns in _tables(project, warehouse, state=state):
                rows = _count(warehouse, relation, columns, request)
                if rows:
                    found.append(Place(relation, rows))
    values = [value for _, value in request.points if len(value) >= _SHORT]
    # between the numbers of the warehouse's own file, digits come together by chance
    telling = [value for value in values if not value.isdigit()]
    for path in _files(project):
        text = _text(path)
        hits = sum(text.count(each) for each in (telling if path == file else values))
        if hits:
            found.append(Place(str(path.relative_to(project.folder)), hits))
    return found


def _files(project: Project) -> Iterator[Path]:
    """Deliveries and proofs that are folders, dbt's files and logs."""
    folders = {project.target_path, project.folder / "logs"}
    for export in exports(project):
        for url in (export.destination, export.proof):
            local = Destination(url, project.folder).local if url else None
            if local:
                folders.add(local)
    file = _warehouse_file(project)
    if file:
        yield file
    for folder in sorted(folders):
        if folder.is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _warehouse_file(project: Project) -> Path | None:
    if project.engine != "duckdb":
        return None
    return (project.folder / str(project.credentials.path)).resolve()


def _text(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    return data.decode("utf-8", errors="replace")


def _tables(
    project: Project, warehouse: Warehouse, *, state: bool
) -> Iterator[tuple[str, list[str]]]:
    """The tables that the project has made, of this moment and of others, with their texts."""
    for node in project.nodes.values():
        if node["resource_type"] != "model" or node["config"]["materialized"] == "view":
            continue
        if ("state" in node["tags"]) != state:
            continue
        relation = str(node["relation_name"])
        schema = f'"{node["schema"]}"'
        of_other_moments = relation.replace(schema, f'"{node["schema"]}_asof"')
        for name in (relation,) if state else (relation, of_other_moments):
            columns = _text_columns(warehouse, name)
            if columns:
                yield name, columns


def _text_columns(warehouse: Warehouse, relation: str) -> list[str]:
    schema, table = (part.strip('"') for part in relation.split(".")[-2:])
    return [
        row["column_name"]
        for row in warehouse.rows(
            "select column_name from information_schema.columns"
            " where table_schema = $1 and table_name = $2"
            " and lower(data_type) in ('text', 'varchar', 'character varying')",
            [schema, table],
        )
    ]


def _count(warehouse: Warehouse, relation: str, columns: Sequence[str], request: _Request) -> int:
    if not columns:
        return 0
    condition, values = _condition(columns, request)
    (row,) = warehouse.rows(f"select count(*) as n from {relation} where {condition}", values)
    return int(row["n"])


def _condition(columns: Iterable[str], request: _Request) -> tuple[str, list[str]]:
    """True for a row that holds a contact point of the person, or is of their profile."""
    values = [value for _, value in request.points]
    tests = []
    for column in columns:
        for index, value in enumerate(values, 1):
            tests.append(
                f'position(${index} in lower("{column}")) > 0'
                if len(value) >= _SHORT
                else f'"{column}" = ${index}'
            )
        if column == "profile_id":
            for index, _ in enumerate(request.profile_ids, len(values) + 1):
                tests.append(f'"{column}" = ${index}')
    return " or ".join(tests), [
        *(value.lower() if len(value) >= _SHORT else value for value in values),
        *(request.profile_ids if "profile_id" in columns else ()),
    ]
