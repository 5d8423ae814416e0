"""From end to end: withdrawals leave in the run that brings them, and nobody is left behind."""

from __future__ import annotations

import json

from bad_days import CEM, CONSENTS, FRANK, event
from exports_project import ScratchProject
from exports_world import column
from test_bad_days import said

DIA = "dia@example.com"
RED = """
select * from {{ ref('profiles') }} where '{{ env_var("CONSENT_TEST_RED", "") }}' <> ''
"""


def test_withdrawals_leave_whatever_stops_the_rest(project: ScratchProject) -> None:
    """A red test, a stale source, a failed delivery before."""
    (project.folder / "tests").mkdir()
    (project.folder / "tests/assert_something.sql").write_text(RED)
    early = RED.replace("profiles", "int_consent__statements").replace("_RED", "_RED_EARLY")
    (project.folder / "tests/assert_something_early.sql").write_text(early)
    people = (FRANK, CEM, DIA, "eve@example.com", "fay@example.com")
    project.customers(*({"id": p, "person": p, "email": p} for p in people))
    consents = [
        *CONSENTS,
        *(event(3 + number, p, "granted") for number, p in enumerate(people[1:])),
    ]
    project.consents(*consents)
    project.refresh()

    consents.append(event(10, FRANK, "denied"))
    project.consents(*consents)
    done = project.consent("refresh", CONSENT_TEST_RED="yes")
    assert done.returncode == 1
    assert "1 withdrawals were delivered as removed" in said(done)
    last = project.deliveries()[-1]
    assert column(last / "removed.csv") == [FRANK]
    assert column(last / "removed.csv", "reason") == ["withdrawn"]
    assert sorted(column(last / "full.csv")) == sorted(people[1:])
    verified = project.consent("verify", "newsletter")
    assert verified.returncode == 0 and "removals alone" in verified.stdout, verified.stdout

    consents.append(event(11, CEM, "denied"))
    project.consents(*consents)
    done = project.consent("refresh", CONSENT_TEST_LOADED_AT="2026-01-01 00:00:00")
    assert done.returncode == 1
    assert "older than its `freshness: error_after` allows" in said(done)
    assert column(project.deliveries()[-1] / "removed.csv") == [CEM]

    # a delivery that fails, and then a red test again
    place = project.folder / "exports/newsletter"
    place.rename(place.with_name("away"))
    place.write_text("a file")
    consents.append(event(12, DIA, "denied"))
    project.consents(*consents)
    done = project.consent("refresh")
    assert done.returncode == 1, said(done)
    place.unlink()
    place.with_name("away").rename(place)
    done = project.consent("refresh", CONSENT_TEST_RED="yes")
    assert done.returncode == 1
    assert column(project.deliveries()[-1] / "removed.csv") == [DIA]
    found = json.loads(project.consent("status", "--json").stdout)
    (export,) = found["exports"]
    assert (export["waiting"], export["outstanding"]) == (0, 2)

    # a red test that makes dbt skip the permissions themselves
    consents.append(event(13, "eve@example.com", "denied"))
    project.consents(*consents)
    done = project.consent("refresh", CONSENT_TEST_RED_EARLY="yes")
    assert done.returncode == 1
    assert "1 withdrawals were delivered as removed. Without" in said(done)
    assert "only what was said of each contact point itself could be asked" in said(done)
    last = project.deliveries()[-1]
    assert column(last / "removed.csv") == ["eve@example.com"]
    assert column(last / "full.csv") == ["fay@example.com"]
    assert project.consent("verify", "newsletter").returncode == 0


def test_an_export_taken_out_is_a_problem_until_it_is_retired(project: ScratchProject) -> None:
    project.exports = {}
    project.write_exports()
    done = project.consent("status")
    assert done.returncode == 1
    assert (
        "newsletter: 1 contact points are out there at exports/newsletter, and the export is no "
        "longer in the project. `consent export newsletter --retire` removes them there."
    ) in said(done)
    counted = project.consent("export", "newsletter", "--retire", "--dry-run", "--json")
    assert json.loads(counted.stdout)[0]["counts"] == {"removed": 1}
    done = project.consent("export", "newsletter", "--retire")
    assert done.returncode == 0, said(done)
    project.exports = {"newsletter": {"destination": "exports/newsletter"}}
    assert column(project.deliveries()[-1] / "removed.csv") == [FRANK]
    assert project.consent("status").returncode == 0


def test_withdrawals_alone_on_demand(project: ScratchProject) -> None:
    """`--removals` from a green build that was not delivered."""
    project.consents(*CONSENTS, event(3, FRANK, "denied"))
    project.refresh("--no-export")
    done = project.consent("export", "--removals", "--json")
    assert done.returncode == 0, said(done)
    (outcome,) = json.loads(done.stdout)
    assert outcome["status"] == "removals only"
    assert outcome["reasons"] == {"withdrawn": 1, "left": 0}
    assert column(project.deliveries()[-1] / "removed.csv") == [FRANK]
    (outcome,) = json.loads(project.consent("export", "--removals", "--json").stdout)
    assert outcome["status"] == "nothing"


def test_what_was_rejected_and_warned_of_is_shown(project: ScratchProject) -> None:
    (project.folder / "models/own/warned.yml").write_text(
        """
models:
  - name: stg_shop__customers
    columns:
      - name: first_name
        data_tests: [{not_null: {name: everybody_has_a_name, config: {severity: warn}}}]
"""
    )
    done = project.refresh()
    assert "the build warns: everybody_has_a_name (2 rows)" in said(done)
    assert "`consent rejected` shows" in said(done)
    found = json.loads(project.consent("rejected", "--json").stdout)
    assert {"test": "everybody_has_a_name", "rows": 2, "table": "stg_shop__customers"} in found[
        "warnings"
    ]
    assert "everybody_has_a_name" in project.consent("rejected").stdout
    assert "everybody_has_a_name" in project.consent("status").stdout
