"""The operator's commands on PostgreSQL, on the demo as it was refreshed there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., str]
"""Runs a command in the project's clone and returns what it printed; raises when it fails.

Named arguments are more of the environment.
"""

TARGET = ("--target", "postgres")
BACKUP = "backups/postgres"


def check_commands(run: Run, folder: Path) -> None:
    """Segments, explain, export, status and backup.

    Raises:
        AssertionError: a command says something else than it should.
    """
    segments = json.loads(run("consent", "segments", *TARGET, "--json"))
    assert {each["segment"]: each["members"] > 0 for each in segments}["newsletter_audience"]
    told = json.loads(
        run("consent", "explain", "frank@contoso.com", "newsletter_audience", *TARGET, "--json")
    )
    assert told["permission"]["events"], told
    identity = json.loads(
        run("consent", "explain", "--identity", "frank@contoso.com", *TARGET, "--json")
    )
    assert len(identity["records"]) == 3
    counted = json.loads(run("consent", "export", "--dry-run", *TARGET, "--json"))
    assert {each["status"] for each in counted} == {"counted"}
    assert json.loads(run("consent", "status", *TARGET, "--json"))["exports"]
    run("consent", "backup", BACKUP, *TARGET)
    assert (folder / BACKUP / "manifest.json").is_file()


def check_erase(run: Run, folder: Path) -> None:
    """Erase, of somebody who was delivered.

    Raises:
        AssertionError: she is still there.
    """
    erased = json.loads(run("consent", "erase", "anna.visser@example.com", *TARGET, "--json"))
    assert erased["state"] in ("suppressed", "complete")
    found = subprocess.run(
        ["grep", "-rl", "anna.visser@example.com", str(folder / "exports")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert erased["waiting"] or not found.stdout
