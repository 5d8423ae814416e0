"""The judge and the permission models are two readings of docs/consent.md: they must agree.

One dbt build decides thousands of random cases; the judge decides each of them again from the
evidence of a delivery, without the permission table.
"""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from exports_project import ScratchProject

from runner.dbt import Project, open_project
from runner.exports import audience, judge
from runner.exports.contract import Export, exports, purposes_of
from runner.exports.evidence import write_evidence
from runner.exports.local import Work, local_work, spool
from runner.warehouse import open_warehouse

LONG = bool(os.environ.get("CONSENT_LONG"))
SEEDS = range(40) if LONG else range(1)
PROFILES, CHANGES = (800, 3) if LONG else (300, 2)


def random_purposes(rng: random.Random) -> dict[str, dict[str, Any]]:
    purposes: dict[str, dict[str, Any]] = {}
    for right in ("use", "sale"):
        if rng.random() < 0.4:
            purposes[right] = {"conflict": rng.choice(["latest_denial", "any_denial"])}
    for index in range(10):
        keys: dict[str, Any] = {"enforcement": rng.choice(["opt_in", "opt_in", "opt_out", "none"])}
        channel = rng.choice(["email", "email", "phone", None])
        if keys["enforcement"] != "none":
            parents = [
                name
                for name, above in purposes.items()
                if name.startswith("purpose")
                and above["enforcement"] != "none"
                and above.get("channel") in (None, channel)
            ]
            if parents and rng.random() < 0.6:
                keys["parent"] = rng.choice(parents)
            if rng.random() < 0.3:
                codes = rng.sample(["NL", "US", "DE"], rng.randint(1, 2))
                keys["enforcement_by_country"] = {
                    code: rng.choice(["opt_in", "opt_out"]) for code in codes
                }
        if channel:
            keys["channel"] = channel
        if rng.random() < 0.3:
            keys["valid_for_months"] = rng.choice([1, 6, 24])
        if rng.random() < 0.3:
            keys["double_opt_in"] = True
        policies = ["latest_denial", "any_denial"] + (["contact_point"] if channel else [])
        keys["conflict"] = rng.choice(policies)
        purposes[f"purpose_{index}"] = keys
    return purposes


