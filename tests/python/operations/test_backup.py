"""State kept safe: backup, a destroyed warehouse, restore; migrations; logs without people."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from bad_days import CONSENTS, FRANK, event, tables
from clone import run
from exports_project import ScratchProject

from runner.masking import masked


@pytest.mark.slow
def test_a_destroyed_warehouse(delivered: Path, tmp_path: Path) -> None:
    """Afterwards a refresh gives the same ids, permissions, history and deliveries."""
    folder = tmp_path / "dbt-consent"
    shutil.copytree(delivered, folder, ignore=shutil.ignore_patterns(".git"))
    warehouse = folder / "consent.duckdb"
    since = datetime.now(UTC).replace(tzinfo=None)
    before = tables(warehouse, since)
    done = run(folder, "consent backup backups/first --json")
    assert done.returncode == 0, done.stderr
    assert {each["table"] for each in json.loads(done.stdout)} >= {
        "consent_events",
        "delivered_members",
        "deliveries",
        "node_results",
        "profile_ids",
        "refreshes",
        "run_counts",
        "segment_history",
        "tombstones",
    }
    warehouse.write_bytes(b"destroyed")
    assert run(folder, "consent restore backups/first").returncode == 2, "something is there"
    done = run(folder, "consent restore backups/first --replace")
    assert done.returncode == 0, done.stderr
    done = run(folder, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    after = tables(warehouse, since)
    for name in (
        "consent_events",
        "profile_ids",
        "profile_id_changes",
        "segment_history",
        "delivered_members",
        "tombstones",
        "profiles",
        "profile_consents",
        "contact_point_permissions",
    ):
        assert after[name] == before[name], name
    assert set(before["deliveries"]) <= set(after["deliveries"])
    # nobody is in a log, neither of the first refresh nor of those since
    text = "".join(path.read_text() for path in (folder / "logs").glob("*")).lower()
    points = contact_points(folder / "data/demo") | {
        str(row[0]).lower()
        for row in duckdb.connect(str(warehouse))
        .execute("select key_value from profile_contact_points")
        .fetchall()
    }
    assert len(points) > 4000 and "start sql table model" in text
    assert [point for point in points if point in text] == []


def contact_points(folder: Path) -> set[str]:
    """E-mail addresses and phone numbers of the demo, as they came."""
    with (folder / "crm_customers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "webshop_customers.jsonl").open(encoding="utf-8") as file:
        shop = [json.loads(line) for line in file]
    found = [row[name] for row in rows for name in ("email", "phone")]
    found += [row.get(name) for row in shop for name in ("mail_address", "mobile")]
    return {each.strip().lower() for each in found if each and len(each.strip()) > 6}


@pytest.fixture()
def saved(project: ScratchProject) -> tuple[ScratchProject, Path]:
    assert project.consent("backup", "safe").returncode == 0
    return project, project.folder / "safe"


def test_only_a_whole_backup_is_restored(saved: tuple[ScratchProject, Path]) -> None:
    project, folder = saved
    assert project.consent("backup", "safe").returncode == 2, "each backup has its own folder"
    assert oct((folder / "consent_events.parquet").stat().st_mode)[-3:] == "600"
    before = project.warehouse.read_bytes()
    path = folder / "consent_events.parquet"
    whole = path.read_bytes()

    def refused(why: str) -> None:
        done = project.consent("restore", "safe", "--replace")
        assert done.returncode == 1
        assert why in " ".join(done.stderr.split())
        assert project.warehouse.read_bytes() == before

    path.write_bytes(whole[:-1] + b"x")
    refused("consent_events.parquet has another hash than its manifest says")
    path.unlink()
    refused("consent_events.parquet is missing")
    path.write_bytes(whole)
    (folder / "more.parquet").write_bytes(whole)
    refused("more.parquet is not in its manifest")
    (folder / "more.parquet").unlink()
    (folder / "manifest.json").write_text("{")
    refused("manifest.json is no JSON")
    assert project.consent("restore", "nowhere").returncode == 2


def test_state_of_an_older_version_is_migrated(project: ScratchProject) -> None:
    """Release 0.1.0 knew no versions, and recorded less of a run."""
    project.execute("drop table state_version")
    for column in ("command", "row_counts", "freshness", "log"):
        project.execute(f"alter table refreshes drop column {column}")
    for table in ("deliveries", "delivered_members"):
        project.execute(f"alter table {table} drop column destination")
    project.execute("alter table node_results drop column rule_fingerprint")
    project.execute("alter table deliveries drop column proof")
    project.consents(*CONSENTS, event(3, FRANK, "denied"))
    assert project.consent("status").returncode == 0, "the old record is read as it is"
    done = project.consent("export", "--dry-run")
    assert done.returncode == 1 and "which brings it up to date" in " ".join(done.stderr.split())
    project.refresh()
    assert project.query("select max(version) from state_version") == [(9,)]
    found = project.query("select command, row_counts from refreshes order by started_at")
    assert found[0] == (None, None) and found[1][0] == "refresh" and found[1][1]
    assert project.query(
        "select destination, key_value, removed_at is null from delivered_members"
    ) == [("exports/newsletter", FRANK, False)]
    assert project.query("select distinct destination from deliveries") == [("exports/newsletter",)]
    # a warehouse that a newer version has written is left alone
    project.execute("insert into state_version values (99, now())")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "is of version 99" in " ".join(done.stderr.split())


def test_the_clock(project: ScratchProject) -> None:
    done = project.consent("refresh", CONSENT_NOW="2020-01-01")
    assert done.returncode == 1 and "before one that this warehouse has seen already" in done.stderr
    done = project.consent("export", CONSENT_NOW="2020-01-01")
    assert done.returncode == 1 and "Nothing leaves from the past" in " ".join(done.stderr.split())
    assert len(project.deliveries()) == 1
    # and without any refresh for longer than remove_within allows, somebody is told
    late = project.consent("status", CONSENT_NOW="2099-01-01")
    assert late.returncode == 1 and "a withdrawal may wait unseen" in late.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could not convert string 'L-12' to INT32", "Could not convert string *** to INT32"),
        ("Original Line: 7,Frank Field\nError", "Original Line: ***\nError"),
        ("Key (email)=(frank@contoso.com) already exists.", "Key (email)=(***) already exists."),
        ("about frank@contoso.com, +31 6 20000002", "about ***, ***"),
        ('No files match "data/demo/x.csv"', 'No files match "data/demo/x.csv"'),
        (
            "build of 2026-11-25 01:32 UTC: 1234567 rows",
            "build of 2026-11-25 01:32 UTC: 1234567 rows",
        ),
        ("unknown key 'sgment'", "unknown key 'sgment'"),
    ],
)
def test_masking(text: str, expected: str) -> None:
    assert masked(text) == expected
