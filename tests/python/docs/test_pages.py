"""Every command that a page shows is run here, in the page's order, on the demo as delivered."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from clone import ROOT, run
from pages import Command, File, Reference, steps

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES.append(ROOT / "data" / "demo" / "README.md")
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
SLOW = ("docs/identity.md", "docs/segments.md")
"""Pages whose commands take a minute: run in the gate."""


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.slow if each in SLOW else ()) for each in NAMES]
)
def test_what_the_page_says_works(name: str, delivered: Path, tmp_path: Path) -> None:
    todo = [step for step in steps(ROOT / name) if not isinstance(step, Reference)]
    if not any(isinstance(step, Command) for step in todo):
        return
    folder = tmp_path / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    for step in todo:
        if isinstance(step, File):
            (folder / step.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.path).write_text(step.text, encoding="utf-8")
        elif isinstance(step, Command):
            done = run(folder, step.text)
            assert done.returncode == step.exit_code, (
                f"{name}: {step.text}\n{done.stdout}\n{done.stderr}"
            )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_run_elsewhere_is_run_there(name: str) -> None:
    for step in steps(ROOT / name):
        if isinstance(step, Reference):
            test = (ROOT / step.test).read_text(encoding="utf-8")
            words = [word for word in re.findall(r"[\w-]+", step.text) if not word.isdigit()]
            assert all(word in test for word in words[:2]), f"{step.test} does not run {step.text}"


def test_the_gate_runs_the_targets_that_pages_name() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    gated = {word for line in re.findall(r"^make (.*)$", gate, re.M) for word in line.split()}
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for page in PAGES:
        for target in re.findall(r"^make ([a-z-]+)", page.read_text(encoding="utf-8"), re.M):
            assert target in targets, f"{page.name}: make {target}"
            assert target == "lock" or target in gated, f"the gate lacks make {target}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
