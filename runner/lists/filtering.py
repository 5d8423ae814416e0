"""`consent filter`: a list is decided, and written as the rows that may be used and those not.

The files lie beside the list, in its format and order. Who may be used is recorded as a hash in
the warehouse before a file gets its name, so that nothing is handed out that nobody knows of.
"""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from runner import clock
from runner.dbt import Project
from runner.errors import UsageError
from runner.exports import certificate
from runner.exports.gate import Build
from runner.exports.local import BATCH_ROWS, Work, batches_of, local_work
from runner.exports.signing import digest
from runner.identity.keys import key_names
from runner.lists import proof
from runner.lists.columns import ContactColumn, contact_columns, country_column
from runner.lists.decide import Question, channel_of, decide
from runner.lists.files import ListFile, Output, open_list, suffix_of, text_of_cell
from runner.operations import lock
from runner.private import private_files
from runner.warehouse import open_warehouse

VERDICTS = ("permitted", "refused", "unknown")
REASON = "consent_reason"
_NOTHING_NAMED = ("refused", "no_contact_point")


@dataclass
class Filtered:
    """What became of a list.

    Attributes:
        columns: its contact columns, as `name (kind)`.
        reasons: verdict and reason → rows.
        emptied: column → cells that may not be used, emptied in rows that may be.
        files: verdict → the file that was written.
        decided_at: the build that decided; None for a rehearsal.
    """

    columns: list[str]
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    emptied: Counter[str] = field(default_factory=Counter)
    files: dict[str, Path] = field(default_factory=dict)
    decided_at: datetime | None = None
    certificate: Path | None = None

    def rows(self, verdict: str) -> int:
        """How many rows have that verdict."""
        return sum(count for (said, _), count in self.reasons.items() if said == verdict)


def filter_list(
    project: Project,
    path: Path,
    question: Question,
    given: Mapping[str, Sequence[str]],
    *,
    encoding: str | None = None,
    overwrite: bool = False,
) -> Filtered:
    """Decides a list, and writes its rows into up to three files beside it.

    Args:
        project: the parsed project; with another `as_of` it is a rehearsal without certificate.
        path: the list.
        question: what it is to be used for.
        given: kind of contact point → names of columns.
        encoding: of a CSV list.
        overwrite: replace the files of an earlier run.

    Raises:
        UsageError: the list, the purpose or a column cannot be used.
        ExportError: the last build may not decide what leaves.
    """
    listed = open_list(path, encoding)
    channel = channel_of(project, question)
    columns = contact_columns(listed, key_names(project), given)
    if not any(channel in (None, column.kind) for column in columns):
        kind = channel or "contact point"
        raise UsageError(
            f"No column of {path.name} is recognised as {kind}; {question.purpose} needs one.",
            f"Name it: --key 'COLUMN={channel or 'email'}'. Its columns: "
            f"{', '.join(listed.header)}.",
        )
    if REASON in listed.header:
        raise UsageError(
            f"{path.name} has a column {REASON} already: it is the refused part of a list.",
            "Filter the list itself.",
        )
    is_rehearsal = bool(project.setting("as_of", None) or project.setting("known_at", None))
    names = _names(path)
    there = [each for each in names.values() if each.exists()]
    if there and not overwrite:
        raise UsageError(
            f"{', '.join(each.name for each in there)} {'are' if len(there) > 1 else 'is'} there "
            "already.",
            "Move away what an earlier run has written, or add --overwrite.",
        )
    folder = project.target_path / "consent" / f"filter-{secrets.token_hex(4)}"
    folder.mkdir(parents=True, mode=0o700)
    try:
        with private_files(), local_work(folder) as work:
            build = decide(
                project,
                listed,
                columns,
                country_column(listed),
                question,
                work,
                is_rehearsal=is_rehearsal,
            )
            found = Filtered([f"{each.name} ({each.kind})" for each in columns])
            written = _write(listed, columns, work, found, suffix_of(path), path.parent)
            try:
                document = None
                if build is not None:
                    found.decided_at = build.observed_at
                    document = _certificate(project, path, question, build, found, written, names)
                    _record(project, document, build, work)
                for verdict, file in written.items():
                    file.replace(names[verdict])
                    found.files[verdict] = names[verdict]
                if document is not None:
                    found.certificate = names["certificate"]
                    certificate.write(document, found.certificate)
                return found
            finally:
                for file in written.values():
                    file.unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _names(path: Path) -> dict[str, Path]:
    end = suffix_of(path)
    stem = path.name[: -len(end)]
    files = {
        verdict: path.with_name(f"{stem}.{verdict}{path.name[-len(end) :]}") for verdict in VERDICTS
    }
    return {**files, "certificate": path.with_name(f"{stem}.certificate.json")}


