"""Thirty mistakes of the first day: what is typed or written, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEADER = "id,email,phone,first_name,last_name,country,newsletter,newsletter_at,updated_at\n"
ADA = "1,ada@example.com,,Ada,Quist,GB,yes,2026-01-10 09:00:00,2026-01-10 09:00:00\n"
BOB = ADA.replace("1,ada", "2,bob")
STAGING = "consent refresh --no-export --select stg_shop__customers"
CUSTOMERS = "models/staging/shop/stg_shop__customers.sql"


@dataclass(frozen=True)
class Mistake:
    """One mistake in the project that `consent init --example` made.

    Attributes:
        make: makes it in a project's folder.
        command: what is typed then.
        said: the paragraph, without line breaks.
        code: the exit code.
    """

    make: Callable[[Path], object]
    command: str
    said: str
    code: int = 1


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    """Writes something else in a file of the project."""

    def make(project: Path) -> None:
        text = (project / name).read_text(encoding="utf-8")
        assert old in text
        (project / name).write_text(text.replace(old, new), encoding="utf-8")

    return make


def data(text: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    """The customers' file."""
    return lambda project: (project / "data/shop_customers.csv").write_bytes(text.encode(encoding))


def nothing(project: Path) -> None:
    """The mistake is in what is typed."""


SETTINGS = {
    "supression_models": ["stg_list__blocked"],
    "dbt_consent": {"segmnts": ["vip"]},
    "customer_models": "stg_shop__customers",
    "consent_models": [{"model": "stg_shop__consents", "kind": "journal", "shrink": 1}],
    "max_records_per_key": "many",
    "default_country": "UK",
    "time_zone": "Europe/Amsterdm",
    "accepted_drops": -1,
    "activity_models": ["orders"],
    "purposes": {
        "Newsletter": {},
        "offers": {"chanel": "email", "valid_for_months": 0},
        "calls": {"enforcement": "optin", "parent": "ofers"},
        "mail": {"enforcement_by_country": {False: "opt_out"}},
    },
}
"""Mistakes of settings that are told together."""

OF_SETTINGS = [
    "supression_models: is no setting (did you mean 'suppression_models'?). A var of your own "
    "has a name that differs in more than two letters.",
    "dbt_consent.segmnts: is no setting of dbt_consent (did you mean 'segments'?); "
    "docs/settings.md lists them.",
    "customer_models: must be a list.",
    "consent_models: unknown key 'shrink' (did you mean 'max_shrink'?); known are model, kind, ",
    "consent_models: kind 'journal' of stg_shop__consents is neither state nor ledger.",
    "max_records_per_key: 'many' is no whole number from 2 on.",
    "default_country: 'UK' is no ISO 3166 alpha-2 code (did you mean 'GB'?).",
    "time_zone: 'Europe/Amsterdm' is no time zone (did you mean 'Europe/Amsterdam'?); write a name "
    "such as Europe/Amsterdam.",
    "accepted_drops: '-1' is no whole number from 0 on.",
    "activity_models: must be a mapping, such as {orders: int_activities__orders}.",
    "purposes: 'Newsletter' is no name; use lower-case letters, digits and _.",
]
"""What is said about them; a purpose's keys are told once its name is one."""

