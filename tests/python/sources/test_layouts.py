"""The exports of known tools, read with --like and by their header, and who they permit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from own_project import build, opened, own_project, put, rows
from tool_exports import EXPORTS, Export

from runner.dbt import Project
from runner.errors import UsageError
from runner.sources.layouts import names, table
from runner.sources.write import Options, propose_source, write_source

CONSENT_FILES = ("salesforce_consents", "dynamics_consents", "dynamics_labelled")
BY_NAME = {each.file: each for each in EXPORTS}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = own_project(tmp_path_factory.mktemp("tools") / "own")
    (folder / "data").mkdir()
    for export in EXPORTS:
        (folder / "data" / export.file).write_text(export.content, encoding="utf-8")
    with opened(folder) as parsed:
        yield parsed


def options(export: Export) -> Options:
    return Options(
        like=export.like,
        mapped=export.mapped,
        ignored=export.ignored,
        time_zone=export.time_zone,
    )


def contact_points() -> set[str]:
    """All that stand in the files of consents."""
    text = "".join(BY_NAME[f"{name}.csv"].content for name in CONSENT_FILES)
    return set(re.findall(r"[\w.]+@example\.com|\+316\d{8}", text))


def test_every_tool_has_an_export_here() -> None:
    assert {export.like.partition(":")[0] for export in EXPORTS} == set(table())
    assert {export.like for export in EXPORTS} <= set(names())


@pytest.mark.parametrize("file", BY_NAME)
def test_it_is_found_by_its_header_where_the_header_can_tell(project: Project, file: str) -> None:
    export, path = BY_NAME[file], str(project.folder / "data" / file)
    without = replace(options(export), like=None)
    if export.by_header:
        found = propose_source(project, path, without)
        assert found.plan.layout == export.like
        assert not found.plan.questions
        return
    # the file is the answer: without a word of what it is, it gives nobody a permission
    try:
        found = propose_source(project, path, replace(without, mapped=()))
    except UsageError as error:
        assert "--like" in str(error)
        return
    assert found.plan.layout != export.like
    assert not any(found.preview.permitted.values())


@pytest.mark.parametrize("file", [each.file for each in EXPORTS if each.mapped])
def test_nothing_is_granted_before_a_person_says_for_what(project: Project, file: str) -> None:
    path = str(project.folder / "data" / file)
    found = propose_source(project, path, replace(options(BY_NAME[file]), mapped=()))
    assert found.plan.questions


def test_the_right_people_are_permitted(project: Project) -> None:
    for export in EXPORTS:
        found = propose_source(project, str(project.folder / "data" / export.file), options(export))
        assert not found.plan.questions, (export.file, found.plan.questions)
        for purpose, expected in export.permitted.items():
            assert found.preview.permitted[purpose] == len(expected), export.file
        write_source(project, found)
    # files of consents know no people: their contact points are those of somebody
    people = "".join(
        f"P{n},{value if '@' in value else ''},{'' if '@' in value else value}\n"
        for n, value in enumerate(sorted(contact_points()))
    )
    path = put(project.folder, "people.csv", f"person_id,email,phone\n{people}")
    write_source(project, propose_source(project, path, Options()))
    build(project.folder)
    expected = {
        (purpose, value)
        for export in EXPORTS
        for purpose, values in export.permitted.items()
        for value in values
    }
    told = rows(
        project.folder,
        "select purpose, key_value from contact_point_permissions "
        "where is_permitted and purpose in ('newsletter', 'product_updates', 'sms_offers')",
    )
    assert set(told) == expected
    suppressed = {k: v for export in EXPORTS for k, v in export.suppressed.items()}
    found_suppressed = rows(
        project.folder, "select key_value, reason from int_consent__suppression_rows"
    )
    assert dict(found_suppressed) == suppressed


def test_a_file_name_that_says_otherwise_is_an_error(project: Project) -> None:
    path = project.folder / "data" / "unsubscribed_audience.csv"
    with pytest.raises(UsageError, match="calls itself unsubscribed, and --like says subscribed"):
        propose_source(project, str(path), Options(like="mailchimp:subscribed"))


def test_a_layout_that_is_none_is_named(project: Project) -> None:
    path: Path = project.folder / "data" / "brevo_contacts.csv"
    with pytest.raises(UsageError, match="did you mean 'mailchimp'"):
        propose_source(project, str(path), Options(like="mailchimps"))
    with pytest.raises(UsageError, match="has no column Klaviyo ID"):
        propose_source(project, str(path), Options(like="klaviyo"))
