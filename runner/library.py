"""The dbt project that this package brings: macros, models, seeds and tests, without the demo.

In a wheel it lies beside the runner; in a checkout it is the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).resolve().parent
_PARTS = ("macros", "models", "schemas", "seeds/reference")
_SEGMENT = re.compile(r"\{\{\s*dbt_consent\.segment\(")


def shipped() -> Path:
    """The folder with the shipped dbt_project.yml."""
    inside = _HERE / "project"
    return inside if inside.is_dir() else _HERE.parent


def settings() -> dict[str, Any]:
    """The shipped dbt_project.yml."""
    read: dict[str, Any] = yaml.safe_load((shipped() / "dbt_project.yml").read_text("utf-8"))
    return read


def library_files() -> list[Path]:
    """All files of the library, relative to `shipped()`; nothing of the demo is among them."""
    root = shipped()
    models = settings()["models"]["dbt_consent"]
    found = [
        path.relative_to(root)
        for part in _PARTS
        for path in (root / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    found += [path.relative_to(root) for path in (root / "tests").glob("*.sql")]
    return sorted(path for path in found if not _is_demo(root, path, models))


def model_settings() -> dict[str, Any]:
    """`models: dbt_consent:` of the shipped file, without what switches the demo on."""
    return dict(_without_switch(settings()["models"]["dbt_consent"]))


def _without_switch(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if key == "+enabled":
            continue
        inner = dict(_without_switch(value)) if isinstance(value, dict) else value
        if inner != {}:
            yield key, inner


def _is_demo(root: Path, path: Path, models: Mapping[str, Any]) -> bool:
    """Whether dbt_project.yml switches a file on for the demo only."""
    if path.parts[0] != "models":
        return False
    enabled: object = True
    here: Any = models
    for part in (*path.parts[1:-1], path.stem):
        here = here.get(part) if isinstance(here, dict) else None
        if isinstance(here, dict):
            enabled = here.get("+enabled", enabled)
    if enabled is not True:
        return True
    text = (root / path).read_text(encoding="utf-8")
    return bool(re.search("^exposures:", text, re.MULTILINE) or _SEGMENT.search(text))
