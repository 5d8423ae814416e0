"""Exports and their proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, Wait, project_of
from runner.errors import FAILURE, ConsentError, UsageError

app = typer.Typer()


@app.command("export")
def export_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Exports; all without a name.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count who would be added and removed.")
    ] = False,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Deliver although many would be removed.")
    ] = False,
    removals: Annotated[
        bool,
        typer.Option("--removals", help="Deliver nothing but withdrawals, as removed."),
    ] = False,
    retire: Annotated[
        bool,
        typer.Option(
            "--retire",
            help="Remove everybody where these exports, given up or moved, deliver no more.",
        ),
    ] = False,
    is_done: Annotated[
        bool,
        typer.Option(
            "--done", help="With --retire: the destination has removed them; deliver nothing."
        ),
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Count for a build of this moment (with --dry-run).", show_default=False
        ),
    ] = None,
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Deliver exports from what is built and green.

    Example: consent export newsletter --dry-run
    """
    from runner import summary
    from runner.operations import refresh

    if as_of and not dry_run:
        raise UsageError("A past moment is never delivered.", "Add --dry-run to count it.")
    if is_done and not retire:
        raise UsageError("--done says what --retire has to record.", "Add --retire.")
    if retire and not names:
        raise UsageError("--retire closes the exports that are named.", "Name them.")
    if removals and (retire or accept_removals or dry_run):
        raise UsageError(
            "--removals delivers withdrawals alone, which nothing limits.",
            "Leave the other options away; `--dry-run` alone counts all removals.",
        )
    project = project_of(target, variables, as_of=as_of)
    if retire:
        run = refresh.retire_all(project, names or (), is_done=is_done, dry_run=dry_run, wait=wait)
    else:
        run = refresh.export_all(
            project,
            names or (),
            dry_run=dry_run,
            accept_removals=accept_removals,
            only_removals=removals,
            wait=wait,
        )
    if as_json:
        console.show_json(run.deliveries)
    else:
        summary.show_deliveries(run)
    raise typer.Exit(0 if run.is_green else FAILURE)


@app.command("verify")
def verify_command(
    delivery: Annotated[
        str, typer.Argument(help="Folder, URL or name of a delivery, or an export: its last one.")
    ],
    proof: Annotated[
        str | None,
        typer.Option(
            "--proof", help="Folder with evidence and ledger, if elsewhere.", show_default=False
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", help="Public key that its certificate must be signed with.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Re-check a delivery from its certificate and evidence, on any machine.

    Inside the project it is compared with the ledger of what was sent; elsewhere --key proves
    where it comes from. Without either the files are compared with each other alone.

    Example: consent verify newsletter
    """
    from runner.exports import verify

    if verify.is_name(delivery):
        project = project_of(None, None)
        delivery, found = verify.find(project, delivery)
        proof = proof or found
        answer = verify.verify(delivery, proof, project=project, key=key)
    else:
        try:
            here = project_of(None, None)
            proof = proof or verify.proof_of(here, delivery)
        except ConsentError:  # there is none here, or none that can be asked
            here = None
        answer = verify.verify(delivery, proof, project=here, key=key)
    if as_json:
        console.show_json(answer)
    else:
        console.show_table(("what", "is"), answer.lines())
    raise typer.Exit(0 if answer.is_sound else FAILURE)
