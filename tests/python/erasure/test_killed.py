"""Killed at any step, or at any moment, and repeated with any one contact point: all is done."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from erasure.conftest import OTHERS, Town
from erasure.erasure_town import ERA, NUMBER, of_others, saying, verified

from runner.erasure.erase import COMPLETE, erase
from runner.erasure.steps import STEPS

MINE = (ERA, NUMBER, "p-era'")
THEIRS = [each[kind] for each in OTHERS for kind in ("email", "phone") if each[kind]]
IS_LONG = bool(os.environ.get("CONSENT_LONG"))
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("whom", [ERA, NUMBER] if IS_LONG else ["in turn"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(step: str, whom: str, ready: Town, tmp_path: Path) -> None:
    """The process ends without a word, as if the power had gone."""
    town = ready.copy_to(tmp_path / "project")
    child = os.fork()
    if child == 0:
        _erase(town, ERA, CONSENT_CRASH_AT=f"erase:{step}")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    if whom == "in turn":
        whom = (ERA, NUMBER)[STEPS.index(step) % 2]
    _is_finished(town, ready, whom)


@pytest.mark.parametrize("moment", range(30 if IS_LONG else 4))
def test_killed_at_a_random_moment(moment: int, ready: Town, tmp_path: Path) -> None:
    luck = random.Random(moment)
    town = ready.copy_to(tmp_path / "project")
    child = os.fork()
    if child == 0:
        _erase(town, luck.choice([ERA, NUMBER]))
        os._exit(0)
    time.sleep(luck.uniform(0.2, 6))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _is_finished(town, ready, luck.choice([ERA, NUMBER]))


def _erase(town: Town, whom: str, **environment: str) -> str:
    with town.project.environment_of(**environment):
        return erase(town.parsed, [whom]).state


def _is_finished(town: Town, ready: Town, whom: str) -> None:
    """Repeated with one contact point, nothing of the person is left and others lose nothing."""
    assert _erase(town, whom) == COMPLETE
    project = town.project
    assert saying(project, MINE, THEIRS) == {}
    assert verified(project) == []
    told = json.dumps(of_others(ready.project, OTHERS), default=str)
    told = told.replace(f"a friend of {ERA}", "a friend of ***")
    found = json.dumps(of_others(project, OTHERS), default=str)
    assert json.loads(found) == json.loads(told)
    rows = project.query("select key_value, completed_at from erasures")
    assert len(rows) == 4 and all(value.startswith("erased:") and at for value, at in rows)
    left = [*project.folder.rglob(".partial-*"), *project.folder.rglob(".compact-*")]
    assert left == [] and list(project.folder.glob("target/consent/*/*")) == []
