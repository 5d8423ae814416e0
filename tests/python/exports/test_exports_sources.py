"""From a row in a source to the removal in every destination, through real builds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from exports_project import ROOT, ScratchProject
from exports_world import column

pytestmark = pytest.mark.slow

DELIVER = {"deliver": ["full", "added", "removed"], "max_removed_share": 0.8}
EXPORTS: dict[str, dict[str, Any]] = {
    "mailing": {**DELIVER, "destination": "exports/mailing"},
    "ads": {
        **DELIVER,
        "destination": "exports/ads",
        "proof": "exports/proof/ads",
        "layout": "google_customer_match",
    },
    "partner": {
        **DELIVER,
        "destination": "exports/partner",
        "proof": "exports/proof/partner",
        "third_party": True,
    },
}
STAY = [f"stays{number}@example.com" for number in range(4)]
GO = [f"{name}@example.com" for name in ("ann", "bob", "cem", "dia", "eve", "fay", "gil", "hal")]
ANN, BOB, CEM, DIA, EVE, FAY, GIL, HAL = GO


def says(number: int, email: str, status: str, purpose: str = "newsletter") -> dict[str, Any]:
    return {
        "id": f"{purpose}-{status}-{email}",
        "key_type": "email",
        "key_value": email,
        "purpose": purpose,
        "status": status,
        "recorded_at": f"2026-01-{number:02d}T00:00:00",
    }


def customer(email: str, person: str | None = None) -> dict[str, Any]:
    return {"id": email, "person": person or f"p-{email}", "email": email}


def with_segment(name: str) -> dict[str, dict[str, Any]]:
    return {export: {**contract, "segment": name} for export, contract in EXPORTS.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """Delivered to three destinations; then many things happen at the sources, and again."""
    project = ScratchProject(
        tmp_path_factory.mktemp("sources") / "project",
        with_segment("audience"),
        {"audience": "newsletter"},
    )
    project.write()
    everybody = [*GO, *STAY]
    project.customers(*map(customer, everybody))
    granted = [says(1, email, "granted") for email in everybody]
    project.consents(*granted)
    project.suppressions()
    project.refresh()

    project.exports, project.segments = with_segment("readers"), {"readers": "newsletter"}
    project.write()
    project.customers(
        # bob and fay are in no source any more; cem and dia turn out to be one person
        *(customer(email) for email in everybody if email not in (BOB, CEM, FAY)),
        customer(CEM, f"p-{DIA}"),
    )
    project.consents(
        *granted,
        says(2, ANN, "denied"),
        says(2, BOB, "denied"),
        says(2, DIA, "denied"),
        says(2, HAL, "denied", "storage"),
        says(2, GIL, "denied", "sale"),
    )
    project.suppressions(
        {"key_type": "email", "key_value": EVE, "reason": "complained", "suppressed_at": None}
    )
    project.refresh()
    return project


def hashed(emails: list[str]) -> set[str]:
    return {hashlib.sha256(email.encode()).hexdigest() for email in emails}


def test_removed_everywhere(project: ScratchProject) -> None:
    gone = [email for email in GO if email != GIL]
    mailing, ads, partner = (project.deliveries(export)[-1] for export in EXPORTS)
    assert set(column(mailing / "removed.csv")) == set(gone)
    assert set(column(ads / "removed.csv", "Email")) == hashed(gone)
    # no sale: not to the partner, and still to us
    assert set(column(partner / "removed.csv")) == set(GO)
    assert set(column(mailing / "full.csv")) == {*STAY, GIL}
    assert set(column(ads / "full.csv", "Email")) == hashed([*STAY, GIL])
    assert set(column(partner / "full.csv")) == set(STAY)
    assert column(mailing / "added.csv") == column(partner / "added.csv") == []


def test_nobody_waits_for_removal(project: ScratchProject) -> None:
    done = project.consent("status", "--json")
    exports = json.loads(done.stdout)["exports"]
    assert {each["export"]: each["outstanding"] for each in exports} == {
        "mailing": 5,
        "ads": 5,
        "partner": 4,
    }
    assert [each["waiting"] for each in exports] == [0, 0, 0]


@pytest.mark.parametrize("export", EXPORTS)
def test_verified_on_a_machine_without_the_warehouse(
    project: ScratchProject, export: str, tmp_path: Path
) -> None:
    """Only the delivery and its proof are there: no project, no warehouse, no dbt."""
    delivery = project.deliveries(export)[-1]
    copy = tmp_path / delivery.name
    shutil.copytree(delivery, copy)
    arguments = [str(copy)]
    if "proof" in EXPORTS[export]:
        proof = tmp_path / "proof" / delivery.name
        shutil.copytree(project.folder / EXPORTS[export]["proof"] / delivery.name, proof)
        arguments += ["--proof", str(proof)]
    code = (
        "import sys; sys.modules['dbt.cli'] = sys.modules['dbt.adapters'] = None\n"
        "from runner.cli import app; app()"
    )

    def verify() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, "verify", *arguments, "--json"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = verify()
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["problems"] == []
    assert answer["members"] == answer["rows"]["full"] > 0
    (copy / "full.csv").write_bytes((copy / "full.csv").read_bytes().replace(b"\r\n", b"\n"))
    assert verify().returncode == 1


def test_certificates_are_what_their_schema_says(project: ScratchProject) -> None:
    text = resources.files("runner.exports").joinpath("certificate.schema.json").read_text()
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    paths = sorted(project.folder.glob("exports/**/certificate.json"))
    assert len(paths) == 10, "two deliveries, three exports, two of them with a proof apart"
    for path in paths:
        certificate = json.loads(path.read_text())
        assert [error.message for error in validator.iter_errors(certificate)] == []
        assert certificate.keys() >= set(schema["required"])
        for key in schema["required"]:
            without = {name: value for name, value in certificate.items() if name != key}
            assert not validator.is_valid(without), key
        assert not validator.is_valid({**certificate, "more": 1})
        assert not validator.is_valid({**certificate, "as_of": "2026-01-01 00:00:00"})
