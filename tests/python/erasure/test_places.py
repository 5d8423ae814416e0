"""The one list of places: whatever keeps people must stand in it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from runner.erasure.places import STATE

ROOT = Path(__file__).resolve().parents[3]


def test_every_table_of_state_is_listed() -> None:
    tagged = {
        path.stem
        for path in (ROOT / "models").rglob("*.sql")
        if re.search(r"tags=\[[^]]*'state'", path.read_text(encoding="utf-8"))
    }
    listed = {each.table for each in STATE if each.is_model}
    # what a later version brings may be listed before it is there
    assert tagged - listed == set()
    assert {"consent_events", "contact_point_history", "profile_ids"} <= tagged


def test_every_column_that_the_list_names_is_there() -> None:
    columns: dict[str, set[str]] = {}
    for path in (ROOT / "models").rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", ()):
            declared = model.get("columns", ())
            if not isinstance(declared, str):  # a list that Jinja writes
                columns[model["name"]] = {each["name"] for each in declared}
    for each in STATE:
        known = columns.get(each.table)
        if not each.is_model or not known:
            continue
        named = {*each.profiles, *each.events, *each.hashed, *each.emptied}
        named |= {"key_type", "key_value"} if each.by_contact_point else set()
        named |= {"source_name", "source_record_id"} if each.records else set()
        assert named - known == set(), each.table
