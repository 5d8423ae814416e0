"""What is kept of past deliveries: until its time is over, and nothing in plain of the erased."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from exports_world import START, World, column
from foreign import new_keys

from runner.dbt import Project
from runner.erasure.values import Values
from runner.errors import ConsentError, ExportError
from runner.exports import deliver, destinations, erasure, signing, verify
from runner.exports.contract import exports
from runner.exports.layouts import layouts
from runner.exports.retention import months_before

ANN = ("email", "ann@example.com")
PERSON = erasure.Person(
    "request", frozenset({ANN, ("profile_id", "p-ann@example.com")}), Values([ANN[1]])
)
FIRST = START + timedelta(days=1)
LATER = START + timedelta(days=31)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(deliver, "time_of", lambda project, previous: moment)


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        (datetime(2026, 3, 31), 1, datetime(2026, 2, 28)),
        (datetime(2024, 3, 31), 1, datetime(2024, 2, 29)),
        (datetime(2026, 1, 15), 1, datetime(2025, 12, 15)),
        (datetime(2026, 1, 15), 24, datetime(2024, 1, 15)),
    ],
)
def test_months_before(moment: datetime, months: int, expected: datetime) -> None:
    assert months_before(moment, months) == expected


def test_old_evidence_is_deleted_and_the_ledger_is_not(
    base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(base, tmp_path, keep_evidence_for=6, proof="proof", deliver_unchanged=True)
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    for months in (0, 3, 7):
        world.build()
        moment = FIRST + timedelta(days=30.5 * months)
        at(monkeypatch, moment)
        world.deliver()
    old, middle, last = world.deliveries()
    assert [path.name for path in old.iterdir()] == ["certificate.json"]
    proof = world.project.folder / "proof" / old.name
    assert sorted(path.name for path in proof.iterdir()) == ["certificate.json", "ledger.parquet"]
    with pytest.raises(
        ConsentError, match=f"was deleted on {moment:%Y-%m-%d}, when its time was over"
    ):
        verify.verify(str(old))
    for delivery in (middle, last):
        kept = world.project.folder / "proof" / delivery.name
        assert verify.verify(str(delivery), str(kept)).problems == []
    # the warehouse is lost: who was delivered is still known
    for table in ("deliveries", "delivered_members"):
        world.execute(f"delete from {table}")
    world.say("ann@example.com", "denied")
    world.build()
    at(monkeypatch, moment + timedelta(days=1))
    assert world.deliver().counts == {"full": 1, "added": 0, "removed": 1}


def test_the_last_delivery_stays_however_old(
    base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(base, tmp_path, keep_evidence_for=1, deliver_unchanged=True)
    world.say("ann@example.com", "granted")
    world.build()
    at(monkeypatch, FIRST)
    world.deliver()
    world.build()
    at(monkeypatch, FIRST + timedelta(days=400))
    assert world.deliver().status == "delivered"
    first, last = world.deliveries()
    assert not (first / "evidence.parquet").exists()
    # it is old itself by now, and what is out there
    world.build()
    at(monkeypatch, FIRST + timedelta(days=800))
    world.execute("update consent_events set status = 'denied'")
    with pytest.raises(ExportError):
        world.deliver()
    assert (last / "evidence.parquet").exists()


CONTRACTS: dict[str, dict[str, Any]] = {
    "csv": {},
    "gzip": {"compression": "gzip"},
    "parquet": {"format": "parquet"},
    "jsonl": {"format": "jsonl", "max_rows_per_file": 2},
    "hashed": {"layout": layouts()["google_customer_match"]},
    "proof": {"proof": "proof"},
}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_an_erased_person_is_nowhere_in_plain(
    contract: str, base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSENT_PEPPER", "pepper")
    world = World(base, tmp_path, **CONTRACTS[contract])
    _known_as(world, monkeypatch)
    for name in ("ann", "bob", "cem"):
        world.say(f"{name}@example.com", "granted")
        world.names[f"{name}@example.com"] = 'with "quotes", and\nlines'
    world.build()
    world.deliver()
    assert erasure.still_out(world.project, [ANN]) == {"newsletter": [ANN]}
    with pytest.raises(ExportError, match="has not been delivered yet by newsletter"):
        erasure.erase(world.project, PERSON, LATER)
    del world.names["ann@example.com"]
    world.say("ann@example.com", "denied", "storage")
    world.vanish("ann@example.com")
    world.build()
    world.deliver()
    assert erasure.still_out(world.project, [ANN]) == {}
    erased = erasure.erase(world.project, PERSON, LATER)
    # full and added of the first delivery, removed of the second
    assert [each.lines for each in erased] == [2, 1]
    first, second = world.deliveries()
    for delivery in (first, second):
        answer = verify.verify(
            str(delivery), str(tmp_path / "proof" / delivery.name) if contract == "proof" else None
        )
        assert answer.problems == []
        assert answer.notes == [
            f"1 contact points erased on {LATER:%Y-%m-%d}: hashed in the evidence"
        ]
    assert (
        verify.verify(
            str(first), str(tmp_path / "proof" / first.name) if contract == "proof" else None
        ).rows["full"]
        == 2
    )
    plain = _plain_text(world, first) + _plain_text(world, second)
    assert "ann@example.com" not in plain
    assert "p-ann" not in plain
    assert "cem@example.com" in plain
    rows = world.query("select key_value, profile_id from delivered_members order by all")
    assert [row[0] for row in rows][:2] == ["bob@example.com", "cem@example.com"]
    assert rows[2][0].startswith("erased:") and rows[2][1].startswith("erased:")
    # again is harmless, and the next delivery goes on
    assert erasure.erase(world.project, PERSON, LATER) == []
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 0, "removed": 0}


def _known_as(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasure reads the contracts from the project; this one is the test's."""
    for module in (erasure, destinations):
        monkeypatch.setattr(module, "exports", lambda project: [world.export])
    assert exports(world.project)


