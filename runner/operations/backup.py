"""`consent backup` and `consent restore`: everything that cannot be built again from the sources.

A backup is a folder with one Parquet file per table of state and `manifest.json`, which has the
hash and the rows of each. It holds people's data: keep it where you keep your customers.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from runner import clock, console
from runner.dbt import Project
from runner.erasure import backups, restored
from runner.erasure.places import STATE, state_tables
from runner.errors import ConsentError, UsageError
from runner.operations import lock
from runner.warehouse import Warehouse, open_warehouse
from runner.warehouse.duckdb import DuckDBWarehouse

MANIFEST = "manifest.json"
FORMAT = 1
_ROWS_PER_GROUP = 100_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Saved:
    """One table of a backup."""

    table: str
    rows: int
    file: str
    sha256: str


def backup(project: Project, folder: Path, *, wait: bool = False) -> list[Saved]:
    """Writes the state into a new folder, whole or not at all.

    Raises:
        UsageError: the folder exists already.
        ConsentError: nothing is built yet, or a refresh runs.
    """
    folder = folder.resolve()
    if folder.exists():
        raise UsageError(
            f"{folder} exists already.", "Give each backup a folder of its own, such as its date."
        )
    unfinished = folder.with_name(f".partial-{folder.name}")
    with lock.one_at_a_time(project, "backup", wait=wait):
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.mkdir(parents=True, mode=0o700)
            saved, version = _save(project, unfinished)
            manifest = {
                "format": FORMAT,
                "product": metadata.version("dbt-consent"),
                "state_version": version,
                "created_at": f"{clock.now().isoformat(timespec='seconds')}Z",
                "target": project.target,
                "engine": project.engine,
                "tables": {
                    each.table: {"file": each.file, "rows": each.rows, "sha256": each.sha256}
                    for each in saved
                },
            }
            text = json.dumps(manifest, indent=2) + "\n"
            _write(unfinished / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))
            unfinished.rename(folder)
        except OSError as error:
            raise ConsentError(
                f"The backup could not be written: {error}.", "Nothing is left of it."
            ) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        try:
            backups.remember(project, folder, clock.now())
        except ConsentError as error:
            console.warn(f"`consent erase` will not know of this backup: {error.what}")
    return saved


def restore(
    project: Project, folder: Path, *, replace: bool = False, wait: bool = False
) -> list[Saved]:
    """Makes a warehouse that has the state of a backup and nothing else; a refresh does the rest.

    Whoever was erased after the backup is erased from it again.

    Args:
        project: the parsed project, with its target.
        folder: the backup.
        replace: throw away the warehouse that is there.
        wait: wait for a refresh that runs.

    Raises:
        UsageError: the folder holds no backup, or there is a warehouse already.
        ConsentError: the backup is not what its manifest says. Nothing was changed then.
    """
    saved = check(folder)
    relations = state_tables(project)
    unknown = sorted({each.table for each in saved} - set(relations))
    if unknown:
        raise ConsentError(
            f"The backup {folder} holds tables that this project does not have: "
            f"{', '.join(unknown)}.",
            "Install the version that wrote it, or a later one.",
        )
    with lock.one_at_a_time(project, "restore", wait=wait):
        erased = restored.later(project, folder)
        with _new_warehouse(project, replace) as warehouse:
            for each in saved:
                _load(warehouse, relations[each.table], folder / each.file)
            restored.apply(project, warehouse, erased)
        restored.finish(project, erased)
    return saved


def check(folder: Path) -> list[Saved]:
    """The tables of a backup, after a look at every byte of it.

    Raises:
        UsageError: the folder holds no backup.
        ConsentError: a file is missing, or not what the manifest says.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no backup in {folder}: it has no {MANIFEST}.", "Name the backup's folder."
        ) from error
    except ValueError as error:
        raise _broken(folder, f"{MANIFEST} is no JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _broken(folder, f"its format is not {FORMAT}")
    tables: Mapping[str, Any] = manifest["tables"]
    saved = [Saved(n, t["rows"], t["file"], t["sha256"]) for n, t in sorted(tables.items())]
    files = {path.name for path in folder.glob("*.parquet")}
    surplus = sorted(files - {each.file for each in saved})
    if surplus:
        raise _broken(folder, f"{', '.join(surplus)} is not in its manifest")
    for each in saved:
        path = folder / each.file
        if path.name != each.file or not path.is_file():
            raise _broken(folder, f"{each.file} is missing")
        if _sha256(path) != each.sha256:
            raise _broken(folder, f"{each.file} has another hash than its manifest says")
        if pq.ParquetFile(path).metadata.num_rows != each.rows:
            raise _broken(folder, f"{each.file} has another number of rows than its manifest says")
    return saved


def _broken(folder: Path, why: str) -> ConsentError:
    return ConsentError(
        f"The backup {folder} cannot be trusted: {why}. Nothing was changed.",
        "Take another backup.",
    )


def _save(project: Project, folder: Path) -> tuple[list[Saved], int]:
    saved = []
    with open_warehouse(project) as warehouse:
        for table, relation in state_tables(project).items():
            if not warehouse.has(relation):
                continue
            path = folder / f"{table}.parquet"
            rows = _write(path, partial(_stream, warehouse.stream(f"select * from {relation}")))
            saved.append(Saved(table, rows, path.name, _sha256(path)))
        version = 0
        if any(each.table == "state_version" for each in saved):
            (found,) = warehouse.rows(
                f"select max(version) as version from {project.state_relation('state_version')}"
            )
            version = found["version"] or 0
    if not saved:
        raise ConsentError("There is no state yet.", "Run `consent refresh` first.")
    return saved, version


def _stream(batches: pa.RecordBatchReader, to: Path) -> int:
    rows = 0
    with pq.ParquetWriter(to, batches.schema, compression="zstd") as writer:
        for batch in batches:
            rows += batch.num_rows
            writer.write_batch(batch, row_group_size=_ROWS_PER_GROUP)
    return rows


def _write(path: Path, write: Callable[[Path], int]) -> int:
    """Writes a file that is only for its owner, down to the disk."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    rows = write(path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return rows


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _load(warehouse: Warehouse, relation: str, path: Path) -> None:
    # PostgreSQL creates a schema by its own name alone, without the database's
    schema = relation.split('"."')[-2].strip('"')
    warehouse.execute(f'create schema if not exists "{schema}"')
    warehouse.load("_restored", _batches(path))
    warehouse.execute(f"create table {relation} as select * from _restored")
    warehouse.execute("drop table _restored")


def _batches(path: Path) -> pa.RecordBatchReader:
    file = pq.ParquetFile(path)
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(_ROWS_PER_GROUP))


@contextmanager
def _new_warehouse(project: Project, replace: bool) -> Iterator[Warehouse]:
    """An empty warehouse to fill, which takes the place of the old one at the end of the block."""
    if project.engine == "duckdb":
        with _new_file(project, replace) as warehouse:
            yield warehouse
        return
    with open_warehouse(project, writing=True) as warehouse:
        _drop_models(project, warehouse, replace)
        yield warehouse


@contextmanager
def _new_file(project: Project, replace: bool) -> Iterator[Warehouse]:
    path = (project.folder / str(project.credentials.path)).resolve()
    if path.exists() and not replace:
        raise _there_already(str(path))
    unfinished = path.with_name(f".partial-{path.name}")
    for old in (unfinished, _wal(unfinished)):
        old.unlink(missing_ok=True)
    name = f'"{project.credentials.database}"'
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"attach '{_quoted(unfinished)}' as \"{project.credentials.database}\""
            )
            connection.execute(f'use "{project.credentials.database}"')
            yield DuckDBWarehouse(connection)
            connection.execute("use memory")
            connection.execute(f"detach {name}")
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        # what the old file's log says is about the old file
        _wal(path).unlink(missing_ok=True)
        unfinished.replace(path)
    finally:
        for old in (unfinished, _wal(unfinished)):
            old.unlink(missing_ok=True)


def _drop_models(project: Project, warehouse: Warehouse, replace: bool) -> None:
    """Drops what the project has built on a server: state to be replaced, all else to be built."""
    names = [
        (node["schema"], node["alias"])
        for node in project.nodes.values()
        if node["resource_type"] == "model" and node["relation_name"]
    ]
    own = [each.table for each in STATE if not each.is_model]
    names += [(project.credentials.schema, name) for name in own]
    there = [
        ("view" if row["table_type"] == "VIEW" else "table", f'"{schema}"."{name}"')
        for schema, name in names
        for row in warehouse.rows(
            """
            select table_type from information_schema.tables
            where table_schema = $1 and table_name = $2
            """,
            [schema, name],
        )
    ]
    if there and not replace:
        raise _there_already(f"the target '{project.target}'")
    for kind, relation in there:
        warehouse.execute(f"drop {kind} if exists {relation} cascade")


def _there_already(where: str) -> UsageError:
    return UsageError(
        f"There is a warehouse at {where} already.",
        "Move it away, or throw it away with --replace.",
    )


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _quoted(path: Path) -> str:
    return re.sub("'", "''", str(path))
