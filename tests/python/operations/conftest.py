"""Fixtures of the tests of refreshes, schedules and backups."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_days import CONSENTS, FRANK, HOLLY, NEWSLETTER
from exports_project import ScratchProject


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """A small project that was delivered once; copy it before changing anything."""
    project = ScratchProject(
        tmp_path_factory.mktemp("operated") / "project",
        {"newsletter": NEWSLETTER},
        {"newsletter_audience": "newsletter"},
        environment={"CONSENT_RETRY_SECONDS": ""},
    )
    project.write()
    project.customers(*({"id": p, "person": p, "email": p} for p in (FRANK, HOLLY)))
    project.suppressions()
    project.consents(*CONSENTS)
    project.refresh()
    return project


@pytest.fixture()
def project(built: ScratchProject, tmp_path: Path) -> ScratchProject:
    """A copy of it."""
    return built.copy_to(tmp_path / "project")
