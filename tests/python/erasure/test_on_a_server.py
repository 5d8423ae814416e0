"""A person is erased on a database server as well: tables, deliveries and the request itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engines.warehouse import ENGINE
from erasure.conftest import ONE, OTHERS
from erasure.erasure_town import ERA, NUMBER, erase, live, of_others, saying, town, verified

MINE = (ERA, NUMBER, "p-era'")
THEIRS = [each[kind] for each in OTHERS for kind in ("email", "phone") if each[kind]]
pytestmark = pytest.mark.skipif(ENGINE == "duckdb", reason="test_erasure.py is that of a file")


def test_from_the_request_to_the_proof(tmp_path: Path) -> None:
    project = town(tmp_path / "project", ONE, *OTHERS)
    assert erase(project, ERA)["state"] == "suppressed"
    assert project.query("select count(*) from profiles where profile_id = 'p-era'") == [(0,)]
    live(project, *OTHERS)
    project.refresh()
    told = json.dumps(of_others(project, OTHERS), default=str)
    assert project.consent("backup", "backups/first").returncode == 0
    report = erase(project, NUMBER)
    assert (report["state"], report["left"], report["repeat"]) == ("complete", [], "")
    assert report["backups"] == ["backups/first"]
    assert saying(project, MINE, THEIRS) == {}
    told = told.replace(f"a friend of {ERA}", "a friend of ***")
    assert json.loads(json.dumps(of_others(project, OTHERS), default=str)) == json.loads(told)
    assert verified(project) == []
    rows = project.query("select key_value, completed_at from erasures")
    assert len(rows) == 4 and all(value.startswith("erased:") and at for value, at in rows)
    assert erase(project, ERA)["removed"] == []
    gone = project.consent("explain", ERA, "newsletter_audience")
    assert gone.returncode == 2 and "was erased here on" in " ".join(gone.stderr.split())
