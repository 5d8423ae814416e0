"""Refresh, and how it is going."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, Wait, project_of
from runner.errors import FAILURE

app = typer.Typer()

_ALL = 10**9
"""More contact points than there are."""


@app.command("refresh")
def refresh_command(
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", "-s", help="Build only this (dbt's selectors).", show_default=False
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Decide for this moment; delivers nothing.", show_default=False
        ),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at",
            help="Decide from what had arrived by this moment; delivers nothing.",
            show_default=False,
        ),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Build and deliver nothing.")
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build anew all that is not state.")
    ] = False,
    accept_partings: Annotated[
        bool,
        typer.Option(
            "--accept-partings",
            help="Accept what has been permitted because profiles fell apart.",
        ),
    ] = False,
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Check the sources, build and test everything, deliver the exports.

    Example: consent refresh
    """
    from runner import summary
    from runner.operations import refresh

    project = project_of(
        target,
        variables,
        as_of=as_of,
        known_at=known_at,
        accepted_partings=_ALL if accept_partings else None,
    )
    run = refresh.refresh(
        project,
        select=select or (),
        export=not no_export,
        wait=wait,
        full_refresh=full_refresh,
    )
    if as_json:
        console.show_json(run)
    else:
        summary.show_refresh(project, run, whole=not select)
    raise typer.Exit(0 if run.is_green else FAILURE)


@app.command("status")
def status_command(target: Target = None, variables: Vars = None, as_json: AsJson = False) -> None:
    """Show refreshes, freshness of consent, deliveries and withdrawals not yet delivered.

    Exits with 1 when the last refresh failed or a removal is overdue, for monitoring.

    Example: consent status --json
    """
    from runner.operations import show, status

    found = status.status(project_of(target, variables))
    if as_json:
        console.show_json(found)
    else:
        show.show_status(found)
    raise typer.Exit(0 if found.is_well else FAILURE)
