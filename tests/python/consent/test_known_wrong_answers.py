"""Answers that other systems are known to get wrong, each brought in as it happens: load by load.

That an unticked box is read as a denial is the sixth; it is decided where columns become rows,
and tested there (models/staging/crm/stg_crm__consents.yml).
"""

from __future__ import annotations

from typing import Any

import pytest
from exports_project import ScratchProject

PURPOSES = {
    "newsletter": {"channel": "email"},
    "product_updates": {"channel": "email"},
    "surveys": {"channel": "email"},
    "partner_offers": {"channel": "email", "double_opt_in": True},
}
LOADS = ("2026-04-01 12:00:00", "2026-04-02 12:00:00", "2026-04-03 12:00:00")


def said(
    identifier: str, email: str, purpose: str, status: str, recorded: str, confirmed: str | None
) -> dict[str, Any]:
    return {
        "id": identifier,
        "key_type": "email",
        "key_value": email,
        "purpose": purpose,
        "status": status,
        "recorded_at": f"{recorded}T00:00:00",
        "confirmed_at": f"{confirmed}T00:00:00" if confirmed else None,
    }


ANN, ANN_TOO = "ann@example.com", "ann@example.net"
BOB, CEM, DEE, FAY = (f"{name}@example.com" for name in ("bob", "cem", "dee", "fay"))

CUSTOMERS = [{"id": each, "person": each[:3], "email": each} for each in (ANN, BOB, CEM, DEE, FAY)]
ALWAYS = [
    said("c1", CEM, "newsletter", "granted", "2026-01-01", None),
    said("c2", CEM, "product_updates", "granted", "2026-01-01", None),
    said("c3", CEM, "surveys", "denied", "2026-01-01", None),
    said("d1", DEE, "newsletter", "denied", "2026-01-01", None),
    said("d2", DEE, "product_updates", "granted", "2026-01-01", None),
    said("b1", BOB, "newsletter", "denied", "2026-02-01", None),
    said("f2", FAY, "partner_offers", "denied", "2026-02-01", None),
]
SENT = [
    [
        said("a1", ANN, "newsletter", "granted", "2026-01-01", None),
        said("f1", FAY, "partner_offers", "granted", "2026-01-01", None),
    ],
    # Ann withdraws: her row says no
    [
        said("a1", ANN, "newsletter", "denied", "2026-03-01", None),
        said("f1", FAY, "partner_offers", "granted", "2026-01-01", None),
    ],
    # her row is deleted, an older grant comes in with another record of hers; one of Bob's
    # arrives late; the link in Fay's old mail is opened
    [
        said("a2", ANN, "newsletter", "granted", "2026-02-01", None),
        said("a3", ANN_TOO, "newsletter", "granted", "2026-02-01", None),
        said("b2", BOB, "newsletter", "granted", "2026-01-01", None),
        said("f1", FAY, "partner_offers", "granted", "2026-01-01", "2026-03-01"),
    ],
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    project = ScratchProject(
        tmp_path_factory.mktemp("wrong_answers") / "project",
        {},
        {"newsletter_audience": "newsletter", "updates_audience": "product_updates"},
        variables={
            "purposes": PURPOSES,
            "consent_models": [{"model": "stg_shop__consents", "kind": "state", "max_shrink": 1}],
        },
    )
    project.write()
    project.suppressions()
    for load, (moment, sent) in enumerate(zip(LOADS, SENT, strict=True)):
        more = [{"id": ANN_TOO, "person": "ann", "email": ANN_TOO}] if load == 2 else []
        project.customers(*CUSTOMERS, *more)
        project.consents(*ALWAYS, *sent)
        project.refresh("--no-export", CONSENT_NOW=moment)
    return project


def decision(project: ScratchProject, email: str, purpose: str) -> tuple[bool, str]:
    [found] = project.query(
        "select is_permitted, reason from contact_point_permissions"
        f" where key_value = '{email}' and purpose = '{purpose}'"
    )
    return found


def members(project: ScratchProject, segment: str) -> set[str]:
    rows = project.query(f"select key_value from segment_members where segment_name = '{segment}'")
    return {value for (value,) in rows}


def test_a_deleted_withdrawal_and_a_merge_with_an_older_grant_bring_nothing_back(
    project: ScratchProject,
) -> None:
    assert decision(project, ANN, "newsletter") == (False, "denied")
    assert decision(project, ANN_TOO, "newsletter") == (False, "denied_elsewhere")


def test_the_latest_word_is_the_one_said_last_and_not_the_one_loaded_last(
    project: ScratchProject,
) -> None:
    assert decision(project, BOB, "newsletter") == (False, "denied")


def test_no_option_is_lost_to_one_row_per_customer(project: ScratchProject) -> None:
    assert decision(project, CEM, "newsletter") == (True, "granted")
    assert decision(project, CEM, "product_updates") == (True, "granted")
    assert decision(project, CEM, "surveys") == (False, "denied")


def test_option_and_value_are_never_matched_on_different_rows(project: ScratchProject) -> None:
    assert members(project, "newsletter_audience") == {CEM}
    assert members(project, "updates_audience") == {CEM, DEE}


def test_a_link_opened_after_the_withdrawal_brings_nothing_back(project: ScratchProject) -> None:
    assert decision(project, FAY, "partner_offers") == (False, "denied")
