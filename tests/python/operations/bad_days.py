"""What the tests of operations share: people, copies of a project, processes and their ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from exports_project import ScratchProject

FRANK, HOLLY, CEM = "frank@contoso.com", "holly@contoso.com", "cem@example.com"
NEWSLETTER = {
    "segment": "newsletter_audience",
    "destination": "exports/newsletter",
    "deliver": ["full", "added", "removed"],
    "max_removed_share": 1,
    "remove_within": {"hours": 24},
}


def event(number: int, email: str, status: str, recorded_at: str | None = None) -> dict[str, Any]:
    return {
        "id": str(number),
        "key_type": "email",
        "key_value": email,
        "purpose": "newsletter",
        "status": status,
        "recorded_at": recorded_at or f"2026-01-{number:02d}T00:00:00",
    }


CONSENTS = [event(1, FRANK, "granted"), event(2, HOLLY, "denied")]


def started(
    project: ScratchProject, *arguments: str, program: str = "runner", **environment: str
) -> subprocess.Popen[str]:
    """A command in a process of its own, still running."""
    return subprocess.Popen(
        [sys.executable, "-m", program, *arguments],
        cwd=project.folder,
        env={**os.environ, **project._environment(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # where the tests run in the background, interrupts are ignored and that is inherited
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def ended(running: subprocess.Popen[str], after: float | None = None) -> int:
    """How a process ended; with `after`, it is killed that many seconds from now."""
    if after is not None:
        try:
            running.wait(after)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
    running.communicate(timeout=120)
    return running.returncode


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Returns as soon as something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def tables(warehouse: Path, since: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of a warehouse, but what is about runs; every moment since then is `now`."""
    apart = {"node_results", "refreshes", "state_version"}
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        for schema, name in names:
            if name in apart or schema != "main":
                continue
            # deliveries are named by their time, and their hash holds the build's id
            sql = f'select * from "{schema}"."{name}"'
            if name == "deliveries":
                sql = (
                    "select export_name, segment_name, kind, delivered_at, as_of, row_count, "
                    f"sha256, status from {name}"
                )
            rows = connection.execute(sql).fetchall()
            found[name] = sorted(
                (
                    tuple("now" if isinstance(v, datetime) and v >= since else v for v in row)
                    for row in rows
                ),
                key=repr,
            )
    return found
