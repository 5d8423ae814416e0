"""Fixture of the tests that write an export's tables themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from exports_project import ScratchProject
from exports_world import NASTY, World

from runner.dbt import Project, open_project


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A parsed project with an export of each kind of segment; no test builds it."""
    scratch = ScratchProject(
        tmp_path_factory.mktemp("base"),
        {
            "newsletter": {
                "segment": "newsletter_audience",
                "destination": "exports/newsletter",
                "deliver": ["full", "added", "removed"],
                "max_removed_share": 1,
            },
            "texts": {"segment": "sms_audience", "destination": "exports/texts"},
            "heads": {
                "segment": "everybody",
                "destination": "exports/heads",
                "contacts_people": False,
            },
        },
        {"newsletter_audience": "newsletter", "sms_audience": "sms_offers", "everybody": None},
    )
    scratch.write()
    # one test of identity's own
    (scratch.folder / "models/own/identity.yml").write_text(
        """
models:
  - name: int_identity__contact_points
    columns:
      - name: profile_id
        data_tests: [{not_null: {name: points_have_a_profile}}]
"""
    )
    with scratch.environment_of():
        return open_project()


@pytest.fixture()
def world(base: Project, tmp_path: Path) -> World:
    """People with difficult names, and one who said no, as built."""
    world = World(base, tmp_path)
    for index, name in enumerate(NASTY):
        email = f"{index:02d}@example.com"
        world.say(email, "granted")
        world.names[email] = name
    world.say("no@example.com", "denied")
    world.build()
    return world
