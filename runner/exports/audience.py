"""The queries over the warehouse: who is to be delivered, who is left out, and the evidence.

Portable SQL. `audience` is the export query; `evidence` feeds the judge, and reads neither the
permission table nor anything else that the permission models compute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.dbt import Project
from runner.exports import judge
from runner.exports.contract import Export, purposes_of
from runner.exports.local import literal


def audience(project: Project, export: Export) -> tuple[str, list[str]]:
    """The export query and its values: each member with every contact point to deliver.

    Columns: profile_id, key_type, key_value, the deciding event (`_reason`, `_consent_id`,
    `_source_name`, `_recorded_at`, `_expires_at`), `_ends_at` (when the first of the grants ends
    that it rests on, those of ancestors and of `sale` included), per ad-consent signal a boolean
    `_signal_<name>` and its `_signal_<name>_ends_at`, and the segment's attributes.

    The permission is asked again, whatever the segment says, and of every profile that has the
    contact point: who gets the message cannot be chosen among them.
    """
    attributes = "".join(f',\n    segment."{name}"' for name in export.attributes)
    segment = project.nodes[export.segment_id]["relation_name"]
    members = project.relation("segment_members")
    if export.purpose is None:
        return (
            f"""
            select
                members.profile_id,
                'profile_id' as key_type,
                members.profile_id as key_value,
                'not_required' as _reason,
                cast(null as {_text(project)}) as _consent_id,
                cast(null as {_text(project)}) as _source_name,
                cast(null as timestamp) as _recorded_at,
                cast(null as timestamp) as _expires_at,
                cast(null as timestamp) as _ends_at{attributes}
            from {members} as members
            inner join {segment} as segment on members.profile_id = segment.profile_id
            where members.segment_name = $1
            """,
            [export.segment],
        )
    permissions = project.relation("contact_point_permissions")
    values = [export.segment, export.purpose, str(export.channel)]
    joins = signals = ""
    for purpose in export.required[1:]:
        values.append(purpose)
        joins += _permission_join(permissions, f"also_{purpose}", len(values), "inner")
        joins += f"\n    and also_{purpose}.is_permitted"
    for purpose in export.required:
        values.append(purpose)
        joins += _refused_join(permissions, f"refused_{purpose}", len(values))
    for signal, purpose in export.ad_consent.items():
        values.append(purpose)
        joins += _permission_join(permissions, f"for_{signal}", len(values), "left")
        joins += _refused_join(permissions, f"refused_{signal}", len(values))
        signals += (
            f",\n    coalesce(for_{signal}.is_permitted, false)"
            f" and refused_{signal}.key_value is null as _signal_{signal}"
            f",\n    {_ends_at(project, [purpose])} as _signal_{signal}_ends_at"
        )
    for purpose in _rests_on(project, [*export.required, *export.ad_consent.values()]):
        values.append(purpose)
        joins += _permission_join(permissions, f"ends_{purpose}", len(values), "left")
        joins += f"\n    and ends_{purpose}.is_permitted and ends_{purpose}.expires_at is not null"
    refused = "".join(
        f"\n            and refused_{purpose}.key_value is null" for purpose in export.required
    )
    chosen = (
        "\n    and members.key_type = permissions.key_type"
        "\n    and members.key_value = permissions.key_value"
        if export.contact_points == "best"
        else ""
    )
    return (
        f"""
        select
            permissions.profile_id,
            permissions.key_type,
            permissions.key_value,
            permissions.reason as _reason,
            permissions.consent_id as _consent_id,
            permissions.source_name as _source_name,
            permissions.recorded_at as _recorded_at,
            permissions.expires_at as _expires_at,
            {_ends_at(project, export.required)} as _ends_at{signals}{attributes}
        from {members} as members
        inner join {permissions} as permissions
            on members.profile_id = permissions.profile_id{chosen}
        inner join {segment} as segment on members.profile_id = segment.profile_id{joins}
        where
            members.segment_name = $1
            and permissions.purpose = $2
            and permissions.key_type = $3
            and permissions.is_permitted{refused}
        """,
        values,
    )


def _permission_join(permissions: str, alias: str, value: int, kind: str) -> str:
    return f"""
        {kind} join {permissions} as {alias}
            on permissions.profile_id = {alias}.profile_id
            and permissions.key_type = {alias}.key_type
            and permissions.key_value = {alias}.key_value
            and {alias}.purpose = ${value}"""


def _refused_join(permissions: str, alias: str, value: int) -> str:
    """The contact points that some profile which has them must not be reached on."""
    return f"""
        left join (
            select key_type, key_value
            from {permissions}
            where purpose = ${value} and not is_permitted
            group by key_type, key_value
        ) as {alias}
            on permissions.key_type = {alias}.key_type
            and permissions.key_value = {alias}.key_value"""


def _rests_on(project: Project, purposes: Sequence[str]) -> list[str]:
    """Purposes and their ancestors, whose grants may end."""
    declared = judge.read_purposes(purposes_of(project))
    return sorted({step for name in purposes for step in judge.lineage(declared, name)})


def _ends_at(project: Project, purposes: Sequence[str]) -> str:
    """SQL for the end of the first grant that ends; nulls do not count."""
    ends = [f"ends_{purpose}.expires_at" for purpose in _rests_on(project, purposes)]
    return f"least({', '.join(ends)})" if len(ends) > 1 else ends[0]


def left_out(project: Project, export: Export) -> list[tuple[str, list[str]]]:
    """Queries that count, by reason, members who are in the segment and must not leave."""
    if export.purpose is None:
        return []
    members = project.relation("segment_members")
    permissions = project.relation("contact_point_permissions")
    found = []
    for purpose in export.required:
        prefix = "" if purpose == export.purpose else f"{purpose}: "
        found.append(
            (
                f"""
                select $3 || coalesce(permissions.reason, 'no_permission') as reason,
                    count(*) as members
                from {members} as members
                left join {permissions} as permissions
                    on members.profile_id = permissions.profile_id
                    and members.key_type = permissions.key_type
                    and members.key_value = permissions.key_value
                    and permissions.purpose = $2
                where
                    members.segment_name = $1
                    and not coalesce(permissions.is_permitted, false)
                group by permissions.reason
                """,
                [export.segment, purpose, prefix],
            )
        )
        found.append(
            (
                f"""
                select $3 || 'refused_by_another_profile' as reason, count(*) as members
                from {members} as members
                inner join {permissions} as permissions
                    on members.profile_id = permissions.profile_id
                    and members.key_type = permissions.key_type
                    and members.key_value = permissions.key_value
                    and permissions.purpose = $2
                    and permissions.is_permitted
                {_refused_join(permissions, "refused", 2)}
                where members.segment_name = $1 and refused.key_value is not null
                having count(*) > 0
                """,
                [export.segment, purpose, prefix],
            )
        )
    return found


def denied(project: Project, export: Export) -> tuple[str, list[str]] | None:
    """Contact points of the channel that somebody refused; None where the layout folds none.

    A destination that takes two spellings for one mailbox must get neither when one is denied.
    """
    if export.purpose is None or not export.layout.folds:
        return None
    values = [str(export.channel), *export.required]
    listed = ", ".join(f"${index}" for index in range(2, 2 + len(export.required)))
    return (
        f"""
        select key_type, key_value
        from {project.relation("contact_point_permissions")}
        where
            key_type = $1
            and purpose in ({listed})
            and not is_permitted
            and (
                reason in ('denied', 'suppressed')
                or (reason = 'parent_not_permitted' and consent_id is not null)
            )
        group by key_type, key_value
        """,
        values,
    )


def points_of_members(project: Project, export: Export) -> str:
    """SQL of the contact points (profile_id, key_type, key_value) of everybody in the segment."""
    return f"""
        select points.profile_id, points.key_type, points.key_value
        from {project.relation("profile_contact_points")} as points
        inner join (
            select profile_id from {project.relation("segment_members")}
            where segment_name = {literal(export.segment)}
            group by profile_id
        ) as members
            on points.profile_id = members.profile_id
    """


def evidence(
    project: Project,
    export: Export,
    points: str,
    purposes: Sequence[str],
    *,
    is_alone: bool = False,
) -> dict[str, str]:
    """The queries of the evidence, by what a row is (judge.py).

    Args:
        project: the parsed project.
        export: the contract.
        points: SQL of the contact points of the people that it is about, as those of
            `points_of_members`.
        purposes: those whose events bear on the decision.
        is_alone: each contact point stands for itself: nothing of identity is read for its
            events, retractions and suppressions.
    """
    people = f"(select profile_id from ({points}) as points group by profile_id)"
    every_point = points if is_alone else _every_point(project, points, people)
    queries = {
        "contact_point": points,
        "stretch": _stretches(project, every_point, people),
        "event": _events(project, every_point, purposes),
        "retraction": _retractions(project, every_point),
        "suppression": _suppressions(project, every_point),
        "erasure": f"""
            select marks.profile_id, marks.key_type, marks.key_value
            from {project.relation("int_consent__erasure_marks")} as marks
            inner join {people} as people on marks.profile_id = people.profile_id
        """,
        "withheld": f"""
            select withheld.profile_id
            from {project.relation("int_consent__withheld_profiles")} as withheld
            inner join {people} as people on withheld.profile_id = people.profile_id
        """,
    }
    if "country" in project.setting("profile_attributes", {}):
        queries["country"] = _countries(project, people)
    return queries


def _every_point(project: Project, points: str, people: str) -> str:
    """The contact points that those people have, had, or were once withheld with."""
    return f"""
        select profile_id, key_type, key_value from ({points}) as present
        union
        select former.profile_id, former.key_type, former.key_value
        from {project.relation("int_identity__former_points")} as former
        inner join {people} as people on former.profile_id = people.profile_id
        union
        select marks.profile_id, marks.key_type, marks.key_value
        from {project.relation("int_consent__erasure_marks")} as marks
        inner join {people} as people on marks.profile_id = people.profile_id
    """


def _stretches(project: Project, every_point: str, people: str) -> str:
    """Who had those contact points, and when: the people themselves, and anybody else."""
    return f"""
        select
            points.profile_id, stretches.key_type, stretches.key_value,
            stretches.profile_id as owner_id,
            stretches.source_name || ' ' || stretches.source_record_id as owner_record,
            case when stretches.is_record_present then 'true' else 'false' end as is_present,
            stretches.first_seen_at, stretches.left_at
        from {project.relation("int_identity__point_stretches")} as stretches
        inner join ({every_point}) as points
            on stretches.key_type = points.key_type and stretches.key_value = points.key_value
    """


def _events(project: Project, every_point: str, purposes: Sequence[str]) -> str:
    """All that events said which ever showed one of those contact points, on whichever."""
    models = [each for each in project.setting("consent_models", []) if isinstance(each, dict)]
    is_carried = _is_of(models, "on_new_contact_point", "carry")
    is_ledger = _is_of(models, "kind", "ledger")
    interpreted = project.relation("int_consent__interpreted")
    return f"""
        select
            touched.profile_id, events.key_type, events.key_value, events.purpose, events.status,
            case when events.is_mapped then 'true' else 'false' end as is_mapped,
            {is_carried} as is_carried, {is_ledger} as is_ledger,
            events.consent_model, events.source_name, events.consent_id, events.event_id,
            events.version_id, events.raw_purpose, events.raw_status, events.recorded_at,
            events.confirmed_at, events.expires_at, events.first_seen_at, events.present_from,
            events.last_shown_at, events.last_seen_at
        from {interpreted} as events
        inner join (
            select points.profile_id, shown.event_key
            from {interpreted} as shown
            inner join ({every_point}) as points
                on shown.key_type = points.key_type and shown.key_value = points.key_value
            where shown.purpose in ({", ".join(literal(purpose) for purpose in purposes)})
            group by points.profile_id, shown.event_key
        ) as touched
            on events.event_key = touched.event_key
    """


def _is_of(models: Sequence[Mapping[str, Any]], key: str, value: str) -> str:
    """SQL of 'true' for events whose consent model is declared so, else 'false'."""
    named = ", ".join(literal(str(each["model"])) for each in models if each.get(key) == value)
    if not named:
        return "'false'"
    return f"case when events.consent_model in ({named}) then 'true' else 'false' end"


def _retractions(project: Project, every_point: str) -> str:
    """What was taken back, for the people of those contact points."""
    return f"""
        select
            people.profile_id, retractions.event_id, retractions.consent_model,
            retractions.first_seen_at, retractions.suppression_id,
            case when retractions.denials_too then 'true' else 'false' end as denials_too,
            retractions.retracted_at, retractions.undone_at
        from {project.relation("retractions")} as retractions
        cross join (
            select profile_id from ({every_point}) as points group by profile_id
        ) as people
    """


def _suppressions(project: Project, every_point: str) -> str:
    """All that suppression lists ever said of those contact points."""
    return f"""
        select
            points.profile_id, suppressions.key_type, suppressions.key_value,
            suppressions.suppression_id, suppressions.suppression_model as consent_model,
            suppressions.reason, suppressions.suppressed_at, suppressions.first_seen_at,
            suppressions.present_from, suppressions.last_seen_at
        from {project.relation("suppression_events")} as suppressions
        inner join ({every_point}) as points
            on suppressions.key_type = points.key_type
            and suppressions.key_value = points.key_value
    """


def _countries(project: Project, people: str) -> str:
    """The countries of all records of those profiles, those that are gone included."""
    return f"""
        select people.profile_id, upper(trim(places.country)) as country
        from (
            select ties.profile_id, records.country
            from {project.relation("int_identity__record_profiles")} as ties
            inner join {project.relation("int_identity__records")} as records
                on ties.record_id = records.record_id
            union all
            select profile_id, country
            from {project.relation("int_identity__point_stretches")}
            where not is_record_present
        ) as places
        inner join {people} as people
            on places.profile_id = people.profile_id
        where trim(places.country) <> ''
        group by people.profile_id, upper(trim(places.country))
    """


def _text(project: Project) -> str:
    return "string" if project.engine == "spark" else "text"
