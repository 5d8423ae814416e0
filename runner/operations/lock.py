"""One refresh at a time per warehouse: a lock that a crash releases and that says whose it is.

The lock belongs to an open file, so it ends with the process however that ends. What the file says
is what its holder was doing: after a crash it is all that is known about that. A server is locked
on the server as well, because its refreshes may come from several machines.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner import clock, console
from runner.dbt import Project
from runner.errors import ConsentError
from runner.private import private_files
from runner.warehouse.postgres import advisory_lock

_PAUSE_SECONDS = 1.0
_FIX = "Wait for it with --wait, or end that process."


class BusyError(ConsentError):
    """Another command of `consent` works on this warehouse."""


class Held:
    """The lock, while it is held.

    Attributes:
        unrecorded: runs before this one that nobody could record, because they were killed or
            the warehouse could not be opened; oldest first.
    """

    def __init__(self, handle: int, what: str, unrecorded: list[dict[str, Any]]) -> None:
        """Takes over a locked file."""
        self.unrecorded = unrecorded
        self._handle = handle
        self._said: dict[str, Any] = {
            "what": what,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": clock.now().isoformat(timespec="microseconds"),
        }
        self.tell()

    def tell(self, **more: Any) -> None:
        """Says what the holder is doing, to whoever looks and to the next one after a crash.

        What it says under the name `run` is kept until it is recorded.
        """
        self._said |= more
        self._write({**self._said, "unrecorded": self.unrecorded})

    def recorded(self) -> None:
        """What this run did, and those before it, is kept elsewhere now."""
        self.unrecorded = []
        self._said.pop("run", None)
        self.tell()

    def close(self) -> None:
        """Leaves what is still to be recorded."""
        self._write({"unrecorded": _left_behind({**self._said, "unrecorded": self.unrecorded})})

    def _write(self, content: dict[str, Any]) -> None:
        # one write, and one line that counts: whoever reads sees the old line or the new one
        line = json.dumps(content, default=str).encode() + b"\n"
        os.pwrite(self._handle, line, 0)
        os.ftruncate(self._handle, len(line))


def lock_path(project: Project) -> Path:
    """The lock file: beside the warehouse where that is a file, else in the target folder."""
    if project.engine == "duckdb":
        warehouse = project.folder / str(project.credentials.path)
        return warehouse.with_name(warehouse.name + ".lock")
    return project.target_path / f"{project.target}.lock"


@contextmanager
def one_at_a_time(
    project: Project, what: str, *, wait: bool = False, stop: Callable[[], bool] = lambda: False
) -> Iterator[Held]:
    """Holds the lock while the block runs, and keeps what it writes to its owner.

    Args:
        project: whose warehouse it is.
        what: the command that holds it, for whoever has to wait.
        wait: wait for the other one to end, instead of refusing.
        stop: asked while it waits; True gives up.

    Raises:
        BusyError: another command holds it.
    """
    path = lock_path(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _is_taken(handle):
            if not wait or stop():
                raise _busy(_read(handle))
            time.sleep(_PAUSE_SECONDS)
        with _locked_on_server(project, what, wait), private_files():
            held = Held(handle, what, _left_behind(_understood(path, _read(handle))))
            try:
                yield held
            finally:
                held.close()
    finally:
        os.close(handle)


def holder(project: Project) -> tuple[dict[str, Any], bool]:
    """What the lock's file says, and whether somebody holds it now.

    When nobody does, `unrecorded` are the runs that ended without being recorded.
    """
    path = lock_path(project)
    if not path.exists():
        return {}, False
    handle = os.open(path, os.O_RDWR)
    try:
        if _is_taken(handle, fcntl.LOCK_SH):
            return {"unrecorded": _left_behind(_understood(path, _read(handle)))}, False
        return _understood(path, _read(handle)), True
    finally:
        os.close(handle)


def _is_taken(handle: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked_on_server(project: Project, what: str, wait: bool) -> Iterator[None]:
    if project.engine != "postgres":
        yield
        return
    name = f"consent {what}, process {os.getpid()} on {socket.gethostname()}"
    while True:
        with advisory_lock(project, name) as other:
            if other is None:
                yield
                return
        if not wait:
            raise BusyError(
                f"`{other.name}` has been running on this warehouse since {other.since}.", _FIX
            )
        time.sleep(_PAUSE_SECONDS)


def _busy(other: dict[str, Any]) -> BusyError:
    who = f"process {other.get('pid', '?')} on {other.get('host', '?')}"
    since = str(other.get("since", "a moment ago"))[:19].replace("T", " ")
    return BusyError(
        f"`consent {other.get('what', 'refresh')}` of {who} has been running on this warehouse "
        f"since {since} UTC.",
        _FIX,
    )


def _understood(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """What a lock's file says, without what no command of ours has written there."""
    given = content.get("unrecorded", [])
    entries = [each for each in given if _is_run(each)] if isinstance(given, list) else []
    understood = {**content, "unrecorded": entries}
    if "run" in content and not _is_run(content):
        del understood["run"]
    for name in ("what", "host", "since"):
        if not isinstance(understood.get(name, ""), str):
            del understood[name]
    if understood != {"unrecorded": [], **content}:
        console.warn(
            f"the lock file {path} held something that no command of consent writes; that part is "
            "set aside, and the file is written anew by the next run."
        )
    return understood


def _is_run(said: object) -> bool:
    """Whether this is what `Held.tell` writes about a run."""
    run = said.get("run") if isinstance(said, dict) else None
    return (
        isinstance(run, dict)
        and all(isinstance(run.get(name), str) for name in ("started_at", "status", "command"))
        and isinstance(run.get("ended_at"), str | None)
        and isinstance(run.get("steps"), list)
        and all(isinstance(step, dict) and "status" in step for step in run["steps"])
    )


def _left_behind(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs that a file's content tells of and that nobody has recorded."""
    unrecorded: list[dict[str, Any]] = content["unrecorded"]
    own = {key: value for key, value in content.items() if key != "unrecorded"}
    return [*unrecorded, own] if own.get("run") else unrecorded


def _read(handle: int) -> dict[str, Any]:
    size = os.fstat(handle).st_size
    try:
        found = json.loads(os.pread(handle, size, 0).split(b"\n")[0] or b"{}")
    except (ValueError, RecursionError):
        return {"unrecorded": None}
    return found if isinstance(found, dict) else {"unrecorded": None}