MISTAKES: dict[str, Mistake] = {
    "a bracket that does not close": Mistake(
        edit("dbt_project.yml", "vars:\n", "vars:\n bad: [\n"),
        "consent validate",
        "dbt_project.yml: line 66: this is no YAML: expected ',' or ']', but got '<scalar>'.",
    ),
    "a profile of another name": Mistake(
        edit("profiles.yml", "consent:\n  target", "consnt:\n  target"),
        "consent validate",
        "Could not find profile named 'consent'. `profile:` of dbt_project.yml and the first line "
        "of profiles.yml are one name; profiles.yml is looked for in the project's folder, then in "
        "~/.dbt.",
    ),
    "a target that does not exist": Mistake(
        nothing,
        "consent refresh --target prod",
        "The profile 'consent' does not have a target named 'prod'. The valid target names for "
        "this profile are: - duckdb - postgres. Name one of these with --target.",
    ),
    "--vars that are no YAML": Mistake(
        nothing,
        "consent refresh --vars 'a: ['",
        "--vars is no YAML. Write it as --vars '{time_zone: Europe/Amsterdam}'.",
        2,
    ),
    "--vars without a name": Mistake(
        nothing,
        "consent refresh --vars 'a'",
        "--vars must be a mapping. Write it as --vars '{time_zone: Europe/Amsterdam}'.",
        2,
    ),
    "a segment that is listed and not there": Mistake(
        edit("dbt_project.yml", "segments: [", "segments: [vip, "),
        "consent refresh",
        "'vip' is listed in vars: segments: of dbt_project.yml, but no enabled model of that name "
        "is a segment. Remove: - vip",
    ),
    "a misspelt model in the settings": Mistake(
        edit("dbt_project.yml", "[stg_shop__customers]", "[stg_shop__customer]"),
        "consent refresh",
        "depends on a node named 'stg_shop__customer' which was not found. vars: customer_models: "
        "of dbt_project.yml names it. Correct the name (did you mean 'stg_shop__customers'?), or "
        "enable the model of that name.",
    ),
    "a misspelt macro": Mistake(
        edit(CUSTOMERS, "clean_email", "cleanemail"),
        STAGING,
        f"model stg_shop__customers: {CUSTOMERS} calls cleanemail, and there is no such macro or "
        "variable. Our macros are called as dbt_consent.NAME; docs/bring-your-own-data.md lists "
        "them.",
    ),
    "a file that is not there": Mistake(
        lambda project: (project / "data/shop_customers.csv").unlink(),
        STAGING,
        "model stg_shop__customers: there is no file data/shop_customers.csv. Put it there, or "
        f"mend the path in the sources' page beside {CUSTOMERS}; paths are relative to the "
        "project's folder.",
    ),
    "a line with a field too many": Mistake(
        data(HEADER + ADA + BOB.replace("GB", "GB,x")),
        STAGING,
        "data/shop_customers.csv cannot be read as the sources' page beside "
        f"{CUSTOMERS} says: a line has more or fewer fields than the header, a quote does not "
        "close, or the delimiter is another one. Mend the file, or the page.",
    ),
    "a file without a header": Mistake(
        data(ADA + BOB),
        STAGING,
        "model stg_shop__customers: there is no column id in what it reads. Compare "
        f"{CUSTOMERS} with the header of its source, or with the model that it selects from: a "
        "column was renamed or left out, or the file has no header any more.",
    ),
    "a column that was renamed": Mistake(
        data(HEADER.replace("newsletter_at", "nl_date") + ADA),
        STAGING,
        "model stg_shop__customers: there is no column newsletter_at in what it reads.",
    ),
    "a file in the encoding of Windows": Mistake(
        data(HEADER + ADA.replace("Ada", "André"), "cp1252"),
        STAGING,
        f"data/shop_customers.csv is not in UTF-8. Say so in the sources' page beside {CUSTOMERS}: "
        "encoding = 'latin-1', or 'utf-16', or a path that begins with windows-1252://, which is "
        "what spreadsheets write; or save the file anew.",
    ),
    "a key that stands there twice": Mistake(
        data(HEADER + ADA + ADA),
        "consent refresh --no-export --select source:shop+1",
        "1 row breaks the rule `unique` of source shop.customers, column id. It is declared in "
        "models/staging/shop/_shop__sources.yml; mend what the source says, or the model that "
        "reads it.",
    ),
    "a label of a purpose that is not declared": Mistake(
        edit(
            "seeds/reference/purpose_labels.csv", ",newsletter,newsletter", ",newsletter,newsleter"
        ),
        "consent refresh --no-export --select purpose_labels",
        "1 row breaks the rule `purpose_is_known` of seed purpose_labels, column purpose. Mend "
        "seeds/reference/purpose_labels.csv: take out the rows whose purpose vars: purposes: does "
        "not declare, declare it, or write ignored.",
    ),
    "an answer that is mapped to no status": Mistake(
        edit("seeds/reference/status_labels.csv", ",yes,granted", ",yes,maybe"),
        "consent refresh --no-export --select status_labels",
        "1 row breaks the rule `accepted_values` of seed status_labels, column status. Mend "
        "seeds/reference/status_labels.csv: there are granted, denied, pending",
    ),
    "a label that is mapped twice": Mistake(
        edit("seeds/reference/status_labels.csv", ",yes,granted", ",yes,granted\n, YES,denied"),
        "consent refresh --no-export --select status_labels",
        "1 row breaks the rule `unique_label` of seed status_labels. Mend "
        "seeds/reference/status_labels.csv: one row per source and label.",
    ),
    "a guard that is no purpose": Mistake(
        edit("models/segments/newsletter_audience.yml", ": newsletter\n", ": newsleter\n"),
        "consent validate",
        "models/segments/newsletter_audience.yml: contact_for: 'newsleter' is no purpose (did you "
        "mean 'newsletter'?).",
    ),
    "an export of a segment that is not there": Mistake(
        edit("models/exports/exports.yml", "ref('newsletter_audience')", "ref('newsletter')"),
        "consent validate",
        "(models/exports/exports.yml) depends on a node named 'newsletter' which was not found. "
        "Correct the name (did you mean 'newsletter_audience'?), or enable the model of that name.",
    ),
    "a misspelt key of an export": Mistake(
        edit("models/exports/exports.yml", "format: csv", "fromat: csv"),
        "consent validate",
        "newsletter (models/exports/exports.yml): unknown key 'fromat' (did you mean 'format'?);",
    ),
    "a segment that is there already": Mistake(
        nothing,
        "consent new segment newsletter_audience",
        "There is a 'newsletter_audience' already: models/segments/newsletter_audience.yml.",
        2,
    ),
    "a name that is none": Mistake(
        nothing,
        "consent new segment Dutch-Speakers",
        "'Dutch-Speakers' is no name for a segment. Use lower case letters, digits and _, "
        "beginning with a letter.",
        2,
    ),
    "a selection of nothing": Mistake(
        nothing,
        "consent refresh --select newsleter_audience",
        "--select 'newsleter_audience' matches nothing in the project (did you mean "
        "'newsletter_audience'?). `dbt ls` lists what there is.",
        2,
    ),
    "a misspelt export": Mistake(
        nothing,
        "consent export newsleter",
        "There is no export 'newsleter' (did you mean 'newsletter'?).",
        2,
    ),
    "a question before the first build": Mistake(
        nothing, "consent explain ada@example.com newsletter_audience", "consent refresh"
    ),
}
