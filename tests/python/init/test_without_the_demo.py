"""The demo deleted by hand from a clone, and own data in its place.

Somebody deletes folders and follows what the commands say, until their own people are in a
segment of their own.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from clone import clone, run

FAIR = "Name;E-Mail;Newsletter\nZoë d’Arc;zoe@example.org;Ja\nBo;bo@example.org;Nein\n"
OWN_MODELS = ("segment_members", "segment_history")
_SEED = r"    reference:.*\n      always_match: .*\n.*\n(      \w+: \*empty\n)+"
REMEDIES: dict[str, tuple[tuple[str, str], ...]] = {
    r"vars: customer_models: of dbt_project.yml names it": (
        (r"customer_models: \[.*\]", "customer_models: []"),
        (r"customer_sources: \[.*\]", "customer_sources: []"),
    ),
    r"vars: consent_models: of dbt_project.yml names it": (
        (r"consent_models:\n(      - .*\n)+", "consent_models: []\n"),
    ),
    r"vars: suppression_models: of dbt_project.yml names it": (
        (r"suppression_models: \[.*\]", "suppression_models: []"),
    ),
    r"vars: activity_models: of dbt_project.yml names it": (
        (r"activity_models: \{.*\}", "activity_models: {}"),
    ),
    r"vars\.profile_attributes\.gender\.sources: 'crm' is no customer source": (
        (r"survivorship: source_priority, sources: \[[a-z, ]*\]", "survivorship: oldest"),
    ),
    r"seeds/demo is gone: take always_match, .* out of seeds: reference: of dbt_project.yml": (
        (_SEED, ""),
    ),
}
"""What a message says → what its reader does with dbt_project.yml."""


def delete_the_demo(folder: Path) -> None:
    """What a person sees of the demo: its sources, segments, activities, exports, seeds, data."""
    for name in ("models/staging", "models/intermediate/activities", "seeds/demo", "data/demo"):
        shutil.rmtree(folder / name)
    for path in (folder / "models/segments").iterdir():
        if path.stem not in OWN_MODELS:
            path.unlink()
    (folder / "models/exports/exports.yml").unlink()


def mend(folder: Path, *changes: tuple[str, str]) -> None:
    path = folder / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    for pattern, by in changes:
        text, count = re.subn(pattern, by, text)
        assert count, pattern
    path.write_text(text, encoding="utf-8")


def told(folder: Path) -> str:
    """What `consent validate` complains of, in one line; nothing when all is well."""
    done = run(folder, "consent validate")
    return " ".join((done.stdout + done.stderr).split()) if done.returncode else ""


@pytest.mark.slow
def test_each_stop_says_what_to_do_until_own_data_is_in_place(tmp_path: Path) -> None:
    folder = clone(tmp_path / "own")
    delete_the_demo(folder)

    said = told(folder)
    assert "listed in vars: segments: of dbt_project.yml" in said
    removed = re.findall(r"- (\w+)", said.partition("Remove:")[2].partition(" Rules,")[0])
    assert len(removed) == 10
    mend(folder, *((rf"      - {name}\n", "") for name in removed))
    mend(folder, (r"    segments:\n(?=    delivery)", "    segments: []\n"))

    followed: set[str] = set()
    while said := told(folder):
        remedy = next(pattern for pattern in REMEDIES if re.search(pattern, said))
        assert remedy not in followed, said
        followed.add(remedy)
        mend(folder, *REMEDIES[remedy])

    (folder / "data/fair.csv").write_bytes(FAIR.encode("cp1252"))
    for command in (
        "consent new source data/fair.csv --map 'Newsletter=answer to newsletter' --yes",
        "consent new segment fair_readers --contact-for newsletter",
        "consent refresh",
    ):
        done = run(folder, command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        found = connection.execute("select segment_name, key_value from segment_members")
        assert found.fetchall() == [("fair_readers", "zoe@example.org")]
