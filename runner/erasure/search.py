"""The search: every table and every file of the project that still says something of a person."""

from __future__ import annotations

import gzip
import json
import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from runner.dbt import Project
from runner.erasure import places
from runner.erasure.request import Request
from runner.erasure.tables import held
from runner.erasure.values import Values
from runner.exports import destinations
from runner.exports.local import literal, quoted
from runner.operations import log
from runner.warehouse import Warehouse, open_warehouse


@dataclass
class Found:
    """Where something of a person is, or was.

    Attributes:
        rows: rows of a table, or how often a file says it.
    """

    where: str
    rows: int


def in_tables(project: Project, request: Request) -> list[Found]:
    """Tables that hold the person, but for sources and for the request itself."""
    found = []
    with open_warehouse(project) as warehouse:
        for table in places.tables(project, warehouse):
            is_request = table.kept is not None and table.kept.table == places.ERASURES
            if table.is_source or is_request:
                continue
            rows = held(project, warehouse, table, request)
            if rows:
                found.append(Found(table.relation, rows))
    return found


def at_sources(project: Project, request: Request) -> list[Found]:
    """What staging models still bring, and files of the project itself that name the person."""
    names = [
        *project.setting("customer_models", []),
        *(
            each if isinstance(each, str) else each["model"]
            for each in project.setting("consent_models", [])
        ),
        *project.setting("suppression_models", []),
        *dict(project.setting("activity_models", {}) or {}).values(),
    ]
    found = []
    with open_warehouse(project) as warehouse:
        for name in dict.fromkeys(names):
            if not project.has_model(name) or not warehouse.has(project.relation(name)):
                continue
            table = places.table_of(warehouse, project.relation(name))
            rows = held(project, warehouse, table, request)
            if rows:
                found.append(Found(name, rows))
    for path in _own_files(project):
        hits = _count(path, request.values)
        if hits:
            found.append(Found(str(path.relative_to(project.folder)), hits))
    return found


def in_files(
    project: Project, request: Request, delivered: Iterable[destinations.Place]
) -> list[Found]:
    """Files of deliveries, proofs, dbt and logs that say a value; the warehouse's own is apart."""
    found = []
    for path in _files(project, delivered):
        hits = _count(path, request.values)
        if hits:
            found.append(Found(_shown(project, path), hits))
    return found


def clean_files(project: Project, values: Values) -> list[Found]:
    """Masks values in logs, and deletes what dbt has written about them and writes again.

    What killed deliveries have left of their work is deleted as a whole.
    """
    found = []
    work = project.target_path / "consent"
    for path in places.files(project):
        is_work = path.is_relative_to(work)
        hits = 0 if is_work else _count(path, values)
        if is_work:
            path.unlink(missing_ok=True)
        elif hits and path.is_relative_to(log.folder(project)):
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            beside = path.with_name(f".{path.name}.new")
            beside.write_text(values.masked(text), encoding="utf-8", errors="surrogateescape")
            beside.chmod(path.stat().st_mode & 0o777)
            beside.replace(path)
        elif hits and path.is_relative_to(project.target_path):
            path.unlink()
        if hits:
            found.append(Found(_shown(project, path), hits))
    return found


def bytes_of(path: Path, needles: Iterable[bytes]) -> int:
    """How often a file's bytes hold one of the texts, in any case."""
    wanted = [each for each in needles if each]
    if not wanted or not path.stat().st_size:
        return 0
    hits = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        step, overlap = 1 << 24, max(len(each) for each in wanted) - 1
        for start in range(0, len(content), step):
            part = content[start : start + step + overlap].lower()
            # a text that begins in the next part is that one's
            hits += sum(1 for each in wanted for at in _all(part, each) if at < step)
    return hits


def hidden_in_others(project: Project, request: Request) -> set[bytes]:
    """Values that are part of a longer one that somebody else has: bytes cannot tell them apart."""
    parts = request.values.parts()
    hidden = set()
    with open_warehouse(project) as warehouse:
        for table in places.tables(project, warehouse):
            if table.kept is not None and table.kept.table == places.ERASURES:
                continue
            for part in parts:
                text = part.decode()
                if part not in hidden and _says(warehouse, table, text):
                    hidden.add(part)
    return hidden


def _says(warehouse: Warehouse, table: places.Table, text: str) -> bool:
    tests = [
        f"position({literal(text)} in lower(cast({quoted(each)} as varchar))) > 0"
        for each in (*table.texts, *table.nested)
    ]
    if not tests:
        return False
    sql = f"select 1 as found from {table.relation} where {' or '.join(tests)} limit 1"
    return bool(warehouse.rows(sql))


def _all(content: bytes, text: bytes) -> Iterator[int]:
    at = content.find(text)
    while at >= 0:
        yield at
        at = content.find(text, at + 1)


def _files(project: Project, delivered: Iterable[destinations.Place]) -> Iterator[Path]:
    yield from places.files(project)
    for folder in sorted({*destinations.local_folders(delivered)}):
        if folder.is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _own_files(project: Project) -> Iterator[Path]:
    """The project's models, seeds, rules and exports."""
    paths = set()
    for node in (*project.nodes.values(), *project.exposures.values()):
        if node.get("package_name") == project.name:
            paths.add(str(node["original_file_path"]))
            patch = str(node.get("patch_path") or "")
            paths.add(patch.rpartition("://")[2])
    for name in sorted(paths - {""}):
        if (project.folder / name).is_file():
            yield project.folder / name


def _count(path: Path, values: Values) -> int:
    data = path.read_bytes()
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            return values.count(json.dumps(table.to_pylist(), default=str, ensure_ascii=False))
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except Exception:  # somebody else's, or broken: then its bytes are all that there is
        pass
    return values.count(data.decode("utf-8", errors="replace"))


def _shown(project: Project, path: Path) -> str:
    folder = project.folder.resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
