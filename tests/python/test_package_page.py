"""docs/package.md followed to the letter, in a dbt project that has models of its own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml
from clone import ROOT, run
from docs.pages import File, Reference, steps

PAGE = ROOT / "docs" / "package.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that the page writes, beside the package, after its commands."""
    folder = tmp_path_factory.mktemp("page")
    package, project = folder / "dbt-consent", folder / "acme"
    package.mkdir()
    for name in ("dbt_project.yml", "models", "macros", "seeds", "tests"):
        (package / name).symlink_to(ROOT / name)
    output = {"type": "duckdb", "path": str(project / "acme.duckdb")}
    profiles = {"acme": {"target": "dev", "outputs": {"dev": output}}}
    own = "select 1 as revenue"  # the company's model of the same name
    for name, text in (("profiles.yml", yaml.safe_dump(profiles)), ("models/profiles.sql", own)):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    # files first where they stand first, as a reader would
    todo = steps(PAGE)
    for step in todo:
        if isinstance(step, File):
            (project / step.path).parent.mkdir(parents=True, exist_ok=True)
            (project / step.path).write_text(step.text)
    commands = [step.text for step in todo if isinstance(step, Reference)]
    assert commands == ["dbt deps", "dbt build"]
    for command in commands:
        done = run(project, command)
        assert done.returncode == 0, done.stdout
    return project


def rows(project: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project / "acme.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_who_said_yes_is_invited(followed: Path) -> None:
    found = rows(followed, "select key_value, full_name from main.invited_customers")
    assert found == [("ada@example.com", "Ada Example")]


def test_profiles_have_the_keys_and_purposes_of_the_page_and_no_others(followed: Path) -> None:
    described = rows(followed, "select column_name from (describe main_consent.profiles)")
    names = [str(name) for (name,) in described]
    assert [name for name in names if name in ("email", "phone", "contract_number")] == [
        "email",
        "contract_number",
    ]
    assert [name for name in names if name.startswith("consent_")] == [
        "consent_use",
        "consent_sale",
        "consent_storage",
        "consent_invitations",
    ]
    assert rows(followed, "select * from main.profiles") == [(1,)]


@pytest.mark.parametrize("seed", ["always_match", "never_match", "purpose_labels"])
def test_no_row_of_the_demos_seeds_is_loaded(followed: Path, seed: str) -> None:
    assert rows(followed, f"select * from main_consent.{seed}") == []
