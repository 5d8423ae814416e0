"""What is said about the mistakes of the first day: what, where and what to do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from clone import run
from first_mistakes import MISTAKES, OF_SETTINGS, SETTINGS

VALUES = re.compile(r"ada@|bob@|Quist|André|Traceback|Candidate")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, read once."""
    folder = tmp_path_factory.mktemp("made")
    run(folder, "consent init project --example --yes")
    assert run(folder / "project", "dbt parse").returncode == 0
    return folder / "project"


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_said_about_a_mistake(made: Path, name: str, tmp_path: Path) -> None:
    project = shutil.copytree(made, tmp_path / "project")
    mistake = MISTAKES[name]
    mistake.make(project)
    done = run(project, mistake.command)
    said = " ".join((done.stderr + done.stdout).split())
    assert done.returncode == mistake.code, said
    assert mistake.said in said
    assert "Got 1 result" not in said
    assert not VALUES.search(said.replace(mistake.command, ""))


def test_the_mistakes_of_settings_are_told_together(made: Path, tmp_path: Path) -> None:
    project = shutil.copytree(made, tmp_path / "project")
    settings = yaml.safe_load((project / "dbt_project.yml").read_text())
    settings["vars"] |= SETTINGS
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    for command in ("consent validate", "dbt parse"):
        done = run(project, command)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert [each for each in OF_SETTINGS if each not in said] == []
    purposes = {name: keys for name, keys in SETTINGS["purposes"].items() if name.islower()}
    settings["vars"] = {"purposes": purposes, "alternate_keys": ["email", "E-Mail"]}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    said = " ".join(run(project, "consent validate").stdout.split())
    for told in (
        "alternate_keys: 'E-Mail' is no name; use lower-case letters, digits and _.",
        "purposes.offers.chanel: unknown key (did you mean 'channel'?)",
        "purposes.offers.valid_for_months: '0' is no whole number of months from 1 to 1200.",
        "purposes.calls.enforcement: 'optin' is none of opt_in, opt_out, none.",
        "purposes.calls.parent: 'ofers' is no purpose (did you mean 'offers'?).",
        "(YAML reads an unquoted NO as false: write 'NO').",
    ):
        assert told in said


def test_there_are_at_least_thirty() -> None:
    assert len(MISTAKES) + len(OF_SETTINGS) + 5 >= 30


def test_outside_of_a_project(tmp_path: Path) -> None:
    done = run(tmp_path, "consent validate")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "There is no dbt_project.yml in" in said
    assert "Go to the folder of the project, or name it in DBT_PROJECT_DIR." in said
