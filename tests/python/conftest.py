"""What tests of several parts share."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from clone import clone, run
from hypothesis import settings

# The gate tries the same examples each time, however slow the machine; new ones are drawn by
# hand, in long mode.
settings.register_profile("gate", derandomize=True, deadline=None)
if not os.environ.get("CONSENT_LONG"):
    settings.load_profile("gate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `slow` runs in the gate (CONSENT_SLOW=1), `long` with CONSENT_LONG=1 only."""
    if os.environ.get("CONSENT_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="runs with CONSENT_LONG=1"))
        elif item.get_closest_marker("slow") and not os.environ.get("CONSENT_SLOW"):
            item.add_marker(pytest.mark.skip(reason="runs with CONSENT_SLOW=1, in the gate"))


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make run`; copy it before changing anything.

    It is made once, and copied for each of the processes that run tests.
    """
    mine = tmp_path_factory.mktemp("clone") / "dbt-consent"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return refreshed(mine)
    shared = tmp_path_factory.getbasetemp().parent / "delivered" / "dbt-consent"
    with (shared.parents[1] / "delivered.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "refresh.txt").exists():
            refreshed(shared)
    return shutil.copytree(shared, mine, symlinks=True)


def refreshed(folder: Path) -> Path:
    """A clone in which `consent refresh` was typed, and what it printed."""
    done = run(clone(folder), "consent refresh")
    assert done.returncode == 0, done.stderr
    (folder / "refresh.txt").write_text(done.stdout, encoding="utf-8")
    (folder / "refresh.err").write_text(done.stderr, encoding="utf-8")
    return folder
