"""`consent erase`: only the person who asked, wholly, wherever something of the person is."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from erasure.conftest import OTHERS, Town
from erasure.erasure_town import (
    ERA,
    NUMBER,
    XERA,
    erase,
    grants,
    live,
    of_others,
    person,
    saying,
    verified,
)

MINE = (ERA, NUMBER, "p-era'")
LATER = datetime.now(UTC) + timedelta(days=31, hours=1)
THEIRS = [each[kind] for each in OTHERS for kind in ("email", "phone") if each[kind]]


@pytest.fixture(scope="module")
def done(ready: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The request completed, by the other one of the two contact points."""
    town = ready.copy_to(tmp_path_factory.mktemp("done") / "project")
    town.first = erase(town.project, NUMBER)
    return town


def test_nothing_is_used_from_the_first_minute_on(ready: Town) -> None:
    assert ready.first["state"] == "suppressed"
    assert ready.first["contact_points"] == ["email e***@example.com", "phone +***02"]
    assert ready.first["waiting"] == ["heads", "newsletter", "texts"]
    assert ready.first["repeat"] == f"consent erase {ERA} {NUMBER}"
    named = {each["where"]: each["rows"] for each in ready.first["at_sources"]}
    # the one row of another customer's that names the person, besides the person's own
    assert named == {"stg_shop__customers": 2, "stg_shop__consents": 2}


def test_nothing_is_left_of_the_person_and_nothing_is_gone_of_others(
    ready: Town, done: Town
) -> None:
    assert (done.first["state"], done.first["left"], done.first["repeat"]) == ("complete", [], "")
    assert saying(done.project, MINE, THEIRS) == {}
    before, after = (of_others(each.project, OTHERS) for each in (ready, done))
    told = json.dumps(before, default=str).replace(f"a friend of {ERA}", "a friend of ***")
    assert "a friend of ***" in told
    assert json.loads(json.dumps(after, default=str)) == json.loads(told)


def test_certificates_still_prove_what_was_delivered(done: Town) -> None:
    """Also of deliveries that removed others while the erased person was in them."""
    assert verified(done.project) == []


def test_the_request_itself_is_forgotten_but_for_hashes(done: Town) -> None:
    rows = done.project.query("select item, key_value, completed_at from erasures order by all")
    assert [item for item, _, _ in rows] == ["contact_point", "contact_point", "profile", "record"]
    assert all(value.startswith("erased:") and at is not None for _, value, at in rows)


def test_again_is_harmless(done: Town) -> None:
    again = erase(done.project, ERA)
    assert (again["state"], again["removed"], again["left"]) == ("complete", [], [])
    assert len(done.project.query("from erasures")) == 4
    assert verified(done.project) == []


def test_the_projects_own_record_has_the_hashes_that_the_files_have_now(done: Town) -> None:
    for name in done.project.exports:
        for delivery in done.project.deliveries(name):
            stated = json.loads((delivery / "certificate.json").read_text())
            known = {
                kind: (rows, sha256)
                for kind, rows, sha256 in done.project.query(
                    "select kind, row_count, sha256 from deliveries"
                    f" where delivery_id like '{delivery.name}%'"
                )
            }
            assert known == {k: (v["rows"], v["sha256"]) for k, v in stated["kinds"].items()}


def test_a_new_address_at_the_source_does_not_bring_the_person_back(
    done: Town, tmp_path: Path
) -> None:
    """The record is known by the hash of what it had, whatever its source says next."""
    project = done.copy_to(tmp_path / "project").project
    moved = person("p-era", "new.address@example.com", "+31620000009", first_name="Era")
    live(project, moved, *OTHERS)
    project.refresh()
    assert project.query("select count(*) from profiles where email like 'new.%'") == [(0,)]
    assert project.query("select profile_id from int_consent__withheld_profiles") == [("p-era",)]
    for name in project.exports:
        for path in project.deliveries(name)[-1].glob("[af]*"):
            assert b"new.address" not in path.read_bytes() and b"p-era" not in path.read_bytes()
    # a yes to storage on the new address lifts nothing; one on the erased address does
    storage = {**grants(moved)[0], "id": "s-1", "purpose": "storage"}
    project.consents(*grants(moved, *OTHERS), {**storage, "recorded_at": "2030-01-01T00:00:00"})
    project.refresh(CONSENT_NOW="2030-01-02 00:00:00", CONSENT_TEST_LOADED_AT="2030-01-01 00:00:00")
    assert project.query("select count(*) from profiles where email like 'new.%'") == [(0,)]


