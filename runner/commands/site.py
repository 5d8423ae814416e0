"""The documentation site."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import Target, Vars, project_of

app = typer.Typer()


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
