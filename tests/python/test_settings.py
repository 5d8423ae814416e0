"""Wrong settings: every error of a project in one message, before anything is built."""

import json
import subprocess
from pathlib import Path

import pytest
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
    ],
)
def test_other_wrong_settings(tmp_path: Path, variables: dict[str, object], message: str) -> None:
    parsed = parse(tmp_path, variables)
    assert parsed.returncode != 0
    assert message in parsed.stdout
