"""`consent schedule`: refreshes on a schedule, one after the other, in the foreground.

There is one loop and one thread, so that runs cannot overlap. Whatever was due while a run took
its time, or while nothing ran at all, is caught up by one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from runner import clock, console
from runner.dbt import Project
from runner.errors import ConsentError
from runner.operations import record
from runner.operations.cron import Schedule, next_of
from runner.warehouse import open_warehouse

_LOOK_SECONDS = 1.0


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The present, UTC."""

    def wait_until(self, moment: datetime, is_stopped: Callable[[], bool]) -> None:
        """Returns at that moment, or when it was stopped."""


class WallClock:
    """The machine's. Looks at it again and again, so that a machine that slept is not late."""

    def now(self) -> datetime:
        """The present, UTC."""
        return clock.now()

    def wait_until(self, moment: datetime, is_stopped: Callable[[], bool]) -> None:
        """Returns at that moment, or when it was stopped."""
        while not is_stopped() and (left := (moment - self.now()).total_seconds()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))


def run(
    schedules: Sequence[Schedule],
    work: Callable[[], object],
    *,
    last_started_at: datetime | None,
    is_stopped: Callable[[], bool],
    time_source: Clock,
) -> None:
    """Does the work whenever a schedule says so, until it is stopped.

    An error of one run is said, and the next run takes place all the same.

    Args:
        schedules: at least one.
        work: one refresh.
        last_started_at: when the last refresh started, to catch up what was due since.
        is_stopped: asked between and during waits.
        time_source: tells the time and waits.
    """
    since = last_started_at or time_source.now()
    if next_of(schedules, since) <= time_source.now():
        console.say(f"catching up: the last refresh was that of {since:%Y-%m-%d %H:%M} UTC")
    while not is_stopped():
        due = next_of(schedules, since)
        if due > time_source.now():
            console.say(f"the next refresh is at {due:%Y-%m-%d %H:%M:%S} UTC")
            time_source.wait_until(due, is_stopped)
            continue
        since = time_source.now()
        try:
            work()
        except ConsentError as error:
            console.complain(str(error))
        except Exception as error:  # whatever it is, tomorrow is another day
            console.complain(f"{type(error).__name__}: {error}. The next refresh goes on.")


def last_started_at(project: Project) -> datetime | None:
    """When the last refresh started that this warehouse knows of; None when it knows none."""
    try:
        with open_warehouse(project) as warehouse:
            rows = record.recorded(project, warehouse, 100)
    except ConsentError:
        return None  # there is no warehouse yet, or somebody writes it: nothing to catch up
    return next((row["started_at"] for row in rows if row["command"] == "refresh"), None)
