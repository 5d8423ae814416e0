"""`consent segments`, `consent explain` and `consent new segment`, as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from clone import run


def told(folder: Path, command: str) -> Any:
    done = run(folder, f"{command} --json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_segments_are_listed_with_their_change_and_exports(delivered: Path) -> None:
    found = {each["segment"]: each for each in told(delivered, "consent segments")}
    sizes = rows(delivered, "select segment_name, count(*) from segment_members group by all")
    assert {name: each["members"] for name, each in found.items()} == dict(sizes)
    # all came in at the one refresh there was
    assert all(each["entered"] == each["members"] and each["left"] == 0 for each in found.values())
    newsletter = found["newsletter_audience"]
    ((profiles,),) = rows(delivered, "select count(*) from profiles")
    assert newsletter["matches"] == profiles
    assert newsletter["permitted_share"] == pytest.approx(newsletter["members"] / profiles)
    assert newsletter["exports"] == ["newsletter"] and found["employees"]["exports"] == []
    assert found["employees"]["contact_for"] is None


def test_a_segment_built_alone_is_not_counted_by_what_was_built_before(
    delivered: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "alone"
    shutil.copytree(delivered, folder)
    done = run(folder, "dbt build --select employees --quiet")
    assert done.returncode == 0, done.stdout
    found = {each["segment"]: each for each in told(folder, "consent segments")}
    assert found["employees"]["members"] is None
    assert "segment_members was not built since" in found["employees"]["note"]
    assert found["newsletter_audience"]["members"] and not found["newsletter_audience"]["note"]
    assert (
        "employees: segment_members was not built since" in run(folder, "consent segments").stderr
    )


def test_overlaps_are_counted_pair_by_pair(delivered: Path) -> None:
    members: dict[str, set[str]] = {}
    for segment, profile in rows(delivered, "select segment_name, profile_id from segment_members"):
        members.setdefault(segment, set()).add(profile)
    expected = {
        (one, other): len(members[one] & members[other])
        for one in members
        for other in members
        if one < other and members[one] & members[other]
    }
    found = told(delivered, "consent segments --overlap")
    assert {(each["segment"], each["other"]): each["members"] for each in found} == expected
    assert [each["members"] for each in found] == sorted(expected.values(), reverse=True)
    for each in found:
        smaller = min(len(members[each["segment"]]), len(members[each["other"]]))
        assert each["share"] == pytest.approx(each["members"] / smaller)


def test_why_he_is_in(delivered: Path) -> None:
    found = told(delivered, "consent explain Frank@Contoso.com newsletter_benelux")
    assert found["is_member"] and found["matches_rule"] and found["needed"] == []
    assert found["permission"]["reason"] == "granted"
    (decided,) = (each for each in found["permission"]["events"] if each["decided"])
    assert (decided["source_name"], decided["consent_id"]) == ("preference_center", "5")
    leaf = found["rule"]["conditions"][0]
    assert (leaf["condition"], leaf["holds"]) == ("{field: country, in: [NL, BE, LU]}", True)
    assert "NL" in leaf["values"].values()


def test_why_she_is_out_and_what_would_have_to_change(delivered: Path) -> None:
    found = told(delivered, "consent explain holly@contoso.com newsletter_audience")
    assert not found["is_member"] and found["matches_rule"]
    assert found["permission"]["reason"] == "denied"
    assert [each["path"] for each in found["needed"]] == ["contact_for"]
    said = run(delivered, "consent explain holly@contoso.com newsletter_audience").stdout
    assert "OUT" in said and "the permission for newsletter has to be given" in said


@pytest.mark.parametrize("who", ["frank@contoso.com", "+31 6 2000 0002", "2620000000002"])
def test_a_person_is_found_by_every_key(delivered: Path, who: str) -> None:
    ((profile,),) = rows(
        delivered,
        "select profile_id from profile_contact_points where key_value = 'frank@contoso.com'",
    )
    for each in (who, profile):
        found = told(delivered, f"consent explain '{each}' employees")
        assert found["profile_id"] == profile and found["permission"] is None


def test_a_withheld_profile_is_explained(delivered: Path) -> None:
    found = told(delivered, "consent explain hugo.martin@example.com newsletter_audience")
    assert not found["is_member"]
    assert any("said no to the storage of data" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("consent explain nobody@example.com employees", "No profile has nobody@example.com"),
        ("consent explain frank@contoso.com employes", "did you mean 'employees'?"),
        ("consent explain frank@contoso.com", "Name a segment, or ask for --identity"),
        ("consent explain frank@contoso.com employees --identity", "Name a segment, or ask"),
        ("consent new segment Dutch", "'Dutch' is no name for a segment"),
        ("consent new segment employees", "There is a 'employees' already"),
        ("consent new segment profiles", "There is a 'profiles' already"),
        ("consent new segment dutch --contact-for profiling", "no purpose with a channel"),
    ],
)
def test_wrong_use(delivered: Path, command: str, said: str) -> None:
    done = run(delivered, command)
    assert done.returncode == 2 and done.stdout == ""
    assert said in " ".join(done.stderr.split()) and "Traceback" not in done.stderr


@pytest.mark.long
def test_a_new_segment_builds_as_it_is_written(delivered: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(delivered, tmp_path / "dbt-consent", symlinks=True)
    done = run(folder, "consent new segment dutch_speakers --contact-for product_updates")
    assert done.returncode == 0, done.stderr
    pair = ["models/segments/dutch_speakers.yml", "models/segments/dutch_speakers.sql"]
    assert done.stdout.split() == pair
    rule = (folder / pair[0]).read_text()
    assert rule.startswith("# yaml-language-server: $schema=../../schemas/segment_rule.schema.json")
    assert run(folder, "consent validate").returncode == 0
    # the example in the comments is one that holds water
    text = rule.replace("          # where:", "          where:")
    for line in ("all:", "- {field", "- not"):
        text = "\n".join(
            each.replace("          #   ", "            ", 1)
            if each.strip().startswith(f"#   {line}") or each.strip().startswith(f"#     {line}")
            else each
            for each in text.splitlines()
        )
    (folder / pair[0]).write_text(text + "\n")
    assert "\n          where:\n            all:\n              - {field" in text
    done = run(folder, "consent validate")
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(folder, "dbt build --select dutch_speakers")
    assert done.returncode == 0, done.stdout
    assert rows(folder, "select count(*) from dutch_speakers where key_type = 'email'") > [(0,)]
    again = run(folder, "consent new segment dutch_speakers")
    assert again.returncode == 2 and "already" in again.stderr


@pytest.mark.long
def test_a_rule_that_uses_another_says_the_line_to_write(delivered: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(delivered, tmp_path / "dbt-consent", symlinks=True)
    assert run(folder, "consent new segment colleagues").returncode == 0
    path = folder / "models/segments/colleagues.yml"
    text = path.read_text().replace(
        "contact_for: newsletter", "contact_for: newsletter\n          where: {rule_of: employees}"
    )
    path.write_text(text)
    done = run(folder, "dbt build --select colleagues")
    assert done.returncode == 1
    assert "{{ dbt_consent.segment(uses=['employees']) }}" in done.stdout + done.stderr
