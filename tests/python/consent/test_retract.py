"""`consent retract`: shown before it is written, counted from the next refresh, and undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exports_project import ScratchProject

EMAIL = "ada@example.com"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    project = ScratchProject(
        tmp_path_factory.mktemp("retract") / "project", {}, {"newsletter_audience": "newsletter"}
    )
    project.write()
    project.customers({"id": "1", "person": "ada", "email": EMAIL})
    said = {"key_type": "email", "key_value": EMAIL, "purpose": "newsletter"}
    project.consents(
        {**said, "id": "4711", "status": "granted", "recorded_at": "2026-01-01T00:00:00"},
        {**said, "id": "4712", "status": "denied", "recorded_at": "2026-02-01T00:00:00"},
        {**said, "id": "4713", "status": "granted", "recorded_at": "2026-03-01T00:00:00"},
    )
    project.suppressions()
    project.refresh("--no-export", CONSENT_NOW="2026-04-01T00:00:00")
    return project


def decided(project: ScratchProject) -> tuple[bool, str]:
    ((permitted, reason),) = project.query(
        "select is_permitted, reason from contact_point_permissions"
        f" where key_value = '{EMAIL}' and purpose = 'newsletter'"
    )
    return permitted, reason


def test_a_mistake_is_shown_written_counted_and_taken_back(built: ScratchProject) -> None:
    assert decided(built) == (True, "granted")
    words = ("retract", "shop/4713", "--because", "typed for another customer")
    shown = built.consent(*words, "--dry-run", "--json", CONSENT_NOW="2026-04-02T00:00:00")
    assert shown.returncode == 0, shown.stderr
    (change,) = json.loads(shown.stdout)
    assert change["contact_point"] == "a***@example.com"
    assert (change["is_permitted"], change["after"]) == (False, "denied")
    assert EMAIL not in shown.stdout + shown.stderr
    assert built.query("select count(*) from retractions") == [(0,)]
    assert decided(built) == (True, "granted")

    done = built.consent(*words, CONSENT_NOW="2026-04-02T00:00:00")
    assert done.returncode == 0, done.stderr
    built.refresh("--no-export", CONSENT_NOW="2026-04-03T00:00:00")
    assert decided(built) == (False, "denied")

    # a denial stays unless it is said that it goes too
    kept = built.consent(
        "retract", "shop/4712", "--because", "x", "--dry-run", CONSENT_NOW="2026-04-04T00:00:00"
    )
    assert "1 of 1 are denials and stay" in kept.stderr
    too = built.consent(
        "retract",
        "shop/4712",
        "--because",
        "x",
        "--denials-too",
        "--dry-run",
        "--json",
        CONSENT_NOW="2026-04-04T00:00:00",
    )
    assert [each["is_permitted"] for each in json.loads(too.stdout)] == [True]

    undone = built.consent("retract", "shop/4713", "--undo", CONSENT_NOW="2026-04-04T00:00:00")
    assert undone.returncode == 0, undone.stderr
    built.refresh("--no-export", CONSENT_NOW="2026-04-05T00:00:00")
    assert decided(built) == (True, "granted")
    schemas = {row[0] for row in built.query("select schema_name from information_schema.schemata")}
    assert not any(name.endswith("_trial") for name in schemas)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("shop/nobody", "--because", "x"), "No consent event has that id."),
        (("shop/4711",), "--because is missing"),
        (("--because", "x"), "Name what is taken back"),
        (("--model", "stg_shop__consents", "--because", "x"), "belong together"),
        (
            ("--model", "stg_shop__consents", "--first-seen", "2020-01-01", "--because", "x"),
            "brought nothing new",
        ),
        (("--suppression", "0", "--because", "x", "--denials-too"), "No suppression has that id."),
        (("shop/4711", "--undo"), "no retraction of this that stands"),
    ],
)
def test_what_cannot_be_taken_back_is_said(
    built: ScratchProject, words: tuple[str, ...], told: str
) -> None:
    done = built.consent("retract", *words, CONSENT_NOW="2026-04-06T00:00:00")
    assert done.returncode != 0
    assert told in " ".join(done.stderr.split())


def test_a_load_is_taken_back_as_a_whole(built: ScratchProject, tmp_path: Path) -> None:
    copy = built.copy_to(tmp_path / "copy")
    shown = copy.consent(
        "retract",
        "--model",
        "stg_shop__consents",
        "--first-seen",
        "2026-04-01T00:00:00",
        "--because",
        "a wrong file",
        "--dry-run",
        "--json",
        CONSENT_NOW="2026-04-06T00:00:00",
    )
    assert shown.returncode == 0, shown.stderr
    assert all(not each["is_permitted"] for each in json.loads(shown.stdout))
