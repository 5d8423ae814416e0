"""Why records are one person: what ties each to another, and which tie is the weakest.

The weakest link is, of the ties without which the profile would fall apart, the one with the
largest `strength_rank` of `int_identity__ties`: the key that the most records share, and of
those the one that stands last in `vars: alternate_keys`. A profile in which no single tie is
needed has none.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from runner import console
from runner.dbt import Project
from runner.errors import UsageError
from runner.identity.keys import key_conditions
from runner.warehouse import Warehouse, open_warehouse

BIRTH_DATES = ("birth_date", "birthdate", "date_of_birth", "birthday", "born_on")
"""Names of attributes that hold a date of birth, as in the macro birth_date_attribute."""

_SEARCHED = 2000
"""Ties of a profile up to which the weakest link is looked for, each taken out in turn."""

_PARTING = 20
"""Rows of never_match that are shown at most."""

ALWAYS = "always_match"
"""What a tie is called that people have made."""

Tie = tuple[str, int]
"""Kind and number of a tie, as in int_identity__ties."""


@dataclass
class Record:
    """One source record of the profile.

    Attributes:
        keys: its alternate keys, kind → value; junk and what cannot be read is in `unused`.
        further: what contact point models add, kind → values.
        unused: keys that tie nobody: kind → why.
        person: its names and its birth date, as far as the project has such attributes.
        matched_to: the record one step nearer to the profile's first one; None for that one.
        matched_by: what ties the two: a kind of key with its value and what it asks to agree
            with, or always_match.
        is_weakest: this tie is the weakest link of the profile.
    """

    source_name: str
    source_record_id: str
    updated_at: datetime | None
    keys: dict[str, str] = field(default_factory=dict)
    further: dict[str, list[str]] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict)
    matched_to: str | None = None
    matched_by: str | None = None
    steps: int = 0
    is_weakest: bool = False


@dataclass
class WeakestLink:
    """The tie without which the profile would fall apart, the weakest of them.

    Attributes:
        tie: a kind of key with its value, or always_match.
        parts: the records on either side, each as `source record`.
    """

    tie: str
    parts: list[list[str]]


@dataclass
class Identity:
    """The whole answer.

    Attributes:
        parting: rows of the seed never_match that would part the profile at its weakest link;
            without one, those that would part the first record from each other.
    """

    profile_id: str
    records: list[Record]
    weakest: WeakestLink | None
    parting: list[str]
    notes: list[str]


def explain_identity(project: Project, profile_id: str, shared_by: Iterable[str] = ()) -> Identity:
    """Why the records of a profile are one person.

    Args:
        project: the parsed project, built.
        profile_id: the profile.
        shared_by: all profiles that have the contact point by which it was asked for.

    Raises:
        UsageError: the profile has no records (any more).
    """
    with open_warehouse(project) as warehouse:
        records = _records(project, warehouse, profile_id)
        if not records:
            raise UsageError(f"There is no profile {profile_id}.")
        ties, ranks = _ties(project, warehouse, profile_id)
        notes = _notes(project, warehouse, profile_id, shared_by)
        _add_persons(project, warehouse, records)
        values = _add_keys(project, warehouse, profile_id, records)
        paths = _add_paths(project, warehouse, profile_id, records, values)
    weakest, sides = None, [{record} for record in sorted(records)]
    if len(ties) > _SEARCHED:
        notes.append(f"{len(ties):,} ties are too many to look for the weakest link.")
    else:
        found = weakest_tie(records, ties, ranks)
        if found:
            tie, parts = found
            weakest = WeakestLink(
                _named(tie, next(iter(ties[tie])), values),
                [[_label(records[record]) for record in sorted(part)] for part in parts],
            )
            sides = [part & ties[tie] for part in parts]
            if tie[0] == ALWAYS:
                sides = []
                notes.append("To part them, take the pair out of the seed always_match.")
            for record, (kind, number, _) in paths.items():
                records[record].is_weakest = (kind, number) == tie
        elif len(records) > 1:
            notes.append(
                "No single key holds the profile together: whichever is wrong, others tie."
            )
    ordered = sorted(records.values(), key=lambda each: (each.steps, _label(each)))
    return Identity(profile_id, ordered, weakest, parting_rows(records, sides), notes)


def parting_rows(records: Mapping[int, Record], sides: Iterable[set[int]]) -> list[str]:
    """Rows of never_match that keep the first side apart from each of the others, as CSV.

    Each names two records that the tie between the sides holds together directly, so that no
    other tie is cut.
    """
    first, *others = [min(side) for side in sides] or [0]
    return [
        ",".join(
            _csv(text)
            for record in (records[first], records[other])
            for text in (record.source_name, record.source_record_id)
        )
        for other in others[:_PARTING]
    ]


def _csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text


def weakest_tie(
    records: Iterable[int], ties: Mapping[Tie, set[int]], ranks: Mapping[Tie, int]
) -> tuple[Tie, list[set[int]]] | None:
    """The weakest of the ties without which the records fall apart, and the parts."""
    everything = list(records)
    for tie in sorted(ties, key=lambda each: (-ranks[each], each)):
        rest = [members for each, members in ties.items() if each != tie]
        found = parts(everything, rest)
        if len(found) > 1:
            return tie, found
    return None


def parts(records: Iterable[int], ties: Iterable[set[int]]) -> list[set[int]]:
    """The connected parts of records under ties, the largest first."""
    leader = {record: record for record in records}

    def lead(record: int) -> int:
        while leader[record] != record:
            leader[record] = leader[leader[record]]
            record = leader[record]
        return record

    for members in ties:
        first, *others = members
        for other in others:
            leader[lead(other)] = lead(first)
    grouped: dict[int, set[int]] = defaultdict(set)
    for record in leader:
        grouped[lead(record)].add(record)
    return sorted(grouped.values(), key=lambda part: (-len(part), min(part)))


def show_identity(found: Identity) -> None:
    """Prints it on stdout."""
    out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    count = len(found.records)
    out.print(Text(f"profile {found.profile_id}: {count} record{'s' if count > 1 else ''}\n"))
    console.show_table(
        ("record", "person", "keys", "tied to", "by", "", "updated (UTC)"),
        [
            (
                _label(each),
                " ".join(each.person.values()),
                ", ".join(
                    [
                        *(f"{kind} {value}" for kind, value in each.keys.items()),
                        *(f"{kind} {v}" for kind, further in each.further.items() for v in further),
                        *(f"{kind}: {why}" for kind, why in each.unused.items()),
                    ]
                ),
                each.matched_to,
                each.matched_by,
                "← weakest link" if each.is_weakest else "",
                each.updated_at,
            )
            for each in found.records
        ],
    )
    if found.weakest:
        out.print(Text(f"\nwithout {found.weakest.tie} the profile falls apart into:"))
        for part in found.weakest.parts:
            out.print(Text(f"  {', '.join(part)}"))
    if found.parting:
        out.print(Text("\nto part them, in seeds/reference/never_match.csv:"))
        for row in found.parting:
            out.print(Text(f"  {row}"))
    for note in found.notes:
        out.print(Text(f"note: {note}"))


def _label(record: Record) -> str:
    return f"{record.source_name} {record.source_record_id}"


def _named(tie: Tie, record: int, values: Mapping[tuple[int, Tie], str]) -> str:
    kind = tie[0]
    return kind if kind == ALWAYS else f"{kind} {values[record, tie]}"


def personal_attributes(project: Project) -> list[str]:
    """The attributes that say who somebody is: names first, then the date of birth."""
    known = list(project.setting("profile_attributes", {}))
    names = [name for name in known if name == "name" or name.endswith("_name")]
    return names + [name for name in known if name in BIRTH_DATES]


def _records(project: Project, warehouse: Warehouse, profile_id: str) -> dict[int, Record]:
    rows = warehouse.rows(
        f"""
        select records.record_id, records.source_name, records.source_record_id,
            records.updated_at
        from {project.relation("int_identity__records")} as records
        inner join {project.relation("int_identity__record_profiles")} as profiles
            on records.record_id = profiles.record_id
        where profiles.profile_id = $1
        order by records.record_id
        """,
        [profile_id],
    )
    return {
        row["record_id"]: Record(row["source_name"], row["source_record_id"], row["updated_at"])
        for row in rows
    }


def _ties(
    project: Project, warehouse: Warehouse, profile_id: str
) -> tuple[dict[Tie, set[int]], dict[Tie, int]]:
    ties: dict[Tie, set[int]] = defaultdict(set)
    ranks: dict[Tie, int] = {}
    for row in warehouse.rows(
        f"select record_id, tie_type, tie_id, strength_rank"
        f" from {project.relation('int_identity__ties')} where profile_id = $1",
        [profile_id],
    ):
        tie = (row["tie_type"], row["tie_id"])
        ties[tie].add(row["record_id"])
        ranks[tie] = row["strength_rank"]
    return dict(ties), ranks


def _add_persons(project: Project, warehouse: Warehouse, records: Mapping[int, Record]) -> None:
    attributes = personal_attributes(project)
    if not attributes:
        return
    for row in warehouse.rows(
        f"select record_id, {', '.join(attributes)}"
        f" from {project.relation('int_identity__records')}"
        f" where record_id in ({', '.join(map(str, records))})"
    ):
        records[row["record_id"]].person.update(
            {name: str(row[name]) for name in attributes if row[name] is not None}
        )


def _add_keys(
    project: Project, warehouse: Warehouse, profile_id: str, records: Mapping[int, Record]
) -> dict[tuple[int, Tie], str]:
    """The keys of the records; returns what each tie is called: value and condition."""
    values: dict[tuple[int, Tie], str] = {}
    conditions = key_conditions(project)
    for row in warehouse.rows(
        f"""
        select named.record_id, named.key_type, named.key_value, named.is_own, named.is_junk,
            keys.tie_id, keys.record_count, keys.not_tying_reason
        from {project.relation("int_identity__named_keys")} as named
        inner join {project.relation("int_identity__record_profiles")} as profiles
            on named.record_id = profiles.record_id
        left join {project.relation("int_identity__record_keys")} as keys
            on
                named.record_id = keys.record_id
                and named.key_type = keys.key_type
                and named.key_value = keys.key_value
        where profiles.profile_id = $1
        order by named.record_id, named.key_type, named.is_own desc, named.key_value
        """,
        [profile_id],
    ):
        record, kind, value = records[row["record_id"]], row["key_type"], row["key_value"]
        if row["is_junk"]:
            record.unused[kind] = "on the junk list"
            continue
        if value is None:
            record.unused[kind] = "cannot be read"
            continue
        asked = ", ".join(conditions.get(kind, ()))
        if row["is_own"]:
            record.keys[kind] = value
        else:
            record.further.setdefault(kind, []).append(value)
        if row["not_tying_reason"]:
            record.unused[kind] = {
                "lacks_attribute": f"ties only with {asked}, which the record lacks",
                "shared": "on the list of shared keys, so it ties nobody",
                "shared_by_too_many": f"shared by {row['record_count']:,} records, "
                "so it ties nobody",
            }[row["not_tying_reason"]]
        elif row["record_count"] > 1:
            values[row["record_id"], (kind, row["tie_id"])] = (
                f"{value}, with {asked}" if asked else value
            )
    return values


def _add_paths(
    project: Project,
    warehouse: Warehouse,
    profile_id: str,
    records: Mapping[int, Record],
    values: Mapping[tuple[int, Tie], str],
) -> dict[int, tuple[str, int, int]]:
    found = {}
    for row in warehouse.rows(
        f"""
        select paths.record_id, paths.matched_record_id, paths.tie_type, paths.tie_id, paths.steps
        from {project.relation("int_identity__paths")} as paths
        inner join {project.relation("int_identity__record_profiles")} as profiles
            on paths.record_id = profiles.record_id
        where profiles.profile_id = $1 and paths.matched_record_id is not null
        order by paths.record_id
        """,
        [profile_id],
    ):
        record = records[row["record_id"]]
        tie = (row["tie_type"], row["tie_id"])
        record.matched_to = _label(records[row["matched_record_id"]])
        record.matched_by = _named(tie, row["record_id"], values)
        record.steps = row["steps"]
        found[row["record_id"]] = (*tie, row["matched_record_id"])
    return found


def _notes(
    project: Project, warehouse: Warehouse, profile_id: str, shared_by: Iterable[str]
) -> list[str]:
    notes = []
    others = [each for each in shared_by if each != profile_id]
    if others:
        notes.append(f"The contact point is shared; others that have it: {', '.join(others)}.")
    for row in warehouse.rows(
        f"""
        select contradictions.column_name, contradictions.value, contradictions.other_value
        from {project.relation("int_identity__contradictions")} as contradictions
        where contradictions.profile_id = $1
        order by contradictions.column_name
        """,
        [profile_id],
    ):
        notes.append(
            f"Two values of {row['column_name']}, of which a person has one: {row['value']} and "
            f"{row['other_value']}."
        )
    for row in _never_pairs(project, warehouse, profile_id):
        notes.append(
            f"never_match keeps {row['source_name']} {row['source_record_id']} and "
            f"{row['other_source_name']} {row['other_source_record_id']} apart."
        )
    for row in warehouse.rows(
        f"select old_profile_id, new_profile_id, reason, changed_at"
        f" from {project.relation('profile_id_changes')}"
        " where new_profile_id = $1 or old_profile_id = $2"
        " order by changed_at, old_profile_id, new_profile_id",
        [profile_id, profile_id],
    ):
        notes.append(
            f"{row['changed_at']:%Y-%m-%d %H:%M} UTC: {row['old_profile_id']} → "
            f"{row['new_profile_id']} ({row['reason']})."
        )
    return notes


def _never_pairs(project: Project, warehouse: Warehouse, profile_id: str) -> list[dict[str, Any]]:
    records = project.relation("int_identity__record_profiles")
    return warehouse.rows(
        f"""
        select one.source_name, one.source_record_id,
            other.source_name as other_source_name,
            other.source_record_id as other_source_record_id
        from {project.relation("int_identity__match_pairs")} as pairs
        inner join {records} as one on pairs.record_id = one.record_id
        inner join {records} as other on pairs.other_record_id = other.record_id
        where
            pairs.kind = 'never'
            and (one.profile_id = $1 or other.profile_id = $2)
        order by one.source_name, one.source_record_id
        """,
        [profile_id, profile_id],
    )
