"""Segments and their sizes: who matches a rule, who is left out by consent and why, who is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from runner.dbt import Project
from runner.exports.contract import exports
from runner.segments.plans import Plan, plans, stored_as_of
from runner.warehouse import Warehouse, open_warehouse

_AT_ONCE = 50


@dataclass
class Funnel:
    """From rule to members.

    Attributes:
        purpose: what the guard asks for; None when the segment contacts nobody.
        matches: profiles that satisfy the rule, the guard left aside.
        left_out: of these, how many the guard keeps out, by reason, and the limit (`over_limit`).
        members: rows of segment_members.
    """

    segment: str
    purpose: str | None
    matches: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    members: int = 0

    @property
    def permitted_share(self) -> float | None:
        """The share of those who match that may be contacted; None without matches or guard."""
        return self.members / self.matches if self.purpose and self.matches else None


def funnel(project: Project) -> list[Funnel]:
    """The funnels of all listed segments, in their order, as built.

    Rules are evaluated anew, without their guards, for the moment that segment_members was
    decided for; members are counted in segment_members.

    Raises:
        ConsentError: nothing is built yet, or a rule has errors.
    """
    names = list(project.setting("segments", []))
    compiled = plans(project, names, stored_as_of(project))
    found = {name: Funnel(name, compiled[name].purpose) for name in names}
    with open_warehouse(project) as warehouse:
        for start in range(0, len(names), _AT_ONCE):
            some = [compiled[name] for name in names[start : start + _AT_ONCE]]
            _count_matches(project, warehouse, some, found)
        for name, plan in compiled.items():
            over = found[name].matches - sum(found[name].left_out.values()) - (plan.limit or 0)
            if plan.limit is not None and over > 0:
                found[name].left_out["over_limit"] = over
        for name, members in _members(project, warehouse):
            if name in found:
                found[name].members = members
    return list(found.values())


def _count_matches(
    project: Project, warehouse: Warehouse, some: list[Plan], found: dict[str, Funnel]
) -> None:
    sql = "\nunion all\n".join(_matches_sql(project, plan) for plan in some)
    for row in sorted(
        warehouse.rows(sql), key=lambda row: (-row["profiles"], row["left_out"] or "")
    ):
        each = found[row["segment"]]
        each.matches += row["profiles"]
        if row["left_out"] is not None:
            each.left_out[row["left_out"]] = row["profiles"]


def _matches_sql(project: Project, plan: Plan) -> str:
    if plan.purpose is None:
        return (
            f"select '{plan.name}' as segment, null as left_out, count(*) as profiles\n"
            f"from {plan.source}\nwhere {plan.where}"
        )
    consents = project.relation("profile_consents")
    # the rule stands in a subquery of its own, so that none of its words can meet ours
    return f"""
select
    '{plan.name}' as segment,
    case when guard.is_permitted then null else guard.reason end as left_out,
    count(*) as profiles
from (select profiles.profile_id from {plan.source} where {plan.where}) as matching
inner join {consents} as guard
    on matching.profile_id = guard.profile_id and guard.purpose = '{plan.purpose}'
group by case when guard.is_permitted then null else guard.reason end"""


def _members(project: Project, warehouse: Warehouse) -> Iterator[tuple[str, int]]:
    members = project.relation("segment_members")
    rows = warehouse.rows(
        f"select segment_name, count(*) as members from {members} group by segment_name"
    )
    yield from ((row["segment_name"], row["members"]) for row in rows)


@dataclass
class Listed:
    """A segment as `consent segments` lists it.

    Attributes:
        entered, left: profiles that came in and went out at the last build of segment_history.
        members: rows of segment_members; None where the segment was built later than that.
        exports: names of the exports that deliver it.
        note: why the members are not known.
    """

    segment: str
    contact_for: str | None
    members: int | None
    entered: int
    left: int
    matches: int
    permitted_share: float | None
    exports: list[str]
    note: str = ""


def listed(project: Project) -> list[Listed]:
    """All listed segments, in their order: size, change, share that may be contacted, exports.

    Raises:
        ConsentError: nothing is built yet, or a rule has errors.
    """
    delivered: dict[str, list[str]] = {}
    for export in exports(project):
        delivered.setdefault(export.segment, []).append(export.name)
    funnels = funnel(project)
    with open_warehouse(project) as warehouse:
        changes = _changes(project, warehouse)
        older = counted_before(project, warehouse)
    return [
        Listed(
            segment=each.segment,
            contact_for=each.purpose,
            members=None if each.segment in older else each.members,
            entered=changes.get(each.segment, (0, 0))[0],
            left=changes.get(each.segment, (0, 0))[1],
            matches=each.matches,
            permitted_share=None if each.segment in older else each.permitted_share,
            exports=delivered.get(each.segment, []),
            note=older.get(each.segment, ""),
        )
        for each in funnels
    ]


def counted_before(project: Project, warehouse: Warehouse) -> dict[str, str]:
    """The segments that were built later than segment_members, and since when that is as it is."""
    table = project.state_relation("node_results")
    if not warehouse.has(table):
        return {}
    rows = warehouse.rows(
        f"""
        select node_id, max(observed_at) as built_at from {table}
        where status = 'success' and resource_type = 'model'
        group by node_id
        """
    )
    built = {row["node_id"]: row["built_at"] for row in rows}
    counted_at = built.get(project.model("segment_members")["unique_id"])
    found = {}
    for name in project.setting("segments", []):
        node_id = project.model(name)["unique_id"] if project.has_model(name) else ""
        if node_id in built and (counted_at is None or counted_at < built[node_id]):
            since = f" since {counted_at:%Y-%m-%d %H:%M} UTC" if counted_at else ""
            found[name] = f"segment_members was not built{since}: `consent refresh` counts them"
    return found


def _changes(project: Project, warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """Per segment, who entered and left when segment_history was last built."""
    history = project.relation("segment_history")
    node = project.model("segment_history")["unique_id"]
    rows = warehouse.rows(
        f"""
        select
            history.segment_name,
            count(case when history.entered_at = last_build.observed_at then 1 end) as entered,
            count(case when history.left_at = last_build.observed_at then 1 end) as gone
        from {history} as history
        cross join (
            select max(observed_at) as observed_at
            from {project.state_relation("node_results")}
            where node_id = $1 and status = 'success'
        ) as last_build
        where
            history.entered_at = last_build.observed_at
            or history.left_at = last_build.observed_at
        group by history.segment_name
        """,
        [node],
    )
    return {row["segment_name"]: (row["entered"], row["gone"]) for row in rows}


@dataclass
class Overlap:
    """Two segments that share members.

    Attributes:
        share: of the smaller segment's members.
    """

    segment: str
    other: str
    members: int
    share: float


def overlaps(project: Project) -> list[Overlap]:
    """All pairs of segments that share members, the largest overlap first.

    Raises:
        ConsentError: nothing is built yet.
    """
    members = project.relation("segment_members")
    with open_warehouse(project) as warehouse:
        sizes = dict(_members(project, warehouse))
        rows = warehouse.rows(
            f"""
            select one.segment_name, other.segment_name as other_name, count(*) as members
            from {members} as one
            inner join {members} as other
                on one.profile_id = other.profile_id and one.segment_name < other.segment_name
            group by one.segment_name, other.segment_name
            order by members desc, one.segment_name, other_name
            """
        )
    return [
        Overlap(
            row["segment_name"],
            row["other_name"],
            row["members"],
            row["members"] / min(sizes[row["segment_name"]], sizes[row["other_name"]]),
        )
        for row in rows
    ]
