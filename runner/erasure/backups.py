"""Backups and erasures: which backups hold a person, and what a restored one must forget.

A backup is never changed: its hashes prove what it holds. It gets a file beside its manifest that
says, by hashes alone, who was erased after it was made; `consent restore` applies that, and the
erasures of the warehouse whose place it takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from runner import console
from runner.dbt import Project
from runner.environment import PEPPER
from runner.erasure import places
from runner.erasure.hashes import hashed
from runner.erasure.request import Request
from runner.erasure.tables import held
from runner.errors import ConsentError
from runner.exports.local import parquet
from runner.warehouse import Warehouse, open_warehouse
from runner.warehouse.duckdb import DuckDBWarehouse

MANIFEST = "manifest.json"
NOTE = "erased.json"
TABLE = "backups"
"""Where backups were written, as the warehouse remembers it."""
_SKIPPED = frozenset({"node_modules", "dbt_packages", "__pycache__"})
_DEPTH = 4
_PROOF = ("pepper", "the same one")


def remember(project: Project, folder: Path, now: datetime) -> None:
    """Writes down where a backup is, so that erasures can name it."""
    table = project.state_relation(TABLE)
    with open_warehouse(project, writing=True) as warehouse:
        warehouse.execute(f"create table if not exists {table} (folder text, created_at timestamp)")
        warehouse.execute(f"delete from {table} where folder = $1", [str(folder)])
        warehouse.execute(
            f"insert into {table} values ($1, cast($2 as timestamp))", [str(folder), str(now)]
        )


def holding(project: Project, request: Request) -> list[str]:
    """Backups that hold the person, or may: those that are not where they were written any more."""
    found = []
    there = _there(project)
    for folder in there:
        if _holds(project, folder, request):
            found.append(_shown(project, folder))
    for folder, created_at in _remembered(project):
        if not folder.is_dir():
            found.append(f"{folder} of {created_at:%Y-%m-%d}, which is not there any more")
    return found


def note(project: Project, rows: Iterable[Mapping[str, Any]]) -> None:
    """Tells every backup that is there of an erasure, by hashes alone."""
    told = [{key: str(value) for key, value in row.items()} for row in rows]
    for folder in _there(project):
        path = folder / NOTE
        try:
            known = _noted(folder)
            rest = [row for row in known if row not in told]
            text = json.dumps(
                {"format": 1, "pepper": hashed(_PROOF), "erasures": [*rest, *told]}, indent=2
            )
            beside = folder / f".{NOTE}.new"
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            beside.replace(path)
        except OSError as error:
            console.warn(
                f"{folder} could not be told of the erasure ({error.strerror}): when it is "
                "restored, repeat the erasure."
            )


def noted(folder: Path) -> list[dict[str, Any]]:
    """Rows of `erasures` that a backup was told of.

    Raises:
        ConsentError: the note cannot be read, or its hashes were made with another pepper.
    """
    rows = _noted(folder)
    if rows and json.loads((folder / NOTE).read_text(encoding="utf-8"))["pepper"] != hashed(_PROOF):
        raise ConsentError(
            f"{folder / NOTE} tells of people who were erased after the backup, by hashes that "
            f"were made with another {PEPPER} than the one that is set.",
            f"Set {PEPPER} to what it was, or they would come back. Nothing was changed.",
        )
    return rows


def _noted(folder: Path) -> list[dict[str, Any]]:
    path = folder / NOTE
    if not path.exists():
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = [dict(row) for row in document["erasures"]]
        if any(set(row) != set(_COLUMNS) for row in rows) or not isinstance(
            document["pepper"], str
        ):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise ConsentError(
            f"{path} cannot be read, which says who was erased after the backup.",
            "Delete it only if you repeat every erasure that is later. Nothing was changed.",
        ) from error
    return rows


_COLUMNS = ("erasure_id", "item", "key_type", "key_value", "requested_at", "completed_at")


def _there(project: Project) -> list[Path]:
    """Backups in the project's folder, and those that were written elsewhere and are there."""
    inside = {path.resolve() for path in _below(project.folder, _DEPTH)}
    elsewhere = {folder for folder, _ in _remembered(project) if is_backup(folder)}
    return sorted(inside | elsewhere)


def is_backup(folder: Path) -> bool:
    """Whether a folder looks like a backup."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and {"state_version", "tables"} <= set(manifest)


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if is_backup(folder):
        yield folder
        return
    if depth == 0:
        return
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return
    for path in inside:
        if not path.name.startswith(".") and path.name not in _SKIPPED and not path.is_symlink():
            yield from _below(path, depth - 1)


def _remembered(project: Project) -> list[tuple[Path, datetime]]:
    table = project.state_relation(TABLE)
    with open_warehouse(project) as warehouse:
        if not warehouse.has(table):
            return []
        rows = warehouse.rows(f"select folder, created_at from {table} order by created_at, folder")
    return [(Path(row["folder"]), row["created_at"]) for row in rows]


def _holds(project: Project, folder: Path, request: Request) -> bool:
    known = {each.table: each for each in places.STATE}
    with duckdb.connect() as connection:
        warehouse: Warehouse = DuckDBWarehouse(connection)
        for path in sorted(folder.glob("*.parquet")):
            try:
                columns = [
                    (name, kind.lower())
                    for name, kind, *_ in connection.execute(
                        f"describe select * from {parquet(path)}"
                    ).fetchall()
                ]
                kept = known.get(path.stem, places.UNLISTED)
                table = places.table(parquet(path), kept, columns)
                if held(project, warehouse, table, request):
                    return True
            except duckdb.Error:
                return True  # what cannot be read may hold anybody
    return False


def _shown(project: Project, folder: Path) -> str:
    root = project.folder.resolve()
    return str(folder.relative_to(root)) if folder.is_relative_to(root) else str(folder)
