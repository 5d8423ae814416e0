"""Why somebody is in a segment, or out; and why records are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, project_of
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.dbt import Project
    from runner.identity.people import Found

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
    project = project_of(target, variables)
    if segment is None:
        from runner.identity import explain as identities

        found = _find(project, who)
        answers = identities.explain_identity(project, found.profile_ids[0], found.profile_ids)
        if as_json:
            console.show_json(answers)
        else:
            identities.show_identity(answers)
        return
    from runner.segments import explain, explained

    explain.require_segment(project, segment)
    found = _find(project, who)
    answer = explain.explain_found(project, segment, found.profile_ids, found.contact_points)
    if as_json:
        console.show_json(answer)
    else:
        explained.show(answer)


def _find(project: Project, who: str) -> Found:
    """Whom it is about; of somebody who was erased, or is withheld, it says so instead."""
    from runner.erasure.pending import told
    from runner.identity.people import NobodyError, find

    try:
        return find(project, who)
    except NobodyError as error:
        said = told(project, who)
        if said is None:
            raise
        raise UsageError(said) from error