def random_people(
    rng: random.Random, purposes: dict[str, dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers, consents and suppressions, on few days, so that ties are common."""
    today = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=days) for days in (900, 200, 40, 20, 10, 1)]
    days.append(today + timedelta(days=3))
    customers, consents, suppressions = [], [], []
    for person in range(PROFILES):
        points = []
        for index in range(rng.randint(1, 3)):
            email = f"{person}.{index}@example.com" if rng.random() < 0.9 else None
            if rng.random() < 0.05:
                email = f"shared{rng.randint(0, 9)}@example.com"
            phone = f"+3161{person:05d}{index}" if rng.random() < 0.5 else None
            country = rng.choice(["NL", "US", "DE", "FR", None])
            customers.append(
                {
                    "id": f"{person}-{index}",
                    "person": f"p{person}",
                    "email": email,
                    "phone": phone,
                    "country": country,
                }
            )
            points += [("email", email)] if email else []
            points += [("phone", phone)] if phone else []
        for _ in range(rng.randint(0, 7) if points else 0):
            key_type, key_value = rng.choice(points)
            names = [*purposes, "use", "sale", "storage"]
            purpose = "storage" if rng.random() < 0.01 else rng.choice(names)
            if purpose == "storage" and rng.random() < 0.9:
                purpose = "use"
            recorded = rng.choice([*days, None])
            confirmed = rng.choice([None, None, *days]) if rng.random() < 0.5 else None
            consents.append(
                {
                    "id": str(rng.randint(0, 400)) if rng.random() < 0.5 else f"c{len(consents)}",
                    "key_type": key_type,
                    "key_value": key_value,
                    "purpose": purpose,
                    "status": rng.choice(["granted", "granted", "denied", "pending"]),
                    "recorded_at": recorded.isoformat() if recorded else None,
                    "confirmed_at": confirmed.isoformat() if confirmed else None,
                    "expires_at": (rng.choice(days).isoformat() if rng.random() < 0.15 else None),
                }
            )
        if points and rng.random() < 0.05:
            key_type, key_value = rng.choice(points)
            reason = rng.choice(["bounced", "manual", "complained", "erased", "lifted", "odd"])
            suppressions.append(
                {
                    "key_type": key_type,
                    "key_value": key_value,
                    "reason": reason,
                    "suppressed_at": rng.choice([None, days[2].isoformat()]),
                }
            )
    return customers, consents, suppressions


def changed_customers(rng: random.Random, customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some records with another address, without one, with somebody else's, or deleted."""
    found = []
    for row in customers:
        change = rng.random()
        if change < 0.04:
            continue
        if change < 0.12:
            row = {**row, "email": f"new{rng.randint(0, 10**9)}@example.com"}
        elif change < 0.16:
            row = {**row, "email": None}
        elif change < 0.20:
            row = {**row, "email": rng.choice(customers)["email"]}
        elif change < 0.24 and row["phone"]:
            row = {**row, "phone": f"+3162{rng.randint(0, 10**7):07d}"}
        elif change < 0.26:
            row = {**row, "person": f"p{rng.randint(0, PROFILES)}"}
        found.append(row)
    return found


def moved_consents(rng: random.Random, consents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some answers shown on another contact point, some with another date or answer."""
    found = []
    for row in consents:
        change = rng.random()
        if change < 0.08:
            other = rng.choice(consents)
            row = {**row, "key_type": other["key_type"], "key_value": other["key_value"]}
        elif change < 0.12:
            row = {**row, "recorded_at": rng.choice(consents)["recorded_at"]}
        elif change < 0.16:
            row = {**row, "status": rng.choice(["granted", "denied", "pending", "perhaps"])}
        found.append(row)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_judge_and_models_agree(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    purposes = random_purposes(rng)
    scratch = ScratchProject(
        tmp_path,
        {"everyone": {"segment": "everyone", "destination": "exports/everyone"}},
        {"everyone": "purpose_of_everyone"},
        {
            "purposes": {**purposes, "purpose_of_everyone": {"channel": "email"}},
            "consent_models": [
                {
                    "model": "stg_shop__consents",
                    "kind": rng.choice(["state", "state", "ledger"]),
                    "on_new_contact_point": rng.choice(["ask", "ask", "ask", "carry"]),
                    "max_shrink": 1,
                }
            ],
        },
    )
    scratch.write()
    customers, consents, suppressions = random_people(rng, purposes)
    scratch.customers(*customers)
    scratch.suppressions(*suppressions)
    scratch.consents(*consents)
    scratch.refresh("--no-export")
    # some rows are taken back, some come back; people change what they are reached by, are
    # deleted, or get what another one had; mistakes are taken back
    for _ in range(CHANGES):
        customers = changed_customers(rng, customers)
        scratch.customers(*customers)
        consents = moved_consents(rng, consents)
        scratch.consents(*(row for row in consents if rng.random() < 0.85))
        scratch.suppressions(*(row for row in suppressions if rng.random() < 0.9))
        scratch.refresh("--no-export")
        for (event,) in rng.sample(scratch.query("select event_id from consent_events"), 20):
            scratch.execute(
                "insert into retractions (event_id, denials_too, reason, retracted_at) values "
                f"('{event}', {rng.choice(['true', 'false'])}, 'a mistake', "
                "(select max(first_seen_at) from consent_events))"
            )
    scratch.refresh("--no-export")

    with scratch.environment_of():
        project = open_project()
    (export,) = exports(project)
    ((as_of,),) = scratch.query("select max(as_of) from node_results")
    scratch.execute("delete from segment_members")
    scratch.execute(
        "insert into segment_members select 'everyone', profile_id, key_type, key_value, null "
        "from profile_contact_points"
    )
    decided = permitted = 0
    declared = judge.read_purposes(purposes_of(project))
    for purpose in declared.values():
        expected = set(
            scratch.query(
                "select profile_id, key_type, key_value from contact_point_permissions "
                f"where purpose = '{purpose.name}' and is_permitted"
            )
        )
        asked, accepted = judged(project, export, purpose, as_of, tmp_path / "work")
        assert accepted == expected, purpose
        decided += len(asked)
        permitted += len(accepted)
    assert decided > 12 * PROFILES
    assert 0.1 < permitted / decided < 0.95


def judged(
    project: Project, export: Export, purpose: judge.Purpose, as_of: datetime, folder: Path
) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """All contact points of a purpose's channel, and those that the judge lets pass."""
    folder.mkdir(exist_ok=True)
    names = judge.read_purposes(purposes_of(project))
    points = audience.points_of_members(project, export)
    concerned = judge.concerned(names, [purpose.name])
    queries = audience.evidence(project, export, points, concerned)
    assert "country" in queries
    with local_work(folder) as work:
        with open_warehouse(project) as warehouse:
            for name, query in queries.items():
                spool(warehouse.stream(query), work.path(name))
        _lines(work, purpose.channel)
        write_evidence(work, folder / "evidence.parquet")
        members = set(
            work.connection.execute(
                f"select profile_id, key_type, key_value from {work.table('lines')}"
            ).fetchall()
        )
        offenders = judge.judge(
            folder / "evidence.parquet",
            purposes_of(project),
            [purpose.name],
            as_of,
            work.connection,
        )
    refused = {(each.profile_id, each.key_type, each.key_value) for each in offenders}
    return members, members - refused


def _lines(work: Work, channel: str | None) -> None:
    condition = f"key_type = '{channel}'" if channel else "true"
    nothing = ", ".join(
        f"null as {name}"
        for name in ("_reason", "_consent_id", "_source_name", "_recorded_at", "_expires_at")
    )
    work.save(
        f"select *, key_value as _written, {nothing} from {work.table('contact_point')} "
        f"where {condition}",
        work.path("lines"),
    )


def evidence_of(folder: Path, *rows: dict[str, Any]) -> Path:
    """An evidence file of a few rows."""
    columns = {
        "record": "varchar",
        "profile_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "written_as": "varchar",
        "purpose": "varchar",
        "status": "varchar",
        "source_name": "varchar",
        "consent_id": "varchar",
        "event_id": "varchar",
        "reason": "varchar",
        "country": "varchar",
        "recorded_at": "timestamp",
        "confirmed_at": "timestamp",
        "expires_at": "timestamp",
        "first_seen_at": "timestamp",
        "last_seen_at": "timestamp",
        "suppressed_at": "timestamp",
    }
    path = folder / "evidence.parquet"
    with duckdb.connect() as connection:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create table evidence ({listed})")
        for row in rows:
            connection.execute(
                f"insert into evidence ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
                list(row.values()),
            )
        connection.execute(f"copy evidence to '{path}' (format parquet)")
    return path


NOW = datetime(2026, 3, 10)
HERE = {"profile_id": "p", "key_type": "email", "key_value": "ann@example.com"}
MEMBER = {"record": "member", **HERE}
POINT = {"record": "contact_point", **HERE}
EVENT = {
    "record": "event",
    **HERE,
    "purpose": "news",
    "source_name": "s",
    "consent_id": "1",
    "first_seen_at": datetime(2026, 3, 5),
}
GRANT = {**EVENT, "status": "granted", "recorded_at": datetime(2026, 3, 2)}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([MEMBER, POINT, GRANT], None),
        ([MEMBER, POINT], "no permission in force"),
        ([MEMBER, GRANT], "the profile has no such contact point"),
        (
            [MEMBER, POINT, GRANT, {"record": "withheld", "profile_id": "p"}],
            "the profile is withheld (storage denied)",
        ),
        (
            # a record of the profile was once withheld with somebody who was erased
            [
                MEMBER,
                POINT,
                GRANT,
                {"record": "erasure", **HERE, "key_value": "bob@example.com"},
                {
                    "record": "suppression",
                    **HERE,
                    "key_value": "bob@example.com",
                    "reason": "erased",
                },
            ],
            "the profile is withheld (storage denied)",
        ),
        (
            [MEMBER, POINT, GRANT, {"record": "suppression", **HERE, "reason": "bounced"}],
            "the contact point is suppressed",
        ),
        (
            [
                MEMBER,
                POINT,
                GRANT,
                {
                    **EVENT,
                    "purpose": "use",
                    "status": "denied",
                    "recorded_at": datetime(2026, 3, 3),
                },
            ],
            "use is not permitted",
        ),
        # a status that nobody knows is a denial, never nothing
        (
            [MEMBER, POINT, GRANT, {**GRANT, "consent_id": "2", "status": "perhaps"}],
            "no permission in force",
        ),
    ],
)
def test_judge_says_why(rows: list[dict[str, Any]], reason: str | None, tmp_path: Path) -> None:
    path = evidence_of(tmp_path, *rows)
    with duckdb.connect() as connection:
        found = judge.judge(path, {"news": {"channel": "email"}}, ["news"], NOW, connection)
    assert [each.reason for each in found] == ([reason] if reason else [])
    assert all(each.masked == "a***@example.com" for each in found)


def test_many_members_are_judged_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [
        {**HERE, "profile_id": f"p{index}", "key_value": f"{index}@example.com"}
        for index in range(40)
    ]
    rows: list[dict[str, Any]] = []
    for index, person in enumerate(people):
        rows += [{"record": "member", **person}, {"record": "contact_point", **person}]
        if index % 4:
            rows.append({**GRANT, **person})
    path = evidence_of(tmp_path, *rows)
    monkeypatch.setattr(judge, "MEMBERS_AT_ONCE", 7)
    with duckdb.connect() as connection:
        found = judge.judge(path, {"news": {"channel": "email"}}, ["news"], NOW, connection)
    assert sorted(each.profile_id for each in found) == sorted(
        f"p{index}" for index in range(0, 40, 4)
    )
