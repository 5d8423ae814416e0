"""Backups that hold an erased person are named, and a restored one forgets again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from erasure.conftest import OTHERS, Town
from erasure.erasure_town import ERA, NUMBER, erase, live, of_others, saying
from exports_project import ScratchProject

MINE = (ERA, NUMBER, "p-era'")
THEIRS = [each[kind] for each in OTHERS for kind in ("email", "phone") if each[kind]]


@pytest.fixture()
def erased(ready: Town, tmp_path: Path) -> ScratchProject:
    """Backed up twice, in the project and elsewhere, and erased after that."""
    project = ready.copy_to(tmp_path / "project").project
    for folder in ("backups/first", str(tmp_path / "elsewhere")):
        done = project.consent("backup", folder)
        assert done.returncode == 0, done.stderr
    report = erase(project, ERA)
    assert report["state"] == "complete"
    assert set(report["backups"]) == {"backups/first", str(tmp_path / "elsewhere")}
    return project


def test_a_restored_backup_is_erased_again(
    erased: ScratchProject, ready: Town, tmp_path: Path
) -> None:
    done = erased.consent("restore", "backups/first", "--replace")
    assert done.returncode == 0, done.stderr
    assert "1 erasure applied" in done.stderr
    assert saying(erased, MINE, THEIRS) == {}
    rows = erased.query("select item, completed_at is not null from erasures order by all")
    assert [item for item, is_complete in rows if is_complete] == [
        "contact_point",
        "contact_point",
        "profile",
        "record",
    ]
    assert erased.query("select count(*), count(erased_at) from tombstones") == [(2, 2)]
    assert of_others(erased, OTHERS)["events"] == of_others(ready.project, OTHERS)["events"]
    # the friend's name still says it at its source, until its owner mends that
    live(erased, *({**each, "first_name": None} for each in OTHERS))
    erased.refresh()
    assert saying(erased, MINE, THEIRS) == {}


def test_also_where_the_warehouse_was_lost(erased: ScratchProject, tmp_path: Path) -> None:
    """The backup itself was told, by hashes alone."""
    erased.warehouse.write_bytes(b"destroyed")
    elsewhere = tmp_path / "elsewhere"
    assert ERA not in (elsewhere / "erased.json").read_text()
    other = erased.consent("restore", str(elsewhere), "--replace", CONSENT_PEPPER="another")
    assert other.returncode == 1
    assert "made with another CONSENT_PEPPER" in " ".join(other.stderr.split())
    done = erased.consent("restore", str(elsewhere), "--replace")
    assert done.returncode == 0, done.stderr
    assert saying(erased, MINE, THEIRS) == {}
    assert erased.query("select count(*), count(erased_at) from tombstones") == [(2, 2)]


def test_a_request_that_waits_goes_on_after_a_restore(ready: Town, tmp_path: Path) -> None:
    project = ready.copy_to(tmp_path / "project").project
    assert project.consent("backup", "backups/first").returncode == 0
    done = project.consent("restore", "backups/first", "--replace")
    assert done.returncode == 0, done.stderr
    live(project, *OTHERS)
    project.refresh()
    assert erase(project, NUMBER)["state"] == "complete"
    assert saying(project, MINE, THEIRS) == {}


def test_a_backup_that_is_gone_is_named_too(erased: ScratchProject, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "elsewhere")
    named = erase(erased, ERA)["backups"]
    assert len(named) == 2 and named[1].endswith(", which is not there any more")
