"""The `consent` command: joins the commands; an error becomes one paragraph and an exit code."""

from __future__ import annotations

import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from runner import __version__, console
from runner.commands import (
    deliveries,
    demo,
    engines,
    erase,
    evidence,
    explain,
    init,
    lists,
    new,
    operations,
    refresh,
    segments,
    site,
)
from runner.errors import FAILURE, ConsentError

_EVERYWHERE = ("--debug", "--quiet")


class _Group(TyperGroup):
    """Turns an error into one paragraph and an exit code; takes what every command takes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta["debug"] = "--debug" in args
        console.be_quiet("--quiet" in args)
        return super().parse_args(ctx, [word for word in args if word not in _EVERYWHERE])

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
        except OSError as error:
            if error.filename is None or ctx.meta["debug"]:
                raise
            reason = (error.strerror or type(error).__name__).lower()
            console.complain(
                f"{error.filename} cannot be used: {reason}. Look at this path, and at whether "
                "you may read and write there."
            )
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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"consent {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Every command takes --quiet (warnings and errors only) and --debug (an error's "
    "traceback). Colours are left out where NO_COLOR is set.",
)


@app.callback()
def consent(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Consent-safe audiences: build them, deliver them, prove them."""


for part in (
    refresh,
    deliveries,
    segments,
    explain,
    evidence,
    lists,
    erase,
    init,
    new,
    operations,
    engines,
    site,
    demo,
):
    app.registered_commands += part.app.registered_commands
    app.registered_groups += part.app.registered_groups
