"""A person leaves the tables: rows by their keys, texts by whole values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runner.dbt import Project
from runner.erasure.hashes import digest, hashed
from runner.erasure.places import ERASURES, Table, tables
from runner.erasure.request import PROFILE_ID, Request
from runner.erasure.sql import listed, pairs
from runner.exports.local import literal, quoted
from runner.identity.keys import key_names
from runner.warehouse import Warehouse

Counts = dict[str, int]
"""Rows per table."""
_IDS = ("source_record_id", "consent_id", "event_id", "version_id", "suppression_id")
"""Ids that a source made of an address are hashed whole: masked, two of them could be one."""
_RECORDS = (
    ("source_name", "source_record_id"),
    ("other_source_name", "other_source_record_id"),
)
_PROFILES = ("profile_id", "other_profile_id", "old_profile_id", "new_profile_id")


def leave_built(project: Project, warehouse: Warehouse, request: Request) -> None:
    """The profiles leave every table that the next refresh builds anew; the caller commits."""
    for table in tables(project, warehouse):
        if table.kept is None and table.is_built and "profile_id" in table.columns:
            among = listed(request.profiles)
            warehouse.execute(f"delete from {table.relation} where profile_id in ({among})")


def purge(project: Project, warehouse: Warehouse, request: Request) -> Counts:
    """The person leaves all tables but that of requests; the caller commits.

    Returns:
        Rows that were deleted or changed, per table.
    """
    counts: Counts = {}
    there = [each for each in tables(project, warehouse) if each.kept or each.is_built]
    events = _events(warehouse, request, there)
    for table in there:
        if table.kept and table.kept.table == ERASURES:
            continue
        changed = (
            _purge_state(warehouse, table, request, events)
            if table.kept
            else _delete(warehouse, table, _theirs(project, table, request))
        )
        changed += _mask(warehouse, table, request, keys_of(project))
        if changed:
            counts[table.relation] = changed
    return counts


def keys_of(project: Project) -> frozenset[str]:
    """Columns that hold one contact point: they are compared whole, and never masked."""
    return frozenset({"key_value", "on_key_value", *key_names(project)})


def held(project: Project, warehouse: Warehouse, table: Table, request: Request) -> int:
    """Rows of a table that are the person's by their keys, or say a value of theirs."""
    keys = keys_of(project)
    tests = [_theirs(project, table, request)] if table.kept is None else []
    if table.kept:
        tests.append(_state_condition(table, request))
    texts = [column for column in (*table.texts, *table.nested) if column not in keys]
    values = request.values
    shown = ", ".join(f"cast({quoted(column)} as varchar) as {quoted(column)}" for column in texts)
    keyed = " or ".join(tests)
    condition = " or ".join(
        [f"({keyed})", *(values.candidates(f"cast({quoted(each)} as varchar)") for each in texts)]
    )
    rows = warehouse.rows(
        f"select case when {keyed} then 1 else 0 end as is_theirs{', ' if shown else ''}{shown}"
        f" from {table.relation} where {condition}"
    )
    return sum(
        1
        for row in rows
        if row.pop("is_theirs") or any(text and values.within(str(text)) for text in row.values())
    )


# -- state --------------------------------------------------------------------------------------


def _purge_state(
    warehouse: Warehouse, table: Table, request: Request, events: dict[str, set[str]]
) -> int:
    kept = table.kept
    assert kept is not None
    if kept.deleted:
        return _delete(warehouse, table, _state_condition(table, request))
    changed = 0
    if kept.by_contact_point and _has(table, "key_type", "key_value"):
        changed += _hash_points(warehouse, table, request)
    columns = set(table.columns)
    for column in kept.profiles:
        if column in columns:
            for profile_id in sorted(request.profiles):
                stands_for = hashed((PROFILE_ID, profile_id))
                changed += _update(warehouse, table, column, profile_id, stands_for)
    for column in kept.events:
        for each in sorted(events.get(column, ())) if column in columns else ():
            changed += _update(warehouse, table, column, each, hashed((column, each)))
    return changed


def _hash_points(warehouse: Warehouse, table: Table, request: Request) -> int:
    assert table.kept is not None
    columns = set(table.columns)
    emptied = [f"{quoted(each)} = null" for each in table.kept.emptied if each in columns]
    ids = [each for each in table.kept.hashed if each in columns and each != "key_value"]
    changed = 0
    for point in sorted(request.sent_as):
        condition = f"key_type = {literal(point[0])} and key_value = {literal(point[1])}"
        found = _number(warehouse, table, condition)
        if not found:
            continue
        changed += found
        for column in ids:
            for row in warehouse.rows(
                f"select distinct {quoted(column)} as id from {table.relation} where {condition}"
            ):
                if row["id"] is not None:
                    _update(warehouse, table, column, row["id"], hashed((column, row["id"])))
        stands_for = digest(point) if table.kept.as_tombstone else hashed(point)
        sets = ", ".join([f"key_value = {literal(stands_for)}", *emptied])
        warehouse.execute(f"update {table.relation} set {sets} where {condition}")
    return changed


