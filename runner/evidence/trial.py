"""A decision on trial: what the last build would have decided if something were otherwise.

dbt decides anew, for the same moment and from the same state, in a schema of its own that is
dropped when the comparison is made; nothing else is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from runner.dbt import Project, invoke, open_project
from runner.errors import ConsentError
from runner.exports.judge import mask
from runner.warehouse import open_warehouse

_DECIDED = ("contact_point_permissions",)


@dataclass(frozen=True)
class Change:
    """A permission that would be another one.

    Attributes:
        contact_point: masked.
        purpose: what it is about.
        is_permitted: whether it would be permitted.
        before: the reason now; `withheld` where the person is in no table.
        after: the reason then.
    """

    contact_point: str
    purpose: str
    is_permitted: bool
    before: str
    after: str


def permissions_changed(project: Project, assumed: Mapping[str, Any]) -> list[Change]:
    """What would be permitted, and no longer permitted, under what is assumed.

    Args:
        project: the parsed project, built at least once.
        assumed: the setting `trial` (macros/run/clocks.sql).

    Raises:
        ConsentError: nothing is built yet, or the trial failed.
    """
    with _decided(project, assumed) as trial, open_warehouse(project) as warehouse:
        rows = warehouse.rows(
            f"""
            select
                coalesce(trial.key_value, now.key_value) as key_value,
                coalesce(trial.purpose, now.purpose) as purpose,
                coalesce(trial.is_permitted, false) as is_permitted,
                coalesce(now.reason, 'withheld') as before_reason,
                coalesce(trial.reason, 'withheld') as after_reason
            from {trial.relation("contact_point_permissions")} as trial
            full join {project.relation("contact_point_permissions")} as now
                on
                    trial.profile_id = now.profile_id
                    and trial.key_type = now.key_type
                    and trial.key_value = now.key_value
                    and trial.purpose = now.purpose
            where coalesce(trial.is_permitted, false) <> coalesce(now.is_permitted, false)
            order by purpose, key_value
            """
        )
    return [
        Change(
            mask(str(row["key_value"])),
            str(row["purpose"]),
            bool(row["is_permitted"]),
            str(row["before_reason"]),
            str(row["after_reason"]),
        )
        for row in rows
    ]


@contextmanager
def _decided(project: Project, assumed: Mapping[str, Any]) -> Iterator[Project]:
    moment = _last_build(project)
    variables = {**project.variables, "as_of": moment, "known_at": moment, "trial": dict(assumed)}
    trial = open_project(project.target, variables)
    schemas = {
        str(node["schema"])
        for node in trial.nodes.values()
        if str(node.get("schema") or "").endswith("_trial")
    }
    try:
        _drop(project, schemas)
        done = invoke(
            [
                "build",
                "--exclude-resource-type",
                "test",
                "--exclude-resource-type",
                "unit_test",
                *(part for name in _DECIDED for part in ("--select", f"+{name}")),
            ],
            project=trial,
        )
        if not done.success:
            first = done.failed[0]
            raise ConsentError(
                f"What would be permitted could not be decided: {first.name} failed "
                f"({first.message}). Nothing was written."
            )
        yield trial
    finally:
        _drop(project, schemas)


def _last_build(project: Project) -> str:
    """The moment that the last build decided for."""
    results = project.state_relation("node_results")
    with open_warehouse(project) as warehouse:
        rows = (
            warehouse.rows(f"select max(as_of) as as_of from {results} where which = 'build'")
            if warehouse.has(results)
            else []
        )
    if not rows or rows[0]["as_of"] is None:
        raise ConsentError("Nothing is built yet. Run `consent refresh` first.")
    return str(rows[0]["as_of"])


def _drop(project: Project, schemas: set[str]) -> None:
    with open_warehouse(project, writing=True) as warehouse:
        for schema in sorted(schemas):
            warehouse.execute(f'drop schema if exists "{schema}" cascade')
