"""What words mean today decides about what was said before, and a load that stops leaves no trace.

One withdrawal is loaded under a purpose's old name and then gone at its source; the purpose gets a
new name.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from consent_evidence import Load, Record, Row
from evidence_project import EvidenceProject

from runner.errors import ConsentError

MOMENT = datetime(2026, 2, 1, 12)
ADDRESS, OTHER = ("email", "ann@example.com"), ("email", "bob@example.com")
RECORDS = tuple(
    Record("crm", name, frozenset({point})) for name, point in (("ann", ADDRESS), ("bob", OTHER))
)
DENIED = Row("stg_lab__state", "crm", "1", ADDRESS, "Old name", "no", datetime(2026, 1, 5))
KEPT = Row("stg_lab__state", "crm", "2", OTHER, "service", "yes", datetime(2026, 1, 5))
OPT_OUT = {"enforcement": "opt_out", "channel": "email"}
SERVICE = {"service": {"channel": "email"}}
ANSWERS = {("", "yes"): "granted", ("", "no"): "denied"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> EvidenceProject:
    """The withdrawal under the old name; two loads that stopped; and the new name."""
    project = EvidenceProject(
        tmp_path_factory.mktemp("meanings"), {"oldname": OPT_OUT, **SERVICE}
    ).create()
    first = Load(MOMENT, RECORDS, (DENIED, KEPT))
    project.load(first, {("", "old name"): "oldname"}, ANSWERS)
    before = state(project)
    gone = Load(MOMENT + timedelta(days=1), RECORDS, (KEPT,))

    project.purposes = {"newname": OPT_OUT, **SERVICE}
    project.write_project()
    message = stopped(project, gone, {})
    assert "'Old name' (source crm, 1 rows, 1 denials)" in message, message
    assert state(project) == before

    message = stopped(project, gone, {("", "old name"): "ignored"})
    assert "drops 1 denials" in message, message
    assert state(project) == before

    project.load(gone, {("", "old name"): "newname"}, ANSWERS)
    return project


def state(project: EvidenceProject) -> list[tuple[object, ...]]:
    return project.warehouse.rows(
        "select consent_id, raw_purpose, first_seen_at, last_seen_at from consent_events order by 1"
    )


def stopped(project: EvidenceProject, load: Load, labels: dict[tuple[str, str], str]) -> str:
    """Why a load stops."""
    project.write(load, labels, ANSWERS)
    try:
        done = project.build(load.moment, must_be_green=False)
    except ConsentError as error:
        return str(error)
    assert not done.success
    return "\n".join(each.message for each in done.failed)


def test_a_renamed_purpose_keeps_the_withdrawals_of_rows_that_are_gone(
    loaded: EvidenceProject,
) -> None:
    found = {
        (point, purpose): decided[1:3]
        for (_, point, purpose), decided in loaded.decisions().items()
        if purpose == "newname"
    }
    assert found == {
        (ADDRESS, "newname"): (False, "denied"),
        (OTHER, "newname"): (True, "not_denied"),
    }


def test_the_row_is_kept_as_it_was_said(loaded: EvidenceProject) -> None:
    last = MOMENT + timedelta(days=1)
    assert state(loaded) == [
        ("1", "Old name", MOMENT, last),
        ("2", "service", MOMENT, None),
    ]
