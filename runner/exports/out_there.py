"""Who is out there and was withdrawn: asked of the permission models and of the evidence alone.

A withdrawal is a reason that says that somebody must not be used: suppressed, denied here or on
another contact point, withheld, expired, an ancestor's denial or expiry, a former contact point.
Whoever is out there and only lacks a reason to be (`no_record`, `unconfirmed`,
`granted_elsewhere`, or no member of the segment any more) has merely left.

Where a red test made dbt skip the permission models, the evidence alone is asked, of each contact
point by itself: what rests on identity waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from runner.dbt import Project
from runner.exports import audience, evidence, judge, withdrawals
from runner.exports.contract import Export, purposes_of
from runner.exports.destination import named
from runner.exports.evidence import ALONE
from runner.exports.judge_facts import Purpose
from runner.exports.local import Work, literal, moment, quoted, spool
from runner.warehouse import Warehouse

_WITHDRAWN = ("suppressed", "denied", "denied_elsewhere", "expired")
_ALONE = ("contact_point", "event", "retraction", "suppression")
PEOPLE = (*_ALONE, "stretch", "erasure", "withheld", "country")
"""The kinds of evidence of people, as judge.py names them."""
_OFFENDERS = pa.schema(
    [
        ("key_type", pa.string()),
        ("key_value", pa.string()),
        ("reason", pa.string()),
        ("on_identity", pa.bool_()),
    ]
)


def spool_out_there(
    project: Project,
    warehouse: Warehouse,
    export: Export,
    work: Work,
    *,
    is_red: bool,
    has_permissions: bool = True,
) -> None:
    """Reads from the warehouse what `find` decides by.

    Args:
        project: the parsed project.
        warehouse: open.
        export: the contract.
        work: where the files go.
        is_red: the evidence of everybody out there, for whatever purpose the last delivery may
            have had, with all that their profiles have; else only of contact points that
            something was said against, by themselves.
        has_permissions: the models that decide were built; else contact points alone are read.
    """
    purposes = judge.read_purposes(purposes_of(project))
    asked = list(purposes) if is_red else list(export.required)
    concerned = judge.concerned(purposes, asked)
    alone = audience.evidence(
        project, export, _alone(project, export, is_red), concerned, is_alone=True
    )
    queries = {f"alone_{name}": alone[name] for name in _ALONE}
    if has_permissions:
        queries["permission_out_there"] = _permissions(project, export, lineages(purposes, asked))
        queries["withheld_out_there"] = _withheld(project, export)
        if export.channel:
            queries["former_out_there"] = _former(project, export)
    if has_permissions and is_red:
        people = audience.evidence(project, export, _people(project, export), concerned)
        queries |= {f"people_{name}": people[name] for name in PEOPLE if name in people}
    for name, sql in queries.items():
        spool(warehouse.stream(sql), work.path(name))


def find(project: Project, export: Export, work: Work, now: datetime) -> None:
    """Writes `withdrawn`: each contact point out there that was withdrawn, once.

    Its columns: key_type, key_value, reason, `on_identity` (it is known by the identity of this
    run only: a denial that was made elsewhere, a former contact point).
    """
    _gather(export, work)
    parts = [refused(project, export.required, work, now)]
    for name, reason in (("withheld", "withheld"), ("former", "former_contact_point")):
        if work.path(f"{name}_out_there").exists():
            parts.append(
                f"select key_type, key_value, '{reason}', true"
                f" from {work.table(f'{name}_out_there')}"
            )
    work.save(once(parts), work.path("withdrawn"))


def once(parts: Sequence[str]) -> str:
    """SQL of each contact point once, with its first reason; one that is its own goes first."""
    return f"""
        select
            key_type,
            key_value,
            min_by(reason, (on_identity, reason)) as reason,
            bool_and(on_identity) as on_identity
        from ({" union all ".join(f"({part})" for part in parts)})
            as found (key_type, key_value, reason, on_identity)
        group by key_type, key_value
        order by key_type, key_value
    """


def refused(project: Project, required: Sequence[str], work: Work, now: datetime) -> str:
    """SQL of whoever is out there and was withdrawn from one of these purposes, by either query."""
    parts = [_by_evidence(project, required, work, now)]
    if work.path("permission_out_there").exists():
        parts.append(_by_permissions(project, required, work, now))
    return " union all ".join(f"({part})" for part in parts)


def _by_permissions(project: Project, required: Sequence[str], work: Work, now: datetime) -> str:
    """SQL: what the permission models say, followed up to the ancestor that blocks."""
    purposes = judge.read_purposes(purposes_of(project))
    ending = [
        name
        for name in lineages(purposes, required)
        if purposes[name].enforcement == "opt_in" or "opt_in" in purposes[name].by_country.values()
    ]
    permissions = work.table("permission_out_there")
    return f"""
        with recursive reasons as (
            select profile_id, key_type, key_value, reason, reason_detail, 0 as depth
            from {permissions}
            where purpose in ({_listed(required)}) and not is_permitted

            union all

            select
                above.profile_id, above.key_type, above.key_value, above.reason,
                above.reason_detail, reasons.depth + 1
            from reasons
            inner join {permissions} as above
                on reasons.profile_id = above.profile_id
                and reasons.key_type = above.key_type
                and reasons.key_value = above.key_value
                and reasons.reason_detail = above.purpose
            where
                reasons.reason = 'parent_not_permitted'
                and not above.is_permitted
                and reasons.depth < 50
        )
        select key_type, key_value, reason, reason = 'denied_elsewhere' as on_identity
        from reasons
        where reason in ({_listed(_WITHDRAWN)})

        union all

        select key_type, key_value, 'expired', false
        from {permissions}
        where is_permitted and expires_at <= {moment(now)} and purpose in ({_listed(ending)})
    """


def _gather(export: Export, work: Work) -> None:
    """The evidence of what is out there, as a delivery of all of it would prove it.

    Each contact point stands for itself, and, where the evidence of people was read, once more
    with everything that its profiles have.
    """
    folder = work.folder / "judged"
    folder.mkdir(exist_ok=True)
    judged = Work(folder, work.connection)
    for name in PEOPLE:
        read = [f"{whose}_{name}" for whose in ("alone", "people")]
        parts = [f"select * from {work.table(each)}" for each in read if work.path(each).exists()]
        if parts:
            judged.save(" union all by name ".join(parts), judged.path(name))
    channel = export.channel or "profile_id"
    judged.save(
        f"""
        select
            points.profile_id, key_type, key_value, null::varchar as _written,
            null::varchar as _reason, null::varchar as _consent_id,
            null::varchar as _source_name, null::timestamp as _recorded_at,
            null::timestamp as _expires_at
        from {judged.table("contact_point")} as points
        inner join {work.table("ledger_before")} as ledger using (key_type, key_value)
        where ledger.removed_at is null and key_type = {literal(channel)}
        group by points.profile_id, key_type, key_value
        """,
        judged.path("lines"),
    )
    evidence.write_evidence(judged, folder / evidence.FILE)


def _by_evidence(project: Project, required: Sequence[str], work: Work, now: datetime) -> str:
    """SQL: whom the second decision refuses for a denial, or because a grant has ended."""
    path = work.folder / "judged" / evidence.FILE
    given = (path, purposes_of(project), required, now, work.connection)
    found = {"denied": withdrawals.denied(*given), "expired": withdrawals.expired(*given)}
    rows = pa.Table.from_pylist(
        [
            {
                "key_type": each.key_type,
                "key_value": each.key_value,
                "reason": reason,
                "on_identity": not each.profile_id.startswith(ALONE),
            }
            for reason, offenders in found.items()
            for each in offenders
        ],
        _OFFENDERS,
    )
    table = f"refused_{'_'.join(required) or 'nobody'}"
    work.connection.register(table, rows)
    return f"select key_type, key_value, reason, on_identity from {quoted(table)}"


def _open(project: Project, export: Export) -> str:
    """SQL of what is out there."""
    return f"""(
        select key_type, key_value
        from {project.relation("delivered_members")}
        where
            export_name = {literal(export.name)}
            and destination = {literal(named(export.destination))}
            and removed_at is null
    )"""


def _permissions(project: Project, export: Export, purposes: Iterable[str]) -> str:
    """Permissions that are none, or that end, for these purposes."""
    return f"""
        select
            permissions.profile_id, permissions.key_type, permissions.key_value,
            permissions.purpose, permissions.is_permitted, permissions.reason,
            permissions.reason_detail, permissions.expires_at
        from {project.relation("contact_point_permissions")} as permissions
        inner join {_open(project, export)} as sent
            on permissions.key_type = sent.key_type and permissions.key_value = sent.key_value
        where
            permissions.purpose in ({_listed(purposes)})
            and (not permissions.is_permitted or permissions.expires_at is not null)
    """


def _withheld(project: Project, export: Export) -> str:
    """What is out there of profiles that must not be kept at all."""
    return f"""
        select sent.key_type, sent.key_value
        from {_open(project, export)} as sent
        inner join (
            select profile_id, key_type, key_value
            from {project.relation("int_identity__contact_points")}
            union all
            select profile_id, 'profile_id', profile_id
            from {project.relation("int_consent__withheld_profiles")}
        ) as points
            on sent.key_type = points.key_type and sent.key_value = points.key_value
        inner join {project.relation("int_consent__withheld_profiles")} as withheld
            on points.profile_id = withheld.profile_id
        group by sent.key_type, sent.key_value
    """


def _former(project: Project, export: Export) -> str:
    """What is out there, is a former contact point of somebody, and is nobody's permitted now."""
    return f"""
        select sent.key_type, sent.key_value
        from {_open(project, export)} as sent
        inner join {project.relation("int_identity__former_points")} as former
            on sent.key_type = former.key_type and sent.key_value = former.key_value
        left join {project.relation("contact_point_permissions")} as permitted
            on
                sent.key_type = permitted.key_type
                and sent.key_value = permitted.key_value
                and permitted.purpose = {literal(export.purpose)}
                and permitted.is_permitted
        where permitted.profile_id is null
        group by sent.key_type, sent.key_value
    """


