"""Schedules: what cron means, no overlap, catching up once, a clean end, a week of withdrawals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from bad_days import FRANK, HOLLY, event, started, wait_for
from exports_project import ScratchProject
from exports_world import column

from runner.errors import ConsentError, UsageError
from runner.operations import schedule, units
from runner.operations.cron import parse

LONG = bool(os.environ.get("CONSENT_LONG"))
START = datetime(2026, 3, 27, 12, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/15 * * * *", "2026-03-27 12:15"),
        ("0 */6 * * *", "2026-03-27 18:00"),
        ("30 2 1 * *", "2026-04-01 02:30"),
        ("0 6 * * 0", "2026-03-29 06:00"),  # Sunday, as cron counts
        ("0 6 * * 7", "2026-03-29 06:00"),
        ("0 6 * * 1", "2026-03-30 06:00"),
        ("0 6 * * fri-sun", "2026-03-28 06:00"),
        ("0 6 * * 5-7/2", "2026-03-29 06:00"),
        ("@daily", "2026-03-28 00:00"),
        # summer time begins on 29 March: six o'clock is an hour earlier in UTC
        ("CRON_TZ=Europe/Amsterdam 0 6 * * sat", "2026-03-28 05:00"),
        ("CRON_TZ=Europe/Amsterdam 0 6 * * sun", "2026-03-29 04:00"),
        ("CRON_TZ=America/New_York 0 9 * * *", "2026-03-27 13:00"),
    ],
)
def test_the_next_moment(text: str, expected: str) -> None:
    found = parse(text).next_after(START)
    assert f"{found:%Y-%m-%d %H:%M}" == expected
    assert parse(text).next_after(found) > found
    if shutil.which("systemd-analyze"):
        # what is printed for systemd means the same, says systemd
        said = subprocess.run(
            [
                "systemd-analyze",
                "calendar",
                "--base-time=2026-03-27 12:00:00 UTC",
                units.calendar(parse(text)),
            ],
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        line = re.search(r"Next elapse: \w+ (.{16})", said)
        assert line is not None and line[1] == expected, said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 6 * *", "is no schedule"),
        ("61 * * * *", "is no schedule"),
        ("0 6 * * 8", "is no day of the week"),
        ("0 6 1 * 1", "names days of the month and of the week"),
        ("CRON_TZ=Europe/Atlantis 0 6 * * *", "There is no time zone 'Europe/Atlantis'"),
        ("0 0 30 2 *", "names a moment that never comes"),
    ],
)
def test_no_schedule(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text).next_after(START)


class SimulatedClock:
    """A clock that jumps to the moment that is waited for."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def wait_until(self, moment: datetime, is_stopped: Callable[[], bool]) -> None:
        self.time = max(self.time, moment)


def runs(
    crons: list[str], last: datetime | None, takes: timedelta, until: datetime
) -> list[datetime]:
    clock = SimulatedClock(START)
    begun: list[datetime] = []

    def work() -> None:
        begun.append(clock.now())
        clock.time += takes
        if len(begun) == 2:
            raise ConsentError("A bad run.")

    schedule.run(
        [parse(text) for text in crons],
        work,
        last_started_at=last,
        is_stopped=lambda: clock.now() >= until,
        time_source=clock,
    )
    return begun


def test_each_moment_of_each_schedule_once() -> None:
    hours = runs(
        ["0 * * * *", "0,30 */2 * * *"], None, timedelta(minutes=1), START.replace(hour=16)
    )
    assert [f"{each:%H:%M}" for each in hours][:5] == ["12:30", "13:00", "14:00", "14:30", "15:00"]


def test_a_long_run_is_followed_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = runs(["0 * * * *"], None, timedelta(hours=3, minutes=10), START.replace(hour=22))
    assert [f"{each:%H:%M}" for each in found] == ["13:00", "16:10", "19:20"]
    assert "error: A bad run." in capsys.readouterr().err


def test_what_was_missed_while_nothing_ran_is_caught_up_once() -> None:
    found = runs(
        ["0 * * * *"], START - timedelta(days=3), timedelta(minutes=1), START.replace(hour=14)
    )
    assert [f"{each:%H:%M}" for each in found] == ["12:00", "13:00"]
    assert runs(["0 0 * * *"], START.replace(hour=3), timedelta(0), START.replace(hour=13)) == []


