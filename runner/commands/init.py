"""`consent init`: a project of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson

app = typer.Typer()


@app.command("init")
def init_command(
    folder: Annotated[Path, typer.Argument(help="A folder that is new or empty.")],
    example: Annotated[
        bool | None,
        typer.Option(
            "--example/--empty",
            help="With one source, segment and export to look at, or without.",
            show_default="empty",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option("--engine", help="duckdb or postgres.", show_default="duckdb"),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(
            "--country",
            help="Of phone numbers without one: NL, GB …",
            show_default="none",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option("--time-zone", help="Whose days segments mean.", show_default="UTC"),
    ] = None,
    purposes: Annotated[
        list[str] | None,
        typer.Option("--purpose", help="What people are e-mailed for; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults.")] = False,
    renew: Annotated[
        bool, typer.Option("--upgrade", help="Renew the library's files of a project.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a project of your own: settings, models, seeds; it builds at once.

    Example: consent init marketing --example --yes
    """
    from runner.init.choices import choose
    from runner.init.project import missing_hooks, require_free, upgrade, write_project

    if renew:
        files = upgrade(folder)
        for hook in missing_hooks(folder):
            console.warn(f'dbt_project.yml lacks a hook of the library; add it: - "{hook}"')
        _show(folder, files, as_json)
        console.say(f"{len(files)} files of the library changed. Then: consent refresh")
        return
    require_free(folder)
    choices = choose(
        engine=engine,
        country=country,
        time_zone=time_zone,
        purposes=purposes,
        example=example,
        asks=not yes and sys.stdin.isatty(),
    )
    files = write_project(folder, choices)
    _show(folder, files, as_json)
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    step = "consent refresh" if choices.example else "consent new source data/FILE.csv"
    console.say(f"README.md says what is where. Then: {there}{step}")


def _show(folder: Path, files: list[str], as_json: bool) -> None:
    if as_json:
        console.show_json({"project": str(folder), "files": files})
        return
    for name in files:
        typer.echo(name)
