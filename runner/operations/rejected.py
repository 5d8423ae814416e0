"""What the last build could not use, and what its tests warned of: kinds, sources and counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.dbt import NodeResult, Project
from runner.warehouse import Warehouse, open_warehouse

COMMAND = "consent rejected"
_ROWS = re.compile(r"Got (\d+) results?")


@dataclass
class Rejected:
    """Rows of one kind from one source.

    Attributes:
        kind: consent, or key (a value that would have been a contact point).
        reason: what is wrong with them.
        table: where the rows are listed.
        example: a value as the table shows it, masked where it may be a person's.
    """

    kind: str
    source: str
    reason: str
    rows: int
    table: str
    example: str | None = None


@dataclass
class Warned:
    """A test that did not pass and stops nothing.

    Attributes:
        rows: how many rows it complains of; None where it did not say.
        table: what it is about, where the rows are.
    """

    test: str
    rows: int | None
    table: str


@dataclass
class Findings:
    """Everything that somebody should look at."""

    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


def findings(project: Project) -> Findings:
    """The rejected rows and the warnings of the last build.

    Raises:
        ConsentError: nothing is built yet.
    """
    with open_warehouse(project) as warehouse:
        return Findings(_rejected(project, warehouse), stored(project, warehouse))


def stored(project: Project, warehouse: Warehouse) -> list[Warned]:
    """The warnings of the last build, most rows first."""
    table = project.state_relation("node_results")
    if not warehouse.has(table):
        return []
    rows = warehouse.rows(
        f"""
        select node_id, message
        from {table}
        where
            status = 'warn'
            and invocation_id = (
                select max(invocation_id)
                from {table}
                where
                    resource_type <> 'invocation'
                    and which = 'build'
                    and observed_at = (
                        select max(observed_at)
                        from {table}
                        where resource_type <> 'invocation' and which = 'build'
                    )
            )
        order by node_id
        """
    )
    found = []
    for row in rows:
        counted = _ROWS.search(row["message"] or "")
        found.append(_warned(project, row["node_id"], int(counted[1]) if counted else None))
    return _sorted(found)


def of_results(project: Project, results: Iterable[NodeResult]) -> list[Warned]:
    """The warnings of a build that has just ended, most rows first."""
    return _sorted(
        _warned(project, each.node_id, each.failures) for each in results if each.status == "warn"
    )


def in_words(warnings: Iterable[Warned]) -> str:
    """One sentence that names them, and the command that shows the rows."""
    named = ", ".join(
        f"{each.test} ({each.rows:,} rows)" if each.rows is not None else each.test
        for each in warnings
    )
    return f"the build warns: {named}. `{COMMAND}` shows what is behind it."


def _warned(project: Project, node_id: str, rows: int | None) -> Warned:
    node = project.nodes.get(node_id) or {}
    about = node.get("attached_node") or next(
        iter((node.get("depends_on") or {}).get("nodes", [])), ""
    )
    name = (project.nodes.get(about) or {}).get("name", "")
    return Warned(node.get("name") or node_id.split(".")[-1], rows, name)


def _sorted(found: Iterable[Warned]) -> list[Warned]:
    return sorted(found, key=lambda each: (-(each.rows or 0), each.test))


def _rejected(project: Project, warehouse: Warehouse) -> list[Rejected]:
    found = []
    for kind, table, shown in (
        ("consent", "rejected_consents", "null"),
        ("key", "rejected_keys", "min(masked_value)"),
    ):
        if not project.has_model(table):
            continue
        for row in warehouse.rows(
            f"""
            select
                coalesce(source_name, model_name) as source,
                reason,
                count(*) as counted,
                {shown} as example
            from {project.relation(table)}
            group by coalesce(source_name, model_name), reason
            """
        ):
            source, counted = row["source"] or "", row["counted"]
            found.append(Rejected(kind, source, row["reason"], counted, table, row["example"]))
    return sorted(found, key=lambda each: (-each.rows, each.kind, each.source, each.reason))
