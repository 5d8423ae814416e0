"""A model that was there at the last run and is declared no more stops the build."""

from __future__ import annotations

from pathlib import Path

import pytest
from exports_project import ScratchProject

ANSWER = {
    "id": "c1",
    "key_type": "email",
    "key_value": "ada@example.com",
    "purpose": "newsletter",
    "status": "granted",
}
STORED = """
    select consent_id, raw_status, first_seen_at, present_from, last_seen_at
    from consent_events order by 1, 4
"""
LISTED = "select key_value, reason, first_seen_at, last_seen_at from suppression_events"
DECIDED = """
    select key_value, is_permitted, reason from contact_point_permissions
    where purpose = 'newsletter' order by 1
"""
CONSENTS = {"model": "stg_shop__consents", "kind": "ledger", "max_shrink": 1}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    folder = tmp_path_factory.mktemp("retired") / "project"
    scratch = ScratchProject(folder, {}, {"newsletter_audience": "newsletter"})
    scratch.write()
    scratch.customers({"id": "1", "person": "p1", "email": "ada@example.com"})
    scratch.consents(ANSWER)
    scratch.suppressions(
        {"key_type": "email", "key_value": "bob@example.com", "reason": "bounced"},
    )
    scratch.refresh("--no-export")
    return scratch


def changed(built: ScratchProject, folder: Path, **variables: object) -> ScratchProject:
    scratch = built.copy_to(folder / "copy")
    scratch.variables |= variables
    scratch.write()
    return scratch


def test_a_suppression_list_that_is_no_longer_named_stops_the_build(
    built: ScratchProject, tmp_path: Path
) -> None:
    scratch = changed(built, tmp_path, suppression_models=[])
    events = "select count(*) from consent_events"
    before = scratch.query(events)
    done = scratch.consent("refresh", "--no-export")
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert "the settings no longer name stg_shop__suppressions" in told
    assert "retired_models: [stg_shop__suppressions]" in told
    assert scratch.query(events) == before


def test_a_retired_model_is_no_obstacle_until_it_is_taken_off_the_list(
    built: ScratchProject, tmp_path: Path
) -> None:
    retired = ["stg_shop__suppressions"]
    scratch = changed(built, tmp_path, suppression_models=[], retired_models=retired)
    scratch.refresh("--no-export")
    scratch.refresh("--no-export")
    scratch.variables["retired_models"] = []
    scratch.write()
    done = scratch.consent("refresh", "--no-export")
    assert done.returncode == 1
    assert "no longer name stg_shop__suppressions" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_renamed_models_keep_their_evidence(built: ScratchProject, tmp_path: Path) -> None:
    """Versions, stretches, denials of rows that are gone, and what was taken back."""
    copy = built.copy_to(tmp_path / "before")
    no = {**ANSWER, "id": "c2", "key_value": "bob@example.com", "status": "denied"}
    oops = {**ANSWER, "id": "c3", "key_value": "eve@example.com"}
    copy.customers(
        *(
            {"id": n, "person": f"p{n}", "email": f"{name}@example.com"}
            for n, name in (("1", "ada"), ("2", "bob"), ("3", "eve"))
        )
    )
    copy.variables["consent_models"] = [{**CONSENTS, "kind": "state"}]
    copy.write()
    copy.consents(ANSWER, no, oops)
    copy.refresh("--no-export")
    taken = copy.consent("retract", "shop/c3", "--because", "meant for another")
    assert taken.returncode == 0, taken.stderr
    copy.consents(ANSWER, oops)
    copy.refresh("--no-export")
    before, suppressed = copy.query(STORED), copy.query(LISTED)
    decided = copy.query(DECIDED)
    assert [row[1:] for row in decided] == [
        (True, "granted"),
        (False, "suppressed"),
        (False, "no_record"),
    ]

    scratch = changed(
        copy,
        tmp_path,
        suppression_models=["stg_shop__blocked"],
        consent_models=[{**CONSENTS, "model": "stg_shop__answers", "kind": "state"}],
        renamed_models={
            "stg_shop__suppressions": "stg_shop__blocked",
            "stg_shop__consents": "stg_shop__answers",
        },
    )
    own = scratch.folder / "models/own"
    for old, new in (("suppressions", "blocked"), ("consents", "answers")):
        (own / f"stg_shop__{new}.sql").write_text((own / f"stg_shop__{old}.sql").read_text())
    for _ in range(2):
        scratch.refresh("--no-export")
        assert scratch.query(STORED) == before
        assert scratch.query(LISTED) == suppressed
        assert scratch.query(DECIDED) == decided
    names = "select distinct consent_model from consent_events union "
    names += "select distinct suppression_model from suppression_events order by 1"
    assert scratch.query(names) == [("stg_shop__answers",), ("stg_shop__blocked",)]


def test_a_renamed_model_keeps_its_baseline(built: ScratchProject, tmp_path: Path) -> None:
    renamed = {"stg_shop__suppressions": "stg_shop__blocked"}
    scratch = changed(built, tmp_path, suppression_models=["stg_shop__blocked"])
    own = scratch.folder / "models/own"
    for text in [(own / "stg_shop__suppressions.sql").read_text()]:
        (own / "stg_shop__blocked.sql").write_text(text)
    stopped = scratch.consent("refresh", "--no-export")
    assert "no longer name stg_shop__suppressions" in " ".join(stopped.stderr.split())
    scratch.variables["renamed_models"] = renamed
    scratch.write()
    scratch.refresh("--no-export")
    scratch.suppressions()
    emptied = scratch.consent("refresh", "--no-export")
    assert "stg_shop__blocked is empty (1 rows before)" in " ".join(emptied.stderr.split())
