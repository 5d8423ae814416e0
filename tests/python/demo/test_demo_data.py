"""The demo's data: made by its generator alone, dirty as promised, its people as their stories."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from clone import ROOT, run

from runner.demo import generate

DATA = ROOT / "data" / "demo"
STORY = re.compile(r"^\| (\S+@\S+) \| (\w+) \| (\w+) \|", re.M)


def content(path: Path) -> object:
    """The bytes of a text, the rows of a Parquet file (whose bytes are its writer's version's)."""
    return pq.read_table(path) if path.suffix == ".parquet" else path.read_bytes()


def test_the_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    made = {path.name: content(path) for path in generate(tmp_path)}
    assert made == {name: content(DATA / name) for name in made}
    kept = {path.name for path in DATA.iterdir()} - {"README.md"}
    assert kept == set(made)


def test_a_seed_is_all_that_decides(tmp_path: Path) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        done = run(
            ROOT, f"consent demo --customers 200 --seed {seed} --output {tmp_path / folder} --json"
        )
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)) == 9
    a, b, c = (
        {path.name: content(path) for path in (tmp_path / folder).glob("*.parquet")}
        for folder in "abc"
    )
    assert a == b and all(a[name] != c[name] for name in a)


@pytest.mark.parametrize("wrong", ["--customers -1", "--customers 5000000", "--answers 0"])
def test_a_number_that_makes_no_sense(tmp_path: Path, wrong: str) -> None:
    done = run(ROOT, f"consent demo {wrong} --output {tmp_path}")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert not [*tmp_path.iterdir()]


def test_the_example_of_the_specification_stands_first() -> None:
    with (DATA / "preference_center_consents.csv").open(encoding="utf-8", newline="") as file:
        rows = [row[:4] for row in csv.reader(file)][1:5]
    assert rows == [
        ["0", "holly@contoso.com", "Newsletter", "False"],
        ["2", "holly@contoso.com", "Product updates", "True"],
        ["5", "frank@contoso.com", "Newsletter", "True"],
        ["4", "frank@contoso.com", "Product updates", "False"],
    ]


def test_every_domain_is_one_for_examples() -> None:
    text = "".join(p.read_text("utf-8") for p in DATA.iterdir() if p.suffix != ".parquet")
    domains = {domain.lower() for domain in re.findall(r"[\w.+-]@([\w-]+(?:\.[\w-]+)+)", text)}
    reserved = ("example.com", "example.net", "example.org", "contoso.com")
    assert {d for d in domains if not d.endswith(reserved)} == set()
    assert len(domains) > 3


def test_people_have_the_outcome_of_their_story(delivered: Path) -> None:
    stories = STORY.findall((DATA / "README.md").read_text(encoding="utf-8"))
    assert len(stories) > 20
    with duckdb.connect(str(delivered / "consent.duckdb"), read_only=True) as connection:
        found = connection.execute(
            """
            select distinct points.key_value, consents.purpose, consents.reason
            from profile_contact_points as points
            inner join profile_consents as consents using (profile_id)
            """
        ).fetchall()
        hugo = connection.execute(
            "select count(*) from profile_matches inner join profiles using (profile_id)"
            " where source_record_id = 'C0000011'"
        ).fetchall()
    assert [story for story in stories if story not in set(found)] == []
    assert hugo == [(0,)]


def test_the_data_is_dirty(delivered: Path) -> None:
    """Each kind of dirt that the page promises comes out where it should."""
    with duckdb.connect(str(delivered / "consent.duckdb"), read_only=True) as connection:
        rejected = connection.execute(
            "select distinct reason from rejected_consents order by all"
        ).fetchall()
        keys = {
            reason
            for (reason,) in connection.execute(
                "select distinct reason from rejected_keys"
            ).fetchall()
        }
        systems, people = connection.execute(
            """
            select count(distinct source_name), count(distinct profile_id) from profile_matches
            where profile_id in (
                select profile_id from profile_matches group by all
                having count(distinct source_name) > 1
            )
            """
        ).fetchone() or (0, 0)
    assert rejected == [("contact_point_is_junk",), ("contact_point_not_valid",)]
    assert "junk" in " ".join(keys), keys
    assert systems == 3 and people > 500
