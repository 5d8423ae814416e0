"""A clone of the project, and commands typed in it as a newcomer would."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import typer.main
from click.testing import CliRunner
from dbt.cli.main import cli as dbt_command
from dbt_common.tests import enable_test_caching

from runner import dbt
from runner.cli import app

# Hundreds of small projects hold the same macros: their syntax trees are kept within a process.
enable_test_caching()

ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS: dict[str, click.Command] = {
    "consent": typer.main.get_command(app),
    "dbt": dbt_command,
}
_QUOTED = r"'[^']*'"
_PLAIN = re.compile(
    rf"(?P<settings>(?:[A-Z_]+=(?:{_QUOTED}|\S+) )*)"
    rf"(?P<program>{'|'.join(_PROGRAMS)}) (?!schedule)(?:{_QUOTED}|[^'|&;<>$*])*"
)


def clone(folder: Path) -> Path:
    """Copies what git tracks, or would, into a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def run(folder: Path, command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Types one command in a folder, with no settings but the project's own and some more.

    A plain `consent` or `dbt` command runs in this process, which spares importing dbt each time.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONSENT_", "DBT_", "PG"))}
    programs = str(Path(sys.executable).parent)
    environment = {**kept, "PATH": f"{programs}:{kept['PATH']}", **more}
    plain = _PLAIN.fullmatch(command)
    if plain:
        given = dict(each.split("=", 1) for each in shlex.split(plain["settings"]))
        words = shlex.split(command)[len(given) + 1 :]
        with _in(folder, {**environment, **given}):
            program = plain["program"]
            done = CliRunner().invoke(_PROGRAMS[program], words, prog_name=program)
            dbt.release()
        return subprocess.CompletedProcess(command, done.exit_code, done.stdout, done.stderr)
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def _in(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, place = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)