def _people(project: Project, export: Export) -> str:
    """SQL of all contact points of the profiles that have one that is out there."""
    points = project.relation("int_identity__contact_points")
    return f"""
        select points.profile_id, points.key_type, points.key_value
        from {points} as points
        inner join (
            select own.profile_id
            from {points} as own
            inner join {_open(project, export)} as sent
                on own.key_type = sent.key_type and own.key_value = sent.key_value
            union
            select key_value from {_open(project, export)} as sent where key_type = 'profile_id'
        ) as people
            on points.profile_id = people.profile_id
    """


def _alone(project: Project, export: Export, everyone: bool) -> str:
    """SQL of what is out there, each as a profile of its own.

    Everyone, or only those that somebody said something against.
    """
    said = f"""
        inner join (
            select key_type, key_value
            from {project.relation("int_consent__interpreted")}
            where status = 'denied'
            union
            select key_type, key_value from {project.relation("int_consent__suppressions")}
        ) as said
            on sent.key_type = said.key_type and sent.key_value = said.key_value
    """
    return f"""
        select
            '{ALONE}' || sent.key_type || ':' || sent.key_value as profile_id,
            sent.key_type,
            sent.key_value
        from {_open(project, export)} as sent
        {"" if everyone else said}
    """


def lineages(purposes: Mapping[str, Purpose], names: Iterable[str]) -> list[str]:
    """These purposes, and their ancestors."""
    return sorted({step for name in names for step in judge.lineage(purposes, name)})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in names) or "null"
