"""One log file per run: what the command said, and dbt's own events from `info` on.

SQL stays out, and with it what is in seeds; what messages quote from rows is masked. So nothing in
a log file is about a person.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from runner import console
from runner.dbt import Project
from runner.masking import masked

KEPT = 500
"""Log files of runs that are kept; older ones are deleted."""
_LEVELS = frozenset({"info", "warn", "error"})


def folder(project: Project) -> Path:
    """Where logs are written: DBT_LOG_PATH, else the project's `logs`."""
    return project.folder / os.environ.get("DBT_LOG_PATH", "logs")


class RunLog:
    """The open log file of one run. Written by several threads."""

    def __init__(self, path: Path, file: TextIO) -> None:
        """Takes over an open file."""
        self.path = path
        self._file = file
        self._lock = threading.Lock()

    def write(self, level: str, text: str) -> None:
        """One message; a level below `info` is left out."""
        if level not in _LEVELS or not text.strip():
            return
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{time}Z {level:<5} {masked(text).strip()}\n")
                self._file.flush()


@contextmanager
def run_log(project: Project, command: str, started_at: datetime) -> Iterator[RunLog]:
    """Opens the log file of a run, and writes there what is said on the console meanwhile."""
    place = folder(project)
    place.mkdir(parents=True, exist_ok=True)
    old = sorted(place.glob("[0-9]*T[0-9]*Z-*.log"))
    for path in old[: max(0, len(old) - KEPT + 1)]:
        path.unlink(missing_ok=True)
    path = place / f"{started_at:%Y%m%dT%H%M%S%f}Z-{command}.log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        log = RunLog(path, file)
        with console.echoed_to(log.write):
            yield log
