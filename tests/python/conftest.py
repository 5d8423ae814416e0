"""What tests of several parts share."""

from __future__ import annotations

from pathlib import Path

import pytest
from clone import clone, run


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone after `make run`; copy it before changing anything."""
    folder = clone(tmp_path_factory.mktemp("clone") / "dbt-consent")
    done = run(folder, "consent refresh")
    assert done.returncode == 0, done.stderr
    (folder / "refresh.txt").write_text(done.stdout, encoding="utf-8")
    return folder
