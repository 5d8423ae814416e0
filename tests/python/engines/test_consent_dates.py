"""Tests that ship: dates and ids of consent that its source does not keep are found, others not."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from engines.macro_lab import MacroLab

from runner import dbt

FIRST, SECOND = datetime(2026, 3, 1), datetime(2026, 3, 2)
ROWS = 30
EVENTS = {
    **dict.fromkeys(("event_id", "version_id", "consent_model", "key_type", "key_value"), "text"),
    "status": "text",
    **dict.fromkeys(("recorded_at", "confirmed_at", "first_seen_at", "last_seen_at"), "timestamp"),
}
OBSERVED = {
    **dict.fromkeys(("consent_model", "source_kind", "source_name", "version_id"), "text"),
    **dict.fromkeys(("key_type", "key_value", "status"), "text"),
    "recorded_at": "timestamp",
}
PROPERTIES = {
    "models": [
        {
            "name": "events",
            "data_tests": [
                {"has_grants_that_stay": {"name": "grants_moved"}},
                {"has_ids_that_stay": {"name": "ids_moved"}},
            ],
        },
        {"name": "observed", "data_tests": [{"has_dates_of_its_own": {"name": "no_own_dates"}}]},
    ]
}


def event(model: str, id_: str, value: str, seen: datetime, **more: Any) -> dict[str, Any]:
    row = {"event_id": f"{model}{id_}", "version_id": f"{model}{id_}{value}{seen}"}
    row |= {"consent_model": model, "key_type": "email", "key_value": value}
    return row | {"status": "granted", "recorded_at": FIRST, "first_seen_at": seen} | more


def events() -> list[dict[str, Any]]:
    """Stored evidence of five models over two loads, and of one that is small."""
    found = []
    old = datetime(2025, 1, 1)
    for n in range(ROWS):
        id_, value, later = str(n), f"{n}@example.com", SECOND - timedelta(hours=1)
        gone = {"recorded_at": old, "last_seen_at": SECOND}
        # all grants get a new time in the second load
        found.append(event("moved", id_, value, FIRST, **gone))
        found.append(event("moved", id_, value, SECOND, recorded_at=later))
        # half of them do
        if n % 2:
            found.append(event("asked_again", id_, value, FIRST, **gone))
            found.append(event("asked_again", id_, value, SECOND, recorded_at=later))
        else:
            found.append(event("asked_again", id_, value, FIRST, recorded_at=old))
        # a new export numbers its rows anew
        found.append(event("renumbered", id_, value, FIRST, **gone))
        found.append(event("renumbered", f"new{n}", value, SECOND, recorded_at=old))
        # the key of a row goes to another person
        found.append(event("readdressed", id_, value, FIRST, **gone))
        found.append(event("readdressed", id_, f"new.{value}", SECOND, recorded_at=old))
        # new people come, with dates of today
        found.append(event("grown", id_, value, FIRST, recorded_at=old))
        found.append(event("grown", f"new{n}", f"new.{value}", SECOND, recorded_at=later))
        if n < 10:
            found.append(event("small", id_, value, FIRST, **gone))
            found.append(event("small", id_, value, SECOND, recorded_at=later))
    return found


def observed() -> list[dict[str, Any]]:
    """Answers of 30 records that were changed at FIRST, as four models date them."""
    found = []
    for model, source, kind, same, rows in (
        ("like_the_record", "shop", "state", ROWS, ROWS),
        ("own_dates", "shop", "state", ROWS // 2, ROWS),
        ("a_ledger", "shop", "ledger", ROWS, ROWS),
        ("of_another_source", "elsewhere", "state", ROWS, ROWS),
        ("of_few", "shop", "state", 10, 10),
    ):
        for n in range(rows):
            row = {"consent_model": model, "source_kind": kind, "source_name": source}
            row |= {"version_id": f"{model}{n}", "key_type": "email", "status": "denied"}
            row["key_value"] = f"{n}@example.com"
            found.append({**row, "recorded_at": FIRST if n < same else SECOND})
    return found


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Per test, the consent models that it names."""
    folder = tmp_path_factory.mktemp("dates")
    lab = MacroLab(folder)
    number = range(ROWS)
    for name, types, rows in (
        ("events", EVENTS, events()),
        ("observed", OBSERVED, observed()),
        (
            "int_identity__records",
            {"record_id": "bigint", "source_name": "text", "updated_at": "timestamp"},
            [{"record_id": n, "source_name": "shop", "updated_at": FIRST} for n in number],
        ),
        (
            "int_identity__record_keys",
            {"record_id": "bigint", "key_type": "text", "key_value": "text"},
            [
                {"record_id": n, "key_type": "email", "key_value": f"{n}@example.com"}
                for n in number
            ],
        ),
    ):
        given = {column: type_.replace("text", "varchar") for column, type_ in types.items()}
        lab.warehouse.load(f"lab.{name}", given, [{**dict.fromkeys(given), **r} for r in rows])
        (folder / f"models/{name}.sql").write_text(f"select * from lab.{name}")
    (folder / "models/properties.yml").write_text(json.dumps(PROPERTIES))
    unset = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}
    with patch.dict(os.environ, unset, clear=True):
        outcome = dbt.invoke(["build", "--store-failures"], folder=folder)
    assert {r.name for r in outcome.failed} == {"grants_moved", "ids_moved", "no_own_dates"}
    return {
        name: {
            model
            for (model,) in lab.warehouse.rows(
                f"select consent_model from main_dbt_test__audit.{name}"
            )
        }
        for name in ("grants_moved", "ids_moved", "no_own_dates")
    }


def test_grants_that_all_moved_on_in_one_load_are_found(failing: dict[str, set[str]]) -> None:
    assert failing["grants_moved"] == {"moved"}


def test_new_ids_with_old_dates_and_other_contact_points_are_found(
    failing: dict[str, set[str]],
) -> None:
    assert failing["ids_moved"] == {"renumbered", "readdressed"}


def test_answers_dated_by_the_change_of_their_record_are_found(
    failing: dict[str, set[str]],
) -> None:
    assert failing["no_own_dates"] == {"like_the_record"}
