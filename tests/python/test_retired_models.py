"""A model that was there at the last run and is declared no more stops the build."""

from __future__ import annotations

from pathlib import Path

import pytest
from exports_project import ScratchProject

CONSENTS = {"model": "stg_shop__consents", "kind": "ledger", "max_shrink": 1}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    folder = tmp_path_factory.mktemp("retired") / "project"
    scratch = ScratchProject(folder, {}, {"newsletter_audience": "newsletter"})
    scratch.write()
    scratch.customers({"id": "1", "person": "p1", "email": "ada@example.com"})
    scratch.consents(
        {
            "id": "c1",
            "key_type": "email",
            "key_value": "ada@example.com",
            "purpose": "newsletter",
            "status": "granted",
        }
    )
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
