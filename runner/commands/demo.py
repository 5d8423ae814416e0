"""Data to try things out with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, project_of

app = typer.Typer()

FOLDER = "data/generated"


@app.command("demo")
def demo_command(
    customers: Annotated[
        int | None,
        typer.Option("--customers", help="How many people (2000).", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Another seed, other people (7).", show_default=False),
    ] = None,
    answers: Annotated[
        int, typer.Option("--answers", help="How much more often they answer about consent.")
    ] = 1,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help=f"Folder of the files ({FOLDER}).", show_default=False),
    ] = None,
    load: Annotated[
        bool, typer.Option("--load", help="Load sources into the target's tables (PostgreSQL).")
    ] = False,
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Generate realistic sources of any size as Parquet; the same seed gives the same people.

    With --load alone, the files of the project's sources become tables of a PostgreSQL target
    (of the demo's, those that CONSENT_DATA names); with other options, what they generate.

    Example: consent demo --customers 100000 --seed 1
    """
    from runner.demo import CUSTOMERS, SEED, generate, load_sources

    written: dict[str, int] = {}
    is_generating = not load or any(each is not None for each in (customers, seed, output))
    if is_generating:
        folder = Path(output or FOLDER)
        files = generate(
            folder,
            CUSTOMERS if customers is None else customers,
            SEED if seed is None else seed,
            "parquet",
            answers=answers,
        )
        written |= {str(path): rows for path, rows in files.items()}
        os.environ |= {"CONSENT_DATA": str(folder.resolve()), "CONSENT_DATA_FORMAT": "parquet"}
    if load:
        written |= load_sources(project_of(target, None))
    if as_json:
        console.show_json(written)
    else:
        console.show_table(("source", "rows"), [(k, f"{v:,}") for k, v in written.items()])
        if is_generating and not load:
            console.say(f"build from it: CONSENT_DATA={folder} CONSENT_DATA_FORMAT=parquet")
    raise typer.Exit(0)
