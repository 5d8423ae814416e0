"""Segments: their rules checked, their sizes listed, new ones begun."""

from __future__ import annotations

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, project_of
from runner.errors import FAILURE

app = typer.Typer()


@app.command("validate")
def validate_command(
    target: Target = None, variables: Vars = None, as_json: AsJson = False
) -> None:
    """Report all errors of all rules, purposes, exports and contracts at once.

    Exits with 1 when there are any.

    Example: consent validate
    """
    from runner.dbt import project_folder
    from runner.segments.validate import validate

    found = validate(project_folder(), lambda: project_of(target, variables))
    if as_json:
        console.show_json(found)
    else:
        for error in found.errors:
            typer.echo(error)
        for warning in found.warnings:
            console.warn(warning)
        if found.unchecked:
            console.say(found.unchecked)
        console.say(f"{len(found.errors)} errors, {len(found.warnings)} warnings")
    raise typer.Exit(FAILURE if found.errors else 0)
