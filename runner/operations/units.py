"""The schedule for those who have a scheduler: systemd, crontab, or a workflow of GitHub."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from runner.errors import UsageError
from runner.operations.cron import Schedule

KINDS = ("systemd", "crontab", "github")


def unit(kind: str, schedules: Sequence[Schedule], folder: Path, arguments: Sequence[str]) -> str:
    """The text of a unit that runs `consent refresh`.

    Args:
        kind: systemd, crontab or github.
        schedules: when.
        folder: the project.
        arguments: what `consent refresh` is given.

    Raises:
        UsageError: that scheduler does not exist, or cannot keep to such a schedule.
    """
    if kind == "systemd":
        return _systemd(schedules, folder, arguments)
    if kind == "crontab":
        return _crontab(schedules, folder, arguments)
    if kind == "github":
        return _github(schedules, arguments)
    raise UsageError(f"--print '{kind}' is not known.", f"It prints {', '.join(KINDS)}.")


def calendar(schedule: Schedule) -> str:
    """A schedule as systemd's OnCalendar writes it."""
    minute, hour, day, month, _ = schedule.fields
    days = ",".join(name.capitalize() for name in schedule.days)
    date = f"*-{_spans(month, 1)}-{_spans(day, 1)}"
    time = f"{_spans(hour, 0)}:{_spans(minute, 0)}:00"
    return " ".join(part for part in (days, date, time, schedule.zone) if part)


def _spans(field: str, first: int) -> str:
    """One field of cron in systemd's spelling."""
    parts = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            span = str(first) if step else "*"
        parts.append(span.replace("-", "..") + (f"/{step}" if step else ""))
    return ",".join(parts)


def _consent() -> str:
    return str(Path(sys.executable).parent / "consent")


def _systemd(schedules: Sequence[Schedule], folder: Path, arguments: Sequence[str]) -> str:
    command = shlex.join([_consent(), "refresh", "--wait", *arguments])
    times = "\n".join(f"OnCalendar={calendar(each)}" for each in schedules)
    return f"""\
# /etc/systemd/system/consent-refresh.service
[Unit]
Description=Consent-safe audiences: refresh and deliver
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
EnvironmentFile=-{folder}/.env
ExecStart={command}
# a refresh that is stopped cancels cleanly; one that is killed is finished by the next
TimeoutStopSec=300
UMask=0077

# /etc/systemd/system/consent-refresh.timer
[Unit]
Description=When to refresh

[Timer]
{times}
# a run that was missed while the machine was off is caught up once
Persistent=true

[Install]
WantedBy=timers.target
"""


def _crontab(schedules: Sequence[Schedule], folder: Path, arguments: Sequence[str]) -> str:
    command = shlex.join([_consent(), "refresh", "--wait", *arguments]).replace("%", "\\%")
    lines = []
    zone = None
    for each in sorted(schedules, key=lambda schedule: schedule.zone):
        if each.zone != zone:
            lines.append(f"CRON_TZ={each.zone}")
            zone = each.zone
        lines.append(f"{each.cron} cd {shlex.quote(str(folder))} && {command}")
    return "\n".join(lines) + "\n"


def _github(schedules: Sequence[Schedule], arguments: Sequence[str]) -> str:
    if any(each.zone != "UTC" for each in schedules):
        raise UsageError(
            "A workflow's schedule is in UTC, and summer time would move this one.",
            "Give it in UTC, or use `consent schedule` or systemd.",
        )
    times = "\n".join(f"    - cron: '{each.cron}'" for each in schedules)
    command = shlex.join([".venv/bin/consent", "refresh", "--wait", *arguments])
    return f"""\
# .github/workflows/consent-refresh.yml
# The warehouse must outlive the job: use a target on a server, or a runner of your own.
name: consent refresh
on:
  schedule:
{times}
  workflow_dispatch: {{}}
concurrency:
  group: consent-refresh
  cancel-in-progress: false
jobs:
  refresh:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: '3.12'
      - run: make .venv/.installed
      - run: {command}
        env:
          CONSENT_PEPPER: ${{{{ secrets.CONSENT_PEPPER }}}}
      - if: always()
        run: .venv/bin/consent status
"""
