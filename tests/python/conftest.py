"""What tests of several parts share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clone import clone, run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `long` runs with CONSENT_LONG=1 only."""
    if os.environ.get("CONSENT_LONG"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="runs with CONSENT_LONG=1"))


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make run`; copy it before changing anything."""
    folder = clone(tmp_path_factory.mktemp("clone") / "dbt-consent")
    done = run(folder, "consent refresh")
    assert done.returncode == 0, done.stderr
    (folder / "refresh.txt").write_text(done.stdout, encoding="utf-8")
    return folder
