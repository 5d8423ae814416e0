"""`consent new source`: exports as they come, proposed for the contract, built and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from clone import clone, run

from runner.dbt import Project, open_project
from runner.errors import UsageError
from runner.project_file import add_to_list
from runner.sources.write import new_source

pytestmark = pytest.mark.long

CUSTOMERS = """\
Klant nr;Voornaam;Achternaam;E-mailadres;Mobiel;Land;Newsletter;No contact;Gewijzigd op
1;Piet;Jansen;Piet.Jansen@example.com;06 2000 0501;nl;ja;ja;2026-01-02
2;Ans;de Wit;frank@contoso.com;;NL;nee;nee;2026-01-03
3;Bob;;geen;+31 6 20000503;NL;;;2026-01-03
"""
FORMS = [
    {"id": 1, "mail": "piet.jansen@example.com", "topic": "Product updates", "choice": "yes"},
    {"id": 2, "mail": "nobody@example.com", "topic": "Newsletter", "choice": "perhaps"},
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with two new sources, built as far as profiles and consent events."""
    folder = clone(tmp_path_factory.mktemp("sources") / "dbt-consent")
    (folder / "acme_customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (folder / "forms.jsonl").write_text("\n".join(map(json.dumps, FORMS)), encoding="utf-8")
    for file in ("acme_customers.csv", "forms.jsonl"):
        done = run(folder, f"consent new source {file} --json")
        assert done.returncode == 0, done.stderr
        (folder / f"{file}.said").write_text(done.stdout, encoding="utf-8")
    done = run(
        folder,
        "dbt build --exclude-resource-type unit_test --indirect-selection cautious "
        "--select +int_identity__record_profiles +consent_events",
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def parsed(project: Path) -> Iterator[Project]:
    """The same project, parsed in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROJECT_DIR", str(project))
        yield open_project()


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_customers_join_the_profiles_they_share_a_key_with(project: Path) -> None:
    found = rows(
        project,
        "select source_record_id, email, phone, country from int_identity__records "
        "where source_name = 'acme' order by 1",
    )
    assert found == [
        ("1", "piet.jansen@example.com", "+31620000501", "NL"),
        ("2", "frank@contoso.com", None, "NL"),
        ("3", None, "+31620000503", "NL"),
    ]
    (franks,) = rows(
        project,
        "select count(*) from int_identity__record_profiles where profile_id = (select profile_id "
        "from int_identity__record_profiles where source_name = 'acme' and source_record_id = '2')",
    )
    assert franks[0] > 1


def test_answers_in_the_customers_row_become_events(project: Path) -> None:
    found = rows(
        project,
        "select key_value, purpose, status from consent_events where source_name = 'acme' "
        "and key_type = 'email' order by all",
    )
    assert found == [
        ("frank@contoso.com", "newsletter", "denied"),
        ("piet.jansen@example.com", "newsletter", "granted"),
    ]


def test_a_column_that_says_no_by_yes_is_left_to_people(project: Path) -> None:
    said = json.loads((project / "acme_customers.csv.said").read_text(encoding="utf-8"))
    assert any("No contact seems to mean no when it says yes" in q for q in said["questions"])
    assert (
        rows(project, "select * from consent_events where purpose = 'use' and source_name = 'acme'")
        == []
    )


def test_consents_are_mapped_by_the_labels_and_what_nobody_mapped_is_a_no(project: Path) -> None:
    found = rows(
        project,
        "select key_value, purpose, status from consent_events where source_name = 'forms' "
        "order by all",
    )
    assert found == [
        ("nobody@example.com", "newsletter", "denied"),
        ("piet.jansen@example.com", "product_updates", "granted"),
    ]
    said = json.loads((project / "forms.jsonl.said").read_text(encoding="utf-8"))
    assert any("status_labels.csv" in q and "perhaps" in q for q in said["questions"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "There is no file"),
        ("a.xlsx", "x", "a.xlsx is none of .csv"),
        ("a.csv", "id,email\n", "a.csv has no rows"),
        ("a.csv", "id,colour\n1,red\n", "No column of a.csv looks like a contact point"),
        ("a.csv", "email\na@example.com\na@example.com\n", "looks like a primary key"),
        ("1.csv", "id,email\n1,a@example.com\n", "'1' is no name for a source"),
        ("crm_customers.csv", "id,email\n1,a@example.com\n", "is there already"),
    ],
)
def test_what_it_cannot_use_it_says(
    project: Path, parsed: Project, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (project / name).write_text(content, encoding="utf-8")
    before = (project / "dbt_project.yml").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(message)):
        new_source(parsed, str(project / name))
    assert (project / "dbt_project.yml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vars:\n  a: [x]  # why\n", "vars:\n  a: [x, y]  # why\n"),
        ("vars:\n  a: []\n", "vars:\n  a: [y]\n"),
        (
            "vars:\n  a:\n    - x  # first\n  b: 1\n",
            "vars:\n  a:\n    - x  # first\n    - y\n  b: 1\n",
        ),
        ("vars:\n  a:\n  - x", "vars:\n  a:\n  - x\n  - y"),
        ("vars:\n  a: [y]\n", "vars:\n  a: [y]\n"),
    ],
)
def test_a_list_of_the_settings_gets_one_entry_more(
    tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / "dbt_project.yml").write_text(before, encoding="utf-8")
    assert add_to_list(tmp_path, ("vars", "a"), "y") == (before != after)
    assert (tmp_path / "dbt_project.yml").read_text(encoding="utf-8") == after
