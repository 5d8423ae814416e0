"""The certificate of a list that was filtered: what was decided of it, and by what.

One JSON document beside the files, described by certificate.schema.json. It holds counts and
hashes and nobody's data.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

import jsonschema

import runner
from runner.dbt import Project
from runner.exports.certificate import time_text
from runner.exports.contract import purposes_of
from runner.exports.gate import Build
from runner.exports.signing import signed


def certificate_of_list(
    *,
    project: Project,
    name: str,
    sha256: str,
    location: str,
    purpose: str,
    third_party: bool,
    unknown_may: bool,
    build: Build,
    decided_at: datetime,
    columns: Sequence[str],
    files: Mapping[str, Mapping[str, Any]],
    reasons: Counter[tuple[str, str]],
    emptied: Counter[str],
) -> dict[str, Any]:
    """The certificate, valid by its schema, and signed where there is a key."""
    counted: dict[str, dict[str, int]] = {}
    for (verdict, reason), rows in sorted(reasons.items()):
        counted.setdefault(verdict, {})[reason] = rows
    document = {
        "certificate_version": 1,
        "filter": f"{decided_at:%Y%m%dT%H%M%S%f}Z-{sha256[:8]}-filter",
        "list": {"name": name, "sha256": sha256},
        "location": location,
        "purpose": purpose,
        "required_purposes": [purpose, *(["sale"] if third_party else [])],
        "unknown_may": unknown_may,
        "contact_columns": list(columns),
        "decided_at": time_text(decided_at),
        "as_of": time_text(build.as_of),
        "build": {"invocation_id": build.invocation_id, "started_at": time_text(build.observed_at)},
        "target": project.target,
        "files": dict(files),
        "reasons": counted,
        "emptied": dict(sorted(emptied.items())),
        "purposes": purposes_of(project),
        "code": {
            "dbt-consent": runner.__version__,
            "dbt-core": version("dbt-core"),
            "duckdb": version("duckdb"),
        },
    }
    document = signed(json.loads(json.dumps(document, default=str)))
    jsonschema.validate(document, _schema())
    return document


@cache
def _schema() -> Any:
    text = resources.files("runner.lists").joinpath("certificate.schema.json").read_text("utf-8")
    return json.loads(text)
