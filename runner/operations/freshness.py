"""How old the sources are, and which of them are too old to deliver from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.dbt import Invocation, NodeResult, Project
from runner.operations.record import SourceAge

STALE = frozenset({"error", "runtime error"})
_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}


def ages(project: Project, outcome: Invocation) -> list[SourceAge]:
    """What `dbt source freshness` found, the oldest first."""
    found = [_age(project, each) for each in asked(outcome)]
    return sorted(found, key=lambda each: (each.loaded_at is not None, each.loaded_at, each.source))


def asked(outcome: Invocation) -> list[NodeResult]:
    """The results that are about sources, and not about dbt's hooks."""
    return [each for each in outcome.results if each.node_id.startswith("source.")]


def stale(outcome: Invocation) -> dict[str, NodeResult]:
    """The sources that are too old to deliver from, or that could not be asked."""
    return {each.node_id: each for each in asked(outcome) if each.status in STALE}


def name_of(project: Project, node_id: str) -> str:
    """How people write a source."""
    source = project.nodes[node_id]
    return f"{source['source_name']}.{source['name']}"


def _age(project: Project, result: NodeResult) -> SourceAge:
    limits: Mapping[str, Any] = project.nodes[result.node_id].get("freshness") or {}
    return SourceAge(
        source=name_of(project, result.node_id),
        loaded_at=result.loaded_at,
        status=result.status,
        warn_after_hours=_hours(limits.get("warn_after")),
        error_after_hours=_hours(limits.get("error_after")),
    )


def _hours(limit: Mapping[str, Any] | None) -> float | None:
    if not limit or not limit.get("count"):
        return None
    period = limit["period"]
    return float(limit["count"]) * _HOURS[str(getattr(period, "value", period))]
