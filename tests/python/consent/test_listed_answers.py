"""The lists of `unpivot_consents` are read anew in every run, for rows that are gone too.

Each person says one word in a column of a customer file, and yes in an older list. What the words
mean is corrected between the loads; the last load reads the column no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from consent_evidence import Source
from evidence_project import EvidenceProject
from evidence_script import Script, Seen, look

LOADS = tuple(datetime(2026, 2, 1, 12) + timedelta(days=days) for days in range(3))
LEDGER, COLUMNS = "stg_lab__ledger", "stg_lab__columns"
FILE = dict.fromkeys(("id", "email", "opt", "calls"), "varchar")
WORDS = {
    # what each says, and the loads in which its row is there
    "unset": ("unset", (0, 1)),
    "gone": ("unset", (0,)),
    "lonely": ("none", (0,)),
    "stopped": ("stop", (0,)),
    "meant": ("no", (0, 1)),
    "happy": ("yes", (0, 1)),
    "unknown": ("hm", (0, 1)),
}
LISTS = (
    {"granted": ["yes"], "denied": ["no", "unset", "none"], "nothing": ["stop"]},
    {"granted": ["yes"], "denied": ["no", "stop"], "nothing": ["unset", "none"]},
)
DROPPED = (0, 3, 1)
"""How many denials a load drops: it stops, unless that is accepted."""
YES = (True, "granted")


def unpivoted(column: str, lists: dict[str, list[str]]) -> str:
    consent = {"column": column, "purpose": "newsletter", **lists}
    return f"""
        {{{{ dbt_consent.unpivot_consents(
            relation='lab.columns',
            source_name='crm',
            record_id='id',
            keys={{'email': 'email'}},
            consents=[{consent}],
        ) }}}}
    """


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    project = EvidenceProject(
        tmp_path_factory.mktemp("listed"),
        {"newsletter": {"channel": "email"}},
        models={LEDGER: Source("ledger"), COLUMNS: Source("state")},
        further={COLUMNS: unpivoted("opt", LISTS[0])},
        tables={"columns": FILE},
    ).create()
    script = Script(LOADS)
    for name, (word, loads) in WORDS.items():
        address = f"{name}@example.com"
        script.record(name, address)
        script.says(LEDGER, address, "newsletter", "granted", "2026-01-05")
        script.copy(loads, id=name, email=address, opt=word)
    script.copy(id="other", email="other@example.com", calls="yes")
    found = []
    for number, model in enumerate(
        (unpivoted("opt", LISTS[0]), unpivoted("opt", LISTS[1]), unpivoted("calls", LISTS[1]))
    ):
        path = project.folder / f"models/lab/{COLUMNS}.sql"
        path.write_text("{{ config(materialized='table') }}\n" + model, encoding="utf-8")
        project.fill({"columns": script.copies[number]})
        if number:
            project.write(script.load(number), {}, {})
            stopped = project.build(LOADS[number], must_be_green=False)
            told = "".join(str(each.message) for each in stopped.failed)
            assert f"drops {DROPPED[number]} denials" in told, told
        project.load(script.load(number), accepted_drops=DROPPED[number])
        found.append(look(project))
    return found


def permitted(seen: Seen) -> set[str]:
    return {name for name in WORDS if seen.reason(f"{name}@example.com", "newsletter") == YES}


def test_an_answer_means_what_its_list_says_today(seen: list[Seen]) -> None:
    assert permitted(seen[0]) == {"stopped", "happy"}
    assert permitted(seen[1]) == {"unset", "gone", "lonely", "happy"}


def test_a_column_that_is_read_no_more_said_what_it_said(seen: list[Seen]) -> None:
    """What was corrected since is not known any more: the drop of a no was asked about."""
    assert permitted(seen[2]) == {"stopped", "happy"}


def test_an_answer_in_no_list_is_denied_and_listed(seen: list[Seen]) -> None:
    assert seen[0].listed(raw_value="opt=hm")
    assert "unknown" not in permitted(seen[0]) | permitted(seen[1]) | permitted(seen[2])
