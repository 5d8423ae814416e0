"""Why somebody is in a segment, or out: the rule condition by condition, then the permission.

Rule and permission are read anew from the tables for the moment that segment_members was decided
for; that table says whether the profile is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml

from runner.dbt import Project
from runner.errors import UsageError, nearest
from runner.exports.contract import purposes_of
from runner.segments.flips import fewest, holds
from runner.segments.plans import Condition, Plan, plans, stored_as_of
from runner.warehouse import Warehouse, open_warehouse

GUARD = "contact_for"
"""The place of the permission among what is needed."""
LIMIT = "limit"
"""The place of the cut."""
_STEP = re.compile(r"([a-z_]+)|\[(\d+)\]")


@dataclass
class Explained:
    """One condition of the rule and how it turned out.

    Attributes:
        condition: as it is written, on one line.
        values: what a leaf looked at.
        segment: in whose rule it stands.
        path: where it stands, from the segment that is explained on: `where.all[1]`, or
            `where[1].not → employees: where.any[0]` in the rule of another segment.
    """

    condition: str
    holds: bool
    segment: str
    path: str
    values: dict[str, Any] = field(default_factory=dict)
    conditions: list[Explained] = field(default_factory=list)


@dataclass
class Permission:
    """What the guard found.

    Attributes:
        key_type, key_value: the contact point that was chosen, or would have been; None without.
        events: what was ever recorded about it, the latest first; `decided` marks the one that
            decided.
    """

    purpose: str
    is_permitted: bool
    reason: str
    reason_detail: str | None = None
    key_type: str | None = None
    key_value: str | None = None
    expires_at: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Cut:
    """The limit of a rule and where the profile stands.

    Attributes:
        rank: among those whom rule and guard let in, the profile itself counted with them.
    """

    to: int
    rank: int

    @property
    def is_over(self) -> bool:
        """Whether the limit leaves it out."""
        return self.rank > self.to


@dataclass
class Needed:
    """A condition that would have to turn out otherwise."""

    condition: str
    segment: str
    path: str
    has_to: str


@dataclass
class Explanation:
    """The whole answer.

    Attributes:
        is_member: what segment_members says.
        matches_rule: whether the rule holds, the guard left aside.
        permission: None when the segment contacts nobody.
        cut: the profile's rank; None when the rule has no limit.
        needed: for somebody who is out, the fewest conditions that have to change.
        notes: what else there is to know.
    """

    profile_id: str
    segment: str
    as_of: datetime | None
    is_member: bool
    matches_rule: bool
    rule: Explained | None
    permission: Permission | None
    needed: list[Needed]
    notes: list[str]
    cut: Cut | None = None


def require_segment(project: Project, name: str) -> None:
    """Rejects a name that is no listed segment.

    Raises:
        UsageError: with the nearest name.
    """
    known = list(project.setting("segments", []))
    if name not in known:
        raise UsageError(
            f"There is no segment '{name}'{nearest(name, known)}.", "`consent segments` lists them."
        )


def explain_found(
    project: Project,
    segment: str,
    profile_ids: Sequence[str],
    contact_points: Sequence[tuple[str, str]] = (),
) -> Explanation:
    """Explains a segment for whom a contact point, or a profile id, has found.

    Args:
        project: the parsed project.
        segment: one of the listed segments.
        profile_ids: whom it was found for; of several, it is about the first one who is in, or
            else the first, and says so.
        contact_points: (key_type, key_value) by which they were asked for, if any.

    Raises:
        UsageError: no such segment.
        ConsentError: nothing is built yet, or the rule has errors.
    """
    require_segment(project, segment)
    as_of = stored_as_of(project)
    plan = plans(project, [segment], as_of)[segment]
    with open_warehouse(project) as warehouse:
        members = project.relation("segment_members")
        inside = {
            str(row["profile_id"])
            for row in warehouse.rows(
                f"select profile_id from {members} where segment_name = $1", [segment]
            )
        }
        about = next((each for each in profile_ids if each in inside), profile_ids[0])
        return explained(project, warehouse, plan, as_of, about, contact_points, profile_ids)


def explained(
    project: Project,
    warehouse: Warehouse,
    plan: Plan,
    as_of: datetime | None,
    profile_id: str,
    contact_points: Sequence[tuple[str, str]] = (),
    shared_by: Iterable[str] = (),
) -> Explanation:
    """The same with a plan that was made already, for its moment."""
    members = project.relation("segment_members")
    is_member = bool(
        warehouse.rows(
            f"select 1 as found from {members} where segment_name = $1 and profile_id = $2",
            [plan.name, profile_id],
        )
    )
    notes = _sharing_notes(warehouse, members, plan.name, profile_id, shared_by)
    row = _leaf_row(warehouse, plan, profile_id)
    if row is None:
        notes.append(_why_withheld(project, warehouse, profile_id))
        return Explanation(profile_id, plan.name, as_of, is_member, False, None, None, [], notes)
    leaves = {each.id: bool(row[f"leaf_{each.id}"]) for each in _leaves(plan)}
    permission = None
    if plan.purpose:
        permission = _permission(project, warehouse, plan.purpose, profile_id)
        notes += _choice_notes(project, warehouse, permission, profile_id, contact_points)
    outcome = holds(plan.conditions, leaves)
    matches = outcome.get(0, True)
    rule = _tree(project, plan, outcome, row) if plan.conditions else None
    cut = _cut(project, warehouse, plan, profile_id)
    should_be = matches and (permission is None or permission.is_permitted)
    should_be = should_be and not (cut and cut.is_over)
    if should_be != is_member:
        notes.append(
            "segment_members says otherwise than the tables that it is made of: they were built "
            "apart. Repeat `consent refresh`."
        )
    needed = [] if is_member else _needed(project, plan, leaves, permission, cut)
    return Explanation(
        profile_id, plan.name, as_of, is_member, matches, rule, permission, needed, notes, cut
    )


def _why_withheld(project: Project, warehouse: Warehouse, profile_id: str) -> str:
    """Whose no to the storage of data keeps the profile out."""
    own = warehouse.rows(
        f"""
        select 1 as found
        from {project.relation("int_identity__contact_points")} as points
        inner join {project.relation("int_consent__point_statuses")} as statuses
            on points.key_type = statuses.key_type and points.key_value = statuses.key_value
        where points.profile_id = $1 and statuses.purpose = 'storage' and statuses.is_denied
        union all
        select 1 from {project.relation("int_consent__standing_denials")}
        where profile_id = $1 and purpose = 'storage' and denied_purpose = 'storage'
        """,
        [profile_id],
    )
    marks = warehouse.rows(
        f"select key_type, key_value from {project.relation('int_consent__erasure_marks')}"
        " where profile_id = $1 and is_standing order by key_type, key_value",
        [profile_id],
    )
    if own or not marks:
        return (
            "The profile is withheld: a contact point of it said no to the storage of data, so it "
            "is in no segment and no export, whatever the rule says."
        )
    from runner.erasure.pending import masked

    points = ", ".join(masked((str(each["key_type"]), str(each["key_value"]))) for each in marks)
    return (
        f"The profile is withheld: a record of it belonged to somebody who was erased ({points}). "
        "It is in no segment and no export, until a yes to storage on that contact point, or "
        "until never_match parts it from the record that had it."
    )


def _leaves(plan: Plan) -> list[Condition]:
    return [each for each in plan.conditions if each.group == "leaf"]


def _leaf_row(warehouse: Warehouse, plan: Plan, profile_id: str) -> dict[str, Any] | None:
    """How each leaf turns out for the profile, and what it looked at; None when it is withheld."""
    columns = ["profiles.profile_id"]
    for each in _leaves(plan):
        columns.append(f"{each.sql} as leaf_{each.id}")
        columns += [
            f"{sql} as fact_{each.id}_{index}" for index, sql in enumerate(each.facts.values())
        ]
    # no parameter: a rule may hold a text such as '$1', which must stay one
    literal = profile_id.replace("'", "''")
    selected = ",\n".join(columns)
    rows = warehouse.rows(
        f"select {selected}\nfrom {plan.source}\nwhere profiles.profile_id = '{literal}'"
    )
    return rows[0] if rows else None


def _cut(project: Project, warehouse: Warehouse, plan: Plan, profile_id: str) -> Cut | None:
    """Where the profile stands among those whom rule and guard let in."""
    if plan.limit is None:
        return None
    literal = profile_id.replace("'", "''")
    guard, permitted = "", "true"
    if plan.purpose:
        guard = (
            f"left join {project.relation('profile_consents')} as guard "
            "on profiles.profile_id = guard.profile_id "
            f"and guard.purpose = '{plan.purpose}' and guard.is_permitted"
        )
        permitted = "guard.profile_id is not null"
    (row,) = warehouse.rows(
        f"""
        select place from (
            select
                profiles.profile_id,
                row_number() over (order by {plan.order}) as place
            from {plan.source}
            {guard}
            where (({plan.where}) and {permitted}) or profiles.profile_id = '{literal}'
        ) as ranked
        where profile_id = '{literal}'
        """
    )
    return Cut(plan.limit, int(row["place"]))


def _tree(
    project: Project, plan: Plan, outcome: Mapping[int, bool], row: Mapping[str, Any]
) -> Explained:
    made: dict[int, Explained] = {}
    for each in plan.conditions:
        values = {
            label: row[f"fact_{each.id}_{index}"]
            for index, label in enumerate(each.facts if each.group == "leaf" else ())
        }
        made[each.id] = Explained(
            _written(project, each), outcome[each.id], each.segment, _place(plan, each), values
        )
        if each.parent is not None:
            made[each.parent].conditions.append(made[each.id])
    return made[0]


def _written(project: Project, condition: Condition) -> str:
    """A condition as the rule's file has it; a group by its name."""
    if condition.group in ("all", "any", "not"):
        return condition.group
    # an inlined rule's own entry stands where the rule that uses it names it
    given = _at(project, condition.segment, condition.path)
    text = yaml.safe_dump(
        given, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False
    )
    return text.strip()


