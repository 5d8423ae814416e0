"""Killed at any moment, a refresh is finished by the next one, with nothing to clean by hand."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bad_days import CEM, CONSENTS, FRANK, HOLLY, ended, event, started, tables
from clone import run as type_in
from exports_project import ScratchProject
from exports_world import column

from runner.exports import verify

LONG = bool(os.environ.get("CONSENT_LONG"))
STEPS = ("newsletter:publish", "freshness", "build", "record")
MOMENTS = 2
DEMO_MOMENTS = 30 if LONG else 2


def change(project: ScratchProject) -> None:
    """A withdrawal, a grant, and somebody new: every table of state has something to write."""
    project.customers(*({"id": p, "person": p, "email": p} for p in (FRANK, HOLLY, CEM)))
    project.consents(*CONSENTS, event(3, FRANK, "denied"), event(4, CEM, "granted"))


@pytest.fixture(scope="module")
def changed(
    built: ScratchProject, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ScratchProject, datetime]:
    """The project with other sources than it was built from, and when they changed."""
    project = built.copy_to(tmp_path_factory.mktemp("changed") / "project")
    change(project)
    return project, datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def undisturbed(
    changed: tuple[ScratchProject, datetime], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], float]:
    """The tables after a refresh that nobody disturbed, and how long that took."""
    project = changed[0].copy_to(tmp_path_factory.mktemp("undisturbed") / "project")
    begun = time.monotonic()
    assert ended(started(project, "refresh")) == 0
    seconds = time.monotonic() - begun
    found = tables(project.warehouse, changed[1])
    assert [row[2:4] for row in found["delivered_members"]] == [("email", CEM), ("email", FRANK)]
    return found, seconds


def statuses(project: ScratchProject) -> list[str]:
    return [row[0] for row in project.query("select status from refreshes order by started_at")]


def check_truth(project: ScratchProject) -> str:
    """What `consent status` says after a kill, checked; returns the status of the last run."""
    done = project.consent("status", "--json")
    found = json.loads(done.stdout)
    assert found["running"] is None
    last = found["runs"][0]
    if last["status"] == "interrupted":
        assert done.returncode == 1
        assert any("was interrupted" in text for text in found["problems"])
    return str(last["status"])


def check_finished(project: ScratchProject, since: datetime, undisturbed: dict[str, Any]) -> None:
    for delivery in project.deliveries():
        assert verify.verify(str(delivery)).problems == []
    done = project.refresh("--json")
    assert json.loads(done.stdout)["status"] == "successful"
    found = tables(project.warehouse, since)
    # a kill between the delivery and its record gives one delivery more, of the same people
    for name, rows in undisturbed.items():
        if name == "deliveries":
            assert set(rows) <= set(found[name])
        else:
            assert found[name] == rows, name
    last = project.deliveries()[-1]
    assert column(last / "full.csv") == [CEM]
    assert [*project.folder.rglob(".partial-*"), *project.folder.glob("target/consent/*")] == []
    assert project.consent("status").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step(
    step: str,
    changed: tuple[ScratchProject, datetime],
    undisturbed: tuple[dict[str, Any], float],
    tmp_path: Path,
) -> None:
    project = changed[0].copy_to(tmp_path / "project")
    assert ended(started(project, "refresh", CONSENT_CRASH_AT=step)) == -signal.SIGKILL
    before = check_truth(project)
    assert before == "interrupted"
    check_finished(project, changed[1], undisturbed[0])
    assert statuses(project) == ["successful", "interrupted", "successful"]
    (steps,) = project.query("select steps from refreshes where status = 'interrupted'")
    ends = {each["name"]: each["status"] for each in json.loads(steps[0])}
    assert ends["freshness"] == "successful"
    if step == "freshness":
        assert ends["build"] == ends["export newsletter"] == "cancelled"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(MOMENTS))
def test_killed_at_a_random_moment(
    number: int,
    changed: tuple[ScratchProject, datetime],
    undisturbed: tuple[dict[str, Any], float],
    tmp_path: Path,
) -> None:
    project = changed[0].copy_to(tmp_path / "project")
    # each in its own part of the run, so that no part is left out
    moment = undisturbed[1] * (number + random.Random(number).random()) / MOMENTS
    code = ended(started(project, "refresh"), after=moment)
    assert code in (0, -signal.SIGKILL)
    check_truth(project)
    check_finished(project, changed[1], undisturbed[0])


@pytest.fixture(scope="module")
def demo(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """The demo, delivered once, after which people have changed their minds."""
    folder = tmp_path_factory.mktemp("demo") / "dbt-consent"
    shutil.copytree(delivered, folder, ignore=shutil.ignore_patterns(".git"))
    with (folder / "data/demo/webshop_consents.jsonl").open("a") as file:
        for number, (contact, state) in enumerate([(FRANK, "opt-out"), (HOLLY, "opt-in")]):
            row = {
                "consent_id": f"later-{number}",
                "contact_kind": "email",
                "contact": contact,
                "topic": "newsletter",
                "state": state,
                "requested_at": "2026-11-01T00:00:00Z",
            }
            file.write(json.dumps(row) + "\n")
    return folder, datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def demo_undisturbed(
    demo: tuple[Path, datetime], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], float]:
    folder = tmp_path_factory.mktemp("calm") / "dbt-consent"
    shutil.copytree(demo[0], folder)
    begun = time.monotonic()
    done = type_in(folder, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    return tables(folder / "consent.duckdb", demo[1]), time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.parametrize("number", range(DEMO_MOMENTS))
def test_the_demo_killed_at_a_random_moment(
    number: int,
    demo: tuple[Path, datetime],
    demo_undisturbed: tuple[dict[str, Any], float],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "dbt-consent"
    shutil.copytree(demo[0], folder)
    calm, seconds = demo_undisturbed
    moment = seconds * (number + random.Random(number).random()) / DEMO_MOMENTS
    killed = type_in(folder, f"timeout --signal=KILL {moment:.2f} consent refresh")
    assert killed.returncode in (0, 137, -signal.SIGKILL), killed.stderr
    status = type_in(folder, "consent status --json")
    last = json.loads(status.stdout)["runs"][0]
    assert last["status"] in ("successful", "interrupted")
    assert status.returncode == (0 if last["status"] == "successful" else 1)
    for place in (folder / "exports").rglob("certificate.json"):
        proof = place.parent.parent.parent / "proof" / place.parent.name
        kept = str(proof) if proof.is_dir() else None
        if place.parent.parent.name != "proof":
            assert verify.verify(str(place.parent), kept).problems == []
    done = type_in(folder, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    found = tables(folder / "consent.duckdb", demo[1])
    for name, rows in calm.items():
        if name == "deliveries":
            assert set(rows) <= set(found[name])
        else:
            assert found[name] == rows, name
    assert list(folder.rglob(".partial-*")) == []
    assert type_in(folder, "consent status").returncode == 0
    shutil.rmtree(folder)
