"""Lists from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runner import clock, console
from runner.commands.options import AsJson, Target, Vars, project_of
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.lists.filtering import Filtered

app = typer.Typer()


@app.command("filter")
def filter_command(
    file: Annotated[Path, typer.Argument(help="A CSV, Parquet or Excel list.")],
    purpose: Annotated[str, typer.Option("--for", help="The purpose it is to be used for.")],
    email: Annotated[
        list[str] | None, typer.Option("--email", help="A column of e-mail addresses.")
    ] = None,
    phone: Annotated[
        list[str] | None, typer.Option("--phone", help="A column of telephone numbers.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="COLUMN=KIND", help="A column of another alternate key."),
    ] = None,
    third_party: Annotated[
        bool, typer.Option("--third-party", help="It goes to somebody else: asks for `sale` too.")
    ] = False,
    unknown_may: Annotated[
        bool,
        typer.Option(
            "--unknown-may", help="Rows of nobody known are permitted, where only a no forbids."
        ),
    ] = False,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of a CSV list; found without it.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the files of an earlier run.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="As a build of this moment decides; no certificate."),
    ] = None,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Which rows of a list may be used, which not and why.

    Writes LIST.permitted, LIST.refused (with the reason) and, where nothing is known of somebody,
    LIST.unknown beside the list, and a certificate. As strict as anything that a row names.

    Example: consent filter trade_fair.csv --for newsletter
    """
    from runner.lists.decide import Question
    from runner.lists.filtering import filter_list

    project = project_of(target, variables, as_of=as_of)
    given: dict[str, list[str]] = {}
    if email:
        given["email"] = list(email)
    if phone:
        given["phone"] = list(phone)
    for each in key or ():
        column, equals, kind = each.rpartition("=")
        if not equals or not column:
            raise UsageError(f"--key '{each}' is no COLUMN=KIND.", "Write --key 'Card=loyalty_id'.")
        given.setdefault(kind, []).append(column)
    found = filter_list(
        project,
        file,
        Question(purpose, third_party, unknown_may),
        given,
        encoding=encoding,
        overwrite=overwrite,
    )
    if as_json:
        console.show_json(_as_document(found))
        return
    _show(found)


def _show(found: Filtered) -> None:
    console.say(f"Contact columns: {', '.join(found.columns)}.")
    console.show_table(
        ("verdict", "reason", "rows"),
        [(verdict, reason, rows) for (verdict, reason), rows in sorted(found.reasons.items())],
    )
    for name, cells in sorted(found.emptied.items()):
        console.say(f"{cells:,} cells of {name} are emptied: they may not be used for this.")
    for verdict, path in found.files.items():
        console.say(f"{path}: {found.rows(verdict):,} rows")
    if found.decided_at is None:
        console.say("A rehearsal for another moment: nothing may be used by it, no certificate.")
        return
    age = clock.now() - found.decided_at
    hours, rest = divmod(int(age.total_seconds()), 3600)
    console.say(
        f"Decided by the build of {found.decided_at:%Y-%m-%d %H:%M} UTC, {hours} h "
        f"{rest // 60} min ago; {found.certificate} says so. What is handed out cannot be called "
        "back from here."
    )


def _as_document(found: Filtered) -> dict[str, object]:
    reasons: dict[str, dict[str, int]] = {}
    for (verdict, reason), rows in sorted(found.reasons.items()):
        reasons.setdefault(verdict, {})[reason] = rows
    return {
        "contact_columns": found.columns,
        "reasons": reasons,
        "emptied": dict(found.emptied),
        "files": {verdict: str(path) for verdict, path in found.files.items()},
        "certificate": str(found.certificate) if found.certificate else None,
        "decided_at": found.decided_at,
    }
