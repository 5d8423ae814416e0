"""What is written, and what stops it: formats, mutations, crashes, the gate."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports_world import World, column

from runner.dbt import Project
from runner.errors import ConsentError, ExportError, UsageError
from runner.exports import audience, deliver, files, judge, lines, verify, writers
from runner.exports.layouts import layouts

pytest_plugins = ["exports_base"]

NASTY = [
    '=HYPERLINK("http://example.com")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    'a "quoted" name',
    "comma, and\nline\r\nbreaks",
    "'already",
    "ünïcødé 名",
    "  ",
    "",
    None,
    "-12.5",
]


@pytest.fixture()
def world(base: Project, tmp_path: Path) -> World:
    world = World(base, tmp_path)
    for index, name in enumerate(NASTY):
        email = f"{index:02d}@example.com"
        world.say(email, "granted")
        world.names[email] = name
    world.say("no@example.com", "denied")
    world.build()
    return world


def make(world: World, **contract: Any) -> Path:
    """Delivers with a changed contract and returns the delivery."""
    world.export = dataclasses.replace(world.export, **contract)
    world.deliver()
    delivery = world.deliveries()[-1]
    answer = verify.verify(str(delivery))
    assert answer.problems == []
    assert answer.members == len(NASTY)
    return delivery


# -- formats ----------------------------------------------------------------------------------


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
    first = make(world)
    world.build()
    world.deliver()
    second = world.deliveries()[-1]
    assert first != second
    assert (first / "full.csv").read_bytes() == (second / "full.csv").read_bytes()


def test_ad_consent_splits_the_files(world: World) -> None:
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, "
        "'profiling', '', key_value < '05', 'x', null, null, null, null, null "
        "from contact_point_permissions where purpose = 'newsletter'"
    )
    delivery = make(
        world,
        layout=layouts()["google_customer_match"],
        ad_consent={"ad_personalization": "profiling"},
    )
    granted = column(delivery / "full-ad_personalization_granted.csv", "Email")
    denied = column(delivery / "full-ad_personalization_denied.csv", "Email")
    assert (len(granted), len(denied)) == (5, len(NASTY) - 5)
    assert not set(granted) & set(denied)


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
        "update contact_point_permissions set expires_at = timestamp '2026-03-05' "
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


# -- what is wrong is caught ------------------------------------------------------------------


def refused(world: World, match: str) -> None:
    """The next delivery is refused, and nothing of it is left but the record."""
    before = [path.name for path in world.deliveries()]
    with pytest.raises(ExportError, match=match) as caught:
        world.deliver()
    assert "no@example.com" not in str(caught.value), "offenders are masked"
    assert [path.name for path in world.deliveries()] == before
    assert list(world.destination.glob(".partial-*")) == []
    assert world.query("select distinct status from deliveries") == [("discarded",)]
    assert world.outstanding() == set()


def test_mutated_export_query(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(project: Project, export: Any) -> tuple[str, list[str]]:
        sql, values = real(project, export)
        return sql.replace("and permissions.is_permitted", ""), values

    real = audience.audience
    monkeypatch.setattr(audience, "audience", everybody)
    world.execute(
        "insert into segment_members select 'newsletter_audience', profile_id, key_type, "
        "key_value, null from contact_point_permissions where not is_permitted"
    )
    world.execute(
        "insert into newsletter_audience select profile_id, key_type, key_value, '', '' "
        "from contact_point_permissions where not is_permitted"
    )
    refused(world, r"1 without a permission in force: n\*\*\*@example.com: newsletter: no perm")


def test_mutated_permission_table(world: World) -> None:
    world.build(allowed={*world.members(), "no@example.com"})
    refused(world, r"1 without a permission in force: n\*\*\*@example.com")


def test_a_suppression_that_the_table_missed(world: World) -> None:
    world.execute(
        "insert into int_consent__suppressions values ('email', '03@example.com', 'bounced', null)"
    )
    refused(world, r"0\*\*\*@example.com: the contact point is suppressed")


def test_a_withheld_profile_that_the_table_missed(world: World) -> None:
    world.execute("insert into int_consent__withheld_profiles values ('p-03@example.com')")
    refused(world, r"0\*\*\*@example.com: the profile is withheld")


@pytest.mark.parametrize("kind", ["full", "added", "removed"])
def test_file_changed_between_write_and_check(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def tampered(export: Any, work: Any, folder: Path) -> Any:
        written = files.write_files(export, work, folder)
        with (folder / f"{kind}.csv").open("a", encoding="utf-8", newline="") as file:
            file.write('"p","no@example.com",,\r\n')
        return written

    monkeypatch.setattr(deliver, "write_files", tampered)
    refused(world, rf"{kind}.csv is not the file that was written")


def replacing(old: str, new: str) -> Callable[..., Any]:
    """A writer that puts another value in the place of one, and hashes what it writes."""

    def write(folder: Path, stem: str, batches: pa.RecordBatchReader, **options: Any) -> Any:
        table = batches.read_all()
        columns = [
            pa.array([new if value == old else value for value in column.to_pylist()], column.type)
            for column in table.columns
        ]
        changed = pa.table(columns, schema=table.schema)
        return real(folder, stem, changed.to_reader(), **options)

    real = writers.write
    return write


def test_a_writer_that_writes_somebody_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "write", replacing("03@example.com", "no@example.com"))
    refused(world, r"full: in the file and not in the evidence: 1 \(n\*\*\*@example.com\)")


def test_a_writer_that_writes_somebody_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "write", replacing("03@example.com", "04@example.com"))
    refused(world, r"full: more than once in the file: 0\*\*\*@example.com")


def test_a_contact_point_in_a_column_where_none_may_stand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export = dataclasses.replace(world.export, layout=layouts()["google_customer_match"])

    def with_phones(self: Any, *given: Any, **options: Any) -> Any:
        return [
            ("'+31612345678'", header) if header == "Phone" else (sql, header)
            for sql, header in real(self, *given, **options)
        ]

    real = type(world.export.layout).select
    monkeypatch.setattr(type(world.export.layout), "select", with_phones)
    refused(world, r"in the file and not in the evidence")


def test_a_removal_that_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver()
    world.say("03@example.com", "denied")
    world.build()

    def forgetful(work: Any, *, is_baseline: bool) -> dict[str, int]:
        counts = real(work, is_baseline=is_baseline)
        work.save(
            "select * from (" + f"select * from {work.table('removed')}" + ") limit 0",
            work.path("forgotten"),
        )
        work.path("forgotten").replace(work.path("removed"))
        return counts

    real = lines.compare
    monkeypatch.setattr(deliver, "compare", forgetful)
    with pytest.raises(ExportError, match=r"removed: in the evidence and not in the file: 1"):
        world.deliver()


def test_a_ledger_that_does_not_follow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def partial(work: Any, before: Any, now: Any, to: Path) -> Any:
        change = real(work, before, now, to)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * from '{to}' where key_value <> '03@example.com') "
                f"to '{to}.2' (format parquet)"
            )
        Path(f"{to}.2").replace(to)
        return change

    real = deliver.ledger.write_change
    world.export = dataclasses.replace(world.export, deliver=("full",))
    monkeypatch.setattr(deliver.ledger, "write_change", partial)
    refused(world, r"delivered and not out there by the ledger: 1 \(0\*\*\*@example.com\)")


# -- verify -----------------------------------------------------------------------------------


def rewrite(path: Path, change: str) -> None:
    """A Parquet file with some rows changed."""
    with duckdb.connect() as connection:
        changed = change.format(f"'{path}'")
        connection.execute(f"copy ({changed}) to '{path}.2' (format parquet)")
    Path(f"{path}.2").replace(path)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda d: (d / "full.csv").unlink(), "full.csv is missing"),
        (
            lambda d: (d / "added.csv").write_text(""),
            "added.csv is not the file that was written (its hash differs)",
        ),
        (
            lambda d: rewrite(
                d / "evidence.parquet", "select * replace ('denied' as status) from {}"
            ),
            "evidence.parquet is not the file that was written",
        ),
        (lambda d: (d / "ledger.parquet").unlink(), "ledger.parquet is missing"),
    ],
)
def test_verify_finds_damage(world: World, damage: Callable[[Path], None], problem: str) -> None:
    delivery = make(world)
    damage(delivery)
    answer = verify.verify(str(delivery))
    assert answer.problems == [problem]


def test_verify_judges_and_does_not_only_compare_hashes(world: World) -> None:
    """Evidence that says no, under a certificate that was made to fit."""
    from runner.exports.certificate import file_hash

    delivery = make(world)
    evidence = delivery / "evidence.parquet"
    rewrite(
        evidence,
        "select * replace (case when key_value = '03@example.com' and record = 'event' "
        "then 'denied' else status end as status) from {}",
    )
    document = json.loads((delivery / "certificate.json").read_text())
    document["evidence"]["sha256"] = file_hash(evidence)
    (delivery / "certificate.json").write_text(json.dumps(document))
    (problem,) = verify.verify(str(delivery)).problems
    assert problem.startswith("1 without a permission in force: 0***@example.com")


def test_verify_needs_a_delivery_and_a_certificate(world: World) -> None:
    with pytest.raises(UsageError, match="There is no delivery at"):
        verify.verify("exports/nothing")
    delivery = make(world)
    document = json.loads((delivery / "certificate.json").read_text())
    del document["as_of"]
    (delivery / "certificate.json").write_text(json.dumps(document))
    with pytest.raises(ConsentError, match="no valid certificate: the document: 'as_of'"):
        verify.verify(str(delivery))


def test_the_certificate_says_what_it_proves(world: World) -> None:
    document = json.loads((make(world) / "certificate.json").read_text())
    assert document["export"] == "newsletter"
    assert document["required_purposes"] == ["newsletter"]
    assert document["kinds"]["full"]["rows"] == len(NASTY)
    assert document["ledger"]["outstanding"] == len(NASTY)
    assert document["inputs"]["consent_events"] == len(NASTY) + 0
    assert document["build"]["invocation_id"] == "build-1"
    assert document["previous"] is None
    assert "example.com" not in json.dumps(document), "nobody's data is in a certificate"


def test_evidence_names_the_deciding_event_of_each_member(world: World) -> None:
    rows = pq.read_table(make(world) / "evidence.parquet").to_pylist()
    members = [row for row in rows if row["record"] == "member"]
    assert len(members) == len(NASTY)
    assert {(row["source_name"], row["consent_id"], row["reason"]) for row in members} == {
        ("s", "c", "granted")
    }
    assert not any(row["key_value"] == "no@example.com" for row in rows)


# -- the gate ---------------------------------------------------------------------------------


def results(world: World, change: str) -> None:
    world.execute(change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("delete from node_results", r"was never built here|were never built here"),
        (
            "update node_results set status = 'error' where node_id like '%.consent_events'",
            r"was not green for consent_events \(error\)",
        ),
        (
            "update node_results set status = 'fail' where node_id like 'test.%unique_deliv%'",
            r"was not green for unique_deliveries_delivery_id \(fail\)",
        ),
        (
            "insert into node_results select * replace ('other' as invocation_id, "
            "observed_at + interval 1 hour as observed_at) from node_results "
            "where node_id like '%.profile_consents'",
            r"not all that it is made of comes from one build",
        ),
        (
            "delete from node_results where node_id like 'test.%unique_deliv%'",
            r"unique_deliveries_delivery_id was never built here",
        ),
    ],
)
def test_only_from_one_green_build(world: World, change: str, message: str) -> None:
    world.execute(change)
    with pytest.raises(ExportError, match=message):
        world.deliver()
    assert world.deliveries() == []


def test_a_warning_does_not_stop(world: World) -> None:
    world.execute(
        "update node_results set status = 'warn' where node_id like 'test.%unique_deliv%'"
    )
    assert world.deliver().status == "delivered"


def test_only_from_allowed_targets(world: World) -> None:
    world.project = dataclasses.replace(world.project, target="sandbox")
    with pytest.raises(ExportError, match="the target 'sandbox' may not deliver"):
        world.deliver()


@pytest.mark.parametrize("clock", ["as_of", "known_at"])
def test_never_for_another_moment(world: World, clock: str) -> None:
    world.project = dataclasses.replace(world.project, variables={clock: "2026-01-01"})
    with pytest.raises(ExportError, match="a run for another moment"):
        world.deliver()
