"""From the wheel to a segment of one's own, in an empty folder and without the repository."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import duckdb
import pytest
from clone import ROOT

FIVE_MINUTES = 300
SIGN_UPS = """\
signup_id,name,email,mobile,country,newsletter
S1,Ada Quist,ada@example.org,07400 123456,GB,yes
#2,Femi Okoro,femi@example.net,+32 470 12 34 56,BE,no
S3,Lena Brandt,lena@example.com,,DE,yes
"""


def type_in(folder: Path, installed: Path, command: str) -> str:
    """Types a command; it has no settings but its own, and reaches no network."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONSENT_", "DBT_", "PG"))}
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**kept, **nowhere, "PATH": f"{installed}:{kept['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def spent() -> float:
    """Seconds that the commands have worked: what else the machine does is not theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
def test_from_the_wheel_to_an_own_segment(installed: Path, tmp_path: Path) -> None:
    began = spent()
    type_in(tmp_path, installed, "consent init marketing --yes --purpose newsletter --country NL")
    project = tmp_path / "marketing"
    (project / "data/fair.csv").write_text(SIGN_UPS, encoding="utf-8")
    type_in(
        project,
        installed,
        "consent new source data/fair.csv --map 'newsletter=answer to newsletter'",
    )
    type_in(project, installed, "consent new segment fair_readers")
    type_in(project, installed, "consent validate")
    type_in(project, installed, "consent refresh")
    took = spent() - began
    with duckdb.connect(str(project / "consent.duckdb"), read_only=True) as connection:
        members = connection.execute(
            "select segment_name, key_value from segment_members order by all"
        ).fetchall()
    assert members == [("fair_readers", "ada@example.org"), ("fair_readers", "lena@example.com")]
    assert took < FIVE_MINUTES


def test_the_wheel_brings_the_whole_library_and_nothing_of_the_demo(installed: Path) -> None:
    [brought] = installed.parent.glob("lib/*/site-packages/runner/project")
    names = {path.relative_to(brought).as_posix() for path in brought.rglob("*") if path.is_file()}
    parts = ("macros", "models/intermediate/consent", "models/marts", "schemas", "seeds/reference")
    for part in parts:
        for path in (ROOT / part).rglob("*"):
            assert path.is_dir() or path.relative_to(ROOT).as_posix() in names
    assert {path.name for path in (ROOT / "tests").glob("*.sql")} == {
        name.removeprefix("tests/") for name in names if name.startswith("tests/")
    }
    assert not [name for name in names if name.startswith(("seeds/demo", "data/", "tests/python"))]