def _state_condition(table: Table, request: Request) -> str:
    assert table.kept is not None
    tests = []
    if table.kept.by_contact_point and _has(table, "key_type", "key_value"):
        tests.append(_points(request))
    for column in table.kept.profiles:
        if column in table.columns:
            tests.append(f"{quoted(column)} in ({listed(request.profiles)})")
    if table.kept.records and table.kept.deleted and _has(table, *_RECORDS[0]):
        tests.append(_records(_RECORDS[0], request))
    return " or ".join(f"coalesce({each}, false)" for each in tests) or "false"


def _events(warehouse: Warehouse, request: Request, there: Sequence[Table]) -> dict[str, set[str]]:
    """Events and suppressions that are the person's alone, by the column that names them."""
    found: dict[str, set[str]] = {}
    for name, column in (
        ("consent_events", "event_id"),
        ("suppression_events", "suppression_id"),
    ):
        for table in there:
            if table.kept and table.kept.table == name and _has(table, column):
                found[column] = {
                    row["id"]
                    for row in warehouse.rows(
                        f"select {column} as id from {table.relation} group by {column}"
                        f" having min(case when {_points(request)} then 1 else 0 end) = 1"
                    )
                }
    return found


# -- tables that are built anew -----------------------------------------------------------------


def _theirs(project: Project, table: Table, request: Request) -> str:
    """SQL that is true for rows that are about the person, by any of their keys."""
    tests = [
        f"{quoted(column)} in ({listed(request.profiles)})"
        for column in _PROFILES
        if column in table.columns
    ]
    if _has(table, "key_type", "key_value"):
        tests.append(_points(request))
    for pair in _RECORDS:
        if _has(table, *pair):
            tests.append(_records(pair, request))
    for kind in key_names(project):
        values = [value for each, value in request.points if each == kind]
        if kind in table.texts and values:
            tests.append(f"{quoted(kind)} in ({listed(values)})")
    return " or ".join(f"coalesce({each}, false)" for each in tests) or "false"


def _points(request: Request) -> str:
    mine = pairs(request.sent_as)
    return f"({_as_texts(('key_type', 'key_value'))}) in ({mine})" if mine else "false"


def _records(pair: tuple[str, str], request: Request) -> str:
    mine = pairs(request.records)
    return f"({_as_texts(pair)}) in ({mine})" if mine else "false"


def _as_texts(columns: tuple[str, str]) -> str:
    """An empty seed has columns of whichever type its engine gives them."""
    return ", ".join(f"cast({each} as varchar)" for each in columns)


def _delete(warehouse: Warehouse, table: Table, condition: str) -> int:
    found = _number(warehouse, table, condition)
    if found:
        warehouse.execute(f"delete from {table.relation} where {condition}")
    return found


# -- texts --------------------------------------------------------------------------------------


def _mask(warehouse: Warehouse, table: Table, request: Request, keys: Iterable[str]) -> int:
    """Masks whole values in texts, also of other people's rows; returns the rows changed."""
    values = request.values
    changed = 0
    columns = [each for each in (*table.texts, *table.nested) if each not in keys]
    anywhere = [values.candidates(f"cast({quoted(each)} as varchar)") for each in columns]
    if not anywhere or not _number(warehouse, table, " or ".join(anywhere)):
        return 0
    for column in columns:
        name = quoted(column)
        text = f"cast({name} as varchar)"
        for row in warehouse.rows(
            f"select distinct {text} as said from {table.relation} where {values.candidates(text)}"
        ):
            said = str(row["said"])
            if not values.within(said):
                continue
            condition = f"{text} = {literal(said)}"
            changed += _number(warehouse, table, condition)
            if column in table.nested:
                instead = "null"
            elif column in _IDS:
                instead = literal(hashed((column, said)))
            else:
                instead = literal(values.masked(said))
            warehouse.execute(f"update {table.relation} set {name} = {instead} where {condition}")
    return changed


def _update(warehouse: Warehouse, table: Table, column: str, old: str, new: str) -> int:
    condition = f"{quoted(column)} = {literal(old)}"
    found = _number(warehouse, table, condition)
    if found:
        warehouse.execute(
            f"update {table.relation} set {quoted(column)} = {literal(new)} where {condition}"
        )
    return found


def _number(warehouse: Warehouse, table: Table, condition: str) -> int:
    (row,) = warehouse.rows(f"select count(*) as n from {table.relation} where {condition}")
    return int(row["n"])


def _has(table: Table, *columns: str) -> bool:
    return set(columns) <= set(table.columns)
