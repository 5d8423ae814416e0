"""Options that several commands share, and the project that they name."""

from __future__ import annotations

from typing import Annotated

import typer
import yaml

from runner import clock, console
from runner.dbt import Project, open_project
from runner.errors import UsageError

_VARS = "Write it as --vars '{time_zone: Europe/Amsterdam}'."
Target = Annotated[
    str | None, typer.Option("--target", "-t", help="A target of profiles.yml.", show_default=False)
]
Vars = Annotated[
    str | None, typer.Option("--vars", help="Settings to override, as YAML.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines, on stdout.")]
Language = Annotated[str, typer.Option("--language", help="Of the words: en or nl.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for a refresh that runs already.")]


def project_of(target: str | None, variables: str | None, **more: str | int | None) -> Project:
    """The project, parsed, with what the command line overrides.

    Raises:
        UsageError: `--vars` is no mapping, or a moment is none.
    """
    try:
        given = yaml.safe_load(variables or "{}")
    except yaml.YAMLError as error:
        raise UsageError("--vars is no YAML.", _VARS) from error
    except ValueError as error:
        # what looks like a day, and is none
        raise UsageError(f"--vars has a day that no calendar has: {variables}.", _VARS) from error
    if not isinstance(given, dict):
        raise UsageError("--vars must be a mapping.", _VARS)
    for name in ("as_of", "known_at"):
        text = more.get(name)
        if text is not None:
            clock.from_text(str(text), f"--{name.replace('_', '-')}")
    with console.busy("reading the project"):
        return open_project(target, {**given, **{k: v for k, v in more.items() if v is not None}})


def tongue_of(given: str) -> str:
    """A language that words are written in.

    Raises:
        UsageError: there are no words in it.
    """
    from runner.segments.words import LANGUAGES

    if given not in LANGUAGES:
        raise UsageError(
            f"There are no words in the language '{given}'.",
            f"Write --language {' or --language '.join(LANGUAGES)}.",
        )
    return given
