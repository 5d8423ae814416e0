"""Each assertion that ships fails when the decision that it watches over is broken on purpose."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from consent_evidence import Load, Record, Row
from engines.warehouse import ENGINE
from evidence_project import EvidenceProject

from runner import dbt

pytestmark = pytest.mark.skipif(ENGINE != "duckdb", reason="errors are planted into a file")
MOMENT = datetime(2026, 6, 1)
GRANTED = datetime(2026, 1, 1)
DENIED = datetime(2026, 2, 1)


def person(name: str) -> Record:
    return Record("crm", name, frozenset({("email", f"{name}@example.com")}))


def said(name: str, answer: str, at: datetime, purpose: str = "newsletter") -> Row:
    point = ("email", f"{name}@example.com")
    return Row("stg_lab__ledger", "crm", f"{name}-{purpose}", point, purpose, answer, at)


PLANTED = {
    "assert_a_denial_stands_on_every_contact_point": """
        update int_consent__decisions set is_permitted = true
        where key_value = 'no@example.com' and purpose = 'newsletter'
    """,
    "assert_a_grant_permits_its_own_contact_point_only": """
        update int_consent__decisions
        set is_permitted = true, reason = 'granted', deciding_id = 'yes-newsletter'
        where key_value = 'no@example.com' and purpose = 'newsletter'
    """,
    "assert_members_have_a_permission_in_force": """
        insert into segment_members
        select 'audience', profile_id, key_type, key_value, as_of_of_build
        from profile_contact_points
        cross join (select timestamp '2026-06-01' as as_of_of_build) as build
        where key_value = 'silent@example.com'
    """,
    "assert_profile_consents_follow_contact_points": """
        update profile_consents set is_permitted = true, key_type = 'email',
            key_value = 'no@example.com'
        where purpose = 'newsletter' and not is_permitted
    """,
    "assert_withheld_profiles_are_nowhere": """
        insert into int_consent__withheld_profiles
        select profile_id from profile_contact_points where key_value = 'yes@example.com'
    """,
    "has_permitted_contact_point_segment_members_": """
        update segment_members set key_value = 'no@example.com'
    """,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> EvidenceProject:
    folder: Path = tmp_path_factory.mktemp("planted") / "project"
    folder.mkdir()
    project = EvidenceProject(
        folder, {"newsletter": {"channel": "email"}}, {"audience": "newsletter"}
    ).create()
    project.load(
        Load(
            MOMENT,
            tuple(person(name) for name in ("yes", "no", "silent")),
            (said("yes", "granted", GRANTED), said("no", "denied", DENIED)),
        )
    )
    shutil.copyfile(folder / "warehouse.duckdb", folder / "good.duckdb")
    return project


def test_every_assertion_that_ships_is_tried(built: EvidenceProject) -> None:
    shipped = {path.stem for path in (built.folder / "tests").glob("assert_*.sql")}
    assert shipped <= PLANTED.keys()


@pytest.mark.parametrize("assertion", PLANTED)
def test_a_planted_error_is_found(built: EvidenceProject, assertion: str) -> None:
    shutil.copyfile(built.folder / "good.duckdb", built.folder / "warehouse.duckdb")
    assert outcome(built, assertion) == {"pass"}
    built.warehouse.execute(PLANTED[assertion])
    assert outcome(built, assertion) == {"fail"}


def outcome(project: EvidenceProject, name: str) -> set[str]:
    """What became of a data test."""
    done = dbt.invoke(
        ["test", "--select", name],
        folder=project.folder,
        variables={"observed_at": str(MOMENT)},
    )
    return {each.status for each in done.results if each.node_id.startswith("test.")}
