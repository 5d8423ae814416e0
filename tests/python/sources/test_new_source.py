"""`consent new source` as it is typed: what it shows, when it writes, what a build makes of it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clone import ROOT, run
from own_project import BUILD, build, own_project, put, rows

from runner.errors import ConsentError
from runner.project_file import add_to_list, require_lists

CUSTOMERS = """\
Klant nr;Voornaam;E-mailadres;Mobiel;Land;Newsletter;No contact;Gewijzigd op
K1;Piet;Piet.Jansen@example.com;06 2000 0501;nl;ja;;2026-01-02
K2;Ans;ans@example.com;;NL;nee;;2026-01-03
K3;Bob;geen;+31 6 20000503;NL;;ja;2026-01-03
#4;C’as;cas@example.com;;NL;ja;;2026-01-03
K5;Dee;dee@example.com;;NL;ja;;2026-01-03
K5;Dee;dee@example.com;;NL;nee;;2025-01-03
"""
FORMS = (
    "form id;e-mail;phone;topic;choice;signed at;expires on;withdrawn at\n"
    "F1;piet.jansen@example.com;;Product updates;yes;03/01/2026 10:00;;\n"
    "F2;ans@example.com;;Product updates;perhaps;13/01/2026 10:00;;\n"
    "F3;cas@example.com;;Product updates;yes;13/01/2026 10:00;01/06/2026;\n"
    "F4;dee@example.com;;Product updates;yes;13/01/2026 10:00;;14/02/2026\n"
    "F5;piet.jansen@example.com;06 2000 0501;SMS;yes;31/02/2026 10:00;;\n"
)
LIST = "email\nstopped@example.com\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three new sources, built."""
    folder = own_project(tmp_path_factory.mktemp("typed") / "own")
    put(folder, "acme_customers.csv", CUSTOMERS.encode("cp1252"))
    put(folder, "forms.csv", FORMS)
    put(folder, "stop.csv", LIST)
    for command in (
        "consent new source data/acme_customers.csv --yes --id 'Klant nr'",
        "consent new source data/forms.csv --yes --time-zone Europe/Amsterdam "
        "--map 'topic:SMS=sms_offers' --map 'expires on=expires_at as d/m/y'",
        "consent new source data/stop.csv --yes --as suppressions",
    ):
        done = run(folder, command)
        assert done.returncode == 0, done.stderr
    build(folder)
    return folder


def test_the_answers_of_all_rows_count(project: Path) -> None:
    found = rows(
        project,
        "select key_value, is_permitted, reason from contact_point_permissions "
        "where purpose = 'newsletter' and key_type = 'email' order by all",
    )
    assert found == [
        ("ans@example.com", False, "denied"),
        ("cas@example.com", True, "granted"),
        ("dee@example.com", False, "denied"),
        ("piet.jansen@example.com", True, "granted"),
    ]


def test_what_a_spreadsheet_writes_is_read_as_it_stands(project: Path) -> None:
    name = "select first_name from stg_acme__customers where source_record_id = '#4'"
    assert rows(project, name) == [("C’as",)]
    page = (project / "models/staging/acme/_acme__customers.yml").read_text(encoding="utf-8")
    assert "windows-1252://data/acme_customers.csv" in page


def test_of_a_record_in_two_rows_the_later_gives_the_attributes(project: Path) -> None:
    found = rows(
        project,
        "select source_record_id, cast(updated_at as varchar) from stg_acme__customers "
        "where source_record_id = 'K5'",
    )
    assert found == [("K5", "2026-01-03 00:00:00")]