def _write(
    listed: ListFile,
    columns: Sequence[ContactColumn],
    work: Work,
    found: Filtered,
    end: str,
    beside: Path,
) -> dict[str, Path]:
    """Writes every row into the file of its verdict, under names that no reader takes for a list.

    A file without rows is written for `permitted` and `refused`, and not for `unknown`.
    """
    mark = secrets.token_hex(4)
    written = {verdict: beside / f".{mark}.{verdict}{end}" for verdict in VERDICTS}
    more = {"permitted": (), "refused": (REASON,), "unknown": ()}
    verdicts = _verdicts(work, len(columns))
    upcoming = next(verdicts, None)
    with ExitStack() as stack:
        outputs: dict[str, Output] = {}
        for verdict in VERDICTS:
            outputs[verdict] = listed.output(written[verdict], more[verdict])
            stack.callback(outputs[verdict].close)
        for number, row in enumerate(listed.rows()):
            verdict, reason = _NOTHING_NAMED
            kept: Sequence[bool] = ()
            if upcoming is not None and upcoming[0] == number:
                _, verdict, reason, kept = upcoming
                upcoming = next(verdicts, None)
            found.reasons[verdict, reason] += 1
            if verdict == "refused":
                outputs[verdict].write([*row, reason])
            elif verdict == "unknown":
                outputs[verdict].write(row)
            else:
                outputs[verdict].write(_emptied(row, columns, kept, found))
    if not found.rows("unknown"):
        written.pop("unknown").unlink()
    return written


def _emptied(
    row: Sequence[Any], columns: Sequence[ContactColumn], kept: Sequence[bool], found: Filtered
) -> list[Any]:
    """The row without the contact points that may not be used."""
    values = list(row)
    for column, is_kept in zip(columns, kept, strict=True):
        if not is_kept and text_of_cell(values[column.index]).strip():
            values[column.index] = ""
            found.emptied[column.name] += 1
    return values


def _verdicts(work: Work, columns: int) -> Iterator[tuple[int, str, str, Sequence[bool]]]:
    """What was decided, by the number of the row."""
    with pq.ParquetFile(work.path("verdicts")) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            numbers, verdicts, reasons, *kept = (column.to_pylist() for column in batch.columns)
            cells = zip(*kept, strict=True) if columns else iter([()] * batch.num_rows)
            yield from zip(numbers, verdicts, reasons, cells, strict=True)


def _certificate(
    project: Project,
    path: Path,
    question: Question,
    build: Build,
    found: Filtered,
    written: Mapping[str, Path],
    names: Mapping[str, Path],
) -> dict[str, Any]:
    files = {
        verdict: {
            "name": names[verdict].name,
            "rows": found.rows(verdict),
            "size": file.stat().st_size,
            "sha256": certificate.file_hash(file),
        }
        for verdict, file in written.items()
    }
    return proof.certificate_of_list(
        project=project,
        name=path.name,
        sha256=certificate.file_hash(path),
        location=str(path.parent.resolve()),
        purpose=question.purpose,
        third_party=question.third_party,
        unknown_may=question.unknown_may,
        build=build,
        decided_at=clock.now(),
        columns=found.columns,
        files=files,
        reasons=found.reasons,
        emptied=found.emptied,
    )


def _record(project: Project, document: Mapping[str, Any], build: Build, work: Work) -> None:
    """Writes into `deliveries` and `filtered_contact_points` what is handed out.

    Raises:
        BusyError: a refresh is running.
    """
    permitted = document["files"]["permitted"]
    with (
        lock.one_at_a_time(project, "consent filter"),
        open_warehouse(project, writing=True) as warehouse,
    ):
        warehouse.load("consent_list_hashes", batches_of(work.path("hashes")))
        warehouse.execute(
            f"""
            insert into {project.relation("filtered_contact_points")}
            select $1, contact_point_hash from consent_list_hashes
            """,
            [document["filter"]],
        )
        warehouse.execute(
            f"""
            insert into {project.relation("deliveries")} (
                delivery_id, export_name, destination, segment_name, kind, delivered_at, as_of,
                location, row_count, sha256, status, certificate_sha256
            )
            values (
                $1, $2, $3, $4, 'filter', cast($5 as timestamp), cast($6 as timestamp), $3,
                cast($7 as bigint), $8, 'delivered', $9
            )
            """,
            [
                document["filter"],
                document["list"]["name"],
                document["location"],
                document["purpose"],
                document["decided_at"].replace("T", " ").removesuffix("Z"),
                str(build.as_of),
                str(permitted["rows"]),
                permitted["sha256"],
                digest(document),
            ],
        )
