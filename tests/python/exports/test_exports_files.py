"""The files of deliveries: whose they are, where they lie, and what of strangers stays."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import fsspec
import pytest
from exports_project import ScratchProject
from exports_world import World
from fsspec.implementations.memory import MemoryFileSystem

from runner import private
from runner.dbt import Project
from runner.errors import UsageError
from runner.exports import steps
from runner.exports.destination import Destination

NAME = "20260101T000000000000Z-0123abcd"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """A project in a folder whose path has an apostrophe, refreshed once."""
    project = ScratchProject(
        tmp_path_factory.mktemp("files") / "Ann's project",
        {
            "newsletter": {
                "segment": "newsletter_audience",
                "destination": "exports/newsletter",
                "proof": "exports/proof",
                "deliver": ["full", "removed"],
            }
        },
        {"newsletter_audience": "newsletter"},
        environment={"CONSENT_TEST_DATA": "data"},
    )
    project.write()
    project.customers({"id": "1", "person": "ann", "email": "ann@example.com"})
    project.suppressions()
    project.consents(
        {
            "id": "1",
            "key_type": "email",
            "key_value": "ann@example.com",
            "purpose": "newsletter",
            "status": "granted",
            "recorded_at": "2026-01-01T00:00:00",
        }
    )
    project.refresh()
    return project


def modes(folder: Path) -> dict[str, str]:
    """The rights of every file and folder in a folder, and its own."""
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.stat().st_mode):o}"
        for path in (folder, *folder.rglob("*"))
    }


def test_a_project_with_an_apostrophe_in_its_path(delivered: ScratchProject) -> None:
    (delivery,) = delivered.deliveries()
    done = delivered.consent("verify", "newsletter")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as certified" in done.stdout
    assert "ann@example.com" in (delivery / "full.csv").read_text()


def test_verify_finds_the_proof_and_the_ledger_from_a_path(
    delivered: ScratchProject, tmp_path: Path
) -> None:
    """Inside the project, wherever a delivery was copied to; a forged name leads nowhere."""
    (delivery,) = delivered.deliveries()
    place = f"exports/newsletter/{delivery.name}"
    done = delivered.consent("verify", place, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["is_of_known_origin"]
    copied = shutil.copytree(delivery, tmp_path / "copied" / delivery.name)
    proof = delivered.folder / "exports/proof" / delivery.name
    done = delivered.consent("verify", str(copied), "--proof", str(proof))
    assert "as certified" in done.stdout
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    document = json.loads((copied / "certificate.json").read_text())
    document["kinds"]["full"]["files"][0]["name"] = "../../victim.txt"
    (copied / "certificate.json").write_text(json.dumps(document))
    done = delivered.consent("verify", str(copied), "--proof", str(proof))
    assert (done.returncode, "NOT as certified" in done.stdout) == (1, True)
    shutil.copytree(proof, copied, dirs_exist_ok=True)
    (copied / "certificate.json").write_text(json.dumps(document))
    done = delivered.consent("verify", str(copied))
    assert (done.returncode, done.stdout) == (1, "")
    assert "is no valid certificate" in done.stderr
    assert victim.read_text() == "mine"


def test_a_copy_that_a_killed_rewriting_left_goes(delivered: ScratchProject) -> None:
    left = delivered.warehouse.with_name(f".compact-{delivered.warehouse.name}")
    left.write_bytes(b"everybody")
    delivered.refresh()
    assert not left.exists()


def test_files_are_their_owners_alone(delivered: ScratchProject) -> None:
    found = {**modes(delivered.folder / "exports"), **modes(delivered.warehouse)}
    assert {mode for name, mode in found.items() if Path(name).suffix} == {"600"}
    assert {mode for name, mode in found.items() if not Path(name).suffix} <= {"600", "700"}


def test_a_setting_lets_others_read(delivered: ScratchProject, tmp_path: Path) -> None:
    project = delivered.copy_to(tmp_path / "project")
    project.refresh(CONSENT_UMASK="027")
    assert len(project.deliveries()) == 1, "nothing changed: nothing but latest.json is written"
    latest = project.folder / "exports/newsletter/latest.json"
    assert f"{stat.S_IMODE(latest.stat().st_mode):o}" == "640"
    # and what was wider than it may be is narrowed
    project.warehouse.chmod(0o644)
    project.refresh()
    assert f"{stat.S_IMODE(project.warehouse.stat().st_mode):o}" == "600"


@pytest.mark.parametrize("given", ["mine", "777", "-1", "0o77", "1000000"])
def test_a_umask_that_is_none(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(private.VARIABLE, given)
    with pytest.raises(UsageError, match=f"CONSENT_UMASK: '{given}' is no umask"):
        private.umask()


def people(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.build()


def test_what_strangers_put_there_stays(
    base: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is called: only what the ledger knows as begun is cleared away."""
    world = World(base, tmp_path, proof="exports/proof", deliver_unchanged=True)
    people(world)
    theirs = {
        ".partial-mine/notes.txt": "mine",
        f".partial-{NAME}/full.csv": "mine",
        f"{NAME}/full.csv": "mine",
        "20260101T000000000000Z-0123abce/certificate.json": "{}",
        "20260101T000000000000Z-0123abcf/certificate.json": "{",
        "20991231T000000000000Z-0123abcd/certificate.json": json.dumps({"delivery": "x"}),
        "readme.txt": "mine",
    }
    for place in (world.destination, world.project.folder / "exports/proof"):
        for name, text in theirs.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
    world.destination.joinpath("latest.json").write_text('{"delivery": ["x"]}')
    for _ in range(2):
        world.build()
        assert world.deliver().status == "delivered"
        said = capsys.readouterr().err
        assert "20260101T000000000000Z-0123abce is set aside" in said
        assert "20991231T000000000000Z-0123abcd is set aside" in said
    for place in (world.destination, world.project.folder / "exports/proof"):
        for name, text in theirs.items():
            assert (place / name).read_text() == text
    last = max(path.name for path in world.deliveries() if path.name < "2099")
    assert json.loads((world.destination / "latest.json").read_text())["delivery"] == last


def test_what_an_interrupted_delivery_left_goes(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path, proof="exports/proof")
    people(world)

    class Killed(BaseException):
        pass

    def killed(export: Any, step: str) -> None:
        if step == "publish_proof":
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "passed", killed)
        with pytest.raises(Killed):
            world.deliver()
    left = list(world.destination.glob(".partial-*"))
    assert len(left) == 1
    assert world.query("select distinct status from deliveries") == [("started",)]
    assert world.deliver().status == "delivered"
    assert not left[0].exists()
    assert world.query("select distinct status from deliveries") == [("delivered",)]
    assert len(list((tmp_path / "exports/proof").iterdir())) == 1


def test_an_object_store_is_listed_once(
    base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many deliveries there are, no question is asked for each of them."""
    store = fsspec.filesystem("memory")
    world = World(base, tmp_path, destination="memory://listed/newsletter")
    try:
        for number in range(30):
            name = f"20260101T0000000000{number:02d}Z-0123abcd"
            store.pipe_file(f"/listed/newsletter/{name}/certificate.json", b"{}")
        asked: list[str] = []
        monkeypatch.setattr(
            MemoryFileSystem,
            "exists",
            lambda self, path, **_: asked.append(path) or bool(store.find(path)),
        )
        place = Destination(world.export.destination, tmp_path)
        assert len(place.deliveries()) == 30
        assert len(asked) <= 1
    finally:
        store.rm("/listed", recursive=True)
