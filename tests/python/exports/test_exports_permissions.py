"""No permission by mistake: what has ended, what others refused, whose hash it is."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from exports_world import World, column

from runner import clock
from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import deliver, lines, verify
from runner.exports.layouts import layouts

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture()
def world(base: Project, tmp_path: Path) -> World:
    world = World(base, tmp_path)
    for email in (ANN, BOB):
        world.say(email, "granted")
    world.build()
    return world


def decide(world: World, purpose: str, permitted: str = "true", ends: str = "null") -> None:
    """What the build decides about another purpose: SQL over the decisions on the newsletter."""
    world.execute(
        "insert into contact_point_permissions select profile_id, key_type, key_value, "
        f"'{purpose}', '', {permitted}, 'x', null, null, null, null, {ends} "
        "from contact_point_permissions where purpose = 'newsletter'"
    )


def ended(world: World, email: str) -> str:
    return f"case when key_value = '{email}' then timestamp '{world.now}' end"


@pytest.mark.parametrize("purpose", ["newsletter", "use", "sale"])
def test_a_grant_that_ended_since_the_build(base: Project, tmp_path: Path, purpose: str) -> None:
    """Its own, that of an ancestor, or that of the sale to a third party."""
    world = World(base, tmp_path, third_party=True, proof="proof")
    for email in (ANN, BOB):
        world.say(email, "granted")
    world.build()
    for other in ("use", "sale"):
        decide(world, other, ends=ended(world, ANN) if other == purpose else "null")
    if purpose == "newsletter":
        world.execute(
            f"update contact_point_permissions set expires_at = {ended(world, ANN)} "
            "where purpose = 'newsletter'"
        )
    outcome = world.deliver()
    assert outcome.left_out == {"expired_since_the_build": 1}
    assert column(world.deliveries()[-1] / "full.csv") == [BOB]


def test_a_grant_that_lasts_a_little_longer(world: World) -> None:
    decide(world, "use", ends=f"timestamp '{clock.now() + timedelta(hours=1)}'")
    outcome = world.deliver()
    assert (outcome.counts["full"], outcome.left_out) == (2, {})


def test_an_end_that_the_table_missed(world: World) -> None:
    """The judge decides for the time of the delivery, not for that of the build."""
    end = clock.now() - timedelta(seconds=1)
    assert end > world.now
    world.execute(
        f"update consent_events set expires_at = timestamp '{end}' where key_value = '{ANN}'"
    )
    with pytest.raises(ExportError, match=r"1 without a permission in force: a\*\*\*@example.com"):
        world.deliver()
    assert world.deliveries() == []


def another_profile(world: World, email: str, permitted: bool) -> None:
    """Somebody else has the contact point too, and the build decided so for that person."""
    for table in ("contact_point_permissions", "profile_contact_points"):
        world.execute(
            f"insert into {table} select * replace ('p-another' as profile_id) from {table} "
            f"where key_value = '{email}'"
        )
    world.execute(
        f"update contact_point_permissions set is_permitted = {permitted}, "
        "reason = 'denied_elsewhere' where profile_id = 'p-another'"
    )


def test_a_contact_point_that_another_profile_refuses(world: World) -> None:
    world.deliver()
    world.build()
    another_profile(world, ANN, permitted=False)
    outcome = world.deliver()
    assert outcome.left_out == {"refused_by_another_profile": 1}
    assert outcome.counts == {"full": 1, "added": 0, "removed": 1}
    last = world.deliveries()[-1]
    assert column(last / "full.csv") == [BOB]
    assert column(last / "removed.csv") == [ANN]


def test_a_contact_point_that_another_profile_permits(world: World) -> None:
    another_profile(world, ANN, permitted=True)
    outcome = world.deliver()
    assert (outcome.counts["full"], outcome.left_out) == (2, {})


GOOGLE = {
    "layout": layouts()["google_customer_match"],
    "ad_consent": {"ad_personalization": "profiling"},
}


def answers(world: World) -> tuple[int, int]:
    """Lines of the granted and of the denied file."""
    delivery = world.deliveries()[-1]
    assert verify.verify(str(delivery)).problems == []
    files = (delivery / f"full-ad_personalization_{said}.csv" for said in ("granted", "denied"))
    granted, denied = (len(column(file, "Email")) for file in files)
    return granted, denied


def ads(base: Project, folder: Path, *emails: str) -> World:
    world = World(base, folder, **GOOGLE)
    for email in emails:
        world.say(email, "granted")
        world.say(email, "granted", "profiling")
    world.build()
    return world


@pytest.mark.parametrize(
    ("permitted", "ends", "expected"),
    [
        ("true", "null", (2, 0)),
        ("key_value like 'ann%'", "null", (1, 1)),
        ("null", "null", (0, 2)),
        ("true", "case when key_value like 'ann%' then timestamp '2026-01-01' end", (1, 1)),
    ],
)
def test_an_ad_consent_signal(
    base: Project, tmp_path: Path, permitted: str, ends: str, expected: tuple[int, int]
) -> None:
    world = ads(base, tmp_path, ANN, BOB)
    decide(world, "profiling", permitted, ends)
    world.deliver()
    assert answers(world) == expected


def test_one_mailbox_of_two_answers_is_denied(base: Project, tmp_path: Path) -> None:
    world = ads(base, tmp_path, "a.nn@gmail.com", "an.n@gmail.com", BOB)
    decide(world, "profiling", "key_value <> 'an.n@gmail.com'")
    world.deliver()
    assert answers(world) == (1, 1)


def test_a_signal_that_another_profile_refuses(base: Project, tmp_path: Path) -> None:
    world = ads(base, tmp_path, ANN, BOB)
    decide(world, "profiling")
    another_profile(world, ANN, permitted=True)
    world.execute(
        "update contact_point_permissions set is_permitted = false "
        "where profile_id = 'p-another' and purpose = 'profiling'"
    )
    world.deliver()
    assert answers(world) == (1, 1)


def test_a_signal_that_nobody_gave_is_refused(base: Project, tmp_path: Path) -> None:
    """The table says yes, the events say nothing: the judge reads the files of the signal too."""
    world = World(base, tmp_path, **GOOGLE)
    world.say(ANN, "granted")
    world.build()
    decide(world, "profiling")
    with pytest.raises(
        ExportError,
        match=r"ad_personalization: 1 without a permission in force: a\*\*\*@example.com: profil",
    ):
        world.deliver()
    assert world.deliveries() == []


@pytest.mark.parametrize("layout", ["plain", "google_customer_match"])
def test_the_hash_of_somebody_else(
    base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """File and evidence agree, and both hold the contact point of one who is not among them."""
    world = World(base, tmp_path, layout=layouts()[layout])
    for email in (ANN, BOB):
        world.say(email, "granted")
    world.say("no@example.com", "denied")
    world.build()

    def swapped(export: Any, work: Any, now: Any) -> dict[str, int]:
        left_out = real(export, work, now)
        written = export.layout.written("email").replace("key_value", "'no@example.com'")
        work.save(
            f"select * replace (case when key_value = '{ANN}' then {written} else _written end "
            f"as _written) from {work.table('lines')}",
            work.path("swapped"),
        )
        work.path("swapped").replace(work.path("lines"))
        return left_out

    real = lines.make_lines
    monkeypatch.setattr(deliver, "make_lines", swapped)
    with pytest.raises(ExportError, match=r"1 written as something else: a\*\*\*@example.com"):
        world.deliver()


def test_a_build_older_than_its_sources_may_be(world: World) -> None:
    old = clock.now() - timedelta(days=2, minutes=1)
    world.execute(
        f"update node_results set observed_at = timestamp '{old}', as_of = timestamp '{old}'"
    )
    with pytest.raises(ExportError, match=r"older than its source shop.customers may be \(2 days"):
        world.deliver()
    assert world.deliver(dry_run=True).message.startswith("newsletter: the build of")
    assert world.deliveries() == []


def test_a_build_for_another_moment(world: World) -> None:
    world.execute("update node_results set as_of = as_of - interval 1 day")
    with pytest.raises(ExportError, match="decided for another moment"):
        world.deliver()


@pytest.mark.parametrize("contract", ["csv", "parquet", "jsonl", "gzip", "google", "split"])
def test_an_empty_audience(base: Project, tmp_path: Path, contract: str) -> None:
    """Nobody is somebody: a header, no row, and never a row of nulls."""
    contracts: dict[str, dict[str, Any]] = {
        "google": {"layout": layouts()["google_customer_match"]},
        "gzip": {"compression": "gzip"},
        "split": {"max_rows_per_file": 10},
    }
    world = World(base, tmp_path, **contracts.get(contract, {"format": contract}))
    world.say(ANN, "denied")
    world.build()
    assert world.deliver().counts == {"full": 0, "added": 0, "removed": 0}
    (delivery,) = world.deliveries()
    answer = verify.verify(str(delivery))
    assert (answer.problems, answer.rows) == ([], {"full": 0, "added": 0, "removed": 0})
    certificate = json.loads((delivery / "certificate.json").read_text())
    assert [len(kind["files"]) for kind in certificate["kinds"].values()] == [1, 1, 1]
    if contract == "csv":
        text = (delivery / "full.csv").read_text()
        assert text == '"profile_id","email","first_name","country"\n'