def test_units(project: ScratchProject) -> None:
    crons = ["--cron", "CRON_TZ=Europe/Amsterdam 0 6 * * 1-5", "--cron", "30 2 1 * *"]
    printed = project.consent("schedule", *crons, "--print", "systemd", "--no-export").stdout
    assert "OnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 6:0:00 Europe/Amsterdam" in printed
    assert "consent refresh --wait --no-export\n" in printed
    assert f"WorkingDirectory={project.folder}\n" in printed
    printed = project.consent("schedule", *crons, "--print", "crontab").stdout
    assert "CRON_TZ=Europe/Amsterdam\n0 6 * * 1-5 cd " in printed
    refused = project.consent("schedule", *crons, "--print", "github")
    assert refused.returncode == 2 and "A workflow's schedule is in UTC" in refused.stderr
    printed = project.consent("schedule", *crons[2:], "--print", "github").stdout
    assert "- cron: '30 2 1 * *'" in printed and "cancel-in-progress: false" in printed
    assert project.consent("schedule", *crons, "--print", "at").returncode == 2


@pytest.mark.long
def test_sigterm_lets_the_step_end(project: ScratchProject) -> None:
    running = started(project, "schedule", "--cron", "0 0 1 1 *")
    path = project.folder / "warehouse.duckdb.lock"
    assert running.stderr is not None
    # the refresh before this one was years ago, as far as the schedule is concerned
    running.kill()
    running.communicate()
    project.execute("update refreshes set started_at = timestamp '2020-01-01'")
    running = started(project, "schedule", "--cron", "0 0 1 1 *")

    def builds() -> bool:
        text = path.read_text().splitlines()[0] if path.exists() else "{}"
        steps = {s["name"]: s["status"] for s in json.loads(text).get("run", {}).get("steps", ())}
        return steps.get("build") == "running"

    wait_for(builds)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert "catching up" in said and "stopped as asked" in said
    (steps,) = project.query("select steps from refreshes order by started_at desc limit 1")
    ends = {each["name"]: each["status"] for each in json.loads(steps[0])}
    assert ends == {
        "freshness": "successful",
        "build": "successful",
        "export newsletter": "cancelled",
    }


@pytest.mark.long
def test_a_week_of_withdrawals(project: ScratchProject) -> None:
    """Everyone changes their mind all the time, refreshes follow, and nothing is ever overdue."""
    begin = datetime.now(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    begin += timedelta(hours=1)
    clock = SimulatedClock(begin)
    events = [event(1, FRANK, "granted"), event(2, HOLLY, "denied")]
    people = (FRANK, HOLLY)

    def live_until(moment: datetime) -> None:
        """Somebody says yes or no at every full hour."""
        while (hour := begin + timedelta(hours=len(events) - 2)) <= moment:
            number = len(events)
            status = "denied" if (number // 2) % 2 else "granted"
            events.append(event(number + 1, people[number % 2], status, hour.isoformat()))
        project.consents(*events)

    def work() -> None:
        live_until(clock.now() - timedelta(minutes=30))
        now = clock.now().isoformat()
        assert project.consent("refresh", CONSENT_NOW=now).returncode == 0
        done = project.consent("status", "--json", CONSENT_NOW=now)
        found = json.loads(done.stdout)
        assert (done.returncode, found["problems"]) == (0, [])
        assert found["exports"][0]["waiting"] == 0
        refreshed.append(clock.now())

    refreshed: list[datetime] = []
    end = begin + timedelta(days=7)
    schedule.run(
        [parse("30 * * * *")],
        work,
        last_started_at=None,
        is_stopped=lambda: clock.now() >= end,
        time_source=clock,
    )
    assert len(refreshed) == 168
    # the history proves it: who was out there at each refresh is who had said yes last
    for moment in refreshed:
        said = {
            each["key_value"]: each["status"]
            for each in events
            if datetime.fromisoformat(each["recorded_at"]) <= moment - timedelta(minutes=30)
        }
        wanted = {who for who, status in said.items() if status == "granted"}
        (delivery,) = (
            each for each in project.deliveries() if each.name.startswith(f"{moment:%Y%m%dT%H%M%S}")
        )
        assert set(column(delivery / "full.csv")) == wanted, moment
    removed = project.query(
        "select count(*), sum(row_count) from deliveries where kind = 'removed'"
    )
    assert removed[0][1] > 0
    late = project.query(
        "select count(*) from int_exports__withdrawals where removed_at > "
        "withdrawn_at + interval 2 hour and lifted_at is null and "
        "withdrawn_at > delivered_at"
    )
    assert late == [(0,)]
