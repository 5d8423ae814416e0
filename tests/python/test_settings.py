"""Wrong settings: every error of a project in one message, before anything is built."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import pytz
import yaml
from clone import ROOT, run

WRONG_PURPOSES = {
    "misspelt_key": {"chanel": "email"},
    "unknown_enforcement": {"enforcement": "optin"},
    "unknown_conflict": {"conflict": "first_denial"},
    "unknown_channel": {"channel": "mail"},
    "point_without_channel": {"conflict": "contact_point"},
    "unknown_parent": {"parent": "nobody"},
    "child_of_sale": {"parent": "sale"},
    "free_child": {"enforcement": "none", "parent": "use"},
    "free": {"enforcement": "none"},
    "child_of_free": {"parent": "free"},
    "by_mail": {"channel": "email"},
    "by_phone": {"channel": "phone", "parent": "by_mail"},
    "months": {"valid_for_months": 0},
    "months_text": {"valid_for_months": "24"},
    "double": {"double_opt_in": "yes"},
    "country_code": {"enforcement_by_country": {"usa": "opt_out"}},
    "country_value": {"enforcement_by_country": {"US": "none"}},
    "country_of_free": {"enforcement": "none", "enforcement_by_country": {"US": "opt_out"}},
    "sale": {"enforcement": "none"},
    "storage": {"conflict": "contact_point", "channel": "email"},
    "use": {"parent": "storage"},
}

MESSAGES = [
    "purposes.misspelt_key.chanel: unknown key (did you mean 'channel'?)",
    "purposes.unknown_enforcement.enforcement: 'optin' is none of opt_in, opt_out, none.",
    "purposes.unknown_conflict.conflict: 'first_denial' is none of",
    "purposes.unknown_channel.channel: 'mail' is no alternate key (did you mean 'email'?)",
    "purposes.point_without_channel.conflict: contact_point needs a channel.",
    "purposes.unknown_parent.parent: 'nobody' is no purpose.",
    "purposes.child_of_sale.parent: every purpose descends from use, not from sale.",
    "purposes.free_child.parent: a purpose with enforcement none has no parent.",
    "purposes.child_of_free.parent: 'free' has enforcement none and is no parent.",
    "purposes.by_phone.parent: 'by_mail' has the channel email",
    "purposes.months.valid_for_months: '0' is no whole number of months",
    "purposes.months_text.valid_for_months: '24' is no whole number of months",
    "purposes.double.double_opt_in: 'yes' is neither true nor false.",
    "purposes.country_code.enforcement_by_country: 'usa' is no ISO 3166 alpha-2 code",
    "purposes.country_value.enforcement_by_country.US: 'none' is neither opt_in nor opt_out.",
    "purposes.country_of_free.enforcement_by_country: a purpose with enforcement none has none.",
    "purposes.sale.enforcement: a right may be made stricter, not laxer",
    "purposes.storage.channel: a right is about the person and has no channel.",
    "purposes.use.parent: a right is about the person and has no parent.",
]


def parse(folder: Path, variables: dict[str, object]) -> subprocess.CompletedProcess[str]:
    settings = {
        "CONSENT_WAREHOUSE": folder / "warehouse.duckdb",
        "DBT_TARGET_PATH": folder / "target",
        "DBT_LOG_PATH": folder / "logs",
    }
    given = " ".join(f"{name}={value}" for name, value in settings.items())
    return run(ROOT, f"{given} dbt parse --no-partial-parse --vars '{json.dumps(variables)}'")


def test_every_wrong_purpose_is_named_in_one_message(tmp_path: Path) -> None:
    parsed = parse(tmp_path, {"purposes": WRONG_PURPOSES})
    assert parsed.returncode != 0
    assert f"have {len(MESSAGES)} errors" in parsed.stdout.replace("\n", " ")
    for message in MESSAGES:
        assert message in parsed.stdout


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"purposes": {"a": {"parent": "b"}, "b": {"parent": "c"}, "c": {"parent": "a"}}},
            "purposes.a.parent: a cycle: a → b → c → a.",
        ),
        ({"as_of": "yesterday"}, "vars.as_of: 'yesterday' is no point in time."),
        (
            {
                "consent_models": [{"model": "stg_crm__consents", "kind": "journal"}],
                "alternate_keys": ["E-Mail"],
                "max_records_per_key": "many",
                "default_country": False,
            },
            "default_country: 'False' is no ISO 3166 alpha-2 code"
            " (YAML reads an unquoted NO as false: write 'NO').",
        ),
        (
            {"default_country": "UK"},
            "default_country: 'UK' is no ISO 3166 alpha-2 code (did you mean 'GB'?).",
        ),
        ({"default_country": "XX"}, "default_country: 'XX' is no ISO 3166 alpha-2 code."),
        (
            {"default_country": "nld"},
            "default_country: 'nld' is no ISO 3166 alpha-2 code (did you mean 'NL'?).",
        ),
        (
            {"time_zone": "Europe/Amsterdm"},
            "time_zone: 'Europe/Amsterdm' is no time zone (did you mean 'Europe/Amsterdam'?)",
        ),
        (
            {"consent_models": [{"model": "stg_crm__consents", "on_new_contact_point": "move"}]},
            "on_new_contact_point 'move' of stg_crm__consents is neither ask nor carry.",
        ),
        (
            {"alternate_keys": ["email", {"phone": {"only_with": ["lastname"]}}]},
            "alternate_keys.phone.only_with: 'lastname' is no attribute of profile_attributes"
            " (did you mean 'last_name'?).",
        ),
        (
            {"alternate_keys": [{"phone": {"only": ["last_name"]}}]},
            "alternate_keys.phone: must say on what records must agree too",
        ),
        (
            {"max_records_per_key": {"fone": 5}},
            "max_records_per_key.fone: no alternate key (did you mean 'phone'?).",
        ),
        (
            {"max_records_per_key": {"phone": 1}},
            "max_records_per_key.phone: '1' is no whole number from 2 on.",
        ),
        (
            {"merge_reviews": {"shared": 10}},
            "merge_reviews.shared: unknown key (did you mean 'shared_by'?)",
        ),
        ({"as_off": "2026-01-01"}, "as_off: is no setting (did you mean 'as_of'?)."),
        (
            {"supression_models": []},
            "supression_models: is no setting (did you mean 'suppression_models'?).",
        ),
        (
            {"retired_models": ["stg_crm__consents"]},
            "retired_models: 'stg_crm__consents' is still declared",
        ),
        (
            {"renamed_models": {"stg_crm__people": "stg_crm__customer"}},
            "renamed_models: 'stg_crm__customer', the new name of 'stg_crm__people', is not "
            "declared (did you mean 'stg_crm__customers'?).",
        ),
    ],
)
def test_other_wrong_settings(tmp_path: Path, variables: dict[str, object], message: str) -> None:
    parsed = parse(tmp_path, variables)
    assert parsed.returncode != 0
    assert message in parsed.stdout


def declared(folder: Path, vars_: dict[str, object], command: str) -> str:
    """What a command says of a project whose dbt_project.yml has these vars."""
    for name in ("macros", "models/marts/profiles.yml"):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(ROOT / name)
    project = {
        "name": "dbt_consent",
        "profile": "dbt_consent",
        "config-version": 2,
        "on-run-start": ["{{ dbt_consent.validate_settings() }}"],
        "vars": vars_,
    }
    (folder / "dbt_project.yml").write_text(json.dumps(project))
    (folder / "profiles.yml").write_text((ROOT / "profiles.yml").read_text())
    done = run(folder, command)
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("command", ["dbt parse", "consent validate"])
def test_a_misspelt_setting_in_the_file_is_an_error(tmp_path: Path, command: str) -> None:
    wrong = {
        "supression_models": ["stg_list"],
        "dbt_consent": {"segmnts": [], "shop_name": "ours"},
        "seen": 1,
    }
    said = declared(tmp_path, wrong, command)
    assert "have 3 errors" in said or command != "dbt parse"
    for message in (
        "supression_models: is no setting (did you mean 'suppression_models'?).",
        "dbt_consent.segmnts: is no setting of dbt_consent (did you mean 'segments'?)",
        "dbt_consent.shop_name: is no setting of dbt_consent; docs/settings.md lists them.",
    ):
        assert message in said
    assert "seen" not in said


def test_vars_of_the_projects_own_are_none_of_ours(tmp_path: Path) -> None:
    own = {"shop_country": "UK", "my_models": [], "another_package": {"as_off": 1}}
    said = declared(tmp_path, own, "dbt parse")
    assert "rror" not in said


def test_every_setting_is_told_in_the_guide_and_none_stands_in_the_packages_file() -> None:
    text = (ROOT / "macros/config/setting.sql").read_text(encoding="utf-8")
    names = set(re.findall(r"^ {8}'(\w+)': ", text, re.MULTILINE))
    table = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    )
    assert names <= table
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert [*project["vars"]] == ["dbt_consent_demo"]


def test_countries_are_those_of_the_standard() -> None:
    text = (ROOT / "macros/config/countries.sql").read_text(encoding="utf-8")
    codes = re.findall(r"'([A-Z]{2})':\s+'[A-Z]{3}'", text)
    assert set(codes) == {*pytz.country_names, "XK"}
    assert len(codes) == len(set(codes)) == 250
