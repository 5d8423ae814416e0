"""State that a version before kept, meaning and no words, goes on without losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines.warehouse import ENGINE
from exports_project import ScratchProject

pytestmark = pytest.mark.skipif(
    ENGINE != "duckdb", reason="the state of before is written into a file"
)
OLD_TABLES = """
    create table kept as
        select source_name, consent_id, key_type, key_value, purpose, status, recorded_at,
            confirmed_at, expires_at, evidence, version_id as event_id, first_seen_at,
            last_seen_at
        from consent_events
        union all
        select suppression_model, 'suppression-' || reason || '-' || key_type || '-'
                || md5(key_value), key_type, key_value, 'use', 'denied', suppressed_at, null,
            null, '{"suppression": "complained"}', version_id, first_seen_at, null
        from suppression_events where reason = 'complained';
    drop table consent_events;
    alter table kept rename to consent_events;
    drop table suppression_events;
    drop table contact_point_history;
    drop table retractions;
    drop table int_consent__interpreted;
    alter table tombstones drop column made_by;
    update state_version set version = 4;
"""


def consent(number: str, email: str, status: str, **more: str) -> dict[str, str]:
    return {
        "id": number,
        "key_type": "email",
        "key_value": email,
        "purpose": "newsletter",
        "status": status,
        "recorded_at": "2026-01-01T00:00:00",
        **more,
    }


ROWS = [
    consent("1", "granted@example.com", "granted"),
    consent("2", "gone.grant@example.com", "granted"),
    consent("3", "gone.denial@example.com", "denied"),
    consent("4", "complained@example.com", "granted"),
    consent("5", "edited@example.com", "granted"),
    {**consent("6", "undated@example.com", "denied"), "recorded_at": ""},
    consent("7", "stored@example.com", "denied", purpose="storage"),
]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """A project whose warehouse was written by the version before, refreshed by this one."""
    folder: Path = tmp_path_factory.mktemp("before") / "project"
    models = [{"model": "stg_shop__consents", "kind": "state", "max_shrink": 1}]
    project = ScratchProject(
        folder, {}, {"newsletter_audience": "newsletter"}, {"consent_models": models}
    )
    project.write()
    people = [each["key_value"] for each in ROWS]
    project.customers(
        *({"id": email, "person": email.split("@")[0], "email": email} for email in people)
    )
    project.consents(*({**row, "recorded_at": row["recorded_at"] or None} for row in ROWS))
    project.suppressions(
        {
            "key_type": "email",
            "key_value": "complained@example.com",
            "reason": "complained",
            "suppressed_at": "2026-02-01T00:00:00",
        }
    )
    project.refresh("--no-export", CONSENT_NOW="2026-03-01T00:00:00")
    project.execute(OLD_TABLES)
    project.suppressions()
    project.consents(
        *(
            {
                **row,
                "recorded_at": row["recorded_at"] or None,
                "key_value": row["key_value"].replace("edited@", "edited.now@"),
            }
            for row in ROWS
            if not row["key_value"].startswith("gone.")
        )
    )
    project.customers(
        *(
            {
                "id": email,
                "person": email.split("@")[0],
                "email": email.replace("edited@", "edited.now@"),
            }
            for email in people
        )
    )
    project.refresh(
        "--no-export",
        "--vars",
        "{accepted_shrinks: [stg_shop__suppressions]}",
        CONSENT_NOW="2026-03-02T00:00:00",
    )
    return project


def decided(project: ScratchProject, email: str) -> tuple[bool, str]:
    ((permitted, reason),) = project.query(
        "select is_permitted, reason from contact_point_permissions"
        f" where key_value = '{email}' and purpose = 'newsletter'"
    )
    return permitted, reason


def test_what_was_decided_is_decided_as_before(moved: ScratchProject) -> None:
    assert decided(moved, "granted@example.com") == (True, "granted")
    assert decided(moved, "gone.grant@example.com") == (False, "no_record")
    assert decided(moved, "gone.denial@example.com") == (False, "denied")
    assert decided(moved, "complained@example.com") == (False, "parent_not_permitted")
    assert decided(moved, "undated@example.com") == (False, "denied")


def test_a_grant_of_before_stays_with_its_contact_point(moved: ScratchProject) -> None:
    assert decided(moved, "edited.now@example.com") == (False, "granted_elsewhere")


def test_a_profile_that_was_withheld_is_withheld(moved: ScratchProject) -> None:
    assert moved.query("select * from profiles where profile_id = 'stored'") == []
    assert moved.query("select count(*) from tombstones where denied_at = '2026-01-01'") == [(1,)]


def test_nothing_is_stored_twice_and_first_seen_is_what_it_was(moved: ScratchProject) -> None:
    rows = moved.query(
        "select consent_id, count(*), min(first_seen_at) from consent_events"
        " where consent_id in ('1', '6') group by consent_id order by consent_id"
    )
    assert [(number, count, str(seen)) for number, count, seen in rows] == [
        ("1", 1, "2026-03-01 00:00:00"),
        ("6", 1, "2026-03-01 00:00:00"),
    ]
    assert moved.query("select count(*) from consent_events where consent_model is null") == [(0,)]