def _place(plan: Plan, condition: Condition) -> str:
    """Where it stands, from the segment itself on."""
    steps = [condition.path]
    above = condition
    while above.parent is not None:
        child, above = above, plan.conditions[above.parent]
        if above.group == "rule_of":
            steps[0] = f"{child.segment}: {steps[0]}"
            steps.insert(0, above.path)
    return " → ".join(steps)


def _at(project: Project, segment: str, path: str) -> Any:
    given: Any = project.model(segment)["config"]["meta"]["segment"]
    for name, index in _STEP.findall(path):
        given = given[name] if name else given[int(index)]
    return given


def _needed(
    project: Project,
    plan: Plan,
    leaves: Mapping[int, bool],
    permission: Permission | None,
    cut: Cut | None,
) -> list[Needed]:
    flips = fewest(plan.conditions, leaves, wanted=True)
    found = [
        Needed(
            _written(project, plan.conditions[flip]),
            plan.conditions[flip].segment,
            _place(plan, plan.conditions[flip]),
            "not hold" if leaves[flip] else "hold",
        )
        for flip in sorted(flips or ())
    ]
    if permission is not None and not permission.is_permitted:
        found.append(Needed(f"{{{GUARD}: {permission.purpose}}}", plan.name, GUARD, "hold"))
    if cut is not None and cut.is_over:
        found.append(Needed(f"{{{LIMIT}: {{to: {cut.to}}}}}", plan.name, LIMIT, "hold"))
    return found


