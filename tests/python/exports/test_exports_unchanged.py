"""An audience that is as it was writes no new delivery."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from exports_world import World

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import register


@pytest.fixture()
def sent(base: Project, tmp_path: Any) -> World:
    world = World(base, tmp_path)
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted")
        world.names[f"{name}@example.com"] = name
    world.build()
    assert world.deliver().status == "delivered"
    return world


def latest(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.destination / "latest.json").read_text())
    return found


def test_a_line_in_the_ledger_and_no_more(sent: World) -> None:
    (first,) = sent.deliveries()
    assert "checked_at" not in latest(sent)
    for number in (1, 2):
        sent.build()
        outcome = sent.deliver()
        assert (outcome.status, outcome.counts) == (
            "unchanged",
            {"full": 2, "added": 0, "removed": 0},
        )
        assert outcome.location.endswith(first.name)
        assert sent.deliver().status == "unchanged", "the same build again"
        lines = sent.query("select kind, row_count from deliveries where status = 'unchanged'")
        assert lines == [("unchanged", 2)] * number
    assert sent.deliveries() == [first]
    assert list(sent.destination.glob(".*")) == []
    assert latest(sent)["delivery"] == first.name
    assert latest(sent)["checked_at"] > latest(sent)["delivered_at"]
    # the next one that is not the same goes on from there
    sent.say("ann@example.com", "denied")
    sent.build()
    assert sent.deliver().counts == {"full": 1, "added": 0, "removed": 1}
    assert "checked_at" not in latest(sent)
    assert sent.query("select distinct status from deliveries where status = 'started'") == []


def test_its_lines_are_bounded(sent: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what was looked at, and of what was discarded; never of a delivery."""
    monkeypatch.setattr(register, "KEPT", 3)
    for _ in range(5):
        sent.build()
        assert sent.deliver().status == "unchanged"
    for _ in range(5):
        sent.build()
        sent.execute("update contact_point_permissions set purpose = 'newsletter'")
        sent.execute("update consent_events set purpose = 'profiling'")
        with pytest.raises(ExportError, match="refused and discarded"):
            sent.deliver()
    counted = "select status, count(*) from deliveries group by status order by status"
    assert sent.query(counted) == [("delivered", 3), ("discarded", 9), ("unchanged", 3)]
    last = sent.query("select max(delivered_at) from deliveries where status = 'unchanged'")
    assert latest(sent)["checked_at"].startswith(f"{last[0][0]:%Y-%m-%dT%H:%M:%S.%f}")


def test_another_attribute_is_a_change(sent: World) -> None:
    sent.names["ann@example.com"] = "Anne"
    sent.build()
    assert sent.deliver().status == "delivered"


def test_another_event_that_permits_is_a_change(sent: World) -> None:
    """The lines are the same, and the proof of the last delivery rests on what is superseded."""
    sent.build()
    sent.execute("update contact_point_permissions set consent_id = 'newer'")
    assert sent.deliver().status == "delivered"
    sent.build()
    sent.execute("update contact_point_permissions set consent_id = 'newer'")
    assert sent.deliver().status == "unchanged"


def test_a_ledger_that_must_be_mended_is_a_change(sent: World) -> None:
    sent.execute("delete from delivered_members where key_value = 'ann@example.com'")
    sent.build()
    assert sent.deliver().status == "delivered"


def test_unless_the_contract_asks_for_it(sent: World) -> None:
    sent.export = dataclasses.replace(sent.export, deliver_unchanged=True)
    sent.build()
    assert sent.deliver().status == "delivered"
    assert len(sent.deliveries()) == 2


def test_only_what_comes_and_goes(base: Project, tmp_path: Any) -> None:
    """Without full, nobody who comes and nobody who goes is nothing to deliver."""
    world = World(base, tmp_path, deliver=("added", "removed"))
    world.say("ann@example.com", "granted")
    world.build()
    assert world.deliver().status == "delivered"
    world.build()
    assert world.deliver().status == "unchanged"
    assert len(world.deliveries()) == 1
