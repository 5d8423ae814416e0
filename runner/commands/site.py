"""Something to look at: the report, and the documentation site."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from runner import console
from runner.commands.options import Language, Target, Vars, project_of, tongue_of
from runner.errors import UsageError

app = typer.Typer()


@app.command("report")
def report_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(
        "consent-report.html"
    ),
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    language: Language = "en",
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Small counts and all values of rules too: internal use."),
    ] = False,
    target: Target = None,
    variables: Vars = None,
) -> None:
    """Write one page with pictures of consent, segments and deliveries: counts only.

    Example: consent report --open
    """
    from runner.report.page import report
    from runner.report.write import write

    tongue = tongue_of(language)
    if output.is_dir():
        raise UsageError(f"{output} is a folder.", "Name the file to write: --output report.html.")
    write(output, report(project_of(target, variables), tongue, exact))
    typer.echo(output)
    if show:
        webbrowser.open(output.resolve().as_uri())


@app.command("docs")
def docs_command(
    serve: Annotated[bool, typer.Option("--serve", help="Serve it on this machine.")] = False,
    port: Annotated[int, typer.Option("--port", help="Where to serve it.")] = 8080,
    target: Target = None,
    variables: Vars = None,
) -> None:
    """Write the documentation site, lineage included, as one static file.

    Example: consent docs
    """
    from runner import docs

    page = docs.make_docs(project_of(target, variables))
    typer.echo(page)
    if serve:
        console.say(f"serving http://127.0.0.1:{port}/{page.name}; stop it with Ctrl-C")
        docs.serve(page, port)
