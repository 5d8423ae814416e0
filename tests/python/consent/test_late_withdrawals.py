"""A withdrawal that arrived after a delivery is late unless a yes in force stood then.

Three people are delivered; then withdrawals and later answers of long before arrive.
"""

from __future__ import annotations

from typing import Any

import pytest
from exports_project import ScratchProject

LATER_ANSWERS: dict[str, dict[str, Any]] = {
    "never.confirmed": {"recorded_at": "2024-04-01T00:00:00"},
    "expired": {
        "recorded_at": "2024-04-01T00:00:00",
        "confirmed_at": "2024-04-01T00:00:00",
        "expires_at": "2024-05-01T00:00:00",
    },
    "confirmed": {"confirmed_at": "2024-04-01T00:00:00"},
}


def said(name: str, number: int, status: str, **times: str | None) -> dict[str, Any]:
    return {
        "id": f"{name}-{number}",
        "key_type": "email",
        "key_value": f"{name}@example.com",
        "purpose": "newsletter",
        "status": status,
        **times,
    }


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The consent ids of the late withdrawals."""
    project = ScratchProject(
        tmp_path_factory.mktemp("late") / "project",
        {
            "newsletter": {
                "segment": "readers",
                "destination": "exports/newsletter",
                "format": "csv",
                "deliver": ["full", "removed"],
            }
        },
        {"readers": "newsletter"},
        variables={
            "purposes": {"newsletter": {"channel": "email", "double_opt_in": True}},
        },
    )
    project.write()
    project.suppressions()
    project.customers(*({"id": n, "person": n, "email": f"{n}@example.com"} for n in LATER_ANSWERS))
    day = "2024-01-01T00:00:00"
    first = [said(n, 1, "granted", recorded_at=day, confirmed_at=day) for n in LATER_ANSWERS]
    project.consents(*first)
    project.refresh()
    assert len(project.query("select * from delivered_members")) == len(LATER_ANSWERS)
    withdrawn = [said(n, 2, "denied", recorded_at="2024-03-01T00:00:00") for n in LATER_ANSWERS]
    answers = [said(n, 3, "granted", **times) for n, times in LATER_ANSWERS.items()]
    project.consents(*first, *withdrawn, *answers)
    project.refresh("--no-export")
    return {
        consent_id for (consent_id,) in project.query("select consent_id from late_withdrawals")
    }


@pytest.mark.parametrize("name", LATER_ANSWERS)
def test_only_a_yes_that_was_in_force_hides_a_withdrawal(late: set[str], name: str) -> None:
    assert (f"{name}-2" in late) == (name != "confirmed")
