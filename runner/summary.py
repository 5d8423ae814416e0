"""What a command says at its end, for people."""

from __future__ import annotations

from collections.abc import Sequence

from runner import console
from runner.dbt import Project
from runner.errors import ConsentError
from runner.exports.finish import Outcome
from runner.operations import rejected
from runner.operations.record import Refresh
from runner.segments.listing import Funnel, funnel


def show_refresh(project: Project, run: Refresh, *, whole: bool) -> None:
    """Steps of a refresh, its segments from rule to members, and what it delivered.

    Args:
        project: the parsed project.
        run: the refresh.
        whole: everything was built, so that there is something to say of every segment.
    """
    console.show_table(
        ("step", "status", "seconds", "nodes"),
        [
            (
                step.name,
                step.status,
                round(step.seconds, 1),
                step.detail if step.name == "build" else None,
            )
            for step in run.steps
            if not step.name.startswith("export ") or step.status != "successful"
        ],
    )
    if whole and any(step.name == "build" and step.status == "successful" for step in run.steps):
        try:
            show_funnels(funnel(project), run.deliveries)
        except ConsentError as error:  # what is only shown fails nothing
            console.warn(str(error))
    show_deliveries(run)
    if run.warnings:
        console.warn(rejected.in_words(run.warnings))


def show_funnels(funnels: Sequence[Funnel], deliveries: Sequence[Outcome] = ()) -> None:
    """Per segment: who matches its rule, whom consent keeps out and why, who is in."""
    exports: dict[str, list[str]] = {}
    for each in deliveries:
        exports.setdefault(each.segment, []).append(each.export)
    console.show_table(
        ("segment", "contacts for", "match", "left out by consent", "members", "delivered as"),
        [
            (
                each.segment,
                each.purpose or "nobody",
                each.matches,
                ", ".join(f"{count:,} {reason}" for reason, count in each.left_out.items()),
                each.members,
                ", ".join(exports.get(each.segment, ())),
            )
            for each in funnels
        ],
    )


def show_deliveries(run: Refresh) -> None:
    """What was delivered, or would be."""
    if not run.deliveries:
        return
    console.show_table(
        ("export", "segment", "status", "full", "added", "removed", "left out", "where or why"),
        [
            (
                each.export,
                each.segment,
                each.status,
                each.counts.get("full"),
                each.counts.get("added"),
                each.counts.get("removed"),
                ", ".join(f"{count:,} {reason}" for reason, count in each.left_out.items()),
                each.location or each.message,
            )
            for each in run.deliveries
        ],
    )
