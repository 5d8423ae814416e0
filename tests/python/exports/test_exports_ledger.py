"""Removals are delivered and nothing is forgotten, whatever happens to people and to ledgers."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest
from exports_world import World, column
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import steps, verify
from runner.exports.deliver import HeldBackError

LONG = bool(os.environ.get("CONSENT_LONG"))
EXAMPLES = 1_000 if LONG else 50
PEOPLE = [f"{name}@example.com" for name in ("ann", "bob", "cem", "dia", "eve", "fay")]


@pytest.fixture()
def world(base: Project, tmp_path: Path) -> World:
    return World(base, tmp_path)


def certificate(delivery: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((delivery / "certificate.json").read_text())
    return document


def test_first_delivery_adds_everyone(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "denied")
    world.build()
    outcome = world.deliver()
    assert (outcome.status, outcome.counts) == ("delivered", {"full": 1, "added": 1, "removed": 0})
    (delivery,) = world.deliveries()
    assert column(delivery / "full.csv") == ["ann@example.com"]
    assert world.outstanding() == {"ann@example.com"}


def test_one_build_is_delivered_once(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.build()
    assert world.deliver().status == "delivered"
    assert world.deliver().status == "unchanged"
    assert len(world.deliveries()) == 1


def test_what_is_unchanged_is_said_and_not_delivered_again(world: World) -> None:
    """The same lines, ledger and deciding events; one of them differs, and it is delivered."""
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    (first,) = world.deliveries()
    kinds = "select kind, row_count, location from deliveries order by delivered_at, kind"
    for _ in range(2):
        world.build()
        outcome = world.deliver()
        assert outcome.status == "unchanged"
        assert outcome.counts == {"full": 1, "added": 0, "removed": 0}
        assert world.deliveries() == [first]
    assert [row[0] for row in world.query(kinds)] == [
        "added",
        "full",
        "removed",
        "unchanged",
        "unchanged",
    ]
    latest = json.loads((world.destination / "latest.json").read_text())
    assert latest["delivery"] == first.name and latest["checked_at"] > latest["delivered_at"]
    # an attribute
    world.names["ann@example.com"] = "Anna"
    world.build()
    assert world.deliver().status == "delivered"
    # the event that the permission rests on
    world.build()
    world.execute("update contact_point_permissions set consent_id = 'another'")
    assert world.deliver().status == "delivered"
    # whoever asks for it gets it anyway
    world.export = dataclasses.replace(world.export, deliver_unchanged=True)
    world.build()
    assert world.deliver().status == "delivered"
    assert len(world.deliveries()) == 4


@pytest.mark.parametrize("also", ["nothing", "rename", "merge", "vanish"])
def test_a_withdrawal_is_delivered_as_removed(world: World, also: str) -> None:
    for email in PEOPLE[:3]:
        world.say(email, "granted")
    world.build()
    world.deliver()
    world.say("ann@example.com", "denied")
    if also == "rename":
        # the same segment under another name; what reads it does not matter
        world.execute("alter table newsletter_audience rename to readers")
        nodes = {
            node_id: {**node, "relation_name": '"warehouse"."main"."readers"'}
            if node["name"] == "newsletter_audience"
            else node
            for node_id, node in world.project.nodes.items()
        }
        world.project = dataclasses.replace(world.project, nodes=nodes)
        world.export = dataclasses.replace(world.export, segment="readers")
    if also == "merge":
        world.person("dia@example.com")
        world.merge("ann@example.com", "dia@example.com")
    if also == "vanish":
        world.vanish("ann@example.com")
    world.build()
    world.deliver()
    assert column(world.deliveries()[-1] / "removed.csv") == ["ann@example.com"]
    assert world.outstanding() == {"bob@example.com", "cem@example.com"}


def test_a_switch_of_address_is_one_added_and_one_removed(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    world.person("ann2@example.com")
    world.merge("ann@example.com", "ann2@example.com")
    world.say("ann@example.com", "denied")
    world.say("ann2@example.com", "granted")
    world.build()
    world.deliver()
    last = world.deliveries()[-1]
    assert column(last / "added.csv") == ["ann2@example.com"]
    assert column(last / "removed.csv") == ["ann@example.com"]


def test_mass_removal_stops(base: Project, tmp_path: Path) -> None:
    """Who merely left stops it; who withdrew leaves all the same, in the same run."""
    world = World(base, tmp_path, max_removed_share=0.3)
    people = [f"{number:02d}@example.com" for number in range(25)]
    for email in people:
        world.say(email, "granted")
    world.build()
    world.deliver()
    for email in people[1:]:
        world.vanish(email)
    world.say(people[0], "denied")
    world.build()
    message = r"24 of 25 contact points \(96%\).*1 withdrawals were delivered as removed"
    with pytest.raises(HeldBackError, match=message):
        world.deliver()
    assert world.outstanding() == set(people[1:])
    reduced = world.deliveries()[-1]
    assert column(reduced / "full.csv") == people[1:]
    assert column(reduced / "removed.csv", "reason") == ["withdrawn"]
    assert certificate(reduced)["reduces"] == world.deliveries()[0].name
    assert verify.verify(str(reduced)).problems == []
    with pytest.raises(HeldBackError, match="Nobody who is out there has withdrawn"):
        world.deliver()
    assert len(world.deliveries()) == 2
    assert world.deliver(dry_run=True).counts["removed"] == 24
    world.deliver(accept_removals=True)
    assert world.outstanding() == set()


@pytest.mark.parametrize("reason", ["withdrawn", "left"])
def test_many_may_withdraw_and_few_may_leave(base: Project, tmp_path: Path, reason: str) -> None:
    world = World(base, tmp_path, max_removed_share=0)
    people = [f"{number:02d}@example.com" for number in range(20 if reason == "withdrawn" else 19)]
    for email in people:
        world.say(email, "granted")
    world.build()
    world.deliver()
    for email in people:
        world.say(email, "denied") if reason == "withdrawn" else world.vanish(email)
    world.build()
    outcome = world.deliver()
    assert outcome.reasons[reason] == len(people)
    assert set(column(world.deliveries()[-1] / "removed.csv", "reason")) == {reason}


def test_a_dry_run_writes_nothing(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.build()
    before = sorted(world.project.folder.rglob("*"))
    outcome = world.deliver(dry_run=True)
    assert outcome.counts == {"full": 1, "added": 1, "removed": 0}
    assert [p for p in sorted(world.project.folder.rglob("*")) if p not in before] == [
        world.project.folder / "target",
        world.project.folder / "target" / "consent",
    ]


def test_lost_warehouse_ledger_is_rebuilt_from_the_deliveries(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for email in PEOPLE[:3]:
        world.say(email, "granted")
    world.build()
    world.deliver()
    world.say("ann@example.com", "denied")
    world.build()
    world.deliver()
    before = world.query("select * from delivered_members order by all")
    for table in ("delivered_members", "deliveries"):
        world.execute(f"delete from {table}")
    world.build()
    world.deliver()
    assert world.query("select * from delivered_members order by all") == before
    # one of the two tables only
    world.execute("delete from delivered_members where key_value = 'bob@example.com'")
    capsys.readouterr()
    world.build()
    outcome = world.deliver()
    assert "was rebuilt from the deliveries" in capsys.readouterr().err
    assert outcome.counts == {"full": 2, "added": 0, "removed": 0}
    assert world.query("select * from delivered_members order by all") == before


def test_lost_deliveries_are_not_missed(world: World) -> None:
    for email in PEOPLE[:3]:
        world.say(email, "granted")
    world.build()
    world.deliver()
    shutil.rmtree(world.destination)
    world.say("ann@example.com", "denied")
    world.build()
    outcome = world.deliver()
    assert outcome.counts == {"full": 2, "added": 0, "removed": 1}
    # the ledger in the new delivery is whole again: the warehouse can be lost now
    for table in ("delivered_members", "deliveries"):
        world.execute(f"delete from {table}")
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 0, "removed": 0}


def test_lost_ledger_starts_anew_with_a_warning(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for email in PEOPLE[:3]:
        world.say(email, "granted")
    world.build()
    world.deliver()
    for delivery in world.deliveries():
        (delivery / "ledger.parquet").unlink()
    world.execute("delete from delivered_members where key_value = 'bob@example.com'")
    world.say("ann@example.com", "denied")
    world.build()
    outcome = world.deliver()
    assert "starts the ledger anew" in capsys.readouterr().err
    # everyone counts as added, and what is still known is removed
    assert outcome.counts == {"full": 2, "added": 2, "removed": 1}
    assert world.outstanding() == world.members()


def test_each_destination_has_a_memory_of_its_own(world: World) -> None:
    """Away and back: who withdrew meanwhile is removed there too."""
    here = world.export
    elsewhere = dataclasses.replace(here, destination="exports/elsewhere")
    for email in PEOPLE[:3]:
        world.say(email, "granted")
    world.build()
    world.deliver()
    world.export = elsewhere
    world.build()
    assert world.deliver().counts == {"full": 3, "added": 3, "removed": 0}
    world.say("ann@example.com", "denied")
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 0, "removed": 1}
    world.export = here
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 0, "removed": 1}
    assert column(world.deliveries()[-1] / "removed.csv") == ["ann@example.com"]
    assert world.query(
        "select destination, count(*) from delivered_members where removed_at is null group by 1 "
        "order by 1"
    ) == [("exports/elsewhere", 2), ("exports/newsletter", 2)]


def test_a_renamed_export_goes_on(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.build()
    world.deliver()
    renamed = {
        node_id: {**node, "name": "mailing"} for node_id, node in world.project.exposures.items()
    }
    world.project = dataclasses.replace(world.project, exposures=renamed)
    world.export = dataclasses.replace(world.export, name="mailing")
    world.say("ann@example.com", "denied")
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 0, "removed": 1}
    assert world.query("select distinct export_name from delivered_members") == [("mailing",)]


class Crash(BaseException):
    """The process ends here."""


class Reader:
    """Somebody at the destination who reads each delivery once, in order."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.by_full: set[str] = set()
        self.by_changes: set[str] = set()

    def look(self, world: World) -> None:
        for delivery in world.deliveries():
            if delivery.name in self.read:
                continue
            self.read.add(delivery.name)
            if LONG:
                assert verify.verify(str(delivery)).problems == []
            self.by_full = set(column(delivery / "full.csv"))
            added = set(column(delivery / "added.csv"))
            removed = set(column(delivery / "removed.csv"))
            anew = certificate(delivery)["ledger"]["baseline"]  # type: ignore[index]
            self.by_changes = added if anew else (self.by_changes | added) - removed


