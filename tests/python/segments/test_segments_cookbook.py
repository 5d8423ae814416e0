"""Every rule of docs/segments-cookbook.md has the members that a query written by hand finds."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from clone import ROOT, run
from cookbook import CONDITIONS

GUIDE = (ROOT / "docs/segments.md").read_text(encoding="utf-8")
LIST = {
    "sql": re.findall(r"```sql\n(select\n.*?)```", GUIDE, re.S)[0],
    "yml": re.findall(r"```yaml\n(models:\n  - name: int_lists__categories\n.*?)```", GUIDE, re.S)[
        0
    ],
}
PAGE = ROOT / "docs" / "segments-cookbook.md"
RECIPE = re.compile(r"^## (\d+)\. [^\n]+\n\n```yaml\n(.*?)^```$", re.M | re.S)
RULES = {int(number): text for number, text in RECIPE.findall(PAGE.read_text(encoding="utf-8"))}


def named(text: str, leaf: str) -> list[str]:
    return sorted(set(re.findall(rf"(?:\{{|^ *){leaf}: (\w+)", text, re.M)))


@pytest.fixture(scope="module")
def built(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with the cookbook's segments built beside its own."""
    folder = tmp_path_factory.mktemp("cookbook") / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    for number, text in RULES.items():
        name = f"recipe_{number}"
        uses, activities = named(text, "rule_of"), named(text, "activity")
        lists = named(text, "list")
        rule = yaml.safe_load(text)
        config = {"meta": {"segment": rule}}
        model = {"models": [{"name": name, "description": "A recipe.", "config": config}]}
        place = folder / "models" / "segments"
        (place / f"{name}.yml").write_text(yaml.safe_dump(model, allow_unicode=True))
        (place / f"{name}.sql").write_text(
            f"{{{{ dbt_consent.segment(uses={uses}, activities={activities}, lists={lists}) }}}}\n"
        )
    for end, text in LIST.items():
        (folder / "models" / "segments" / f"int_lists__categories.{end}").write_text(text)
    project = folder / "dbt_project.yml"
    listed = "".join(f"      - recipe_{number}\n" for number in RULES)
    # the folder of that name stands before the setting
    before, heading, after = project.read_text().rpartition("\n    segments:\n")
    lists = "\n    list_models: {categories: int_lists__categories}"
    project.write_text(before + lists + heading + listed + after)
    assert run(folder, "consent validate").returncode == 0
    done = run(folder, "dbt run --select 'int_lists__categories recipe_*'")
    assert done.returncode == 0, done.stdout
    return folder


def test_every_recipe_is_there() -> None:
    assert [*RULES] == [*CONDITIONS] == [*range(1, 46)]


@pytest.mark.parametrize("number", RULES)
def test_the_members_are_those_of_a_query_written_by_hand(built: Path, number: int) -> None:
    rule = yaml.safe_load(RULES[number])
    purpose = rule.get("contact_for")
    guard = (
        "true"
        if purpose is None
        else f"""p.profile_id in (
            select profile_id from contact_point_permissions as permissions
            where purpose = '{purpose}' and is_permitted
        )"""
    )
    with duckdb.connect(str(built / "consent.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        # the day of the build, as the segment itself has it
        (moment,) = connection.execute("select max(as_of) from segment_members").fetchone() or (
            None,
        )
        found = connection.execute(
            f"select profile_id from recipe_{number} order by all"
        ).fetchall()
        expected = connection.execute(
            f"""
            with o as (select * from int_activities__orders),
            e as (select * from int_activities__email_events),
            today as (select cast($1 as date) as d, cast($1 as timestamp) as m)
            select p.profile_id from profiles as p cross join today
            where ({CONDITIONS[number] or "true"}) and {guard}
            order by all
            """,
            [moment],
        ).fetchall()
    assert found == expected
    assert len(found) > 0, "a recipe that nobody satisfies shows nothing"
