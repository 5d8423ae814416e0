"""Erasing a person from deliveries: files, evidence, and both copies of the ledger.

Only after every destination has received the removal. Lines of the person leave the files of
earlier deliveries; in evidence and ledger the plain values become salted hashes, so that every
permission can still be judged; and the certificate says that it happened and what the files'
hashes are now.
"""

from __future__ import annotations

import hmac
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import certificate, evidence, ledger, register, signing, trust
from runner.exports.check import ERASED
from runner.exports.contract import Export, exports
from runner.exports.destination import CERTIFICATE, Destination
from runner.exports.files import layout_of_file
from runner.exports.layouts import Layout, from_data
from runner.exports.lines_of_files import records, without
from runner.exports.local import Work, literal, local_work, parquet
from runner.warehouse import open_warehouse

Point = tuple[str, str]
"""A contact point: its kind and its value."""


@dataclass(frozen=True)
class Erased:
    """What was erased from one delivery."""

    export: str
    delivery: str
    lines: int
    evidence_rows: int


def digest(point: Point) -> str:
    """The hash of a contact point: HMAC-SHA-256 with the key from CONSENT_PEPPER, as tombstones."""
    key = os.environ.get("CONSENT_PEPPER", "").encode()
    return hmac.digest(key, ":".join(point).encode(), "sha256").hex()


def hashed(point: Point) -> str:
    """What stands for an erased contact point, or for an id, in files and tables."""
    return ERASED + digest(point)


def still_out(project: Project, points: Iterable[Point]) -> dict[str, list[Point]]:
    """Per export, which of the contact points have not been delivered as removed yet."""
    wanted = set(points)
    with open_warehouse(project) as warehouse:
        rows = warehouse.rows(
            f"""
            select export_name, key_type, key_value
            from {project.relation("delivered_members")}
            where removed_at is null and key_value in ({_listed(wanted)})
            order by export_name, key_type, key_value
            """
        )
    found: dict[str, list[Point]] = {}
    for row in rows:
        point = (row["key_type"], row["key_value"])
        if point in wanted:
            found.setdefault(row["export_name"], []).append(point)
    return found


def erase(project: Project, points: Iterable[Point], now: datetime) -> list[Erased]:
    """Erases contact points from all deliveries of all exports, and from the ledger.

    Doing it again is harmless, and finishes what was interrupted.

    Raises:
        ExportError: a destination has not received the removal yet.
    """
    wanted = set(points)
    waiting = still_out(project, wanted)
    if waiting:
        raise ExportError(
            f"The removal has not been delivered yet by {', '.join(sorted(waiting))}.",
            "Run `consent refresh` first; until then the person is only suppressed.",
        )
    done: list[Erased] = []
    for export in exports(project):
        done += _erase_from(project, export, wanted, now)
    with open_warehouse(project, writing=True) as warehouse:
        for kind, value in sorted(wanted):
            warehouse.execute(
                f"""
                update {project.relation("delivered_members")}
                set key_value = $1, profile_id = $2
                where key_type = $3 and key_value = $4
                """,
                [hashed((kind, value)), hashed((kind, value)), kind, value],
            )
    return done


def _erase_from(
    project: Project, export: Export, points: set[Point], now: datetime
) -> list[Erased]:
    destination = Destination(export.destination, project.folder)
    proof = Destination(export.proof, project.folder) if export.proof else destination
    folder = project.target_path / "consent" / f"{export.name}.erase"
    done = []
    names = destination.deliveries()
    for name in names:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        try:
            with local_work(folder) as work:
                found = _erase_delivery(
                    project, export.name, name, destination, proof, points, now, work
                )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if found is not None:
            done.append(found)
    latest = trust.kept(destination, proof, names[-1]) if names and done else None
    if latest is not None:
        destination.point_to(latest)
    return done