def _plain_text(world: World, delivery: Path) -> str:
    """Everything that a delivery says, whatever its format."""
    import gzip

    import pyarrow.parquet as pq

    found = []
    folders = [delivery, world.project.folder / "proof" / delivery.name]
    for path in (path for folder in folders if folder.exists() for path in folder.iterdir()):
        if path.suffix == ".parquet":
            found.append(json.dumps(pq.read_table(path).to_pylist(), default=str))
        elif path.suffix == ".gz":
            found.append(gzip.decompress(path.read_bytes()).decode())
        else:
            found.append(path.read_text(encoding="utf-8"))
    return "\n".join(found)


def test_an_interrupted_erasure_is_finished_by_the_next(
    base: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(base, tmp_path)
    _known_as(world, monkeypatch)
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted")
    world.build()
    world.deliver()
    world.say("ann@example.com", "denied")
    world.build()
    world.deliver()
    first = world.deliveries()[0]

    class Crash(BaseException):
        pass

    def replace(self: Any, path: Path, *parts: str) -> None:
        if path.name == "ledger.parquet":
            raise Crash
        real(self, path, *parts)

    real = erasure.Destination.replace
    with monkeypatch.context() as patch:
        patch.setattr(erasure.Destination, "replace", replace)
        with pytest.raises(Crash):
            erasure.erase(world.project, PERSON, LATER)
    with pytest.raises(ConsentError, match=r"was interrupted. Repeat `consent erase`"):
        verify.verify(str(first))
    erasure.erase(world.project, PERSON, LATER)
    for delivery in world.deliveries():
        assert verify.verify(str(delivery)).problems == []
    assert column(first / "full.csv") == ["bob@example.com"]


def test_nothing_loses_its_signature_without_a_word(
    base: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither by an erasure nor by its time: without the key, what is signed stays as it is."""
    private, public = new_keys(tmp_path)
    monkeypatch.setenv(signing.VARIABLE, str(private))
    world = World(base, tmp_path / "world", keep_evidence_for=1, deliver_unchanged=True)
    _known_as(world, monkeypatch)
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted")
    world.build()
    at(monkeypatch, FIRST)
    world.deliver()
    world.say("ann@example.com", "denied")
    world.build()
    at(monkeypatch, FIRST + timedelta(days=1))
    world.deliver()
    first, second = world.deliveries()
    with monkeypatch.context() as patch:
        patch.delenv(signing.VARIABLE)
        before = [path.read_bytes() for path in sorted(first.iterdir())]
        with pytest.raises(ExportError, match=f"{first.name} .* is signed, and CONSENT_SIGN"):
            erasure.erase(world.project, PERSON, LATER)
        world.build()
        at(patch, FIRST + timedelta(days=60))
        world.deliver()
        assert "the evidence of 2 deliveries stays" in " ".join(capsys.readouterr().err.split())
        assert [path.read_bytes() for path in sorted(first.iterdir())] == before
    assert len(erasure.erase(world.project, PERSON, LATER)) == 2
    for delivery in (first, second):
        assert verify.verify(str(delivery), key=public).problems == []


def test_contacts_nobody(base: Project, tmp_path: Path) -> None:
    """A list of profiles: no contact point in it, and a withheld profile is refused."""
    world = World(base, tmp_path)
    world.export = dataclasses.replace(
        world.export, purpose=None, channel=None, contacts_people=False, attributes=("country",)
    )
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.build()
    assert world.deliver().counts == {"full": 2, "added": 2, "removed": 0}
    (delivery,) = world.deliveries()
    text = (delivery / "full.csv").read_text()
    assert text.splitlines()[0] == '"profile_id","country"'
    world.vanish("ann@example.com")
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 0, "removed": 1}
    assert column(world.deliveries()[-1] / "removed.csv", "profile_id") == ["p-ann@example.com"]
    world.build()
    world.execute("insert into int_consent__withheld_profiles values ('p-bob@example.com')")
    with pytest.raises(ExportError, match="the profile is withheld"):
        world.deliver()