def test_what_a_file_of_consents_says(project: Path) -> None:
    found = rows(
        project,
        "select consent_id, key_type, status, raw_status, cast(recorded_at as varchar), "
        "raw_recorded_at, cast(expires_at as varchar) from stg_forms__consents order by all",
    )
    updates = [row for row in found if row[0] != "F5"]
    assert updates == [
        ("F1", "email", "granted", "yes", "2026-01-03 09:00:00", "03/01/2026 10:00", None),
        ("F2", "email", None, "perhaps", "2026-01-13 09:00:00", "13/01/2026 10:00", None),
        (
            "F3",
            "email",
            "granted",
            "yes",
            "2026-01-13 09:00:00",
            "13/01/2026 10:00",
            "2026-05-31 22:00:00",
        ),
        ("F4", "email", "denied", "yes", "2026-02-13 23:00:00", "14/02/2026", None),
    ]
    # a day that the calendar does not have is no time, and is shown as it came
    assert [row[1:] for row in found if row[0] == "F5"] == [
        ("email", "granted", "yes", None, "31/02/2026 10:00", None),
        ("phone", "granted", "yes", None, "31/02/2026 10:00", None),
    ]


def test_who_is_permitted_by_it(project: Path) -> None:
    told = rows(
        project,
        "select purpose, key_value from contact_point_permissions where is_permitted "
        "and purpose in ('product_updates', 'sms_offers') order by all",
    )
    assert told == [
        ("product_updates", "piet.jansen@example.com"),
        ("sms_offers", "+31620000501"),
    ]
    listed = rows(project, "select count(*) from rejected_consents where raw_value = 'perhaps'")
    assert listed[0][0] > 0


def test_a_list_suppresses(project: Path) -> None:
    found = rows(project, "select key_type, key_value, reason from stg_stop__suppressions")
    assert found == [("email", "stopped@example.com", "manual")]


def test_the_page_of_the_source_says_what_was_found(project: Path) -> None:
    page = (project / "models/staging/forms/_forms__consents.yml").read_text(encoding="utf-8")
    assert "comment = ''" in page and "every_record_is_read" in page
    assert "times as %d/%m/%Y %H:%M, clock times of Europe/Amsterdam" in page
    assert "Encoding: utf-8" in page


# when it writes


@pytest.fixture()
def fresh(tmp_path: Path) -> Path:
    folder = own_project(tmp_path / "own")
    put(
        folder,
        "fair.csv",
        "signup_id,email,newsletter\nS1,a@example.com,yes\nS2,b@example.com,no\n",
    )
    return folder


def state(folder: Path) -> dict[str, bytes]:
    kept = [folder / "dbt_project.yml", *folder.glob("models/**/*"), *folder.glob("seeds/**/*")]
    return {str(path): path.read_bytes() for path in kept if path.is_file()}


def test_a_question_is_answered_by_nobody_but_a_person(fresh: Path) -> None:
    before = state(fresh)
    for more in ("--yes", "", "--yes --json"):
        done = run(fresh, f"consent new source data/fair.csv {more}")
        assert done.returncode == 2
        assert "--map 'newsletter=answer to newsletter'" in done.stderr
        assert "so nothing was written" in done.stderr and "Traceback" not in done.stderr
    shown = run(fresh, "consent new source data/fair.csv --preview")
    assert shown.returncode == 0 and "? Does a no in newsletter mean" in shown.stdout
    read = json.loads(run(fresh, "consent new source data/fair.csv --preview --json").stdout)
    assert [question["column"] for question in read["questions"]] == ["newsletter"]
    assert state(fresh) == before


def test_the_preview_counts_and_masks(fresh: Path) -> None:
    done = run(
        fresh,
        "consent new source data/fair.csv --preview --map 'newsletter=answer to newsletter'",
    )
    assert (
        "newsletter = yes: granted for newsletter (rows: 1, such as a***@example.com)"
        in done.stdout
    )
    assert "at most 1 would be permitted for newsletter, 1 denied" in done.stdout
    assert "a@example.com" not in done.stdout + done.stderr


