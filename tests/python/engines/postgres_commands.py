"""The operator's commands on PostgreSQL, on the demo as it was refreshed there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., str]
"""Runs a command in the project's clone and returns what it printed; raises when it fails.

Named arguments are more of the environment.
"""

Query = Callable[[str], list[tuple[Any, ...]]]
"""Asks the server."""


def check_commands(run: Run, query: Query, folder: Path) -> None:
    """Status, segments, explain, export, backup, restore and erase.

    Raises:
        AssertionError: a command says something else than it should.
    """
    target = ("--target", "postgres")
    segments = json.loads(run("consent", "segments", *target, "--json"))
    assert {each["segment"]: each["members"] > 0 for each in segments}["newsletter_audience"]
    told = json.loads(
        run("consent", "explain", "frank@contoso.com", "newsletter_audience", *target, "--json")
    )
    assert told["permission"]["events"], told
    identity = json.loads(
        run("consent", "explain", "--identity", "frank@contoso.com", *target, "--json")
    )
    assert len(identity["records"]) == 3
    counted = json.loads(run("consent", "export", "--dry-run", *target, "--json"))
    assert {each["status"] for each in counted} == {"counted"}
    assert json.loads(run("consent", "status", *target, "--json"))["exports"]
    run("consent", "backup", "backups/postgres", *target)
    assert (folder / "backups/postgres/manifest.json").is_file()
    run("consent", "restore", "backups/postgres", *target, PGSCHEMA="restored")
    run("consent", "refresh", "--no-export", *target, PGSCHEMA="restored")
    ids = "select source_name, source_record_id, profile_id from {}.profile_ids order by 1, 2"
    assert query(ids.format("restored")) == query(ids.format("main"))
    erased = json.loads(run("consent", "erase", "anna.visser@example.com", *target, "--json"))
    assert erased["state"] in ("suppressed", "complete")
    found = subprocess.run(
        ["grep", "-rl", "anna.visser@example.com", str(folder / "exports")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert erased["waiting"] or not found.stdout