def _erase_delivery(
    project: Project,
    export: str,
    name: str,
    destination: Destination,
    proof: Destination,
    points: set[Point],
    now: datetime,
    work: Work,
) -> Erased | None:
    """One delivery: new files beside the old ones, and the certificate before and after.

    The certificate says `erasing` while files are exchanged; a delivery that was left so is
    finished by the next call.
    """
    document = trust.kept(destination, proof, name)
    if document is None:
        return None
    places = {destination.root: destination, proof.root: proof}.values()
    changed: list[tuple[Destination, Path]] = []
    lines = 0
    if not document.get("expired"):
        for kind, summary in document["kinds"].items():
            for file in summary["files"]:
                layout, channel = layout_of_file(
                    from_data(document["layout"]), document["channel"], kind, file["name"]
                )
                written = _written(work, layout, points, channel)
                path = destination.fetch(work.folder / file["name"], name, file["name"])
                removed = without(path, document["format"], layout.contact_header(channel), written)
                if removed:
                    lines += removed
                    changed.append((destination, path))
    rows = 0
    for file_name in (evidence.FILE, ledger.FILE):
        if proof.exists(name, file_name):
            path = proof.fetch(work.folder / file_name, name, file_name)
            touched = _hash_rows(path, points, work)
            rows += touched if file_name == evidence.FILE else 0
            if touched:
                changed.append((proof, path))
    if not changed and not document.get("erasing"):
        return None
    document["erasing"] = True
    for place in places:
        place.write_json(document, name, CERTIFICATE)
    for place, path in changed:
        place.replace(path, name, path.name)
    del document["erasing"]
    _certify_again(document, name, destination, proof, work)
    document.setdefault("erased", []).append(
        {"erased_at": certificate.time_text(now), "contact_points": max(1, len(points))}
    )
    document = signing.signed(document)
    trust.validate(document)
    with open_warehouse(project, writing=True) as warehouse:
        register.restate(project, warehouse, document)
    for place in places:
        place.write_json(document, name, CERTIFICATE)
    return Erased(export, name, lines, rows)


def _written(work: Work, layout: Layout, points: set[Point], channel: str | None) -> set[str]:
    """The contact points as the layout wrote them."""
    values = [value for kind, value in sorted(points) if kind == (channel or "profile_id")]
    if not values:
        return set()
    listed = ", ".join(f"({literal(value)})" for value in values)
    rows = work.connection.execute(
        f"select {layout.written(channel)} "
        f"from (select key_value, key_value as profile_id from (values {listed}) as t (key_value))"
    ).fetchall()
    return {row[0] for row in rows if row[0] is not None}


def _certify_again(
    document: dict[str, Any],
    name: str,
    destination: Destination,
    proof: Destination,
    work: Work,
) -> None:
    """Puts the hashes, sizes and rows that the files have now into the certificate."""
    if not document.get("expired"):
        for summary in document["kinds"].values():
            for file in summary["files"]:
                path = destination.fetch(work.folder / file["name"], name, file["name"])
                rows = sum(1 for _ in records(path, document["format"]))
                file |= {
                    "rows": rows,
                    "size": path.stat().st_size,
                    "sha256": certificate.file_hash(path),
                }
            summary["rows"] = sum(file["rows"] for file in summary["files"])
            summary["sha256"] = certificate.hash_of_files(
                [file["sha256"] for file in summary["files"]]
            )
    for part, file_name in (("evidence", evidence.FILE), ("ledger", ledger.FILE)):
        if proof.exists(name, file_name):
            path = proof.fetch(work.folder / file_name, name, file_name)
            rows = pq.ParquetFile(path).metadata.num_rows
            document[part] |= certificate.describe(path, rows)


def _hash_rows(path: Path, points: set[Point], work: Work) -> int:
    """Hashes contact points in a file of evidence or ledger, and whose they are.

    Returns the number of rows that changed. All other rows are copied by the engine, so that
    the size of the file does not matter.
    """
    source = parquet(path)
    keys = ", ".join(f"({literal(kind)}, {literal(value)})" for kind, value in sorted(points))
    mine = f"(key_type, key_value) in ({keys})"
    theirs = f"""
        coalesce({mine}, false)
        or coalesce(profile_id in (select profile_id from {source} where {mine}), false)
    """
    found = f"select * from {source} where {theirs}"
    rows: pa.Table = work.connection.sql(found).to_arrow_table()
    if not rows.num_rows:
        return 0
    changed = pa.Table.from_pylist(
        [_hash_row(row, points) for row in rows.to_pylist()], rows.schema
    )
    work.connection.register("changed_rows", changed)
    beside = path.with_name(f"{path.name}.new")
    work.save(
        f"select * from {source} where not ({theirs}) union all select * from changed_rows", beside
    )
    work.connection.unregister("changed_rows")
    beside.replace(path)
    return int(rows.num_rows)


def _hash_row(row: dict[str, Any], points: set[Point]) -> dict[str, Any]:
    if (row["key_type"], row["key_value"]) in points:
        row["key_value"] = hashed((row["key_type"], row["key_value"]))
        if "written_as" in row:
            row["written_as"] = None
    for name in ("profile_id", "consent_id", "event_id"):
        if row.get(name) is not None:
            row[name] = hashed((name, row[name]))
    return row


def _listed(points: Iterable[Point]) -> str:
    return ", ".join(literal(value) for _, value in sorted(points)) or "null"