def _permission(
    project: Project, warehouse: Warehouse, purpose: str, profile_id: str
) -> Permission:
    (decided,) = warehouse.rows(
        f"select is_permitted, key_type, key_value, reason from "
        f"{project.relation('profile_consents')} where profile_id = $1 and purpose = $2",
        [profile_id, purpose],
    )
    found = Permission(purpose, bool(decided["is_permitted"]), str(decided["reason"]))
    point = _chosen(project, warehouse, decided, purpose, profile_id)
    if point is None:
        return found
    found.key_type, found.key_value = point
    (details,) = warehouse.rows(
        f"select reason_detail, expires_at, consent_id, source_name, recorded_at from "
        f"{project.relation('contact_point_permissions')}"
        " where profile_id = $1 and purpose = $2 and key_type = $3 and key_value = $4",
        [profile_id, purpose, *point],
    )
    found.reason_detail, found.expires_at = details["reason_detail"], details["expires_at"]
    found.events = _events(project, warehouse, purpose, profile_id)
    for event in found.events:
        event["decided"] = details["consent_id"] is not None and all(
            event[key] == details[key] for key in ("consent_id", "source_name", "recorded_at")
        )
    return found


def _chosen(
    project: Project,
    warehouse: Warehouse,
    decided: Mapping[str, Any],
    purpose: str,
    profile_id: str,
) -> tuple[str, str] | None:
    """The contact point that the permission is over, or would have been."""
    if decided["key_value"] is not None:
        return str(decided["key_type"]), str(decided["key_value"])
    rows = warehouse.rows(
        f"select key_type, key_value from {project.relation('int_consent__chosen_contact_points')}"
        " where profile_id = $1 and purpose = $2",
        [profile_id, purpose],
    ) or warehouse.rows(
        f"select key_type, key_value from {project.relation('profile_contact_points')}"
        " where profile_id = $1 and key_type = $2 and is_primary",
        [profile_id, str(purposes_of(project)[purpose].get("channel"))],
    )
    return (str(rows[0]["key_type"]), str(rows[0]["key_value"])) if rows else None


