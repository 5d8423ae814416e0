"""The certificate of a delivery: what was delivered, from what, and on which permissions.

One JSON document beside the files, described by certificate.schema.json. It holds counts and
hashes and nobody's data.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import runner
from runner.dbt import Project
from runner.exports.contract import Export, purposes_of, segment_rule
from runner.exports.gate import Build
from runner.exports.layouts import as_data
from runner.exports.signing import signed
from runner.exports.trust import validate
from runner.exports.writers import Written

_CHUNK = 1 << 20


def make(
    *,
    project: Project,
    export: Export,
    build: Build,
    delivery: str,
    delivered_at: datetime,
    location: str,
    proof: str,
    files: Mapping[str, Sequence[Written]],
    evidence: Mapping[str, Any],
    ledger: Mapping[str, Any],
    left_out: Mapping[str, int],
    inputs: Mapping[str, int],
    previous: str | None,
    reduces: str | None,
    removed: Mapping[str, int],
) -> dict[str, Any]:
    """The certificate of one delivery, valid by its schema."""
    document = {
        "certificate_version": 1,
        "delivery": delivery,
        "export": export.name,
        "segment": export.segment,
        "rule_sha256": rule_hash(project, export),
        "required_purposes": list(export.required),
        "ad_consent": dict(export.ad_consent),
        "channel": export.channel,
        "delivered_at": time_text(delivered_at),
        "as_of": time_text(build.as_of),
        "build": {"invocation_id": build.invocation_id, "started_at": time_text(build.observed_at)},
        "target": project.target,
        "location": location,
        "proof": proof,
        "previous": previous,
        "format": export.format,
        "layout": as_data(export.layout),
        "kinds": {kind: _summary(written) for kind, written in files.items()},
        "evidence": dict(evidence),
        "ledger": dict(ledger),
        "left_out": dict(sorted(left_out.items())),
        "inputs": dict(inputs),
        "removed": dict(removed),
        **({"reduces": reduces} if reduces else {}),
        "purposes": purposes_of(project),
        "code": {
            "dbt-consent": runner.__version__,
            "dbt-core": version("dbt-core"),
            "duckdb": version("duckdb"),
            "project_commit": _commit(str(project.folder)),
        },
    }
    # as whoever reads it will see it
    document = signed(json.loads(json.dumps(document, default=str)))
    validate(document)
    return document


def rule_hash(project: Project, export: Export) -> str:
    """SHA-256 of the segment's rule and of the rules that it uses, as canonical JSON."""
    rules: dict[str, Any] = {}
    waiting = [export.segment_id]
    while waiting:
        node_id = waiting.pop()
        rule = segment_rule(project.nodes[node_id]) if node_id in project.nodes else None
        name = project.nodes[node_id]["name"] if node_id in project.nodes else ""
        if rule is not None and name not in rules:
            rules[name] = rule
            waiting.extend(project.parents.get(node_id, ()))
    text = json.dumps(rules, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def describe(path: Path, rows: int) -> dict[str, Any]:
    """Name, rows, size and hash of one file of the proof."""
    return {
        "name": path.name,
        "rows": rows,
        "size": path.stat().st_size,
        "sha256": file_hash(path),
    }


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write(document: Mapping[str, Any], path: Path) -> None:
    """Writes a certificate so that it survives a loss of power."""
    with path.open("wb") as file:
        file.write(json.dumps(document, indent=2, ensure_ascii=False).encode())
        file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())


def _summary(written: Sequence[Written]) -> dict[str, Any]:
    return {
        "rows": sum(file.rows for file in written),
        "sha256": hash_of_files([file.sha256 for file in written]),
        "files": [
            {"name": file.name, "rows": file.rows, "size": file.size, "sha256": file.sha256}
            for file in written
        ],
    }


def hash_of_files(hashes: Sequence[str]) -> str:
    """The hash of the one file; of the hashes, one per line, where there are several."""
    return hashes[0] if len(hashes) == 1 else _hash_of("\n".join(hashes))


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def time_text(value: datetime) -> str:
    """A time as certificates write it."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@cache
def _commit(folder: str) -> str | None:
    try:
        found = subprocess.run(
            ["git", "-C", folder, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
