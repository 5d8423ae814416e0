"""What is written: formats, lines, and what is left out."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from exports_world import NASTY, World, column, make

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import judge, verify
from runner.exports.layouts import layouts


def test_csv_is_rfc_4180_and_runs_nothing(world: World) -> None:
    path = make(world) / "full.csv"
    raw = path.read_bytes()
    assert raw.endswith(b"\r\n")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert rows[0] == ["profile_id", "email", "first_name", "country"]
    names = [row[2] for row in rows[1:]]
    for written, given in zip(names, NASTY, strict=True):
        dangerous = given is not None and given.lstrip(" ").startswith(("=", "+", "@", "\t", "-2"))
        assert written == (f"'{given}" if dangerous else given or "")
    # null and empty text differ in the file
    assert b'"10@example.com","",' in raw
    assert b'"11@example.com",,' in raw


def test_formulas_can_be_left_alone(world: World) -> None:
    path = make(world, neutralise_formulas=False) / "full.csv"
    assert column(path, "first_name") == [name or "" for name in NASTY]


def test_a_contact_point_that_a_spreadsheet_would_run_stays_out(world: World) -> None:
    world.say("=cmd@example.com", "granted")
    world.build()
    outcome = world.deliver()
    assert outcome.left_out == {"unsafe_in_a_spreadsheet": 1}
    assert "=cmd@example.com" not in column(world.deliveries()[-1] / "full.csv")


def test_parquet(world: World) -> None:
    path = make(world, format="parquet") / "full.parquet"
    table = pq.read_table(path)
    assert table.column_names == ["profile_id", "email", "first_name", "country"]
    assert table.column("first_name").to_pylist() == NASTY
    compressions = {
        pq.ParquetFile(path).metadata.row_group(0).column(i).compression for i in range(4)
    }
    assert compressions == {"ZSTD"}


def test_json_lines(world: World) -> None:
    path = make(world, format="jsonl") / "full.jsonl"
    documents = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [document["first_name"] for document in documents] == NASTY
    assert list(documents[0]) == ["profile_id", "email", "first_name", "country"]


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_gzip(world: World, file_format: str) -> None:
    path = make(world, format=file_format, compression="gzip") / f"full.{file_format}.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        assert "00@example.com" in file.read()
    assert path.read_bytes()[4:8] == b"\0\0\0\0", "a time in the header would change the hash"


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_split_by_rows(world: World, file_format: str) -> None:
    delivery = make(world, format=file_format, max_rows_per_file=5)
    names = sorted(path.name for path in delivery.glob(f"full-*.{file_format}"))
    assert names == [f"full-{part:05d}.{file_format}" for part in (1, 2, 3)]
    document = json.loads((delivery / "certificate.json").read_text())
    assert [file["rows"] for file in document["kinds"]["full"]["files"]] == [5, 5, 3]


def test_large_audiences_are_judged_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "MEMBERS_AT_ONCE", 3)
    make(world)
    world.build(allowed={*world.members(), "no@example.com"})
    with pytest.raises(ExportError, match=r"1 without a permission in force"):
        world.deliver()


def test_the_same_rows_give_the_same_bytes(world: World) -> None:
    first = make(world, deliver_unchanged=True)
    world.build()
    world.deliver()
    second = world.deliveries()[-1]
    assert first != second
    assert (first / "full.csv").read_bytes() == (second / "full.csv").read_bytes()


def profiling(world: World, permitted: str) -> None:
    """What the build decides about profiling: SQL over the decisions about the newsletter."""
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, "
        f"'profiling', '', {permitted}, 'x', null, null, null, null, null "
        "from contact_point_permissions where purpose = 'newsletter'"
    )


def test_ad_consent_splits_the_files(world: World) -> None:
    for email in sorted(world.members())[:5]:
        world.say(email, "granted", "profiling")
    world.build()
    profiling(world, "key_value < '05'")
    delivery = make(
        world,
        layout=layouts()["google_customer_match"],
        ad_consent={"ad_personalization": "profiling"},
    )
    granted = column(delivery / "full-ad_personalization_granted.csv", "Email")
    denied = column(delivery / "full-ad_personalization_denied.csv", "Email")
    assert (len(granted), len(denied)) == (5, len(NASTY) - 5)
    assert not set(granted) & set(denied)


@pytest.mark.parametrize("is_readable", [True, False])
def test_who_loses_an_ad_consent_signal_is_removed_and_comes_back(
    is_readable: bool, base: Project, tmp_path: Path
) -> None:
    """The destination was told more than it may do now, so it is told so first."""
    world = World(
        base,
        tmp_path,
        layout=layouts()["google_customer_match"],
        ad_consent={"ad_personalization": "profiling"},
        max_removed_share=0,
    )
    for name in ("ann", "bob", "cem"):
        world.say(f"{name}@example.com", "granted")
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted", "profiling")
    world.build()
    profiling(world, "key_value < 'c'")
    assert world.deliver().counts == {"full": 3, "added": 3, "removed": 0}
    (first,) = world.deliveries()
    if not is_readable:
        # who was told what is not known any more: told to all who have not the signal now
        (first / "full-ad_personalization_granted.csv").write_text("")
    world.say("ann@example.com", "denied", "profiling")
    world.build()
    profiling(world, "key_value = 'bob@example.com'")
    lost = 1 if is_readable else 2
    assert world.deliver(dry_run=True).counts["removed"] == lost
    outcome = world.deliver()
    assert outcome.counts == {"full": 3 - lost, "added": 0, "removed": lost}
    assert (outcome.reasons["withdrawn"], outcome.left_out["lost_ad_consent"]) == (lost, lost)
    second = world.deliveries()[-1]
    hashed = hashlib.sha256(b"ann@example.com").hexdigest()
    assert hashed in column(second / "removed.csv", "Email")
    for answer in ("granted", "denied"):
        assert hashed not in column(second / f"full-ad_personalization_{answer}.csv", "Email")
    world.build()
    profiling(world, "key_value = 'bob@example.com'")
    assert world.deliver().counts == {"full": 3, "added": lost, "removed": 0}
    third = world.deliveries()[-1]
    assert hashed in column(third / "full-ad_personalization_denied.csv", "Email")
    assert verify.verify(str(third)).problems == []


def test_all_permitted_contact_points(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path, contact_points="all")
    for email in ("ann@example.com", "ann2@example.com", "ann3@example.com"):
        world.person(email)
        world.merge("ann@example.com", email)
    world.say("ann@example.com", "granted")
    world.say("ann2@example.com", "granted")
    world.build()
    world.execute("delete from segment_members where key_value <> 'ann@example.com'")
    world.deliver()
    (delivery,) = world.deliveries()
    assert column(delivery / "full.csv") == ["ann2@example.com", "ann@example.com"]


def test_a_permission_that_expired_since_the_build(world: World) -> None:
    world.execute(
        f"update contact_point_permissions set expires_at = timestamp '{world.now}' "
        "where key_value = '03@example.com'"
    )
    outcome = world.deliver()
    assert outcome.left_out == {"expired_since_the_build": 1}
    assert "03@example.com" not in column(world.deliveries()[-1] / "full.csv")


def test_another_kind_of_contact_point(base: Project, tmp_path: Path) -> None:
    """A segment that changes from e-mail to phone: each removal in its own column."""
    world = World(base, tmp_path)
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    world.export = dataclasses.replace(world.export, channel="phone")
    world.say("+31612345678", "granted")
    world.build()
    for table in (
        "contact_point_permissions",
        "profile_contact_points",
        "consent_events",
        "segment_members",
    ):
        world.execute(f"update {table} set key_type = 'phone' where key_value like '+%'")
    purposes = {"purposes": {"newsletter": {"channel": "phone"}}}
    world.project = dataclasses.replace(world.project, variables=purposes)
    assert world.deliver().counts == {"full": 1, "added": 1, "removed": 1}
    last = world.deliveries()[-1]
    assert column(last / "full.csv", "phone") == ["+31612345678"]
    assert column(last / "removed-email.csv", "email") == ["ann@example.com"]
    assert column(last / "removed.csv", "phone") == []
    assert verify.verify(str(last)).problems == []


def test_a_shared_contact_point_is_one_line(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path)
    world.say("home@example.com", "granted")
    world.build()
    for table in (
        "segment_members",
        "contact_point_permissions",
        "profile_contact_points",
        "newsletter_audience",
    ):
        world.execute(
            f"insert into {table} select * replace ('p-another' as profile_id) from {table}"
        )
    outcome = world.deliver()
    assert outcome.counts["full"] == 1
    assert outcome.left_out == {"shared_contact_point": 1}
    assert column(world.deliveries()[-1] / "full.csv", "profile_id") == ["p-another"]


def test_the_proof_stays_apart_from_a_third_party(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path, third_party=True, proof="proof")
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.say("bob@example.com", "denied", "sale")
    world.build()
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, 'sale', "
        "'', key_value like 'ann%', 'denied', null, null, null, null, null "
        "from contact_point_permissions where purpose = 'newsletter'"
    )
    outcome = world.deliver()
    (delivery,) = world.deliveries()
    assert column(delivery / "full.csv") == ["ann@example.com"]
    assert outcome.left_out == {"sale: denied": 1}
    assert sorted(path.name for path in delivery.iterdir()) == [
        "added.csv",
        "certificate.json",
        "full.csv",
        "removed.csv",
    ]
    proof = world.project.folder / "proof" / delivery.name
    assert sorted(path.name for path in proof.iterdir()) == [
        "certificate.json",
        "evidence.parquet",
        "ledger.parquet",
    ]
    assert verify.verify(str(delivery), str(proof)).problems == []
    world.build()
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, 'sale', "
        "'', true, 'not_denied', null, null, null, null, null "
        "from contact_point_permissions where purpose = 'newsletter'"
    )
    with pytest.raises(ExportError, match=r"b\*\*\*@example.com: sale: no permission in force"):
        world.deliver()
