"""The `consent` command: parses, calls one function of the library, prints. No logic lives here."""

from __future__ import annotations

import traceback
from typing import Annotated, Any

import typer
import yaml
from typer.core import TyperGroup

from runner import console
from runner.dbt import Project, open_project
from runner.errors import FAILURE, ConsentError, UsageError


class _Group(TyperGroup):
    """Turns an error into one paragraph and an exit code; `--debug` shows the traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["debug"] = "--debug" in args
        return super().parse_args(ctx, [word for word in args if word != "--debug"])

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ConsentError as error:
            if ctx.meta["debug"]:
                traceback.print_exc()
            console.complain(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            console.complain("cancelled; nothing is left half done.")
            raise typer.Exit(FAILURE) from error
        except Exception as error:
            of_the_command_line = isinstance(error, typer.Exit | typer.Abort) or hasattr(
                error, "format_message"
            )
            if of_the_command_line or ctx.meta["debug"]:
                raise
            console.complain(
                f"{type(error).__name__}: {error}. This is unexpected: repeat the command with "
                "--debug and report what it prints."
            )
            raise typer.Exit(FAILURE) from error


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Consent-safe audiences: build them, deliver them, prove them.",
    epilog="Every command takes --debug, which shows the traceback of an error.",
)

Target = Annotated[
    str | None, typer.Option("--target", "-t", help="A target of profiles.yml.", show_default=False)
]
Vars = Annotated[
    str | None, typer.Option("--vars", help="Settings to override, as YAML.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines, on stdout.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for a refresh that runs already.")]


def _project(target: str | None, variables: str | None, **more: str | None) -> Project:
    try:
        given = yaml.safe_load(variables or "{}")
    except yaml.YAMLError as error:
        raise UsageError(f"--vars is no YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(given, dict):
        raise UsageError("--vars must be a mapping, such as '{time_zone: Europe/Amsterdam}'.")
    return open_project(target, {**given, **{k: v for k, v in more.items() if v is not None}})


@app.command("refresh")
def refresh_command(
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", "-s", help="Build only this (dbt's selectors).", show_default=False
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Decide for this moment; delivers nothing.", show_default=False
        ),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Build and deliver nothing.")
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build anew all that is not state.")
    ] = False,
    wait: Wait = False,
    target: Target = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Check the sources, build and test everything, deliver the exports.

    Example: consent refresh
    """
    from runner import refresh, summary

    project = _project(target, variables, as_of=as_of)
    run = refresh.refresh(
        project,
        select=select or (),
        export=not no_export,
        wait=wait,
        full_refresh=full_refresh,
    )
    if as_json:
        console.show_json(run)
    else:
        summary.show_refresh(project, run)
    raise typer.Exit(0 if run.is_green else FAILURE)


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
    from runner import refresh, summary

    if as_of and not dry_run:
        raise UsageError("A past moment is never delivered.", "Add --dry-run to count it.")
    project = _project(target, variables, as_of=as_of)
    run = refresh.export_all(
        project, names or (), dry_run=dry_run, accept_removals=accept_removals, wait=wait
    )
    if as_json:
        console.show_json(run.deliveries)
    else:
        summary.show_deliveries(run)
    raise typer.Exit(0 if run.is_green else FAILURE)


@app.command("status")
def status_command(target: Target = None, variables: Vars = None, as_json: AsJson = False) -> None:
    """Show refreshes, freshness of consent, deliveries and withdrawals not yet delivered.

    Exits with 1 when the last refresh failed or a removal is overdue, for monitoring.

    Example: consent status --json
    """
    from runner import status, summary

    found = status.status(_project(target, variables))
    if as_json:
        console.show_json(found)
    else:
        summary.show_status(found)
    raise typer.Exit(0 if found.is_well else FAILURE)


@app.command("verify")
def verify_command(
    delivery: Annotated[str, typer.Argument(help="Folder or URL of a delivery, or its name.")],
    proof: Annotated[
        str | None,
        typer.Option(
            "--proof", help="Folder with evidence and ledger, if elsewhere.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Re-check a delivery from its certificate and evidence, without the warehouse.

    Example: consent verify exports/newsletter/20260301T120000000000Z-1f2e3d4c
    """
    from runner.exports import verify

    if verify.is_name(delivery):
        delivery, found = verify.find(_project(None, None), delivery)
        proof = proof or found
    answer = verify.verify(delivery, proof)
    if as_json:
        console.show_json(answer)
    else:
        console.show_table(("what", "is"), answer.lines())
    raise typer.Exit(0 if answer.is_sound else FAILURE)


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

    page = docs.make_docs(_project(target, variables))
    typer.echo(page)
    if serve:
        console.say(f"serving http://127.0.0.1:{port}/{page.name}; stop it with Ctrl-C")
        docs.serve(page, port)


@app.command("compare")
def compare_command(
    targets: Annotated[
        list[str], typer.Option("--target", "-t", help="Two targets of profiles.yml.")
    ],
    tables: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table.", show_default=False)
    ] = None,
    variables: Vars = None,
    as_json: AsJson = False,
) -> None:
    """Compare what two targets hold, row by row; exits with 1 when anything differs.

    Example: consent compare --target duckdb --target postgres
    """
    from runner import compare

    if len(targets) != 2:
        raise UsageError("Two targets are compared.", "Give --target twice.")
    first, second = (_project(target, variables) for target in targets)
    found = compare.compare(first, second, tables or compare.TABLES)
    if as_json:
        console.show_json(found)
    else:
        console.show_table(("table", "rows", "differences"), found.lines())
        for text in found.examples():
            console.say(text)
        console.say(f"{found.differences} differences in {found.rows} rows compared")
    raise typer.Exit(0 if found.differences == 0 else FAILURE)
