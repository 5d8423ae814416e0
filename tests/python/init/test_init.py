"""`consent init`: what it writes, what it asks, what it refuses, and how it is renewed."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from clone import run


def made(folder: Path, more: str = "") -> Path:
    done = run(folder, f"consent init project --yes {more}".strip())
    assert done.returncode == 0, done.stderr
    return folder / "project"


def test_the_example_is_green_at_once(tmp_path: Path) -> None:
    project = made(tmp_path, "--example --time-zone Europe/London")
    # a one-off list does not grow old
    long_ago = time.time() - 30 * 24 * 3600
    os.utime(project / "data/shop_customers.csv", (long_ago, long_ago))
    done = run(project, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    [delivered] = project.glob("exports/newsletter/*/full.csv")
    people = [line.split(",")[1] for line in delivered.read_text().splitlines()[1:]]
    assert people == ['"ada@example.com"', '"lena@example.net"']
    checked = run(project, "consent validate")
    assert checked.stderr.strip().endswith("0 errors, 0 warnings")


def test_the_empty_project_is_green_at_once(tmp_path: Path) -> None:
    project = made(tmp_path)
    done = run(project, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    built = run(project, "dbt build")
    assert built.returncode == 0, built.stdout


def test_nothing_of_the_demo_is_in_a_project(tmp_path: Path) -> None:
    project = made(tmp_path)
    demo = re.compile(r"webshop|loyalty|preference_center|newsletter_benelux")
    models = [*(project / "models").rglob("*"), *(project / "seeds").rglob("*.csv")]
    found = [
        path
        for path in models
        if path.is_file()
        and (demo.search(path.name) or (path.suffix == ".csv" and demo.search(path.read_text())))
    ]
    assert found == []
    settings = yaml.safe_load((project / "dbt_project.yml").read_text())
    assert "dbt_consent_demo" not in settings["vars"]
    assert "profile_name" not in (project / "dbt_project.yml").read_text()


def test_peoples_data_stays_out_of_git(tmp_path: Path) -> None:
    project = made(tmp_path, "--example")
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    for name in ("data/a.csv", "exports/x/full.csv", "backups/b.parquet", "consent.duckdb.wal"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    files = seen.stdout.splitlines()
    assert "dbt_project.yml" in files
    assert not [name for name in files if name.startswith(("data", "exports/", "backups"))]
    assert not [name for name in files if "duckdb" in name]


def test_the_editor_knows_the_rules_language(tmp_path: Path) -> None:
    project = made(tmp_path, "--example")
    wired = json.loads((project / ".vscode/settings.json").read_text())["yaml.schemas"]
    for schema, files in wired.items():
        assert (project / schema).is_file()
        assert [*project.glob(files)]
    first = (project / "models/segments/newsletter_audience.yml").read_text().splitlines()[0]
    schema = first.partition("$schema=")[2]
    assert (project / "models/segments" / schema).resolve().is_file()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("consent init project", "There is a project in project already."),
        ("consent init .", "is not empty: notes.txt, project."),
        ("consent init new --yes --engine oracle", "'oracle' is no engine. There are duckdb"),
        ("consent init new --yes --country UK", "'UK' is no ISO 3166 alpha-2 code (did you mean"),
        (
            "consent init new --yes --time-zone Europe/Amsterdm",
            "is no time zone (did you mean 'Europe/Amsterdam'?).",
        ),
        ("consent init new --yes --purpose News", "'News' is no name for a purpose."),
        ("consent init . --upgrade", "holds no project that `consent init` made"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, command: str, message: str) -> None:
    made(tmp_path)
    (tmp_path / "notes.txt").touch()
    done = run(tmp_path, command)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "new").exists()


def test_it_asks_five_questions_and_asks_again_for_what_cannot_be(tmp_path: Path) -> None:
    """On a terminal, typed by somebody who gets the country wrong once."""
    answers = ["", "UK", "GB", "Europe/London", "newsletter, sms", "n"]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "runner", "init", "project"],
        cwd=tmp_path,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as asking:
        os.close(follower)
        os.write(leader, "".join(f"{answer}\n" for answer in answers).encode())
        said = b""
        while select.select([leader], [], [], 60)[0]:
            try:
                said += os.read(leader, 4096)
            except OSError:
                break
    os.close(leader)
    text = said.decode()
    assert asking.returncode == 0, text
    assert text.count("Country of phone numbers") == 2
    assert "did you mean 'GB'?" in text
    settings = yaml.safe_load((tmp_path / "project/dbt_project.yml").read_text())["vars"]
    assert settings["default_country"] == "GB"
    assert settings["time_zone"] == "Europe/London"
    assert [*settings["purposes"]] == ["newsletter", "sms"]
    labels = (tmp_path / "project/seeds/reference/purpose_labels.csv").read_text()
    assert labels == "source_name,label,purpose\n,newsletter,newsletter\n,sms,sms\n"


def test_an_upgrade_renews_the_library_and_leaves_what_is_the_owners(tmp_path: Path) -> None:
    project = made(tmp_path)
    brought = project / ".dbt-consent.json"
    kept = json.loads(brought.read_text())
    model, gone = project / "models/marts/profiles.sql", project / "macros/old.sql"
    new = model.read_text()
    # as an older version would have left it
    model.write_text("select 1 as older")
    gone.write_text("{# a macro that the library has no more #}")
    for path in (model, gone):
        name = path.relative_to(project).as_posix()
        kept["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    brought.write_text(json.dumps(kept))
    own = project / "seeds/reference/purpose_labels.csv"
    own.write_text("source_name,label,purpose\n,Mail,newsletter\n")
    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("- '{{ dbt_consent.migrate_state() }}'\n", ""))
    done = run(tmp_path, "consent init project --upgrade")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["macros/old.sql", "models/marts/profiles.sql"]
    assert 'add it: - "{{ dbt_consent.migrate_state() }}"' in done.stderr
    assert model.read_text() == new
    assert not gone.exists()
    assert "Mail" in own.read_text()


def test_an_upgrade_writes_nothing_over_a_change_of_the_owners(tmp_path: Path) -> None:
    project = made(tmp_path)
    model = project / "models/marts/profiles.sql"
    model.write_text(f"-- ours\n{model.read_text()}")
    done = run(tmp_path, "consent init project --upgrade")
    assert done.returncode == 1
    assert "were changed here: models/marts/profiles.sql." in done.stderr
    assert model.read_text().startswith("-- ours")
