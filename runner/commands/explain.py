"""Why somebody is in a segment, or out; and why records are one person."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, project_of
from runner.errors import UsageError

app = typer.Typer()


@app.command("explain")
def explain_command(
    who: Annotated[
        str, typer.Argument(help="E-mail address, telephone number, other key or profile id.")
    ],
    segment: Annotated[str | None, typer.Argument(help="A segment.", show_default=False)] = None,
    identity: Annotated[
        bool, typer.Option("--identity", help="Why these records are one person, instead.")
    ] = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Say why a person is in a segment, or out, and what would have to change.

    Example: consent explain frank@contoso.com newsletter_audience
    """
    if identity == (segment is not None):
        raise UsageError(
            "Name a segment, or ask for --identity.",
            "`consent segments` lists the segments.",
        )
    from runner.identity.people import find

    project = project_of(target, variables)
    if segment is None:
        from runner.identity import explain as identities

        found = find(project, who)
        answers = identities.explain_identity(project, found.profile_ids[0], found.profile_ids)
        if as_json:
            console.show_json(answers)
        else:
            identities.show_identity(answers)
        return
    from runner.segments import explain, explained

    explain.require_segment(project, segment)
    found = find(project, who)
    answer = explain.explain_found(project, segment, found.profile_ids, found.contact_points)
    if as_json:
        console.show_json(answer)
    else:
        explained.show(answer)