def _events(
    project: Project, warehouse: Warehouse, purpose: str, profile_id: str
) -> list[dict[str, Any]]:
    """All that was said about the purpose or one above it, also on former contact points."""
    named = [purpose, *_ancestors(purposes_of(project), purpose)]
    places = ", ".join(f"${index}" for index in range(2, len(named) + 2))
    return warehouse.rows(
        f"""
        select
            events.purpose, events.status, events.key_type, events.key_value,
            events.recorded_at, events.confirmed_at, events.expires_at,
            events.source_name, events.consent_id, events.first_seen_at,
            events.ended_at as last_seen_at, events.is_retracted, events.is_mapped,
            events.raw_status, points.left_at
        from (
            select
                purpose, status, key_type, key_value, recorded_at, confirmed_at, expires_at,
                source_name, consent_id, first_seen_at, ended_at, is_retracted, is_mapped,
                raw_status
            from {project.relation("int_consent__statements")}
            union all
            select
                purpose, 'denied', key_type, key_value, recorded_at, null, null, source_name,
                consent_id, event_at, null, false, true, 'denied'
            from {project.relation("int_consent__suppression_denials")}
        ) as events
        inner join (
            select profile_id, key_type, key_value, cast(null as timestamp) as left_at
            from {project.relation("profile_contact_points")}
            union all
            select profile_id, key_type, key_value, max(profile_left_at) as left_at
            from {project.relation("int_identity__former_points")}
            group by profile_id, key_type, key_value
        ) as points
            on events.key_type = points.key_type and events.key_value = points.key_value
        where
            points.profile_id = $1 and events.purpose in ({places})
            and events.status <> 'nothing'
        order by
            case when events.recorded_at is null then 1 else 0 end,
            events.recorded_at desc, events.source_name, events.consent_id, events.first_seen_at
        """,
        [profile_id, *named],
    )


def _ancestors(purposes: Mapping[str, Mapping[str, Any]], purpose: str) -> list[str]:
    found: list[str] = []
    while purpose not in ("use", "sale", "storage"):
        keys = purposes[purpose]
        if keys.get("enforcement") == "none":
            break
        purpose = str(keys.get("parent") or "use")
        found.append(purpose)
    return found


def _choice_notes(
    project: Project,
    warehouse: Warehouse,
    permission: Permission,
    profile_id: str,
    contact_points: Sequence[tuple[str, str]],
) -> list[str]:
    """What to say when the contact point that was asked for is not the one that is used."""
    notes = []
    for key_type, key_value in contact_points:
        if permission.key_value == key_value and permission.key_type == key_type:
            continue
        rows = warehouse.rows(
            f"select is_permitted, reason from {project.relation('contact_point_permissions')}"
            " where profile_id = $1 and purpose = $2 and key_type = $3 and key_value = $4",
            [profile_id, permission.purpose, key_type, key_value],
        )
        if not rows or permission.key_value is None:
            continue
        if rows[0]["is_permitted"]:
            notes.append(
                f"{key_value} is permitted too, but {permission.key_value} was chosen: permitted "
                "ones are taken in the order primary first, then granted most recently."
            )
        else:
            notes.append(
                f"{key_value} itself is not permitted ({rows[0]['reason']}); the answer is about "
                f"{permission.key_value}."
            )
    return notes


def _sharing_notes(
    warehouse: Warehouse, members: str, segment: str, profile_id: str, shared_by: Iterable[str]
) -> list[str]:
    others = [each for each in shared_by if each != profile_id]
    if not others:
        return []
    inside = {
        str(row["profile_id"])
        for row in warehouse.rows(
            f"select profile_id from {members} where segment_name = $1", [segment]
        )
    }
    said = ", ".join(f"{each} ({'in' if each in inside else 'out'})" for each in others)
    return [f"The contact point is shared; this is about {profile_id}. The others: {said}."]
