"""`consent status` on sizes, ages and removals, and what a terminal shows of a refresh."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bad_days import CEM, CONSENTS, FRANK, HOLLY, event
from exports_project import ScratchProject


def status(project: ScratchProject, code: int, **environment: str) -> dict[str, Any]:
    done = project.consent("status", "--json", **environment)
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_sizes_are_compared_with_the_refresh_before(project: ScratchProject) -> None:
    first = {each["table"]: each for each in status(project, 0)["sizes"]}
    assert (first["profiles"]["rows"], first["profiles"]["rows_before"]) == (2, None)
    project.customers(*({"id": p, "person": p, "email": p} for p in (FRANK, HOLLY, CEM)))
    project.consents(*CONSENTS, event(4, CEM, "granted"))
    project.refresh()
    found = status(project, 0)
    sizes = {each["table"]: (each["rows"], each["rows_before"]) for each in found["sizes"]}
    assert sizes["profiles"] == (3, 2)
    assert sizes["consent_events"] == (3, 2)
    assert sizes["segment_members"] == (2, 1)
    last, before = found["runs"][:2]
    assert last["usual_minutes"] == before["minutes"] > 0
    assert "segment_members" in project.consent("status").stdout


def later(hours: float) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"


@pytest.mark.slow
def test_a_source_ages_after_the_run_that_looked_at_it(project: ScratchProject) -> None:
    project.refresh(CONSENT_TEST_LOADED_AT=later(-12))
    (source,) = (
        each for each in status(project, 0)["freshness"] if each["source"] == "shop.customers"
    )
    assert (source["status"], source["limit_hours"]) == ("fresh", 48)
    assert source["age_hours"] == pytest.approx(12, abs=0.2)
    found = status(project, 1, CONSENT_NOW=later(40))
    (source,) = (each for each in found["freshness"] if each["source"] == "shop.customers")
    assert source["status"] == "too old"
    assert source["age_hours"] == pytest.approx(52, abs=0.2)
    # nothing ran since, for longer than a withdrawal may wait
    assert any("a withdrawal may wait unseen" in each for each in found["problems"])


@pytest.mark.slow
def test_how_long_a_removal_takes(project: ScratchProject) -> None:
    project.consents(*CONSENTS, event(3, FRANK, "denied", later(1).replace(" ", "T")))
    project.refresh("--no-export", CONSENT_NOW=later(4))
    (export,) = status(project, 0, CONSENT_NOW=later(4))["exports"]
    assert (export["waiting"], export["overdue"], export["limit_hours"]) == (1, 0, 24)
    found = status(project, 1, CONSENT_NOW=later(26))
    assert found["exports"][0]["overdue"] == 1
    assert any("1 withdrawals are overdue" in each for each in found["problems"])
    project.refresh(CONSENT_NOW=later(26))
    (export,) = status(project, 0, CONSENT_NOW=later(26))["exports"]
    assert (export["waiting"], export["outstanding"]) == (0, 0)
    assert export["median_hours"] == pytest.approx(25, abs=0.2)


@pytest.mark.slow
def test_a_terminal_shows_what_runs_and_what_is_left(project: ScratchProject) -> None:
    leader, follower = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "runner", "refresh"],
        cwd=project.folder,
        env={**os.environ, **project._environment(), "TERM": "xterm", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    assert running.wait() == 0
    os.close(leader)
    screen = shown.decode()
    assert "profiles" in screen and "\x1b[" in screen, "it is drawn, not only printed"
    # how many of how many steps are done
    assert any(f"/{count}" in screen for count in range(40, 400))
