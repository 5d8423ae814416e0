"""A person's request not to be kept."""

from __future__ import annotations

from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, Wait, project_of
from runner.errors import FAILURE

app = typer.Typer()


@app.command("erase")
def erase_command(
    whom: Annotated[
        list[str],
        typer.Argument(
            metavar="WHO...", help="What the person is known by: addresses, numbers, a profile id."
        ),
    ],
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Suppress a person at once, and erase once every destination has received the removal.

    The first call suppresses; after a refresh that delivers the removals, the same command
    completes. Exits with 1 when something of the person is still found afterwards.

    Example: consent erase anna.visser@example.com
    """
    from runner import erase

    report = erase.erase(project_of(target, variables), whom, wait=wait)
    if as_json:
        console.show_json(report)
    else:
        console.show_table(
            ("what", "is"),
            [
                ("state", report.state),
                *(("contact point", each) for each in report.contact_points),
                *(("shared, stays with the other profile", each) for each in report.shared),
                *(("removal not delivered yet", each) for each in report.waiting),
                *(("removed", f"{each.rows:,} × {each.where}") for each in report.removed),
                *(
                    ("still at its source", f"{each.rows:,} × {each.where}")
                    for each in report.at_sources
                ),
                *(("FOUND", f"{each.rows:,} × {each.where}") for each in report.left),
            ],
        )
        if report.waiting:
            console.say(f"Nothing is used any more. Then: consent refresh && {report.repeat}")
        if report.at_sources:
            console.warn(
                "Sources still bring the person. Nothing of it is used; the owner of each source "
                "deletes it there."
            )
    raise typer.Exit(FAILURE if report.left else 0)
