"""The examples of docs/consent.md are what the product decides.

Each example is one or several people: contact points that share the first letter are one person.
All of them are brought in at once and built once.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from clone import ROOT
from exports_project import ScratchProject

PURPOSES = {
    "newsletter": {"channel": "email"},
    "product_updates": {"channel": "email"},
    "partner_offers": {"channel": "email", "double_opt_in": True},
    "sms_offers": {"channel": "phone", "conflict": "any_denial"},
    "surveys": {"channel": "email", "valid_for_months": 24},
    "satisfaction": {"channel": "email", "enforcement": "opt_out"},
    "service_mail": {"channel": "email", "enforcement": "none"},
}
IN_LOADS = re.compile(r"^### Example in loads: ([^\n]+)\n(.*?)(?=^##|\Z)", re.M | re.S)
MAPPED = re.compile(r"(\w+) means (\w+)")
EXAMPLE = re.compile(r"^### Example: ([^\n]+)\n(.*?)(?=^##|\Z)", re.M | re.S)
OUTCOME = re.compile(r"^- `([^`]+)` for `(\w+)`: (yes|no), `(\w+)`$", re.M)


@dataclass(frozen=True)
class Outcome:
    """One line below a table."""

    example: str
    contact_point: str
    purpose: str
    is_permitted: bool
    reason: str


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def read() -> tuple[list[dict[str, str]], list[Outcome]]:
    page = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
    events: list[dict[str, str]] = []
    outcomes: list[Outcome] = []
    for title, body in EXAMPLE.findall(page):
        header, _, *lines = [line for line in body.splitlines() if line.startswith("|")]
        events += [dict(zip(cells(header), cells(line), strict=True)) for line in lines]
        outcomes += [
            Outcome(title, point, purpose, word == "yes", reason)
            for point, purpose, word, reason in OUTCOME.findall(body)
        ]
    return events, outcomes


EVENTS, OUTCOMES = read()


def read_in_loads() -> tuple[list[dict[str, str]], list[Outcome]]:
    page = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
    rows: list[dict[str, str]] = []
    outcomes: list[Outcome] = []
    for title, body in IN_LOADS.findall(page):
        header, _, *lines = [line for line in body.splitlines() if line.startswith("|")]
        rows += [dict(zip(cells(header), cells(line), strict=True)) for line in lines]
        outcomes += [
            Outcome(title, point, purpose, word == "yes", reason)
            for point, purpose, word, reason in OUTCOME.findall(body)
        ]
    return rows, outcomes


ROWS_IN_LOADS, OUTCOMES_IN_LOADS = read_in_loads()


def kind(contact_point: str) -> str:
    return "email" if "@" in contact_point else "phone"


def person(contact_point: str) -> str:
    return "e" if contact_point.startswith("+") else contact_point[0]


def moment(text: str | None) -> str | None:
    return f"{text}T00:00:00" if text else None


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[bool, str]]:
    project = ScratchProject(
        tmp_path_factory.mktemp("examples") / "project",
        {},
        {"newsletter_audience": "newsletter"},
        variables={"purposes": PURPOSES},
    )
    project.write()
    points = sorted({each["contact point"] for each in EVENTS})
    project.customers(
        *({"id": point, "person": person(point), kind(point): point} for point in points)
    )
    said = [each for each in EVENTS if each["purpose"] != "*suppressed*"]
    project.consents(
        *(
            {
                "id": str(number),
                "key_type": kind(each["contact point"]),
                "key_value": each["contact point"],
                "purpose": each["purpose"],
                "status": each["said"],
                "recorded_at": moment(each["when"]),
                "confirmed_at": moment(each.get("confirmed")),
                "expires_at": moment(each.get("expires")),
            }
            for number, each in enumerate(said)
        )
    )
    project.suppressions(
        *(
            {
                "key_type": kind(each["contact point"]),
                "key_value": each["contact point"],
                "reason": each["said"],
                "suppressed_at": moment(each["when"]),
            }
            for each in EVENTS
            if each["purpose"] == "*suppressed*"
        )
    )
    project.refresh("--no-export")
    rows = project.query(
        "select key_value, purpose, is_permitted, reason from contact_point_permissions"
    )
    return {(point, purpose): (permitted, reason) for point, purpose, permitted, reason in rows}


def test_the_page_has_examples_for_every_reason() -> None:
    reasons = {each.reason for each in OUTCOMES}
    reasons |= {each.reason for each in OUTCOMES_IN_LOADS}
    assert reasons == {
        "suppressed",
        "denied",
        "denied_elsewhere",
        "parent_not_permitted",
        "expired",
        "unconfirmed",
        "no_record",
        "not_required",
        "granted",
        "granted_elsewhere",
        "not_denied",
    }


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: f"{each.example}: {each.purpose}")
def test_the_outcome_is_what_the_page_says(
    outcome: Outcome, decided: dict[tuple[str, str], tuple[bool, str]]
) -> None:
    found = decided[outcome.contact_point, outcome.purpose]
    assert found == (outcome.is_permitted, outcome.reason)


@pytest.fixture(scope="module")
def decided_in_loads(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], tuple[bool, str]]:
    """The examples in loads: each record is a person by its letters, each row an event of its own
    as long as record, purpose and time are the same.
    """
    project = ScratchProject(
        tmp_path_factory.mktemp("loads") / "project",
        {},
        {"newsletter_audience": "newsletter"},
        variables={
            "purposes": PURPOSES,
            "consent_models": [{"model": "stg_shop__consents", "kind": "state", "max_shrink": 1}],
        },
    )
    project.write()
    project.suppressions()
    for load in ("1", "2"):
        rows = [each for each in ROWS_IN_LOADS if each["load"] == load]
        labels = [MAPPED.fullmatch(each["said"]) for each in rows if each["purpose"] == "*mapped*"]
        with (project.folder / "seeds/reference/status_labels.csv").open("a") as seed:
            seed.writelines(f",{found[1]},{found[2]}\n" for found in labels if found)
        people = {(each["record"], each["has"]) for each in rows if each["has"]}
        now = {record: has for record, has in sorted(people) if has.endswith(".net")}
        project.customers(
            *(
                {"id": record, "person": record.rstrip("2"), "email": has}
                for record, has in sorted(people)
                if now.get(record, has) == has
            )
        )
        project.consents(
            *(
                {
                    "id": f"{each['record']}-{number}",
                    "key_type": "email",
                    "key_value": each["has"],
                    "purpose": each["purpose"],
                    "status": each["said"],
                    "recorded_at": moment(each["when"]),
                }
                for each, number in numbered([each for each in rows if each["purpose"]])
                if each["purpose"] != "*mapped*"
            )
        )
        project.refresh("--no-export", CONSENT_NOW=f"2026-06-0{load}T06:00:00")
    found = project.query(
        "select key_value, purpose, is_permitted, reason from contact_point_permissions"
    )
    return {(point, purpose): (permitted, reason) for point, purpose, permitted, reason in found}


def numbered(rows: list[dict[str, str]]) -> list[tuple[dict[str, str], str]]:
    """Each row with what tells its event from the record's others: an answer given twice in one
    load is two events.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for each in rows:
        place = (each["record"], each["purpose"])
        seen[place] += 1
        found.append((each, f"{each['purpose']}-{seen[place]}"))
    return found


@pytest.mark.parametrize(
    "outcome", OUTCOMES_IN_LOADS, ids=lambda each: f"{each.example}: {each.contact_point}"
)
def test_the_outcome_of_loads_is_what_the_page_says(
    outcome: Outcome, decided_in_loads: dict[tuple[str, str], tuple[bool, str]]
) -> None:
    found = decided_in_loads[outcome.contact_point, outcome.purpose]
    assert found == (outcome.is_permitted, outcome.reason)
