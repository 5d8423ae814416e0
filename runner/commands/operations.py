"""Refreshes on a schedule, and the state kept safe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner import console
from runner.commands.options import AsJson, Target, Vars, Wait, project_of
from runner.errors import UsageError

app = typer.Typer()


@app.command("schedule")
def schedule_command(
    cron: Annotated[
        list[str],
        typer.Option("--cron", help="Minute, hour, day, month, weekday; several are allowed."),
    ],
    zone: Annotated[
        str, typer.Option("--time-zone", help="Whose clock the schedules mean.")
    ] = "UTC",
    show: Annotated[
        str | None,
        typer.Option(
            "--print", help="Print a unit instead: systemd, crontab, github.", show_default=False
        ),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Build and deliver nothing.")
    ] = False,
    target: Target = None,
    variables: Vars = None,
) -> None:
    """Refresh on a schedule, in the foreground: a container's main process.

    A schedule with a clock of its own starts with CRON_TZ=<zone>. Runs never overlap, and what was
    missed is caught up once. SIGTERM lets the current step end; Ctrl-C cancels it.

    Example: consent schedule --cron "0 */6 * * *"
    """
    from runner.dbt import project_folder
    from runner.operations import refresh, schedule, units
    from runner.operations.cron import parse
    from runner.operations.signals import finishing_step

    schedules = [parse(text, zone) for text in cron]
    options = [("--target", target), ("--vars", variables)]
    arguments = [word for name, value in options if value for word in (name, value)]
    arguments += ["--no-export"] if no_export else []
    if show:
        typer.echo(units.unit(show, schedules, project_folder(), arguments), nl=False)
        return
    project = project_of(target, variables)

    def run() -> None:
        done = refresh.refresh(
            project_of(target, variables),
            export=not no_export,
            wait=True,
            stop=asked.is_set,
        )
        console.say(f"refresh {done.status}; its log is {done.log}")

    with finishing_step() as asked:
        schedule.run(
            schedules,
            run,
            last_started_at=schedule.last_started_at(project),
            is_stopped=asked.is_set,
            time_source=schedule.WallClock(),
        )
    console.say("stopped as asked; nothing is left half done.")


@app.command("backup")
def backup_command(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Write all state into a folder: what cannot be built again from the sources.

    Example: consent backup backups/2026-03-01
    """
    from runner.operations import backup

    saved = backup.backup(project_of(target, variables), folder, wait=wait)
    if as_json:
        console.show_json(saved)
    else:
        console.show_table(("table", "rows"), [(each.table, each.rows) for each in saved])
        console.say(f"{folder} holds people's data: keep it where you keep your customers.")


@app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(help="The backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away the warehouse that is there.")
    ] = False,
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Make a warehouse with the state of a backup; the next refresh builds the rest.

    Whoever was erased after the backup was made is erased from it again.

    Example: consent restore backups/2026-03-01
    """
    from runner.operations import backup

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Name the backup's folder.")
    saved = backup.restore(project_of(target, variables), folder, replace=replace, wait=wait)
    if as_json:
        console.show_json(saved)
    else:
        console.show_table(("table", "rows"), [(each.table, each.rows) for each in saved])
        console.say("Now run `consent refresh`.")


@app.command("rejected")
def rejected_command(
    target: Target = None, variables: Vars = None, as_json: AsJson = False
) -> None:
    """Show what the last build could not use and what its tests warned of, by source and count.

    Example: consent rejected --json
    """
    from runner.operations import rejected

    found = rejected.findings(project_of(target, variables))
    if as_json:
        console.show_json(found)
        return
    console.show_table(
        ("source", "what is wrong", "rows", "listed in", "such as"),
        [
            (each.source, each.reason, each.rows, each.table, each.example)
            for each in found.rejected
        ],
    )
    console.show_table(
        ("warning", "rows", "listed in"),
        [(each.test, each.rows, each.table) for each in found.warnings],
    )
    if not found.rejected and not found.warnings:
        console.say("nothing was rejected, and no test warns.")
