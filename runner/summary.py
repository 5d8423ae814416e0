"""What a command says at its end, for people."""

from __future__ import annotations

from runner import console
from runner.dbt import Project
from runner.refresh import Refresh


def show_refresh(project: Project, run: Refresh) -> None:
    """Steps of a refresh and what it delivered."""
    console.show_table(
        ("step", "status", "seconds", "detail"),
        [
            (step.name, step.status, round(step.seconds, 1), step.detail)
            for step in run.steps
            if not step.name.startswith("export ") or step.status != "successful"
        ],
    )
    show_deliveries(run)


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
