"""New parts of a project, written for its author to go on with."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, project_of

app = typer.Typer()
new = typer.Typer(no_args_is_help=True, help="Begin a source or a segment.")
app.add_typer(new, name="new")


@new.command("source")
def source_command(
    file: Annotated[str, typer.Argument(help="A CSV, JSON lines or Parquet file.")],
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the source is called.", show_default="the file's name"),
    ] = None,
    entity: Annotated[
        str | None,
        typer.Option("--as", help="customers or consents.", show_default="as its columns say"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read a file's columns and write a source, its staging models and tests.

    Example: consent new source data/acme_customers.csv
    """
    from runner.sources.write import new_source

    written = new_source(project_of(None, None), file, name, entity)
    if as_json:
        console.show_json(written)
        return
    for path in written.files:
        typer.echo(path)
    for entry in written.settings:
        console.say(f"dbt_project.yml: {entry}")
    for question in written.questions:
        console.warn(question)
    console.say(f"Read them once, then: dbt build --select +stg_{written.source}__{written.entity}")


@new.command("segment")
def segment_command(
    name: Annotated[str, typer.Argument(help="Lower case, digits and _.")],
    purpose: Annotated[
        str | None,
        typer.Option(
            "--contact-for",
            help="What its members may be contacted for.",
            show_default="the first purpose with a channel",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a segment's rule, with its guard and an example, and its model; list it.

    Example: consent new segment dutch_speakers
    """
    from runner.segments.new import new_segment

    files = new_segment(project_of(None, None), name, purpose)
    if as_json:
        console.show_json({"segment": name, "files": files})
        return
    for path in files:
        typer.echo(path)
    console.say(f"dbt_project.yml: segments: {name}")
    console.say(f"Write the rule, then: consent validate && dbt build --select {name}")
