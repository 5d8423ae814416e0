"""A project of `consent init` on a server: the example is green at once there too."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from clone import run
from engines.warehouse import ENGINE, new_warehouse

pytestmark = pytest.mark.skipif(ENGINE != "postgres", reason="needs a server (engines.server)")


SIGN_UPS = """\
signup_id;name;E-Mail;Newsletter
S1;Zoë d’Arc;zoe@example.org;ja
#2;Femi Okoro;femi@example.net;nein
S3;Lena Brandt;lena@example.com;ja
"""


def reached(folder: Path) -> dict[str, str]:
    """The environment that reaches a database of its own."""
    server = new_warehouse(folder)
    reach = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    return {
        **reach,
        "PGDATABASE": str(server.output["dbname"]),
        "PGSCHEMA": str(server.output["schema"]),
    }


def test_from_a_file_to_an_own_segment_on_a_server(tmp_path: Path) -> None:
    """As a spreadsheet writes it; the file is loaded by the command that `new source` names."""
    reach = reached(tmp_path)
    command = "consent init project --yes --engine postgres --purpose newsletter"
    assert run(tmp_path, command).returncode == 0
    project = tmp_path / "project"
    (project / "data/fair.csv").write_bytes(SIGN_UPS.encode("cp1252"))
    source = "consent new source data/fair.csv --map 'Newsletter=answer to newsletter'"
    done = run(project, source, **reach)
    assert done.returncode == 0, done.stderr
    assert "`consent demo --load`" in done.stderr
    for command in (
        "consent demo --load",
        "consent new segment fair_readers",
        "consent refresh",
        "consent refresh",
    ):
        done = run(project, command, **reach)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    listed = json.loads(run(project, "consent segments --json", **reach).stdout)
    assert [(each["segment"], each["members"]) for each in listed] == [("fair_readers", 2)]
    asked = "consent explain {} fair_readers"
    assert "\nIN" in run(project, asked.format("zoe@example.org"), **reach).stdout
    assert "\nOUT" in run(project, asked.format("femi@example.net"), **reach).stdout


def test_the_example_is_delivered_from_a_server(tmp_path: Path) -> None:
    reach = reached(tmp_path)
    made = run(tmp_path, "consent init project --yes --example --engine postgres")
    assert made.returncode == 0, made.stderr
    project = tmp_path / "project"
    assert "dbt-consent[postgres]" in (project / "requirements.txt").read_text()
    done = run(project, "consent refresh", **reach)
    assert done.returncode == 0, done.stdout + done.stderr
    [certificate] = project.glob("exports/newsletter/*/certificate.json")
    people = (certificate.parent / "full.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in people] == ['"ada@example.com"', '"lena@example.net"']
    assert json.loads(certificate.read_text())