def test_a_link_to_the_warehouse_stays_a_link(ready: Town, tmp_path: Path) -> None:
    town = ready.copy_to(tmp_path / "project")
    real = tmp_path / "elsewhere" / "warehouse.duckdb"
    real.parent.mkdir()
    shutil.move(town.project.warehouse, real)
    town.project.warehouse.symlink_to(real)
    assert erase(town.project, ERA)["state"] == "complete"
    assert town.project.warehouse.is_symlink() and town.project.warehouse.resolve() == real
    content = real.read_bytes()
    for longer in THEIRS:
        content = content.replace(longer.encode(), b"")
    assert ERA.encode() not in content and NUMBER.encode() not in content
    assert list(real.parent.iterdir()) == [real]


def test_every_place_that_deliveries_ever_went_to(ready: Town, tmp_path: Path) -> None:
    """An export that has moved, one that is gone from the project, and what a log says."""
    town = ready.copy_to(tmp_path / "project")
    project = town.project
    project.exports = {
        "newsletter": {**project.exports["newsletter"], "destination": "exports/new_outbox"},
        "texts": project.exports["texts"],
    }
    project.write_exports()
    (project.folder / "logs").mkdir(exist_ok=True)
    (project.folder / "logs" / "dbt.log").write_text(f"could not read {ERA}, nor {XERA}\n")
    (project.folder / "target" / "consent" / "texts").mkdir(parents=True)
    (project.folder / "target" / "consent" / "texts" / "lines.jsonl").write_text(ERA)
    report = erase(project, ERA)
    assert report["state"] == "complete"
    assert saying(project, MINE, THEIRS) == {}
    assert (project.folder / "logs" / "dbt.log").read_text() == f"could not read ***, nor {XERA}\n"
    project.exports = ready.project.exports
    assert verified(project) == []


def test_proofs_are_found_by_the_projects_own_record(ready: Town, tmp_path: Path) -> None:
    """The export keeps its proof elsewhere now, and the certificates in the outbox lie of it."""
    town = ready.copy_to(tmp_path / "project")
    project = town.project
    decoy = project.folder / "exports/decoy"
    for delivery in project.deliveries("newsletter"):
        proof = project.folder / "exports/newsletter/proof" / delivery.name
        shutil.copytree(proof, decoy / delivery.name)
        forged = json.loads((delivery / "certificate.json").read_text())
        forged["proof"] = f"exports/decoy/{delivery.name}"
        (delivery / "certificate.json").write_text(json.dumps(forged))
    before = [path.read_bytes() for path in sorted(decoy.rglob("*.*"))]
    moved = {**project.exports["newsletter"], "destination": "exports/new", "proof": "exports/p"}
    for exports in ({**project.exports, "newsletter": moved}, {"texts": project.exports["texts"]}):
        copied = town.copy_to(tmp_path / f"project-{len(exports)}").project
        copied.exports = exports
        copied.write_exports()
        assert erase(copied, ERA)["state"] == "complete"
        shutil.rmtree(copied.folder / "exports/decoy")
        assert saying(copied, MINE, THEIRS) == {}
        copied.exports = ready.project.exports
        assert verified(copied) == []
    assert [path.read_bytes() for path in sorted(decoy.rglob("*.*"))] == before


