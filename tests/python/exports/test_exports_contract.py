"""Every wrong contract is one error with the exposure, the key and the fix; all come at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from runner.dbt import Project
from runner.errors import UsageError
from runner.exports.contract import contract_errors, exports

NEWS = "newsletter"


def with_contract(project: Project, name: str, **changes: Any) -> Project:
    """The project with keys of one export's contract changed; None takes a key away."""
    exposures = {}
    for node_id, node in project.exposures.items():
        if node["name"] == name:
            contract = {**node["config"]["meta"]["export"], **changes}
            contract = {key: value for key, value in contract.items() if value is not None}
            node = {**node, "config": {"meta": {"export": contract}}}
        exposures[node_id] = node
    return dataclasses.replace(project, exposures=exposures)


def test_good_contracts(base: Project) -> None:
    assert contract_errors(base) == []
    heads, news, texts = exports(base)
    assert (news.name, news.purpose, news.channel, news.required) == (
        "newsletter",
        "newsletter",
        "email",
        ("newsletter",),
    )
    assert (texts.channel, heads.channel, heads.required) == ("phone", None, ())
    assert texts.deliver == ("full",)
    assert texts.max_removed_share == 0.3


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (NEWS, {"formt": "csv"}, "unknown key 'formt' (did you mean 'format'?)"),
        (NEWS, {"destination": None}, "`destination` is missing: a folder, or a URL"),
        (NEWS, {"format": "xlsx"}, "format: 'xlsx' is not one of csv, parquet, jsonl"),
        (NEWS, {"compression": "zip"}, "compression: 'zip' is not one of none, gzip"),
        (
            NEWS,
            {"layout": "google_customer_mach"},
            "layout: 'google_customer_mach' is not a known layout "
            "(did you mean 'google_customer_match'?)",
        ),
        (
            NEWS,
            {"deliver": "full"},
            "deliver: 'full' is not a list of full, added, removed",
        ),
        (NEWS, {"deliver": []}, "deliver: '[]' is not a list"),
        (NEWS, {"deliver": ["full", "full"]}, "deliver: '[full, full]' is not a list"),
        (NEWS, {"deliver": ["added"]}, "`added` alone would leave every withdrawal"),
        (NEWS, {"deliver": ["removed"]}, "`removed` alone delivers nobody"),
        (
            NEWS,
            {"contact_points": "some"},
            "contact_points: 'some' is not one of best, all",
        ),
        (NEWS, {"third_party": "yes"}, "third_party: 'yes' is not true or false"),
        (
            NEWS,
            {"third_party": True, "proof": "./exports/newsletter/proof"},
            "'./exports/newsletter/proof' lies in the destination 'exports/newsletter'",
        ),
        (
            NEWS,
            {"third_party": True},
            "proof: evidence and ledger hold contact points and consents in plain",
        ),
        (
            NEWS,
            {"max_removed_share": 30},
            "max_removed_share: '30' is not a share from 0 to 1",
        ),
        (NEWS, {"max_rows_per_file": 0}, "max_rows_per_file: '0' is not a whole number"),
        (
            NEWS,
            {"remove_within": {"weeks": 1}},
            "remove_within: '{'weeks': 1}' is not a time",
        ),
        (NEWS, {"keep_evidence_for": 24}, "keep_evidence_for: '24' is not a time such as"),
        (
            NEWS,
            {"contacts_people": False},
            "is a list of contact points (contact_for: newsl",
        ),
        (
            NEWS,
            {"format": "parquet", "compression": "gzip"},
            "compression: Parquet is compressed with zstd already",
        ),
        (
            NEWS,
            {"format": "jsonl", "neutralise_formulas": False},
            "neutralise_formulas: only for CSV",
        ),
        (
            NEWS,
            {"layout": "google_customer_match", "format": "parquet"},
            "the layout google_customer_match is written as csv, not as parquet",
        ),
        (
            NEWS,
            {"ad_consent": {"ad_user_data": "newsletter"}},
            "ad_consent: the layout plain knows no ad-consent signals",
        ),
        (
            NEWS,
            {"layout": "google_customer_match", "ad_consent": {"ad_user_data": "profilng"}},
            "ad_consent.ad_user_data: 'profilng' is no purpose (did you mean 'profiling'?)",
        ),
        (
            NEWS,
            {
                "layout": "google_customer_match",
                "ad_consent": {"ad_user_data": "profiling"},
                "deliver": ["added", "removed"],
            },
            "ad_consent: needs `full`",
        ),
        (
            "texts",
            {"layout": "linkedin_contact_list"},
            "linkedin_contact_list takes no contact points of the kind phone; it takes email",
        ),
        ("texts", {"destination": "exports/./newsletter/"}, "is also used by newsletter"),
        (
            "heads",
            {"contacts_people": None},
            "the segment everybody contacts nobody and cannot go to a destination that contacts",
        ),
        (
            "heads",
            {"third_party": True, "proof": "exports/proof"},
            "contacts nobody, so nobody in it agreed to anything and it can never go to a third",
        ),
        (
            "heads",
            {"layout": "mailchimp_import"},
            "mailchimp_import is a list of contact points; use `plain`",
        ),
    ],
)
def test_broken_contract(base: Project, name: str, changes: dict[str, Any], message: str) -> None:
    project = with_contract(base, name, **changes)
    (error,) = contract_errors(project)
    assert error.startswith(("newsletter", "texts", "heads"))
    assert message in error
    with pytest.raises(UsageError, match="have 1 error"):
        exports(project)


def test_all_errors_at_once(base: Project) -> None:
    project = with_contract(base, "newsletter", format="xlsx", layout="plane", deliver=["all"])
    project = with_contract(project, "texts", third_party="no")
    assert len(contract_errors(project)) == 4


def test_not_exactly_one_segment(base: Project) -> None:
    for nodes, named in (
        ([], "none"),
        (
            ["model.dbt_consent.newsletter_audience", "model.dbt_consent.sms_audience"],
            "newsletter_audience, sms_audience",
        ),
    ):
        exposures = {
            node_id: {**node, "depends_on": {"nodes": nodes}}
            if node["name"] == "newsletter"
            else node
            for node_id, node in base.exposures.items()
        }
        (error,) = contract_errors(dataclasses.replace(base, exposures=exposures))
        assert f"must name exactly one segment, and names {named}" in error


def test_unknown_name(base: Project) -> None:
    with pytest.raises(UsageError, match=r"no export 'newsleter' \(did you mean 'newsletter'\?\)"):
        exports(base, ["newsleter"])


def test_a_third_party_needs_sale(base: Project, tmp_path: Path) -> None:
    project = with_contract(base, "newsletter", third_party=True, proof="exports/proof")
    (export,) = exports(project, ["newsletter"])
    assert export.required == ("newsletter", "sale")
