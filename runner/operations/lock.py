"""One refresh at a time per warehouse: a lock that a crash releases and that says whose it is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner import clock
from runner.dbt import Project
from runner.errors import ConsentError

_PAUSE_SECONDS = 1.0


def lock_path(project: Project) -> Path:
    """The lock file: beside the warehouse where that is a file, else in the target folder."""
    if project.engine == "duckdb":
        warehouse = project.folder / str(project.credentials.path)
        return warehouse.with_name(warehouse.name + ".lock")
    return project.target_path / f"{project.target}.lock"


@contextmanager
def one_at_a_time(project: Project, what: str, *, wait: bool = False) -> Iterator[dict[str, Any]]:
    """Holds the lock while the block runs.

    The lock belongs to the open file, so it ends with the process however that ends; what the
    file says is what was going on then.

    Args:
        project: whose warehouse it is.
        what: the command that holds it, for whoever has to wait.
        wait: wait for the other one to end, instead of refusing.

    Yields:
        What an interrupted holder left behind; empty after an orderly end.

    Raises:
        ConsentError: another command holds it.
    """
    path = lock_path(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not wait:
                    raise _busy(_read(handle)) from None
                time.sleep(_PAUSE_SECONDS)
        interrupted = _read(handle)
        now = clock.now().isoformat(timespec="seconds")
        holder = {"what": what, "pid": os.getpid(), "host": socket.gethostname(), "since": now}
        _write(handle, json.dumps(holder))
        try:
            yield interrupted
        finally:
            _write(handle, "")
    finally:
        os.close(handle)


def holder(project: Project) -> tuple[dict[str, Any], bool]:
    """Who holds the lock or was interrupted while holding it, and whether it runs now."""
    path = lock_path(project)
    if not path.exists():
        return {}, False
    handle = os.open(path, os.O_RDWR)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(handle), True
        return _read(handle), False
    finally:
        os.close(handle)


def _busy(other: dict[str, Any]) -> ConsentError:
    who = f"process {other.get('pid', '?')} on {other.get('host', '?')}"
    return ConsentError(
        f"`consent {other.get('what', 'refresh')}` of {who} has been running on this warehouse "
        f"since {other.get('since', 'a moment ago')}.",
        "Wait for it with --wait, or end that process.",
    )


def _read(handle: int) -> dict[str, Any]:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        found = json.loads(os.read(handle, 4096) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, text.encode())
