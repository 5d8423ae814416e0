"""`consent erase`: suppressed at once, complete after the removals, nothing found afterwards.

Four people of the demo: Frank is gone from his sources by the time of the refresh; Mila and Bram
stay there, and Mila later asks to be kept; of a stranger there is consent and nothing else.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clone import run

pytestmark = pytest.mark.slow

FRANK, MILA, BRAM = "frank@contoso.com", "mila.jansen@example.com", "bram.visser@example.com"
FRANKS = (FRANK, "+31620000002")
STRANGER = "stranger@example.com"
LIFTED = "2030-01-01T00:00:00Z"


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def typed(folder: Path, command: str) -> Any:
    return run(folder, f"CONSENT_PEPPER=pepper {command}")


def erased(folder: Path, who: str) -> dict[str, Any]:
    return answered(folder, f"consent erase {who}")


def answered(folder: Path, command: str) -> dict[str, Any]:
    done = typed(folder, f"{command} --json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def holding(folder: Path, text: str) -> list[str]:
    """Every table and every file but the sources that says it, by a search of the test's own."""
    found = []
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        for name, kind in connection.execute(
            "select table_name, table_type from information_schema.tables"
        ).fetchall():
            if kind == "BASE TABLE" and text in str(
                connection.execute(f'select * from "{name}"').fetchall()
            ):
                found.append(name)
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not path.is_file() or parts[0] not in ("exports", "target", "logs", "consent.duckdb"):
            continue
        content = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
        if text.encode() in path.read_bytes() or text in content:
            found.append(path.name)
    return found


def without(path: Path, keep: Callable[[str], bool]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if keep(line)), encoding="utf-8")


def leave_sources(folder: Path) -> None:
    data = folder / "data" / "demo"
    for path in [*data.glob("*.csv"), *data.glob("*.jsonl")]:
        without(path, lambda line: FRANK not in line.lower())
    for name in ("loyalty_members", "loyalty_consents"):
        path = data / f"{name}.parquet"
        table = pq.read_table(path)
        kept = [row for row in table.to_pylist() if "2620000000002" not in str(row)]
        pq.write_table(pa.Table.from_pylist(kept, table.schema), path)


def say(folder: Path, contact: str, topic: str, state: str, at: str) -> None:
    row = {
        "consent_id": f"later-{contact}-{topic}",
        "contact_kind": "email" if "@" in contact else "phone",
        "contact": contact,
        "topic": topic,
        "state": state,
        "requested_at": at,
    }
    with (folder / "data/demo/webshop_consents.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


@dataclass
class Story:
    """A copy of the demo in which three people asked to be erased, and what was answered."""

    folder: Path
    first: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: dict[str, dict[str, Any]] = field(default_factory=dict)
    used_between: list[tuple[Any, ...]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    held_before: list[str] = field(default_factory=list)
    held_after: dict[str, list[str]] = field(default_factory=dict)
    verified: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("erased") / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    told = Story(folder)
    for who in (FRANK, MILA, BRAM):
        told.first[who] = erased(folder, who)
    told.used_between = rows(
        folder,
        "select profiles.email from profiles full join segment_members using (profile_id)"
        f" where key_value in ('{FRANK}', '{MILA}', '{BRAM}')"
        f" or email in ('{FRANK}', '{MILA}', '{BRAM}')",
    )
    leave_sources(folder)
    say(folder, STRANGER, "newsletter", "opt-in", "2026-01-01T00:00:00Z")
    done = typed(folder, "consent refresh")
    assert done.returncode == 0, done.stderr
    latest = max((folder / "exports/newsletter").glob("*Z-*"))
    told.removed = (latest / "removed.csv").read_text(encoding="utf-8").splitlines()
    told.held_before = holding(folder, FRANK)
    for who in (FRANK, MILA, BRAM):
        told.last[who] = answered(folder, told.first[who]["repeat"])
    told.last[STRANGER] = erased(folder, STRANGER)
    told.held_after = {text: holding(folder, text) for text in (*FRANKS, MILA, STRANGER)}
    for place in sorted((folder / "exports/newsletter").glob("*Z-*")):
        told.verified.append(typed(folder, f"consent verify '{place}'").returncode)
    # Bram is still at his source, and so is Mila, who changes her mind about storage
    say(folder, MILA, "Keep my data", "opt-in", LIFTED)
    say(folder, "+31620000015", "Keep my data", "opt-in", LIFTED)
    done = typed(folder, "CONSENT_NOW='2030-02-01 00:00:00' consent refresh --no-export")
    assert done.returncode == 0, done.stderr
    return told


def test_nothing_is_used_from_the_first_minute_on(story: Story) -> None:
    for who in (FRANK, MILA, BRAM):
        assert story.first[who]["state"] == "suppressed"
        assert "newsletter" in story.first[who]["waiting"]
    assert story.used_between == []
    assert story.first[FRANK]["contact_points"] == [
        "email f***@contoso.com",
        "loyalty_id 2***02",
        "phone +***02",
    ]
    assert FRANK in story.first[FRANK]["repeat"]


def test_the_removal_is_delivered_before_anything_is_purged(story: Story) -> None:
    for who in (FRANK, MILA, BRAM):
        assert any(who in line for line in story.removed), who
    assert "consent_events" in story.held_before
    assert "evidence.parquet" in story.held_before


def test_afterwards_nothing_is_found_anywhere(story: Story) -> None:
    assert story.held_after == {text: [] for text in (*FRANKS, MILA, STRANGER)}
    for who, report in story.last.items():
        assert (report["state"], report["left"], report["repeat"]) == ("complete", [], ""), who
    where = " ".join(each["where"] for each in story.last[FRANK]["removed"])
    assert '"consent_events"' in where and "delivery newsletter 20" in where
    assert '"segment_history"' in where
    # the proof of what was delivered stands, without him
    assert story.verified == [0, 0]


def test_sources_that_still_bring_the_person_are_named(story: Story) -> None:
    assert story.last[FRANK]["at_sources"] == []
    named = {each["where"] for each in story.last[MILA]["at_sources"]}
    assert "stg_crm__customers" in named and "stg_preference_center__consents" in named


def test_who_comes_in_again_stays_out_until_asking_to_be_kept(story: Story) -> None:
    taken_in = dict(
        rows(
            story.folder,
            "select key_value, count(*) from consent_events"
            f" where key_value in ('{BRAM}', '{MILA}') group by all",
        )
    )
    assert BRAM not in taken_in and taken_in[MILA] > 0
    assert rows(story.folder, f"select email from profiles where email = '{BRAM}'") == []
    assert rows(story.folder, f"select email from profiles where email = '{MILA}'") == [(MILA,)]


def test_a_contact_point_of_two_people_stays_the_other_ones(story: Story) -> None:
    """Bram shares a telephone with Anna, from whom never_match parts him."""
    assert story.last[BRAM]["shared"] == ["phone +***34"]
    assert story.last[BRAM]["contact_points"] == ["email b***@example.com"]
    anna = rows(story.folder, "select phone from profiles where last_name = 'Visser' limit 1")
    assert anna != []


def test_wrong_use(story: Story) -> None:
    shared = typed(story.folder, "consent erase '+31620000034'")
    assert shared.returncode == 2 and "is shared by the profiles" in shared.stderr
    nobody = typed(story.folder, "consent erase 'nobody at all'")
    assert nobody.returncode == 2 and "No profile has nobody at all" in nobody.stderr
