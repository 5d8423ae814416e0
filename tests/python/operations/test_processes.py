"""Two commands on one warehouse, and signals, as real processes."""

from __future__ import annotations

import json
import signal
import time

import pytest
from bad_days import ended, started, wait_for
from exports_project import ScratchProject

pytestmark = pytest.mark.slow


def lock_says(project: ScratchProject) -> dict[str, object]:
    path = project.folder / "warehouse.duckdb.lock"
    try:
        found: dict[str, object] = json.loads(path.read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return {}
    return found


def is_building(project: ScratchProject) -> bool:
    run = lock_says(project).get("run") or {}
    steps = run.get("steps", ()) if isinstance(run, dict) else ()
    return any(each["name"] == "build" and each["status"] == "running" for each in steps)


def test_two_refreshes_at_once(project: ScratchProject) -> None:
    first = started(project, "refresh")
    wait_for(lambda: is_building(project))
    second = project.consent("refresh")
    assert second.returncode == 1
    said = " ".join(second.stderr.split())
    assert f"`consent refresh` of process {first.pid} on" in said
    assert "has been running on this warehouse since 20" in said and "--wait" in said
    # meanwhile the status tells what runs and what is left
    status = project.consent("status", "--json")
    found = json.loads(status.stdout)
    assert found["running"]["process"] == first.pid
    assert [each["status"] for each in found["running"]["steps"]][-1] in ("queued", "running")
    assert ended(first) == 0
    third = project.consent("refresh", "--wait")
    assert third.returncode == 0, third.stderr


def test_a_refresh_during_a_dbt_build(project: ScratchProject) -> None:
    target = ["--target-path", str(project.folder / "elsewhere")]
    build = started(project, "build", *target, program="dbt.cli.main")
    wal = project.folder / "warehouse.duckdb.wal"
    wait_for(lambda: wal.exists() or build.poll() is not None)
    assert build.poll() is None
    refused = project.consent("refresh", CONSENT_LOCK_WAIT="0")
    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert f"The warehouse {project.warehouse} is in use by process {build.pid}" in said
    assert "Traceback" not in said
    # one that tries again goes on as soon as the other has ended
    patient = project.consent("refresh", CONSENT_RETRY_SECONDS="2,5,10,20,20")
    assert "Trying again in" in patient.stderr
    assert patient.returncode == 0, patient.stderr
    assert ended(build) == 0
    found = project.query("select status from refreshes order by started_at")
    assert found == [("successful",), ("failed",), ("successful",)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels(project: ScratchProject, number: signal.Signals) -> None:
    running = started(project, "refresh")
    wal = project.folder / "warehouse.duckdb.wal"
    wait_for(lambda: is_building(project) and wal.exists())
    time.sleep(0.5)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1, said
    assert "cancelled; nothing is left half done" in said
    (row,) = project.query("select status, steps from refreshes order by started_at desc limit 1")
    assert row[0] == "cancelled"
    assert {each["name"]: each["status"] for each in json.loads(row[1])} == {
        "freshness": "successful",
        "build": "cancelled",
        "export newsletter": "cancelled",
    }
    assert project.consent("status").returncode == 1
    # half of the tables may be of the cancelled build: nothing leaves until one has ended
    refused = project.consent("export")
    assert refused.returncode == 1
    assert "has not ended, so that its tables may be of two builds" in refused.stderr
    assert len(project.deliveries()) == 1