people = st.sampled_from(PEOPLE)
actions = st.one_of(
    st.tuples(st.just("grant"), people),
    st.tuples(st.just("grant"), people),
    st.tuples(st.just("deny"), people),
    st.tuples(st.just("deny all use"), people),
    st.tuples(st.just("merge"), people, people),
    st.tuples(st.just("vanish"), people),
    st.tuples(st.just("return"), people),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("crash"), st.sampled_from(steps.STEPS)),
    st.tuples(st.just("refused"), people),
    st.tuples(st.just("lose"), st.sampled_from(["members", "tables", "some", "folder"])),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(sequence=st.lists(actions, min_size=3, max_size=14))
def test_what_is_out_there_is_what_is_permitted(
    sequence: list[tuple[str, ...]],
    base: Project,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """After any sequence, one refresh makes "delivered and not removed" the permitted members."""
    folder = tmp_path_factory.mktemp("sequence")
    world, reader = World(base, folder), Reader()
    for action in [*sequence, ("refresh",)]:
        _act(world, action)
        reader.look(world)
    assert verify.verify(str(world.deliveries()[-1])).problems == []
    assert world.outstanding() == world.members()
    assert reader.by_full == world.members()
    assert reader.by_changes == world.members()
    shutil.rmtree(folder)


def _act(world: World, action: tuple[str, ...]) -> None:
    match action:
        case ("grant", who):
            world.say(who, "granted")
        case ("deny", who):
            world.say(who, "denied")
        case ("deny all use", who):
            world.say(who, "denied", "use")
        case ("merge", one, other):
            world.person(one)
            world.person(other)
            world.merge(one, other)
        case ("vanish", who):
            world.vanish(who)
        case ("return", who):
            world.person(who)
        case ("refresh",):
            world.build()
            world.deliver()
        case ("crash", step):
            world.build()
            _crash(world, step)
        case ("refused", who):
            world.person(who)
            world.build(allowed={*world.members(), who})
            if who in world.members():
                world.deliver()
            else:
                with pytest.raises(ExportError, match="refused and discarded"):
                    world.deliver()
        case ("lose", what):
            _lose(world, what)


def _crash(world: World, step: str) -> None:
    def crash(export: object, passed: str) -> None:
        if passed == step:
            raise Crash

    before = steps.passed
    steps.passed = crash
    try:
        world.deliver()
    except Crash:
        pass
    finally:
        steps.passed = before


def _lose(world: World, what: str) -> None:
    if what in ("members", "tables"):
        world.execute("delete from delivered_members")
    if what == "tables":
        world.execute("delete from deliveries")
    if what == "some":
        world.execute("delete from delivered_members where key_value < 'c'")
    if what == "folder":
        shutil.rmtree(world.destination, ignore_errors=True)
