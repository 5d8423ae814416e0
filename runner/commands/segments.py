"""Segments: their rules checked, their sizes listed, new ones begun."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Language, Target, Vars, project_of, tongue_of
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


@app.command("segments")
def segments_command(
    overlap: Annotated[
        bool, typer.Option("--overlap", help="Instead, who is in two of them at once.")
    ] = False,
    describe: Annotated[
        str | None,
        typer.Option(
            "--describe", help="Instead, the rule of this segment in words.", show_default=False
        ),
    ] = None,
    language: Language = "en",
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """List the segments: size, change at the last refresh, share that may be contacted, exports.

    Example: consent segments --describe newsletter_audience
    """
    from runner.segments import listing

    tongue = tongue_of(language)
    project = project_of(target, variables)
    if describe:
        from runner.segments.explain import require_segment
        from runner.segments.words import describe as in_words

        require_segment(project, describe)
        text = in_words(project.model(describe)["config"]["meta"]["segment"], tongue).as_text()
        if as_json:
            console.show_json({"segment": describe, "language": tongue, "rule": text})
        else:
            typer.echo(text)
        return
    if overlap:
        pairs = listing.overlaps(project)
        if as_json:
            console.show_json(pairs)
        else:
            console.show_table(
                ("segment", "and", "members of both", "of the smaller"),
                [(p.segment, p.other, p.members, f"{p.share:.0%}") for p in pairs],
            )
        return
    found = listing.listed(project)
    if as_json:
        console.show_json(found)
        return
    console.show_table(
        ("segment", "contacts for", "members", "entered", "left", "match", "permitted", "exports"),
        [
            (
                each.segment,
                each.contact_for or "nobody",
                each.members,
                each.entered,
                each.left,
                each.matches,
                None if each.permitted_share is None else f"{each.permitted_share:.0%}",
                ", ".join(each.exports),
            )
            for each in found
        ],
    )
    for note in sorted({each.note for each in found if each.note}):
        named = ", ".join(each.segment for each in found if each.note == note)
        console.warn(f"{named}: {note}.")
