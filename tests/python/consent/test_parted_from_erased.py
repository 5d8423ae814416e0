"""A record that parts from an erased person stays withheld, though it never had the address.

Two records are one person; one of them is erased by its address. Later they are two people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from exports_project import ScratchProject

ERASED, OTHER, STRANGER = "ann@example.com", "office@example.com", "zoe@example.com"
GRANT = {"purpose": "newsletter", "status": "granted", "recorded_at": "2026-01-05T00:00:00"}


def consent(number: int, email: str, **values: Any) -> dict[str, Any]:
    return {"id": str(number), "key_type": "email", "key_value": email, **GRANT, **values}


CONSENTS = [consent(n, email) for n, email in enumerate((ERASED, OTHER, STRANGER))]


def people(other: str) -> tuple[dict[str, Any], ...]:
    return (
        {"id": "1", "person": "p1", "email": ERASED},
        {"id": "2", "person": other, "email": OTHER},
        {"id": "3", "person": "p3", "email": STRANGER},
    )


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    folder = tmp_path_factory.mktemp("parted") / "project"
    scratch = ScratchProject(folder, {}, {"newsletter_audience": "newsletter"})
    scratch.write()
    scratch.customers(*people("p1"))
    scratch.consents(*CONSENTS)
    scratch.suppressions(
        {
            "key_type": "email",
            "key_value": ERASED,
            "reason": "erased",
            "suppressed_at": "2026-02-01T00:00:00",
        }
    )
    scratch.refresh("--no-export", CONSENT_NOW="2026-03-01T00:00:00")
    assert kept(scratch) == {"p3"}
    scratch.customers(*people("p2"))
    scratch.refresh("--no-export", CONSENT_NOW="2026-03-02T00:00:00")
    return scratch


def kept(scratch: ScratchProject) -> set[str]:
    return {who for (who,) in scratch.query("select profile_id from profiles")}


def test_it_stays_withheld_and_explain_says_why(parted: ScratchProject) -> None:
    assert kept(parted) == {"p3"}
    done = parted.consent("explain", OTHER, "newsletter_audience")
    told = " ".join((done.stdout + done.stderr).split())
    assert "a record of it belonged to somebody who was erased (email a***@example.com)" in told
    assert ERASED not in told


@pytest.mark.slow
def test_a_yes_to_storage_on_the_erased_address_brings_both_back(
    parted: ScratchProject, tmp_path: Path
) -> None:
    scratch = parted.copy_to(tmp_path / "copy")
    yes = {"purpose": "storage", "recorded_at": "2026-03-03T00:00:00"}
    scratch.consents(*CONSENTS, consent(8, OTHER, **yes))
    scratch.refresh("--no-export", CONSENT_NOW="2026-03-04T00:00:00")
    assert kept(scratch) == {"p3"}
    scratch.consents(*CONSENTS, consent(9, ERASED, **yes))
    scratch.refresh("--no-export", CONSENT_NOW="2026-03-05T00:00:00")
    assert kept(scratch) == {"p1", "p2", "p3"}


@pytest.mark.slow
def test_people_may_part_it_from_the_erased_record(parted: ScratchProject, tmp_path: Path) -> None:
    scratch = parted.copy_to(tmp_path / "copy")
    path = scratch.folder / "seeds/reference/never_match.csv"
    header, *_ = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{header}\nshop,2,shop,1\n", encoding="utf-8")
    # an empty seed without types has made columns of numbers
    scratch.execute("drop table never_match")
    scratch.refresh("--no-export", CONSENT_NOW="2026-03-04T00:00:00")
    assert kept(scratch) == {"p2", "p3"}
