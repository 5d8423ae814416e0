"""Withdrawals leave whatever stops the rest, and nobody is left behind at a destination."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from exports_world import World, column

from runner.dbt import Project
from runner.errors import ExportError, UsageError
from runner.exports import retire, steps, verify
from runner.exports.deliver import HeldBackError
from runner.exports.finish import NOT_RECORDED
from runner.exports.layouts import layouts

ANN, BOB, CEM, DIA = (f"{name}@example.com" for name in ("ann", "bob", "cem", "dia"))


@pytest.fixture()
def world(base: Project, tmp_path: Path) -> World:
    """Four people, delivered."""
    world = World(base, tmp_path)
    for email in (ANN, BOB, CEM, DIA):
        world.say(email, "granted")
    world.build()
    world.deliver()
    return world


def redden(world: World, test: str) -> None:
    """As if a test had failed in the last build."""
    node_ids = [
        node_id
        for node_id, node in world.project.nodes.items()
        if node["resource_type"] == "test" and test in node["name"]
    ]
    assert node_ids
    for node_id in node_ids:
        world.execute(f"update node_results set status = 'fail' where node_id = '{node_id}'")


def held(world: World, message: str) -> Path:
    """The whole delivery does not leave; what is the last one then."""
    with pytest.raises(HeldBackError, match=message):
        world.deliver()
    last = world.deliveries()[-1]
    assert verify.verify(str(last)).problems == []
    latest = json.loads((world.destination / "latest.json").read_text())
    assert latest["delivery"] == last.name
    assert set(latest["kinds"]) == set(world.export.deliver)
    return last


def test_a_red_test_stops_everything_but_withdrawals(world: World) -> None:
    world.say(ANN, "denied")
    world.vanish(BOB)
    world.say("eve@example.com", "granted")
    world.build()
    redden(world, "profiles_constraints")
    last = held(world, "not green for profiles_constraints.*1 withdrawals were delivered")
    assert column(last / "full.csv") == [BOB, CEM, DIA]
    assert column(last / "added.csv") == []
    assert column(last / "removed.csv") == [ANN]
    assert column(last / "removed.csv", "reason") == ["withdrawn"]
    assert world.outstanding() == {BOB, CEM, DIA}
    # a second try of the same build has nothing more to remove
    assert held(world, "Nobody who is out there has withdrawn") == last
    # and the next green one repairs the rest
    world.build()
    assert world.deliver().reasons == {"withdrawn": 0, "left": 1}
    assert column(world.deliveries()[-1] / "removed.csv", "reason") == ["left"]
    assert world.outstanding() == {CEM, DIA, "eve@example.com"}


def test_who_withdrew_and_vanished_has_withdrawn(world: World) -> None:
    """No profile has the contact point any more; its own events say it."""
    world.say(ANN, "denied")
    world.vanish(ANN)
    world.build()
    redden(world, "profiles_constraints")
    assert column(held(world, "1 withdrawals") / "removed.csv") == [ANN]


def test_only_lacking_a_reason_is_no_withdrawal(world: World) -> None:
    world.build(allowed={BOB, CEM, DIA})
    for reason in ("no_record", "unconfirmed", "granted_elsewhere"):
        world.execute(
            f"update contact_point_permissions set reason = '{reason}' where key_value = '{ANN}'"
        )
        redden(world, "profiles_constraints")
        held(world, "Nobody who is out there has withdrawn")
    assert world.outstanding() == {ANN, BOB, CEM, DIA}


@pytest.mark.parametrize(
    ("change", "is_on_identity"),
    [
        ("reason = 'suppressed'", False),
        ("reason = 'expired'", False),
        ("is_permitted = true, reason = 'granted', expires_at = timestamp '2001-01-01'", False),
        ("reason = 'parent_not_permitted', reason_detail = 'use'", False),
        ("reason = 'denied_elsewhere'", True),
    ],
)
def test_every_reason_of_the_permissions_counts(
    world: World, change: str, is_on_identity: bool
) -> None:
    world.build(allowed={BOB, CEM, DIA})
    world.execute(f"update contact_point_permissions set {change} where key_value = '{ANN}'")
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, 'use', "
        "'denied', false, 'denied', null, 'c', 's', null, null from contact_point_permissions "
        f"where key_value = '{ANN}' and reason = 'parent_not_permitted'"
    )
    redden(world, "points_have_a_profile")
    if is_on_identity:
        held(world, "1 withdrawals wait, because they rest on identity")
        # identity is green again, something else is not
        world.build(allowed={BOB, CEM, DIA})
        world.execute(f"update contact_point_permissions set {change} where key_value = '{ANN}'")
        redden(world, "profiles_constraints")
    last = held(world, "1 withdrawals were delivered as removed")
    assert column(last / "removed.csv") == [ANN]


@pytest.mark.parametrize("source", ["former", "withheld"])
def test_what_identity_says_counts(world: World, source: str) -> None:
    world.build(allowed={BOB, CEM, DIA})
    world.execute(f"delete from contact_point_permissions where key_value = '{ANN}'")
    table = {
        "former": "int_identity__former_points select 'p', 'email', '" + ANN + "'",
        "withheld": f"int_consent__withheld_profiles select 'p-{ANN}'",
    }[source]
    world.execute(f"insert into {table}")
    redden(world, "points_have_a_profile")
    held(world, "1 withdrawals wait")
    redden(world, "profiles_constraints")
    world.execute("update node_results set status = 'pass' where node_id like '%points_have%'")
    assert column(held(world, "1 withdrawals were") / "removed.csv") == [ANN]


def test_the_second_decision_alone_removes(world: World) -> None:
    """The permission models let somebody pass who said no: refused, and removed."""
    world.say(ANN, "denied")
    world.build(allowed={ANN, BOB, CEM, DIA})
    last = held(world, "refused and discarded.*1 withdrawals were delivered")
    assert column(last / "full.csv") == [BOB, CEM, DIA]
    assert world.query(
        "select kind, status from deliveries where status = 'discarded' order by kind"
    ) == [("added", "discarded"), ("full", "discarded"), ("removed", "discarded")]


def skip(world: World, model: str) -> None:
    """As if dbt had skipped a model in the last build: its table is that of the one before."""
    node = world.project.model(model)["unique_id"]
    world.execute(f"update node_results set status = 'skipped' where node_id = '{node}'")


def test_without_permissions_the_evidence_tells(world: World) -> None:
    """A red test made dbt skip them: what they say is of another build, and is not asked."""
    world.merge(BOB, CEM)
    world.build()
    world.deliver()
    world.say(ANN, "denied")
    world.say(CEM, "denied", "use")
    world.say("eve@example.com", "granted")
    before = world.query("from contact_point_permissions")
    world.build()
    world.execute("delete from contact_point_permissions")
    with world.connect() as connection:
        connection.executemany(
            "insert into contact_point_permissions values "
            "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            before,
        )
    world.execute(
        "update contact_point_permissions set is_permitted = false, reason = 'denied' "
        f"where key_value = '{DIA}'"
    )
    skip(world, "contact_point_permissions")
    last = held(
        world,
        "2 withdrawals were delivered as removed. Without contact_point_permissions, only what "
        "was said of each contact point itself could be asked: other withdrawals wait",
    )
    assert column(last / "removed.csv") == [ANN, CEM]
    assert column(last / "full.csv") == [BOB, DIA]
    held(world, "not green .*Without contact_point_permissions, only")
    # the next green one removes whom her other address was denied for, and brings the rest
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 1, "removed": 1}
    assert world.outstanding() == {DIA, "eve@example.com"}


@pytest.mark.parametrize("model", ["consent_events", "int_consent__interpreted"])
def test_without_the_evidence_nothing_tells(world: World, model: str) -> None:
    world.say(ANN, "denied")
    world.build()
    skip(world, model)
    with pytest.raises(HeldBackError, match=f"{model} was not built .*cannot be told either"):
        world.deliver()
    assert len(world.deliveries()) == 1


def test_a_denial_elsewhere_waits_and_stops_nobody(world: World) -> None:
    """Identity is red: what it says waits, and so does the judgement of those who stay."""
    world.merge(BOB, CEM)
    world.build()
    world.deliver()
    world.say(ANN, "denied")
    world.say(CEM, "denied", "use")

    def build() -> None:
        world.build()
        world.execute(
            "update contact_point_permissions set reason = 'denied_elsewhere' "
            f"where key_value = '{BOB}'"
        )

    build()
    redden(world, "points_have_a_profile")
    last = held(world, "2 withdrawals were delivered as removed. 1 withdrawals wait")
    assert column(last / "removed.csv") == [ANN, CEM]
    assert column(last / "full.csv") == [BOB, DIA]
    build()
    redden(world, "profiles_constraints")
    assert column(held(world, "1 withdrawals were") / "removed.csv") == [BOB]


def test_what_was_taken_back_is_no_withdrawal(world: World) -> None:
    world.say(ANN, "denied")
    world.say(BOB, "denied")
    world.build(allowed={ANN, CEM, DIA})
    world.execute(
        "insert into retractions select event_id, null, null, null, true, "
        f"recorded_at + interval '1 second', null from consent_events where key_value = '{ANN}'"
        "and status = 'denied'"
    )
    world.execute(f"update retractions set retracted_at = timestamp '{world.now}'")
    redden(world, "profiles_constraints")
    last = held(world, "1 withdrawals were delivered")
    assert column(last / "removed.csv") == [BOB]
    assert column(last / "full.csv") == [ANN, CEM, DIA]


@pytest.mark.parametrize("test", ["profiles_constraints", "points_have_a_profile"])
def test_a_grant_that_ended_by_the_evidence_alone(world: World, test: str) -> None:
    """The permission models let it pass; who never had one has not expired."""
    world.build()
    world.execute(
        f"update consent_events set expires_at = timestamp '{world.now}' where key_value = '{ANN}'"
    )
    world.execute(f"delete from consent_events where key_value = '{BOB}'")
    redden(world, test)
    last = held(world, "1 withdrawals were delivered")
    assert column(last / "removed.csv") == [ANN]
    assert column(last / "full.csv") == [BOB, CEM, DIA]


@pytest.mark.parametrize("is_by_evidence", [True, False])
def test_a_lost_signal_is_removed_on_a_red_day_too(
    base: Project, tmp_path: Path, is_by_evidence: bool
) -> None:
    """Who was told to allow more than now is removed; who was told nothing stays."""
    world = World(
        base,
        tmp_path,
        layout=layouts()["google_customer_match"],
        ad_consent={"ad_personalization": "profiling"},
    )

    def decide(permitted: str, reason: str = "denied") -> None:
        world.build()
        world.execute(
            "insert into contact_point_permissions select profile_id, key_type, key_value, "
            f"'profiling', '', {permitted}, '{reason}', null, null, null, null, null "
            "from contact_point_permissions where purpose = 'newsletter'"
        )

    for email in (ANN, BOB, CEM, DIA):
        world.say(email, "granted")
        if email != DIA:
            world.say(email, "granted", "profiling")
    decide(f"key_value <> '{DIA}'")
    world.deliver()
    world.say(CEM, "denied")
    if is_by_evidence:
        world.say(ANN, "denied", "profiling")
        world.say(DIA, "denied", "profiling")
        decide("true", "granted")
    else:
        decide(f"key_value not in ('{ANN}', '{DIA}')")
    redden(world, "profiles_constraints")
    last = held(world, "2 withdrawals were delivered as removed")

    def hashed(email: str) -> str:
        return hashlib.sha256(email.encode()).hexdigest()

    assert set(column(last / "removed.csv", "Email")) == {hashed(ANN), hashed(CEM)}
    full = {
        said: column(last / f"full-ad_personalization_{said}.csv", "Email")
        for said in ("granted", "denied")
    }
    assert full == {"granted": [hashed(BOB)], "denied": [hashed(DIA)]}
    # on the next green day she is back, among those without the signal
    decide(f"key_value = '{BOB}'")
    assert world.deliver().counts == {"full": 3, "added": 1, "removed": 0}


@pytest.mark.parametrize(
    "contract",
    [
        {"deliver": ("full",)},
        {"deliver": ("added", "removed")},
        {"format": "jsonl", "compression": "gzip", "max_rows_per_file": 2},
        {"format": "parquet"},
    ],
)
def test_in_every_form(base: Project, tmp_path: Path, contract: dict[str, object]) -> None:
    world = World(base, tmp_path, **contract)
    for email in (ANN, BOB, CEM, DIA):
        world.say(email, "granted")
    world.build()
    world.deliver()
    world.say(ANN, "denied")
    world.build()
    redden(world, "profiles_constraints")
    last = held(world, "1 withdrawals were delivered")
    full: list[str] = []
    for path in sorted(last.glob("full*")):
        if path.suffix == ".parquet":
            full += pq.read_table(path).column("email").to_pylist()
        elif path.suffix == ".gz":
            full += [
                json.loads(line)["email"]
                for line in gzip.decompress(path.read_bytes()).splitlines()
            ]
        else:
            full += column(path)
    assert full == ([BOB, CEM, DIA] if "full" in world.export.deliver else [])
    assert world.outstanding() == {BOB, CEM, DIA}


def test_a_changed_last_delivery_is_not_reduced(world: World) -> None:
    full = world.deliveries()[-1] / "full.csv"
    full.write_text(full.read_text().replace(BOB, "eve@example.com"))
    world.say(ANN, "denied")
    world.build()
    redden(world, "profiles_constraints")
    with pytest.raises(HeldBackError, match="is not at its destination as it was written"):
        world.deliver()
    assert world.outstanding() == {ANN, BOB, CEM, DIA}


def test_delivered_and_not_recorded_yet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process takes the file between the delivery and its record."""
    monkeypatch.setenv("CONSENT_LOCK_WAIT", "0")
    holders: list[subprocess.Popen[str]] = []

    def take(_: str, step: str) -> None:
        if step == "point" and not holders:
            program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
            holders.append(
                subprocess.Popen(
                    [sys.executable, "-c", program + " input()", str(world.warehouse)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            assert holders[0].stdout is not None and holders[0].stdout.readline()

    monkeypatch.setattr(steps, "passed", take)
    world.say(ANN, "denied")
    world.build()
    try:
        outcome = world.deliver()
    finally:
        holders[0].communicate("\n", timeout=60)
    assert outcome.status == NOT_RECORDED and "in use by process" in outcome.message
    assert len(world.deliveries()) == 2
    assert world.outstanding() == {ANN, BOB, CEM, DIA}
    # the next one finds it
    assert world.deliver().status == "unchanged"
    assert world.outstanding() == {BOB, CEM, DIA}


@pytest.mark.parametrize("is_done", [False, True])
def test_an_export_that_was_taken_out_is_retired(world: World, is_done: bool) -> None:
    with pytest.raises(UsageError, match="still delivers to exports/newsletter"):
        retire.left_behind(world.project, "newsletter")
    gone = {
        node_id: node
        for node_id, node in world.project.exposures.items()
        if node["name"] != "newsletter"
    }
    project = dataclasses.replace(world.project, exposures=gone)
    assert retire.left_behind(project, "newsletter") == {"exports/newsletter": 4}
    outcome = retire.retire(project, "newsletter", "exports/newsletter", is_done=is_done)
    assert (outcome.status, outcome.counts_removed) == ("retired", 4)
    assert world.outstanding() == set()
    assert len(world.deliveries()) == (1 if is_done else 2)
    if not is_done:
        last = world.deliveries()[-1]
        assert column(last / "full.csv") == []
        assert column(last / "removed.csv") == [ANN, BOB, CEM, DIA]
        assert verify.verify(str(last)).problems == []
    assert world.query("select destination, row_count from deliveries where kind = 'retired'") == [
        ("exports/newsletter", 4)
    ]
    with pytest.raises(UsageError, match="Nobody is out there by an export 'newsletter'"):
        retire.left_behind(project, "newsletter")


def test_a_destination_that_was_left_is_retired(world: World) -> None:
    elsewhere = {
        node_id: {
            **node,
            "config": {
                "meta": {
                    "export": {
                        **node["config"]["meta"]["export"],
                        "destination": "exports/elsewhere",
                    }
                }
            },
        }
        if node["name"] == "newsletter"
        else node
        for node_id, node in world.project.exposures.items()
    }
    project = dataclasses.replace(world.project, exposures=elsewhere)
    assert retire.left_behind(project, "newsletter") == {"exports/newsletter": 4}
    (world.destination / "latest.json").unlink()
    for delivery in world.deliveries():
        (delivery / "certificate.json").unlink()
    with pytest.raises(ExportError, match="--retire --done"):
        retire.retire(project, "newsletter", "exports/newsletter", is_done=False)
    assert len(world.outstanding()) == 4
