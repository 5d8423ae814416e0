"""Evidence: mistakes that are taken back."""

from __future__ import annotations

import getpass
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, project_of
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.evidence.trial import Change

app = typer.Typer()
_SHOWN = 20


@app.command("retract")
def retract_command(
    events: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EVENT]...", help="Event ids, or SOURCE/CONSENT_ID."),
    ] = None,
    because: Annotated[str, typer.Option("--because", help="Why, in words.")] = "",
    model: Annotated[
        str | None, typer.Option("--model", help="All that this model brought in one load.")
    ] = None,
    first_seen: Annotated[
        str | None, typer.Option("--first-seen", help="The load, as first_seen_at has it.")
    ] = None,
    suppression: Annotated[
        str | None, typer.Option("--suppression", help="A suppression's id.")
    ] = None,
    denials_too: Annotated[
        bool, typer.Option("--denials-too", help="Take denials and suppressions back as well.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take a retraction back.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who says so (you).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")] = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Take mistaken evidence back: it counts for nothing from the next refresh on.

    Shows whose permission would change, masked, before anything is written. Denials and
    suppressions stay unless --denials-too is given. Nothing is removed from the evidence.

    Example: consent retract crm/4711:newsletter_opt_in --because "read from the wrong column"
    """
    from runner.evidence import retract

    project = project_of(target, variables)
    request = retract.Request(
        events or (),
        model,
        first_seen,
        suppression,
        because or ("tried" if dry_run else ""),
        by or getpass.getuser(),
        denials_too,
        undo,
    )
    found = retract.find(project, request)
    if suppression is not None and not denials_too and not undo:
        raise UsageError("A suppression is taken back with --denials-too only.")
    if found.denials and not denials_too and not undo:
        console.say(f"{found.denials:,} of {found.versions:,} are denials and stay.")
    changes = retract.preview(project, request, found)
    if as_json:
        console.show_json(changes)
    else:
        _show(changes)
    if dry_run:
        console.say("Nothing was written.")
        return
    if sys.stdin.isatty() and not yes:
        typer.confirm("Write it?", abort=True)
    moment = retract.write(project, request, found)
    verb = "Undone" if undo else "Taken back"
    console.say(f"{verb} at {moment} UTC. It counts from the next `consent refresh` on.")


def _show(changes: list[Change]) -> None:
    """What would be permitted and what no longer, by purpose, and examples of each."""
    counted = Counter((each.purpose, each.is_permitted) for each in changes)
    console.show_table(
        ("purpose", "would be permitted", "would no longer be"),
        [
            (name, counted[name, True], counted[name, False])
            for name in sorted({each.purpose for each in changes})
        ],
    )
    console.show_table(
        ("contact point", "purpose", "now", "then"),
        [(each.contact_point, each.purpose, each.before, each.after) for each in changes[:_SHOWN]],
    )
    if len(changes) > _SHOWN:
        console.say(f"and {len(changes) - _SHOWN:,} more; --json shows all.")
