"""What operators mistype: each is one clear paragraph that names what is wrong."""

from __future__ import annotations

import json

import pytest
from exports_project import ScratchProject
from test_bad_days import said


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CONSENT_LOCK_WAIT", "soon", "'soon' is no number of seconds. Write it as 60."),
        ("CONSENT_LOCK_WAIT", "nan", "'nan' is no number of seconds. Write it as 60."),
        ("CONSENT_EXPORT_MEMORY", "lots", "'lots' is no amount of memory. Write it as 256MB."),
        ("CONSENT_RETRY_SECONDS", "often", "'often' is no list of seconds. Write it as 5,30,120."),
        ("CONSENT_THREADS", "many", "'many' is no whole number from 1 on. Write it as 2."),
        ("CONSENT_THREADS", "0", "'0' is no whole number from 1 on. Write it as 2."),
        ("PGPORT", "five", "'five' is no whole number from 1 on. Write it as 5432."),
        ("CONSENT_NOW", "tomorrow", "'tomorrow' is no point in time."),
        ("CONSENT_UMASK", "99", "'99' is no umask that leaves the owner all rights."),
        ("CONSENT_DATA_FORMAT", "xls", "'xls' is no format of the demo's. Write parquet."),
        ("CONSENT_PEPPER", "x" * 65, "it is no key (it is not shown here). Write at most 64"),
        ("CONSENT_PEPPER", "pfeffer-ä", "it is no key (it is not shown here). Write at most 64"),
    ],
)
def test_nonsense_in_an_environment_variable(
    project: ScratchProject, variable: str, value: str, message: str
) -> None:
    done = project.consent("status", **{variable: value})
    assert done.returncode == 2
    assert said(done).startswith(f"error: {variable}: {message}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("refresh", "--as-of", "2026-13-45"), "--as-of: '2026-13-45' is no point in time."),
        (("refresh", "--as-of", "2026-02-30"), "--as-of: '2026-02-30' is no point in time."),
        (("refresh", "--known-at", ""), "--known-at: '' is no point in time."),
        (("explain", "", "newsletter_audience"), "WHO is empty."),
        (("erase", " "), "WHO is empty."),
        (("schedule", "--cron", "0 0 31 2 *", "--print", "systemd"), "a moment that never comes"),
        (("export", "--done"), "--done says what --retire has to record."),
        (("export", "--retire"), "--retire closes the exports that are named."),
        (("export", "--removals", "--dry-run"), "--removals delivers withdrawals alone"),
        (("export", "nowhere", "--retire"), "Nobody is out there by an export 'nowhere'"),
        (("export", "newsletter", "--retire"), "still delivers to exports/newsletter"),
    ],
)
def test_wrong_use(project: ScratchProject, arguments: tuple[str, ...], message: str) -> None:
    done = project.consent(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in said(done)


def test_a_day_that_no_calendar_has_in_a_setting(project: ScratchProject) -> None:
    for day in ("2026-13-45", "2026-02-30", "2025-02-29", "2026-01-01T25:00"):
        done = project.consent("refresh", "--vars", f"{{as_of: '{day}'}}")
        assert done.returncode != 0
        assert f"vars.as_of: '{day}' is no point in time" in said(done)


def test_a_folder_that_cannot_be_made(project: ScratchProject) -> None:
    (project.folder / "notes").write_text("a file")
    done = project.consent("backup", "notes/today")
    assert done.returncode == 1
    assert "The backup could not be written" in said(done) and "notes/" in said(done)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[1, 2]",
        '{"unrecorded": 5}',
        '{"unrecorded": [{"run": 1}, 7], "run": "x"}',
        '{"run": {"status": "running", "started_at": 3, "command": "refresh", "steps": []}}',
        '{"what": 5, "since": 7, "unrecorded": null}',
    ],
)
def test_nonsense_in_the_lock_file(project: ScratchProject, text: str) -> None:
    path = project.warehouse.with_name("warehouse.duckdb.lock")
    assert path.exists()
    path.write_text(text)
    done = project.consent("status")
    assert done.returncode == 0, said(done)
    assert f"the lock file {path} held something that no command of consent writes" in said(done)
    done = project.consent("export")
    assert done.returncode == 0, said(done)
    assert "held something" in said(done)
    assert json.loads(path.read_text()) == {"unrecorded": []}
    assert "held something" not in said(project.consent("status"))


def test_explain_of_a_past_moment_names_the_refresh_that_is_missing(
    project: ScratchProject,
) -> None:
    done = project.consent(
        "explain", "frank@contoso.com", "newsletter_audience", "--vars", "{as_of: '2026-02-01'}"
    )
    assert done.returncode == 1
    assert "Run `consent refresh --as-of 2026-02-01` first." in said(done)
