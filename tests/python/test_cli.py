"""The command line: exit codes, where words go, and what an operator sees when things go wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from exports_project import ROOT, ScratchProject
from exports_world import column

from runner.cli import app

NEWSLETTER = {
    "segment": "newsletter_audience",
    "destination": "exports/newsletter",
    "deliver": ["full", "added", "removed"],
    "max_removed_share": 1,
    "remove_within": {"hours": 24},
}


def event(number: int, email: str, status: str, purpose: str = "newsletter") -> dict[str, Any]:
    return {
        "id": str(number),
        "key_type": "email",
        "key_value": email,
        "purpose": purpose,
        "status": status,
        "recorded_at": f"2026-01-{number:02d}T00:00:00",
    }


FRANK, HOLLY = "frank@contoso.com", "holly@contoso.com"
CONSENTS = [event(1, FRANK, "granted"), event(2, HOLLY, "denied")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    project = ScratchProject(
        tmp_path_factory.mktemp("built") / "project",
        {"newsletter": NEWSLETTER},
        {"newsletter_audience": "newsletter"},
    )
    project.write()
    project.customers(*({"id": p, "person": p, "email": p} for p in (FRANK, HOLLY)))
    project.suppressions()
    project.consents(*CONSENTS)
    project.refresh()
    return project


@pytest.fixture()
def project(built: ScratchProject, tmp_path: Path) -> ScratchProject:
    """A copy of a project that was delivered once."""
    folder = tmp_path / "project"
    shutil.copytree(built.folder, folder)
    return ScratchProject(folder, built.exports, built.segments)


def commands() -> list[str]:
    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    subcommands = getattr(command, "commands", None) or {name: command}
    for each in subcommands.values():
        assert each.help and "Example: consent " in each.help, each.name


def test_the_first_refresh_delivers(built: ScratchProject) -> None:
    (delivery,) = built.deliveries()
    assert column(delivery / "full.csv") == [FRANK]
    assert built.query("select status from refreshes") == [("successful",)]


def test_words_go_to_stderr_and_data_to_stdout(project: ScratchProject) -> None:
    done = project.consent("export", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    (counted,) = json.loads(done.stdout)
    assert counted["status"] == "counted"
    assert counted["counts"] == {"full": 1, "added": 0, "removed": 0}
    assert json.loads(project.consent("status", "--json").stdout)["exports"][0]["outstanding"] == 1


def test_a_second_refresh_changes_nothing(project: ScratchProject) -> None:
    tables = ("consent_events", "delivered_members", "contact_point_permissions", "profiles")
    before = {name: project.query(f"select * from {name} order by all") for name in tables}
    done = project.refresh("--json")
    assert json.loads(done.stdout)["deliveries"][0]["counts"] == {
        "full": 1,
        "added": 0,
        "removed": 0,
    }
    assert {n: project.query(f"select * from {n} order by all") for n in tables} == before
    assert project.consent("export").returncode == 0
    assert len(project.deliveries()) == 1, "what is unchanged is a line in the ledger"


def test_a_withdrawal_is_removed_and_the_status_says_so(project: ScratchProject) -> None:
    project.consents(*CONSENTS, event(3, FRANK, "denied"))
    project.refresh("--no-export")
    waiting = project.consent("status", "--json")
    assert waiting.returncode == 1, "a removal is overdue"
    (export,) = json.loads(waiting.stdout)["exports"]
    assert (export["outstanding"], export["waiting"], export["overdue"]) == (1, 1, 1)
    assert project.consent("export").returncode == 0
    assert column(project.deliveries()[-1] / "removed.csv") == [FRANK]
    done = project.consent("status", "--json")
    assert done.returncode == 0
    (export,) = json.loads(done.stdout)["exports"]
    assert (export["outstanding"], export["waiting"], export["overdue"]) == (0, 0, 0)
    # delivered in January's shadow: recorded at its source long before it arrived here
    late = project.query("select key_value, consent_id from late_withdrawals")
    assert late == [(FRANK, "3")]


def test_a_red_test_upstream_keeps_the_last_delivery(project: ScratchProject) -> None:
    tests = project.folder / "tests"
    tests.mkdir(exist_ok=True)
    (tests / "assert_nothing.sql").write_text("select * from {{ ref('consent_events') }}")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "test assert_nothing" in done.stderr
    assert "was not green for assert_nothing (fail)" in " ".join(done.stderr.split())
    assert len(project.deliveries()) == 1
    status = project.consent("status", "--json")
    assert status.returncode == 1
    assert "export newsletter" in status.stdout


def test_a_stale_source_stops_the_exports(project: ScratchProject) -> None:
    done = project.consent("refresh", CONSENT_TEST_LOADED_AT="2026-01-01 00:00:00")
    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert "shop.customers is older than it should be" in told
    assert "raise that limit, or leave it out for a list that does not grow old" in told
    assert len(project.deliveries()) == 1
    assert project.consent("export", CONSENT_TEST_LOADED_AT="2026-01-01").returncode == 1


def test_partial_build_is_not_delivered(project: ScratchProject) -> None:
    done = project.consent("refresh", "--select", "profiles")
    assert done.returncode == 0, done.stderr
    assert len(project.deliveries()) == 1
    refused = project.consent("export")
    assert refused.returncode == 1
    assert "not all that it is made of comes from one build" in refused.stderr


def test_as_of_writes_to_a_schema_of_its_own(project: ScratchProject) -> None:
    before = project.query("select * from consent_events order by all")
    results = project.query("select count(*) from node_results")
    done = project.consent("refresh", "--as-of", "2025-12-31", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["deliveries"] == []
    assert project.query("select count(*) from main_asof.segment_members") == [(0,)]
    assert project.query("select count(*) from main.segment_members") == [(1,)]
    assert project.query("select * from consent_events order by all") == before
    assert project.query("select count(*) from node_results") == results
    counted = project.consent("export", "--dry-run", "--as-of", "2025-12-31", "--json")
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)[0]["counts"] == {"full": 0, "added": 0, "removed": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["refresh", "--select", "profile"],
            2,
            "--select 'profile' matches nothing in the project (did you mean 'profiles'?)",
        ),
        (["export", "newsleter"], 2, "no export 'newsleter' (did you mean 'newsletter'?)"),
        (["export", "--as-of", "2026-01-01"], 2, "A past moment is never delivered."),
        (["refresh", "--vars", "{a"], 2, "--vars is no YAML"),
        (["refresh", "--vars", "a"], 2, "--vars must be a mapping"),
        (["refresh", "--target", "nowhere"], 1, "does not have a target named 'nowhere'"),
        (["verify", "exports/none"], 2, "There is no delivery at exports/none"),
        (["refresh", "--as-of", "yesterday"], 2, "'yesterday' is no point in time"),
    ],
)
def test_wrong_use(built: ScratchProject, arguments: list[str], code: int, message: str) -> None:
    done = built.consent(*arguments)
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_debug_shows_the_traceback(project: ScratchProject) -> None:
    done = project.consent("export", "newsleter", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_outside_a_project(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runner", "refresh"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "There is no dbt_project.yml in" in done.stderr


def test_without_a_warehouse(project: ScratchProject) -> None:
    project.warehouse.unlink()
    done = project.consent("status")
    assert done.returncode == 1
    assert "There is no warehouse at" in done.stderr
    assert "Build it with `consent refresh`" in done.stderr


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda p: (p.data / "consents.jsonl").unlink(), "consents.jsonl"),
        (
            lambda p: p.consents(event(1, FRANK, "granted", "news")),
            "for a purpose that is not know",
        ),
        (lambda p: p.customers(), "looks like an outage: stg_shop__customers is empty (2 rows"),
        (
            lambda p: (p.data / "suppressions.jsonl").write_text("{oops\n"),
            "model stg_shop__suppressions",
        ),
    ],
)
def test_a_source_gone_wrong(project: ScratchProject, break_it: Any, message: str) -> None:
    before = project.query("select * from consent_events order by all")
    break_it(project)
    done = project.consent("refresh")
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())
    assert "skipped because of" in done.stderr
    assert len(project.deliveries()) == 1, "the last delivery stays"
    assert project.query("select * from consent_events order by all") == before


def test_docs_are_one_file(project: ScratchProject) -> None:
    done = project.consent("docs")
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip())
    assert page.name == "static_index.html"
    assert "newsletter_audience" in page.read_text(encoding="utf-8")


def test_verify_a_delivery(project: ScratchProject) -> None:
    (delivery,) = project.deliveries()
    done = project.consent("verify", str(delivery.relative_to(project.folder)), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["members"] == 1
    for name in (delivery.name, "newsletter"):
        named = project.consent("verify", name, "--json")
        assert named.returncode == 0, named.stderr
        assert json.loads(named.stdout)["delivery"] == delivery.name
    unknown = project.consent("verify", "20200101T000000000000Z-00000000")
    assert unknown.returncode == 2
    assert "No export of the project has a delivery 2020" in unknown.stderr
    (delivery / "full.csv").write_text("")
    done = project.consent("verify", str(delivery))
    assert done.returncode == 1
    assert "NOT as certified" in done.stdout
