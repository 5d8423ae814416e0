"""What goes wrong on a bad day: the message that the operator sees, and that nothing is lost."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from bad_days import CONSENTS, NEWSLETTER, event
from exports_project import ScratchProject

STATE = ("consent_events", "delivered_members", "tombstones")


def state(project: ScratchProject) -> dict[str, list[tuple[object, ...]]]:
    return {name: project.query(f"select * from {name} order by all") for name in STATE}


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def read_from(project: ScratchProject, sql: str) -> None:
    """The consents come from another kind of file."""
    model = project.folder / "models/own/stg_shop__consents.sql"
    model.write_text(
        "select 'shop' as source_name, id as consent_id, key_type, key_value, "
        "key_value as raw_key_value, purpose, status, cast(recorded_at as timestamp) as "
        "recorded_at, cast(null as timestamp) as confirmed_at, cast(null as timestamp) as "
        f"expires_at, cast(null as varchar) as evidence from {sql}"
    )


def test_sources_gone_wrong(project: ScratchProject) -> None:
    """One day after the other: missing, truncated, another header, and well again."""
    before = state(project)
    (project.data / "consents.jsonl").rename(project.data / "away")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "model stg_shop__consents" in said(done)
    assert f"there is no file {project.data}/consents.jsonl" in said(done)
    assert "export newsletter" in said(done) and "skipped" in said(done)

    parquet = project.data / "consents.parquet"
    duckdb.sql(
        f"copy (select * from read_json('{project.data}/away', format='newline_delimited')) "
        f"to '{parquet}' (format parquet)"
    )
    whole = parquet.read_bytes()
    parquet.write_bytes(whole[: len(whole) // 2])
    read_from(project, f"read_parquet('{parquet}')")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "model stg_shop__consents" in said(done) and "consents.parquet" in said(done)

    csv = project.data / "consents.csv"
    duckdb.sql(
        f"copy (select id, key_type, key_value as contact, purpose, status, recorded_at from "
        f"read_json('{project.data}/away', format='newline_delimited')) to '{csv}' (header)"
    )
    read_from(project, f"read_csv('{csv}', all_varchar = true)")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "model stg_shop__consents" in said(done) and "key_value" in said(done)

    assert state(project) == before
    assert len(project.deliveries()) == 1
    read_from(project, f"read_json('{project.data}/away', format='newline_delimited')")
    project.refresh()
    unchanged = {name: rows for name, rows in state(project).items() if name != "consent_events"}
    assert unchanged == {name: before[name] for name in unchanged}
    assert len(project.query("select * from consent_events")) == len(before["consent_events"])


@pytest.mark.slow
def test_the_disk_is_full(project: ScratchProject) -> None:
    """No file of the process may grow beyond what the warehouse has now."""
    before = state(project)
    project.consents(*CONSENTS, *(event(3, f"{n}@example.com", "granted") for n in range(20_000)))
    limit = project.warehouse.stat().st_size + 4096

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "runner", "refresh"],
        cwd=project.folder,
        env={**os.environ, **project._environment()},
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "File too large" in said(done)
    assert state(project) == before
    assert len(project.deliveries()) == 1
    # there is room again
    project.refresh()
    assert project.query("select count(*) from consent_events") == [(20_002,)]
    found = project.query("select status from refreshes order by started_at")
    assert found[0] == found[-1] == ("successful",) and len(found) == 3


def test_a_destination_that_cannot_be_written(project: ScratchProject) -> None:
    project.consents(*CONSENTS, event(3, "holly@contoso.com", "granted"))
    place = project.folder / "exports/newsletter"
    held = place.with_name("held")
    place.rename(held)
    place.write_text("no folder: even root cannot write below it")
    done = project.consent("refresh")
    assert done.returncode == 1
    assert "newsletter: not delivered:" in said(done) or "The destination" in said(done)
    assert str(place) in said(done)
    status = project.consent("status", "--json")
    assert status.returncode == 1
    assert "export newsletter failed" in json.loads(status.stdout)["problems"][0]
    place.unlink()
    held.rename(place)
    assert project.consent("export").returncode == 0
    assert len(project.deliveries()) == 2


@pytest.mark.slow
def test_a_destination_that_never_answers(project: ScratchProject) -> None:
    """It takes the connection and says nothing."""
    pytest.importorskip("paramiko")
    before = state(project)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        taken: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    taken.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        project.exports["newsletter"] = {
            **NEWSLETTER,
            "destination": f"sftp://someone:secret@127.0.0.1:{port}/out",
        }
        project.write_exports()
        done = project.consent(
            "refresh", FSSPEC_SFTP_BANNER_TIMEOUT="1", CONSENT_RETRY_SECONDS="0.1"
        )
        for each in taken:
            each.close()
    assert done.returncode == 1
    assert f"The destination sftp://127.0.0.1:{port}/out cannot be reached" in said(done)
    assert "secret" not in done.stderr + done.stdout
    assert "export newsletter failed" in project.consent("status").stdout
    assert state(project) == before


@pytest.mark.slow
def test_what_fails_for_a_moment_is_tried_again(project: ScratchProject, tmp_path: Path) -> None:
    """A source whose server is being restarted: refused twice, then there."""
    model = project.folder / "models/own/stg_shop__consents.sql"
    text = model.read_text()
    counter = tmp_path / "tries"
    counter.write_text("")
    # dbt renders the model anew for each try
    model.write_text(
        "{% if execute %}{% set tries = run_query(\"select count(*) from glob('"
        f"{tmp_path}/try-*')\").columns[0].values()[0] %}}"
        "{% do run_query(\"copy (select 1) to '" + str(tmp_path) + '/try-" ~ tries ~ "\'") %}'
        "{% if tries < 2 %}{{ exceptions.raise_compiler_error("
        "'IO Error: Connection refused (HTTP 503)') }}{% endif %}{% endif %}" + text
    )
    done = project.consent("refresh", CONSENT_RETRY_SECONDS="0.1,0.1,0.1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Trying again in 0.1 s") == 2