def test_a_place_that_is_out_of_reach_is_named_until_it_is_given_up(
    ready: Town, tmp_path: Path
) -> None:
    town = ready.copy_to(tmp_path / "project")
    far = "unknown-protocol://bucket/old"
    town.project.execute(f"update deliveries set destination = '{far}' where export_name = 'heads'")
    done = town.project.consent("erase", ERA, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["state"] == "suppressed"
    assert [each.split(" ")[0] for each in report["unreached"]] == [far]
    assert erase(town.project, ERA, "--without", far)["state"] == "complete"
    assert saying(town.project, MINE, THEIRS) == {}


def test_a_forged_certificate_is_set_aside_and_the_proofs_is_used(
    ready: Town, tmp_path: Path
) -> None:
    """Whoever reads the outbox can write there; nothing outside of it is touched."""
    town = ready.copy_to(tmp_path / "project")
    victim = town.project.folder / "victim.txt"
    victim.write_text("mine")
    (delivery, *_) = town.project.deliveries("newsletter")
    forged = json.loads((delivery / "certificate.json").read_text())
    forged["kinds"]["full"]["files"][0]["name"] = "../../../../victim.txt"
    (delivery / "certificate.json").write_text(json.dumps(forged))
    foreign = delivery.with_name("20260101T000000000000Z-00000000")
    foreign.mkdir()
    (foreign / "certificate.json").write_text("{}")
    done = town.project.consent("erase", ERA, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "complete"
    assert f"{foreign.name} is set aside" in done.stderr
    assert victim.read_text() == "mine" and (foreign / "certificate.json").read_text() == "{}"
    shutil.rmtree(foreign)
    assert saying(town.project, MINE, THEIRS) == {} and verified(town.project) == []


def test_what_a_run_for_another_moment_made(ready: Town, tmp_path: Path) -> None:
    town = ready.copy_to(tmp_path / "project")
    town.project.execute(
        "create schema main_asof; create table main_asof.profiles as select * from profiles;"
        f"insert into main_asof.profiles (profile_id, email) values ('p-era', '{ERA}')"
    )
    assert erase(town.project, ERA)["state"] == "complete"
    found = town.project.query("select profile_id from main_asof.profiles order by all")
    assert found == [("p-au",), ("p-bob",), ("p-dot",), ("p-xera",)]


def test_a_table_of_nobodys_is_named_and_left_alone(ready: Town, tmp_path: Path) -> None:
    town = ready.copy_to(tmp_path / "project")
    town.project.execute(f"create table somebodys_own as select '{ERA}' as email")
    done = town.project.consent("erase", ERA, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["state"] == "suppressed"
    assert report["left"] == [{"where": '"main"."somebodys_own"', "rows": 1}]
    town.project.execute("drop table somebodys_own")
    assert erase(town.project, NUMBER)["state"] == "complete"


def test_without_a_pepper_it_says_so(ready: Town, tmp_path: Path) -> None:
    town = ready.copy_to(tmp_path / "project")
    done = town.project.consent("erase", ERA, CONSENT_PEPPER="")
    assert "CONSENT_PEPPER is not set" in " ".join(done.stderr.split())
    assert "CONSENT_PEPPER" not in town.project.consent("erase", ERA).stderr


def test_explain_and_status_say_so(ready: Town, done: Town) -> None:
    waits = ready.project.consent("explain", ERA, "newsletter_audience")
    assert waits.returncode == 2
    assert "the erasure is not complete yet" in " ".join(waits.stderr.split())
    (line,) = json.loads(ready.project.consent("status", "--json").stdout)["erasures"]
    assert line["contact_points"] == ["email e***@example.com", "phone +***02"]
    assert (line["waiting"], line["age_days"]) == ([], 0.0)
    late = ready.project.consent("status", CONSENT_NOW=f"{LATER:%Y-%m-%d %H:%M:%S}")
    assert late.returncode == 1 and "is not complete after 31 days" in " ".join(late.stderr.split())
    for who in (ERA, NUMBER):
        gone = done.project.consent("explain", who, "newsletter_audience")
        assert gone.returncode == 2 and "was erased here on" in " ".join(gone.stderr.split())
    assert json.loads(done.project.consent("status", "--json").stdout)["erasures"] == []


def test_wrong_use(ready: Town) -> None:
    nobody = ready.project.consent("erase", "nobody@example.com")
    assert nobody.returncode == 2 and "No profile has nobody@example.com" in nobody.stderr
