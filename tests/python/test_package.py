"""The project installed as a package in another company's dbt project (integration_tests)."""

import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from clone import ROOT, run


def dbt(project: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    return run(project, f"CONSENT_WAREHOUSE={project / 'acme.duckdb'} dbt {arguments}")


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the consumer's project with this project as its local package, built once."""
    folder = tmp_path_factory.mktemp("consumer")
    project = folder / "integration_tests"
    ignore = shutil.ignore_patterns(
        "target", "logs", "dbt_packages", "*.duckdb", "package-lock.yml"
    )
    shutil.copytree(ROOT / "integration_tests", project, ignore=ignore)
    for name in ("dbt_project.yml", "models", "macros", "seeds", "tests", "docs"):
        (folder / name).symlink_to(ROOT / name)
    installed = dbt(project, "deps")
    assert installed.returncode == 0, installed.stdout
    built = dbt(project, "build")
    assert built.returncode == 0, built.stdout
    return project


def rows(project: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project / "acme.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_consumers_records_become_profiles(consumer: Path) -> None:
    found = rows(
        consumer,
        "select email, contract_number, full_name, country, record_count"
        " from main_consent.profiles order by email",
    )
    assert found == [
        ("ada@example.com", "C-100", "Ada Example", "DE", 2),
        ("ben@example.org", "C-200", "Ben Example", "AT", 1),
        ("cleo@example.com", "C-300", "Cleo Example", "DE", 2),
        ("dora@example.net", None, "Dora Example", "CH", 1),
        ("emil@example.com", None, None, None, 1),
    ]


def test_the_consumers_segments_hold_whom_consent_allows(consumer: Path) -> None:
    found = rows(
        consumer,
        "select segment_name, key_value from main_consent.segment_members order by all",
    )
    assert found == [
        ("all_customers", None),
        ("all_customers", None),
        ("all_customers", None),
        ("all_customers", None),
        ("all_customers", None),
        ("invited_customers", "ada@example.com"),
        ("invited_customers", "cleo@example.com"),
        ("invited_customers", "dora@example.net"),
    ]


def test_a_parent_of_the_consumers_own_tree_blocks(consumer: Path) -> None:
    found = rows(
        consumer,
        "select key_value, is_permitted, reason, reason_detail"
        " from main_consent.contact_point_permissions"
        " where purpose = 'surveys' and reason <> 'no_record' order by key_value",
    )
    assert found == [
        ("ada@example.com", True, "granted", None),
        ("emil@example.com", False, "parent_not_permitted", "research"),
    ]


def test_nothing_of_the_demo_is_built(consumer: Path) -> None:
    names = rows(consumer, "select table_name from information_schema.tables")
    demo = ("webshop", "newsletter", "crm", "loyalty", "activities")
    assert not [name for (name,) in names if any(word in str(name) for word in demo)]


@pytest.mark.parametrize("seed", ["always_match", "never_match"])
def test_no_row_of_the_demos_seeds_is_loaded(consumer: Path, seed: str) -> None:
    assert rows(consumer, f"select * from main_consent.{seed}") == []


def test_profiles_have_the_consumers_columns_only(consumer: Path) -> None:
    described = rows(consumer, "select column_name from (describe main_consent.profiles)")
    rights = ["use", "sale", "storage"]
    assert [name for (name,) in described] == [
        "profile_id",
        "full_name",
        "country",
        "email",
        "contract_number",
        "record_count",
        "first_seen_at",
        "updated_at",
        *[f"consent_{each}" for each in [*rights, "invitations", "surveys", "research"]],
    ]


@pytest.mark.long
def test_an_as_of_run_leaves_the_consumers_own_tables_alone(consumer: Path) -> None:
    query = "select * from main.invited_customers order by all"
    before = rows(consumer, query)
    built = dbt(consumer, "build --vars '{as_of: 2025-05-31}'")
    assert built.returncode == 0, built.stdout
    assert rows(consumer, query) == before
    past = rows(consumer, "select key_value from main_asof.invited_customers order by all")
    assert past == [("ada@example.com",)]
