"""Schedules as cron writes them, with a time zone, and the moments that they name.

The calendar is APScheduler's. What differs is spelt out before it gets there: cron counts weekdays
from Sunday, APScheduler from Monday.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from runner import clock
from runner.errors import UsageError

_ZONE = "CRON_TZ="
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Attributes:
        fields: minute, hour, day of month, month, day of week, as they were written.
        zone: the time zone's name.
        days: the days of the week by name, in order; empty for all.
    """

    fields: tuple[str, ...]
    zone: str
    days: tuple[str, ...]
    trigger: CronTrigger

    @property
    def cron(self) -> str:
        """The five fields."""
        return " ".join(self.fields)

    def next_after(self, moment: datetime) -> datetime:
        """The first moment that it names after another one; both in UTC, without an offset."""
        start = moment.replace(tzinfo=UTC) + timedelta(microseconds=1)
        found: datetime | None = self.trigger.get_next_fire_time(None, start)
        if found is None:
            raise UsageError(
                f"--cron '{self.cron}' names a moment that never comes.",
                "Look at its day and month.",
            )
        return found.astimezone(UTC).replace(tzinfo=None)


def parse(text: str, zone: str = "UTC") -> Schedule:
    """Reads a schedule: five fields of cron, with `CRON_TZ=<zone> ` before them or in `zone`.

    Example:
        `parse("CRON_TZ=Europe/Amsterdam 0 6 * * 1-5")`: at six in the morning on weekdays.

    Raises:
        UsageError: it is none.
    """
    words = text.split()
    if words and words[0].startswith(_ZONE):
        zone = words.pop(0).removeprefix(_ZONE)
    if len(words) == 1:
        words = _SHORT.get(words[0], "").split() or words
    if len(words) != 5:
        raise UsageError(
            f"--cron '{text}' is no schedule.",
            "Write minute, hour, day of month, month and day of week: '0 */6 * * *'.",
        )
    try:
        known = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f"There is no time zone '{zone}'.", "Write it as Europe/Amsterdam."
        ) from error
    minute, hour, day, month, weekday = words
    days = _weekdays(weekday, text)
    if days and day != "*":
        raise UsageError(
            f"--cron '{text}' names days of the month and of the week.",
            "Cron takes that as one or the other; give --cron twice instead.",
        )
    try:
        trigger = CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=",".join(days) or "*",
            timezone=known,
        )
    except ValueError as error:
        raise UsageError(f"--cron '{text}' is no schedule: {error}.") from error
    schedule = Schedule(tuple(words), zone, days, trigger)
    schedule.next_after(clock.now())
    return schedule


def next_of(schedules: Iterable[Schedule], moment: datetime) -> datetime:
    """The first moment after another one that any of the schedules names."""
    return min(schedule.next_after(moment) for schedule in schedules)


def _weekdays(field: str, text: str) -> tuple[str, ...]:
    """A field for the day of the week as names; cron's 0 and 7 are Sunday."""
    if field == "*":
        return ()
    found: set[int] = set()
    try:
        for part in field.lower().split(","):
            span, _, step = part.partition("/")
            first, _, last = span.partition("-")
            if first == "*":
                start, end = 0, 6
            else:
                start = _weekday(first)
                end = _weekday(last) if last else (6 if step else start)
            end += 7 if end < start else 0
            found |= {number % 7 for number in range(start, end + 1, int(step or 1))}
    except ValueError as error:
        raise UsageError(
            f"--cron '{text}': '{field}' is no day of the week.",
            "Write 0 to 7 (0 and 7 are Sunday) or sun to sat.",
        ) from error
    return tuple(_DAYS[number] for number in sorted(found))


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    number = int(text)
    if not 0 <= number <= 7:
        raise ValueError(text)
    return number
