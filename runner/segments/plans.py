"""Rules as the compiler reads them: SQL for the whole rule and for each of its conditions.

The macros under `macros/segments/` are the one compiler; nothing here knows what an operator
means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.dbt import Project, operation
from runner.errors import ConsentError
from runner.warehouse import Warehouse, open_warehouse


@dataclass
class Condition:
    """One entry of a rule.

    Attributes:
        group: all, any, not, rule_of, or leaf.
        path: where it stands in the rule of `segment`, such as `where.all[1]`.
        sql: a condition over the plan's `source`; null counts as false.
        facts: what a leaf looks at: label → SQL expression.
    """

    id: int
    parent: int | None
    group: str
    path: str
    segment: str
    sql: str
    facts: Mapping[str, str]
    children: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """A segment's rule, ready to be asked.

    Attributes:
        purpose: the guard's purpose; None when the segment contacts nobody.
        source: the from clause: `profiles` and what conditions need beside it.
        where: the whole rule, without the guard.
        limit: how many members there are at most.
        order: the SQL that they are taken in the order of, where there is a limit.
        conditions: parents come before their children; the first is the root.
    """

    name: str
    file: str
    purpose: str | None
    source: str
    where: str
    conditions: tuple[Condition, ...]
    warnings: tuple[str, ...]
    limit: int | None = None
    order: str = ""


def plans(project: Project, names: Iterable[str], as_of: datetime | None) -> dict[str, Plan]:
    """The plans of segments for one moment, by name.

    Raises:
        ConsentError: a rule has errors; all of them are listed.
    """
    wanted = list(names)
    if not wanted:
        return {}
    moment = as_of.strftime("%Y-%m-%d %H:%M:%S.%f") if as_of else None
    found = operation("segment_plans", {"names": wanted, "as_of": moment}, project=project)
    errors = [error for each in found for error in each["errors"]]
    if errors:
        listed = "\n".join(f"- {error}" for error in dict.fromkeys(errors))
        raise ConsentError(f"The rules have errors:\n{listed}")
    return {each["name"]: _plan(each) for each in found}


def _plan(given: Mapping[str, Any]) -> Plan:
    conditions = tuple(Condition(**each) for each in given["conditions"])
    for each in conditions:
        if each.parent is not None:
            conditions[each.parent].children.append(each.id)
    limit = given["limit"] or {}
    return Plan(
        limit=limit.get("to"),
        order=limit.get("order", ""),
        name=given["name"],
        file=given["file"],
        purpose=given["contact_for"],
        source=given["from"],
        where=given["where"],
        conditions=conditions,
        warnings=tuple(given["warnings"]),
    )


def stored_as_of(project: Project) -> datetime | None:
    """The moment that segment_members was decided for; None while nobody is a member.

    Raises:
        ConsentError: it was never built.
    """
    with open_warehouse(project) as warehouse:
        return as_of_of(project, warehouse)


def as_of_of(project: Project, warehouse: Warehouse) -> datetime | None:
    """The same, over an open connection."""
    members = project.relation("segment_members")
    found = warehouse.rows(f"select max(as_of) as as_of from {members}")
    moment = found[0]["as_of"]
    return moment if isinstance(moment, datetime) else None
