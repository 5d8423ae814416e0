"""The `consent` command: joins the commands; an error becomes one paragraph and an exit code."""

from __future__ import annotations

import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from runner import console
from runner.commands import (
    deliveries,
    demo,
    engines,
    erase,
    evidence,
    explain,
    init,
    new,
    operations,
    refresh,
    segments,
    site,
)
from runner.errors import FAILURE, ConsentError


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


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Consent-safe audiences: build them, deliver them, prove them.",
    epilog="Every command takes --debug, which shows the traceback of an error.",
)

for part in (
    refresh,
    deliveries,
    segments,
    explain,
    evidence,
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
