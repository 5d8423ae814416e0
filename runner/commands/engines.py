"""The same tables on two engines."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Vars, project_of
from runner.errors import FAILURE, UsageError

app = typer.Typer()


@app.command("compare")
def compare_command(
    targets: Annotated[
        list[str], typer.Option("--target", "-t", help="Two targets of profiles.yml.")
    ],
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this model; all under contract.", show_default=False),
    ] = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Compare what two targets hold, row by row; exits with 1 when anything differs.

    Example: consent compare --target duckdb --target postgres
    """
    from runner import compare

    if len(targets) != 2:
        raise UsageError("Two targets are compared.", "Give --target twice.")
    first, second = (project_of(target, variables) for target in targets)
    found = compare.compare(first, second, tables)
    if as_json:
        console.show_json(found)
    else:
        console.show_table(("table", "rows", "differences"), found.lines())
        for text in found.examples():
            console.say(text)
        console.say(f"{found.differences:,} differences in {found.rows:,} rows compared")
    raise typer.Exit(0 if found.differences == 0 else FAILURE)
