"""A town from which somebody asked to be erased, at the moment before the request is completed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from erasure.erasure_town import ERA, LONGER, NUMBER, XERA, erase, live, person, town
from exports_project import ScratchProject

from runner.dbt import Project, open_project

ONE = person("p-era", ERA, NUMBER, first_name="Era")
OTHERS = [
    person("p-xera", XERA, LONGER, first_name=f"a friend of {ERA}, and more"),
    person("p-au", f"{ERA}.au", "+3162000000"),
    person("p-dot", f"x.{ERA}", "+31620000003"),
    person("p-bob", "bob@example.com"),
]


@dataclass
class Town:
    """A delivered project, and how it was parsed.

    Attributes:
        first: what the request was answered at first.
    """

    project: ScratchProject
    parsed: Project
    first: dict[str, Any]

    def copy_to(self, folder: Path) -> Town:
        project = self.project.copy_to(folder)
        parsed = replace(self.parsed, folder=folder, target_path=folder / "target")
        return Town(project, parsed, self.first)


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Everybody was delivered, one person asked to be erased, and the removal was delivered."""
    project = town(tmp_path_factory.mktemp("town") / "project", ONE, *OTHERS)
    first = erase(project, ERA)
    live(project, *OTHERS)
    project.refresh()
    with project.environment_of():
        return Town(project, open_project(), first)