def test_a_question_left_open_on_a_terminal_takes_denials_alone(fresh: Path) -> None:
    put(
        fresh,
        "fair.csv",
        "signup_id,email,newsletter,no_newsletter\nS1,a@example.com,yes,\nS2,b@example.com,no,x\n",
    )
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "new", "source", "data/fair.csv"],
        cwd=fresh,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "DBT_PROJECT_DIR": str(fresh)},
        stdin=follower,
        stderr=follower,
        stdout=subprocess.PIPE,
    )
    os.close(follower)
    said, answers, deadline = "", ["\n", "y\n"], time.monotonic() + 180
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([leader], [], [], 1)[0]:
            try:
                said += os.read(leader, 4096).decode(errors="replace")
            except OSError:
                break
        if answers and ("leave it open" if len(answers) == 2 else "Write it?") in said:
            os.write(leader, answers.pop(0).encode())
    assert process.wait(30) == 0, said
    assert "the file gives no grants" in said
    model = (fresh / "models/staging/fair/stg_fair__consents.sql").read_text(encoding="utf-8")
    assert "'denied': ['x'" in model or "'x'" in model
    assert "granted" not in model


def test_a_source_that_is_there_is_not_written_again(fresh: Path) -> None:
    command = "consent new source data/fair.csv --yes --map 'newsletter=answer to newsletter'"
    assert run(fresh, command).returncode == 0
    before = state(fresh)
    again = run(fresh, command)
    assert again.returncode == 2 and "is there already" in again.stderr
    assert state(fresh) == before


# rows that later files bring


def test_a_row_that_does_not_fit_stops_the_build_by_its_line(fresh: Path) -> None:
    command = "consent new source data/fair.csv --yes --map 'newsletter=answer to newsletter'"
    assert run(fresh, command).returncode == 0
    good = "".join(f"S{n},a{n}@example.com,yes\n" for n in range(30))
    for wrong, line, fields in (
        ("S99,secret@example.com,yes,more\n", 32, 4),
        ("S99,secret@example.com\n", 32, 2),
    ):
        put(fresh, "fair.csv", f"signup_id,email,newsletter\n{good}{wrong}")
        done = run(fresh, BUILD)
        assert done.returncode == 1
        assert f"line {line}: {fields} fields, the header has 3" in done.stdout
        assert "secret" not in done.stdout + done.stderr
        logs = "".join(p.read_text("utf-8") for p in (fresh / "logs").glob("*.log"))
        assert "secret" not in logs


# dbt_project.yml


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vars:\n  a: [x]  # why\n", "vars:\n  a: [x, y]  # why\n"),
        ("vars:\n  a: []\n", "vars:\n  a: [y]\n"),
        (
            "vars:\n  a:\n    - x  # first\n  b: 1\n",
            "vars:\n  a:\n    - x  # first\n    - y\n  b: 1\n",
        ),
        ("vars:\n  a:\n  - x", "vars:\n  a:\n  - x\n  - y"),
        ("vars:\n  a: [y]\n", "vars:\n  a: [y]\n"),
    ],
)
def test_a_list_of_the_settings_gets_one_entry_more(
    tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / "dbt_project.yml").write_text(before, encoding="utf-8")
    assert add_to_list(tmp_path, ("vars", "a"), "y") == (before != after)
    assert (tmp_path / "dbt_project.yml").read_text(encoding="utf-8") == after


def test_a_list_that_is_missing_is_named_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars:\n  a: [x]\n", encoding="utf-8")
    require_lists(tmp_path, [("vars", "a")])
    with pytest.raises(ConsentError, match=r"no list vars\.b"):
        require_lists(tmp_path, [("vars", "a"), ("vars", "b")])


@pytest.mark.long
def test_a_key_that_is_an_address_warns_when_many_change(fresh: Path) -> None:
    people = [f"p{n}@example.com" for n in range(8)]

    def load() -> str:
        put(fresh, "people.csv", "email,first name\n" + "".join(f"{p},Al\n" for p in people))
        done = run(fresh, f"{BUILD} profile_ids keys_stay")
        assert done.returncode == 0, done.stdout
        return done.stdout

    put(fresh, "people.csv", "email,first name\n" + "".join(f"{p},Al\n" for p in people))
    assert run(fresh, "consent new source data/people.csv --yes --as customers").returncode == 0
    (fresh / "data/fair.csv").unlink()
    assert "Warning in test dbt_consent_keys_stay" not in load()
    people[:2] = ["new0@example.com", "new1@example.com"]
    assert "Warning in test dbt_consent_keys_stay" in load()
