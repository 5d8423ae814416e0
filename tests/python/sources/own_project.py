"""A project of one's own without the demo: the real models, an empty staging folder, some purposes.

Only what decides consent is in it, so that a test can read a dozen files in one build.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from clone import ROOT, run

from runner.dbt import Project, open_project

PURPOSES = {
    "newsletter": {"enforcement": "opt_in", "channel": "email"},
    "product_updates": {"enforcement": "opt_in", "channel": "email"},
    "sms_offers": {"enforcement": "opt_in", "channel": "phone"},
}
_LEFT_OUT = ("staging", "segments", "exports", "activities", "report")
BUILD = (
    "dbt build --exclude-resource-type unit_test --indirect-selection cautious "
    "--select +contact_point_permissions +rejected_consents"
)


def own_project(folder: Path) -> Path:
    """Writes the project into a folder."""
    skipped = shutil.ignore_patterns(*_LEFT_OUT)
    for name in ("macros", "models", "seeds/reference"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped if name == "models" else None)
    project: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))
    project["profile"] = "own"
    project["models"] = {"dbt_consent": {"+materialized": "table"}}
    project["sources"], project["exposures"] = {}, {}
    project["vars"] = {
        "customer_sources": [],
        "customer_models": [],
        "consent_models": [],
        "suppression_models": [],
        "default_country": "NL",
        "profile_attributes": {
            "first_name": {"data_type": "string"},
            "country": {"data_type": "string"},
        },
        "purposes": PURPOSES,
        "segments": [],
    }
    profile = {
        "own": {
            "target": "dev",
            "outputs": {
                "dev": {
                    "type": "duckdb",
                    "path": "own.duckdb",
                    "threads": 2,
                    "settings": {"TimeZone": "UTC"},
                    "plugins": [{"module": "runner.sources.windows1252"}],
                }
            },
        }
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project, sort_keys=False), "utf-8")
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), "utf-8")
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Project]:
    """The project, parsed in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROJECT_DIR", str(folder))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        yield open_project()


def put(folder: Path, name: str, content: str | bytes) -> str:
    """Writes a file of data; its path."""
    path = folder / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def build(folder: Path) -> None:
    """Builds as far as the permissions."""
    done = run(folder, BUILD)
    assert done.returncode == 0, done.stdout


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query in the built project."""
    with duckdb.connect(str(folder / "own.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()
