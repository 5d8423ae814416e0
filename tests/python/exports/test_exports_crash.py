"""Killed at any named step, a delivery is whole or absent, and the next run ends as if nothing
had happened."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from exports_project import ScratchProject
from exports_world import World, column

from runner.dbt import Project
from runner.exports import verify
from runner.exports.steps import STEPS

NEWSLETTER = {
    "segment": "newsletter_audience",
    "destination": "exports/newsletter",
    "proof": "exports/proof",
    "deliver": ["full", "added", "removed"],
    "max_removed_share": 1,
}


def grant(number: int, email: str, status: str = "granted") -> dict[str, Any]:
    return {
        "id": str(number),
        "key_type": "email",
        "key_value": email,
        "purpose": "newsletter",
        "status": status,
        "recorded_at": f"2026-01-{number:02d}T00:00:00",
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """Delivered once, then built again with one person more and one less."""
    project = ScratchProject(
        tmp_path_factory.mktemp("built") / "project",
        {"newsletter": NEWSLETTER},
        {"newsletter_audience": "newsletter"},
    )
    project.write()
    people = ["ann@example.com", "bob@example.com", "cem@example.com"]
    project.customers(*({"id": p, "person": p, "email": p} for p in people))
    project.suppressions()
    project.consents(grant(1, people[0]), grant(2, people[1]))
    project.refresh()
    project.consents(
        grant(1, people[0]), grant(2, people[1]), grant(3, people[0], "denied"), grant(4, people[2])
    )
    project.refresh("--no-export")
    return project


def end_state(project: ScratchProject) -> tuple[Any, ...]:
    last = project.deliveries()[-1]
    ledger = project.query(
        "select key_value, profile_id, removed_at is null from delivered_members order by all"
    )
    files = {path.name: path.read_bytes() for path in last.glob("*.csv")}
    latest = json.loads((last.parent / "latest.json").read_text())["delivery"]
    kinds = project.query("select kind, row_count, status from deliveries order by all")
    return ledger, files, latest == last.name, len(project.deliveries()), kinds


@pytest.fixture(scope="module")
def undisturbed(built: ScratchProject, tmp_path_factory: pytest.TempPathFactory) -> Any:
    project = built.copy_to(tmp_path_factory.mktemp("undisturbed") / "project")
    done = project.consent("export")
    assert done.returncode == 0, done.stderr
    state = end_state(project)
    assert column(project.deliveries()[-1] / "removed.csv") == ["ann@example.com"]
    assert column(project.deliveries()[-1] / "added.csv") == ["cem@example.com"]
    return state


@pytest.mark.parametrize("step", STEPS)
def test_killed_in_a_delivery(step: str, base: Project, tmp_path: Path) -> None:
    """The process of the delivery ends without a word, as if the power had gone."""
    world = World(base, tmp_path)
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted")
    world.build()
    world.deliver()
    world.say("ann@example.com", "denied")
    world.say("cem@example.com", "granted")
    world.build()
    child = os.fork()
    if child == 0:
        os.environ["CONSENT_CRASH_AT"] = step
        world.deliver()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    for delivery in world.deliveries():
        assert verify.verify(str(delivery)).problems == []
    assert len(world.deliveries()) == (2 if STEPS.index(step) >= STEPS.index("publish") else 1)
    world.deliver()
    last = world.deliveries()[-1]
    assert len(world.deliveries()) == 2
    assert column(last / "removed.csv") == ["ann@example.com"]
    assert column(last / "added.csv") == ["cem@example.com"]
    assert world.outstanding() == {"bob@example.com", "cem@example.com"}
    assert list(world.project.folder.rglob(".partial-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_after(step: str, built: ScratchProject, undisturbed: Any, tmp_path: Path) -> None:
    project = built.copy_to(tmp_path / "project")
    killed = project.consent_apart("export", CONSENT_CRASH_AT=f"newsletter:{step}")
    assert killed.returncode == -signal.SIGKILL
    # whole or absent: each delivery that is there is what its certificate says
    for delivery in project.deliveries():
        proof = project.folder / "exports/proof" / delivery.name
        assert verify.verify(str(delivery), str(proof)).problems == []
    assert len(project.deliveries()) == (2 if STEPS.index(step) >= STEPS.index("publish") else 1)
    again = project.consent("export")
    assert again.returncode == 0, again.stderr
    assert end_state(project) == undisturbed
    leftovers = [*project.folder.rglob(".partial-*"), *project.folder.glob("target/consent/*")]
    assert leftovers == []
    proofs = {path.name for path in (project.folder / "exports/proof").iterdir()}
    assert proofs == {path.name for path in project.deliveries()}
