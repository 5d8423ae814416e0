"""The proof of a delivery, and the gate before it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from exports_world import NASTY, World, make

from runner.errors import ConsentError, ExportError, UsageError
from runner.exports import verify
from runner.exports.certificate import file_hash


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
            "evidence.parquet is not the file that was written (its hash differs)",
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

    delivery = make(world)
    evidence = delivery / "evidence.parquet"
    rewrite(
        evidence,
        "select * replace (case when key_value = '03@example.com' and record = 'event' "
        "then 'denied' else status end as status) from {}",
    )
    document = json.loads((delivery / "certificate.json").read_text())
    document["evidence"]["sha256"] = file_hash(evidence)
    document["evidence"]["size"] = evidence.stat().st_size
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
    with pytest.raises(ConsentError, match=r"no valid certificate: the document: .as_of"):
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
            "update node_results set status = 'fail' where node_id like 'test.%deliveries_constr%'",
            r"was not green for deliveries_constraints \(fail\)",
        ),
        (
            "insert into node_results select * replace ('other' as invocation_id, "
            "observed_at + interval 1 hour as observed_at) from node_results "
            "where node_id like '%.profile_consents'",
            r"not all that it is made of comes from one build",
        ),
        (
            "delete from node_results where node_id like 'test.%deliveries_constr%'",
            r"deliveries_constraints was never built here",
        ),
        (
            "update node_results set rule_fingerprint = 'x' where rule_fingerprint is not null",
            r"the segment \w+ was built by another rule than its file has now",
        ),
        (
            "update node_results set rule_fingerprint = null",
            r"was built by another rule than its file has now",
        ),
    ],
)
def test_only_from_one_green_build(world: World, change: str, message: str) -> None:
    world.execute(change)
    with pytest.raises(ExportError, match=message):
        world.deliver()
    assert world.deliveries() == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"segment"', '"sgment"', "only dbt has read the rule"),
        ('"contact_for": "newsletter"', '"contact_for": "sms"', "dbt reads 'text newsletter'"),
        ('{"models"', '{ "models"', ""),
    ],
)
def test_only_by_the_rule_that_is_written(world: World, old: str, new: str, message: str) -> None:
    (path,) = (world.project.folder / "models/segments").glob(f"{world.export.segment}.yml")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    if message:
        with pytest.raises(ExportError, match=f"not the one that is written: .*{message}"):
            world.deliver()
        assert world.deliveries() == []
    else:
        assert world.deliver().status == "delivered"


def test_a_warning_does_not_stop(world: World) -> None:
    world.execute(
        "update node_results set status = 'warn' where node_id like 'test.%deliveries_constr%'"
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
