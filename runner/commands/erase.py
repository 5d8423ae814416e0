"""A person's request not to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, Wait, project_of
from runner.errors import FAILURE

if TYPE_CHECKING:
    from runner.erasure.erase import Report

app = typer.Typer()


@app.command("erase")
def erase_command(
    whom: Annotated[
        list[str],
        typer.Argument(
            metavar="WHO...", help="What the person is known by: addresses, numbers, a profile id."
        ),
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A place of former deliveries that is gone for good.", show_default=False
        ),
    ] = None,
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
    from runner.erasure import erase

    report = erase.erase(
        project_of(target, variables), whom, wait=wait, without_places=without or ()
    )
    if as_json:
        console.show_json(report)
    else:
        _show(report)
    for warning in report.warnings:
        console.warn(warning)
    raise typer.Exit(FAILURE if report.left or report.unreached else 0)


def _show(report: Report) -> None:
    """For people: what became of it, and what is theirs to do."""
    console.show_table(
        ("what", "is"),
        [
            ("state", report.state),
            ("asked for", f"{report.requested_at:%Y-%m-%d %H:%M} UTC"),
            *(("contact point", each) for each in report.contact_points),
            *(("shared, stays with the other profile", each) for each in report.shared),
            *(("may be somebody else's record, stays", each) for each in report.doubtful),
            *(("removal not delivered yet", each) for each in report.waiting),
            *(("removed", f"{each.rows:,} × {each.where}") for each in report.removed),
            *(
                ("still at its source", f"{each.rows:,} × {each.where}")
                for each in report.at_sources
            ),
            *(("backup that holds the person", each) for each in report.backups),
            *(("NOT REACHED", each) for each in report.unreached),
            *(("FOUND", f"{each.rows:,} × {each.where}") for each in report.left),
        ],
    )
    if report.waiting:
        console.say(f"Nothing is used any more. Then: consent refresh && {report.repeat}")
    if report.retired:
        console.warn(
            "No refresh delivers there any more, so nothing removes the person: "
            f"{', '.join(report.retired)}. Close each: consent export NAME --retire"
        )
    if report.at_sources:
        console.warn(
            "Sources still bring the person. Nothing of it is used; the owner of each source "
            "deletes it there."
        )
    if report.doubtful:
        console.warn(
            "Records of the profile that no exact key ties to the person, or whose merge is under "
            "review, were not erased. If they are the same person, name what they are known by as "
            "well."
        )
    if report.backups:
        console.warn(
            "Backups hold the person. One that is restored is erased again; delete them when they "
            "have served."
        )
    if report.unreached:
        console.warn(
            "Places that deliveries once went to cannot be looked at. Make them reachable, or say "
            "that one is gone for good: --without PLACE"
        )
