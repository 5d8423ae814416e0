"""A project of `consent init` on a server: the example is green at once there too."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from clone import run
from engines.warehouse import ENGINE, new_warehouse

pytestmark = pytest.mark.skipif(ENGINE != "postgres", reason="needs a server (engines.server)")


def test_the_example_is_delivered_from_a_server(tmp_path: Path) -> None:
    server = new_warehouse(tmp_path)
    made = run(tmp_path, "consent init project --yes --example --engine postgres")
    assert made.returncode == 0, made.stderr
    project = tmp_path / "project"
    assert "dbt-consent[postgres]" in (project / "requirements.txt").read_text()
    reach = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    reach |= {"PGDATABASE": str(server.output["dbname"]), "PGSCHEMA": str(server.output["schema"])}
    done = run(project, "consent refresh", **reach)
    assert done.returncode == 0, done.stdout + done.stderr
    [certificate] = project.glob("exports/newsletter/*/certificate.json")
    people = (certificate.parent / "full.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in people] == ['"ada@example.com"', '"lena@example.net"']
    assert json.loads(certificate.read_text())
