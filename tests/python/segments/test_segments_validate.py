"""`consent validate`: what YAML and dbt would change is told as written; all errors at once."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from clone import run
from segment_lab import Lab

from runner import dbt
from runner.segments.files import read_files
from runner.segments.validate import Findings, validate

HEAD = "models:\n  - name: tried\n    config:\n      meta:\n        segment:\n"


def errors_of(folder: Path, rule: str) -> list[str]:
    """What the strict loader says of one rule."""
    (folder / "models").mkdir(exist_ok=True)
    (folder / "dbt_project.yml").write_text("name: tried\n")
    body = "".join(f"          {line}\n" for line in rule.splitlines())
    (folder / "models/tried.yml").write_text(HEAD + body)
    return [error.removeprefix("models/tried.yml: ") for error in read_files(folder).errors]


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        (
            "{field: country, in: [NL, NO]}",
            "where.in[1]: YAML reads an unquoted NO as false; write 'NO'.",
        ),
        ("{field: country, eq: Yes}", "where.eq: YAML reads an unquoted Yes as true; write 'Yes'."),
        ("{field: x, off: 1}", "where.off: YAML reads an unquoted off as false; write 'off'."),
        (
            "{field: postal_code, eq: 010}",
            "where.eq: YAML reads 010 as 8; write '010' for the text, or the number plainly.",
        ),
        ("{field: x, eq: 12:30}", "where.eq: YAML reads 12:30 as 750; write '12:30' for the text,"),
        ("{field: x, eq: 1_000}", "where.eq: YAML reads 1_000 as 1000; write"),
        ("{field: x, eq: 0x1F}", "where.eq: YAML reads 0x1F as 31; write"),
        ("{field: x, eq: +5}", "where.eq: YAML reads +5 as 5; write"),
        ("{field: x, before: 2026-02-30}", "where.before: '2026-02-30' is no day of the calendar."),
        (
            "{field: x, eq: '{{ 1 + 1 }} a'}",
            "where.eq: dbt would render the braces in '{{ 1 + 1 }} a'. Write: "
            "'{% raw %}{{ 1 + 1 }} a{% endraw %}'",
        ),
        ("{field: x, contains: '50{% off'}", "where.contains: dbt would render the braces in"),
        ("{field: x, contains: 'a {# note'}", "where.contains: dbt would render the braces in"),
        (
            "{field: x, eq: '{% raw %}{{ a }}{% endraw %} {{ b }}'}",
            "where.eq: dbt would render the braces in",
        ),
        ("{field: x, '{{ eq }}': 1}", "where.{{ eq }}: dbt would render the braces in '{{ eq }}'."),
        ("{field: x, eq: {{ a }}}", "where.eq: a key is no text. Braces of a template stand in"),
        (
            "{field: x, eq: NL, eq: BE}",
            "where.eq: the key 'eq' stands there twice, in lines 7 and 7; YAML would keep the "
            "last. Remove one.",
        ),
    ],
)
def test_what_yaml_or_dbt_would_change(tmp_path: Path, condition: str, error: str) -> None:
    found = errors_of(tmp_path, f"contacts_nobody: a test\nwhere: {condition}")
    assert any(each.startswith(error) for each in found), found
    assert len(found) == 1 or "{{ a }}" in condition


@pytest.mark.parametrize(
    "condition",
    [
        "{field: x, eq: '{% raw %}{{ 1 + 1 }} {% off {#{% endraw %}'}",
        "{field: x, in: ['NO', \"010\", '12:30', '2026-02-30', '']}",
        "{field: x, in: [0, -1, 1.5, 1e3, 1.0e+3, .5, true, False]}",
        "{field: x, before: 2024-02-29, eq: 100%, ne: it's}",
        "&a {field: x, eq: 1}",
    ],
)
def test_what_means_itself(tmp_path: Path, condition: str) -> None:
    found = errors_of(tmp_path, f"contacts_nobody: a test\nwhere: {condition}")
    assert [each for each in found if ".5" not in each] == []


def test_duplicates_are_found_everywhere(tmp_path: Path) -> None:
    (tmp_path / "models/deep").mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("vars:\n  a: 1\n  b: {c: 1, c: 2}\n  a: 2\n")
    (tmp_path / "models/deep/x.yml").write_text("models:\n  - name: x\n    name: y\n")
    assert [error.split(";")[0] for error in read_files(tmp_path).errors] == [
        "dbt_project.yml: vars.a: the key 'a' stands there twice, in lines 2 and 4",
        "dbt_project.yml: vars.b.c: the key 'c' stands there twice, in lines 3 and 3",
        "models/deep/x.yml: models[0].name: the key 'name' stands there twice, in lines 2 and 3",
    ]


def test_what_is_no_yaml(tmp_path: Path) -> None:
    (error,) = errors_of(tmp_path, "where: {field: [x}")
    assert error.startswith("line 6: this is no YAML: ")


def found_in(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Findings:
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "CONSENT_WAREHOUSE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DBT_PROJECT_DIR", str(lab.folder))
    found = validate(lab.folder, dbt.open_project)
    # the lab's exports are names for rules, and deliver no segment
    errors = [each for each in found.errors if "(models/fixtures/exports.yml)" not in each]
    return replace(found, errors=errors)


def test_rules_of_all_files_at_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.segments({"good": {"contacts_nobody": "a test"}})
    lab.write_rule_text("twice", "contact_for: newsletter\ncontact_for: newsletter")
    lab.write_rule_text("norway", "contacts_nobody: x\nwhere: {field: country, eq: NO}")
    lab.write_rule_text("misspelt", "contact_for: newsletter\nwhere: {field: contry, eq: NL}")
    for name in ("twice", "norway", "misspelt"):
        lab.write_call(name, [], [])
        lab.listed.append(name)
    lab.write_rule_text("lonely", "contacts_nobody: x\nwhere: {not: {rule_of: good}}")
    lab.write_project()
    found = found_in(lab, monkeypatch)
    assert sorted(found.errors) == [
        "models/segments/lonely.yml: segment: there is no SQL file for the model 'lonely'. Write "
        "models/segments/lonely.sql with: {{ dbt_consent.segment(uses=['good']) }}",
        "models/segments/misspelt.yml: where.field: 'contry' is no field of a profile (did you "
        "mean 'country'?).",
        "models/segments/norway.yml: where.eq: YAML reads an unquoted NO as false; write 'NO'.",
        "models/segments/twice.yml: contact_for: the key 'contact_for' stands there twice, in "
        "lines 6 and 7; YAML would keep the last. Remove one.",
    ]
    assert found.unchecked == ""


def test_what_stops_the_parser_hides_nothing_else(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.segments({"good": {"contacts_nobody": "a test"}})
    lab.write_rule_text("braces", "contacts_nobody: x\nwhere: {field: country, eq: '50{% off'}")
    lab.write_rule_text("no_day", "contacts_nobody: x\nwhere: {field: birth_date, eq: 2026-02-30}")
    found = found_in(lab, monkeypatch)
    assert [error.split(": ")[:2] for error in found.errors] == [
        ["models/segments/braces.yml", "where.eq"],
        ["models/segments/no_day.yml", "where.eq"],
        ["models/segments/braces.yml", "segment"],
        ["models/segments/no_day.yml", "segment"],
    ]
    assert found.unchecked == "Rules, exports and contracts are checked once the project parses."


@pytest.mark.long
def test_settings_are_told_with_their_place(delivered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(delivered, folder)
    done = run(
        folder,
        "consent validate --json --vars "
        "'{purposes: {newsletter: {chanel: email, parent: news}}, max_records_per_key: 1}'",
    )
    assert done.returncode == 1
    errors = json.loads(done.stdout)["errors"]
    assert [error.split(": ")[:2] for error in errors] == [
        ["dbt_project.yml", "vars.max_records_per_key"],
        ["dbt_project.yml", "vars.purposes.newsletter.chanel"],
        ["dbt_project.yml", "vars.purposes.newsletter.parent"],
    ]
    assert "(did you mean 'channel'?)" in errors[1]


def test_rules_exports_and_contracts_at_once(delivered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(delivered, folder)
    assert run(folder, "consent validate").returncode == 0, "the demo is sound"

    rule = folder / "models/segments/sms_offers_audience.yml"
    rule.write_text(rule.read_text().replace("loyalty_points, gte", "loyalty_point, gte"))
    export = folder / "models/exports/exports.yml"
    text = export.read_text()
    assert "destination:" in text
    export.write_text(text.replace("destination:", "destinaton:", 1))
    done = run(
        folder,
        """python - <<'END'
import duckdb
with duckdb.connect("consent.duckdb") as connection:
    for name in ("stg_webshop__customers", "stg_crm__consents"):
        connection.execute(f"drop table {name}")
        connection.execute(f"create table {name} (source_record_id integer)")
END
consent validate --json""",
    )
    assert done.returncode == 1, done.stderr
    errors = json.loads(done.stdout)["errors"]
    assert (
        "models/segments/sms_offers_audience.yml: where[1].field: 'loyalty_point' is no field of a "
        "profile (did you mean 'loyalty_points'?)."
    ) in errors
    assert any("unknown key 'destinaton' (did you mean 'destination'?)" in each for each in errors)
    broken = [each for each in errors if "breaks the contract of its kind" in each]
    assert [each.split(": ")[0] for each in broken] == [
        "models/staging/webshop/stg_webshop__customers.sql",
        "models/staging/crm/stg_crm__consents.sql",
    ]
    assert "column 'source_record_id' is integer, not string" in broken[0]
    assert "column 'consent_id' (string) is missing" in broken[1]
