"""Where words go: data to stdout, messages to stderr, progress to a terminal that can show it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from runner import tables

messages = Console(stderr=True, highlight=False, soft_wrap=True)

_STYLES = {
    "successful": "green",
    "warned": "yellow",
    "failed": "bold red",
    "cancelled": "bold red",
    "skipped": "dim",
}


_is_quiet = False
_echoes: list[Callable[[str, str], None]] = []


@contextmanager
def echoed_to(write: Callable[[str, str], None]) -> Iterator[None]:
    """Hands every message, with its level, also to `write` while the block runs."""
    _echoes.append(write)
    try:
        yield
    finally:
        _echoes.remove(write)


def echo(level: str, text: str) -> None:
    """A message that only the log is to have."""
    for write in _echoes:
        write(level, text)


def be_quiet(quiet: bool) -> None:
    """Whether only warnings and errors are told from now on."""
    global _is_quiet
    _is_quiet = quiet


def say(text: str) -> None:
    """A message for whoever watches; never data."""
    if not _is_quiet:
        messages.print(text, markup=False)
    echo("info", text)


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Says on a terminal, at once, what is being done while the block runs."""
    if _is_quiet or not messages.is_terminal:
        yield
        return
    with messages.status(text):
        yield


def warn(text: str) -> None:
    """A message that asks for attention and stops nothing."""
    messages.print(f"warning: {text}", markup=False, style="yellow")
    echo("warn", text)


def complain(text: str) -> None:
    """The one paragraph of an error."""
    messages.print(f"error: {text}", markup=False, style="red")
    echo("error", text)


def show_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, default=_as_json, indent=2, ensure_ascii=False) + "\n")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table on stdout, if it has rows: aligned text, numbers to the right, a title above."""
    listed = [list(row) for row in rows]
    if not listed:
        return
    numeric = []
    for index in range(len(columns)):
        values = [row[index] for row in listed if row[index] is not None]
        numeric.append(bool(values) and all(isinstance(value, int | float) for value in values))
    texts = [[_as_text(value) for value in row] for row in listed]
    out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    head, *rest = tables.lines(columns, texts, numeric, out.width)
    if title:
        out.print(Text(title, style="bold"))
    out.print(Text(head, style="dim" if title else "bold"))
    for line in rest:
        out.print(Text(line))
    if title:
        out.print()


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case _:
            return str(value)


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


class Steps(Protocol):
    """What a long command tells about its steps."""

    def plan(self, count: int) -> None:
        """Says how many more steps are to come."""

    def start(self, name: str) -> None:
        """A step runs."""

    def finish(self, name: str, status: str, detail: str = "", part: bool = False) -> None:
        """A step ended: successful, warned, failed, skipped or cancelled.

        Args:
            name: of the step.
            status: how it ended.
            detail: what it did, or why it did not.
            part: it is a part of a step, such as a model of the build.
        """


class _PlainSteps:
    """A line per step, and one per part of a step that is not well."""

    def plan(self, count: int) -> None:
        pass

    def start(self, name: str) -> None:
        pass

    def finish(self, name: str, status: str, detail: str = "", part: bool = False) -> None:
        if _is_quiet or (part and status == "successful"):
            return
        time = datetime.now(UTC).strftime("%H:%M:%S")
        messages.print(
            f"{time}  {status:<10}  {name}{'  ' + detail if detail else ''}", markup=False
        )


class _LiveSteps:
    """Called from several threads: dbt reports from those that build."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=0)
        self._running: list[str] = []
        self._lock = threading.Lock()

    def plan(self, count: int) -> None:
        with self._lock:
            total = self._progress.tasks[self._task].total or 0
            self._progress.update(self._task, total=total + count)

    def start(self, name: str) -> None:
        with self._lock:
            self._running.append(name)
            self._describe()

    def finish(self, name: str, status: str, detail: str = "", part: bool = False) -> None:
        with self._lock:
            if name in self._running:
                self._running.remove(name)
            if status != "successful" or not part:
                line = Text(f"{status:<10}  ", style=_STYLES.get(status, ""))
                self._progress.console.print(line.append(f"{name}  {detail}", style="default"))
            self._progress.advance(self._task)
            self._describe()

    def _describe(self) -> None:
        shown = ", ".join(self._running[:3]) + (" …" if len(self._running) > 3 else "")
        self._progress.update(self._task, description=shown)


@contextmanager
def steps() -> Iterator[Steps]:
    """A live display on a terminal, one line per finished step elsewhere."""
    if _is_quiet or not messages.is_terminal:
        yield _PlainSteps()
        return
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=messages, transient=True) as progress:
        yield _LiveSteps(progress)
