"""What the warehouse says of each row of a list: the SQL is dbt's, over the last build's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from runner.dbt import Project, operation
from runner.errors import UsageError, nearest
from runner.exports.contract import Export, purposes_of
from runner.exports.gate import Build, green_build
from runner.exports.local import Work, spool
from runner.lists.columns import ContactColumn
from runner.lists.files import ListFile, text_of_cell
from runner.warehouse import BATCH_ROWS, open_warehouse

_LISTED = pa.schema(
    [
        ("row_number", pa.int64()),
        ("column_number", pa.int64()),
        ("key_type", pa.string()),
        ("raw", pa.string()),
        ("country", pa.string()),
    ]
)


@dataclass(frozen=True)
class Question:
    """What a list is to be used for.

    Attributes:
        third_party: it goes to somebody else, so that `sale` is needed too.
        unknown_may: rows of whom nothing is known count as permitted where nothing but a denial
            forbids.
    """

    purpose: str
    third_party: bool = False
    unknown_may: bool = False


def channel_of(project: Project, question: Question) -> str | None:
    """The kind of contact point that the purpose uses; None where it contacts nobody.

    Raises:
        UsageError: there is no such purpose.
    """
    purposes = purposes_of(project)
    if question.purpose not in purposes:
        raise UsageError(
            f"There is no purpose '{question.purpose}'{nearest(question.purpose, purposes)}.",
            f"Declared in vars: purposes: are {', '.join(sorted(purposes))}.",
        )
    channel = purposes[question.purpose].get("channel")
    return None if channel is None else str(channel)


def decide(
    project: Project,
    listed: ListFile,
    columns: Sequence[ContactColumn],
    country: int | None,
    question: Question,
    work: Work,
    *,
    is_rehearsal: bool,
) -> Build | None:
    """Decides each row; leaves `verdicts` and `hashes` in the work folder.

    Args:
        project: the parsed project, built.
        listed: the list.
        columns: its contact columns.
        country: the column with the country of its numbers.
        question: what for.
        work: the folder of this list.
        is_rehearsal: it is decided for another moment, and nothing may be used by it.

    Returns:
        The build that decided; None for a rehearsal.

    Raises:
        ExportError: that build may not decide what leaves.
    """
    arguments = {
        "purpose": question.purpose,
        "is_third_party": question.third_party,
        "may_use_unknown": question.unknown_may,
        "columns": len(columns),
    }
    sql = operation("filter_list", arguments, project=project)
    with open_warehouse(project, scratch=True) as warehouse:
        # not an export of the project: asked like one
        leaving = Export("filter", "", "", "", question.purpose, None, (), "")
        build = None if is_rehearsal else green_build(project, warehouse, leaving)
        batches = _cells(listed, columns, country)
        warehouse.load("consent_list", pa.RecordBatchReader.from_batches(_LISTED, batches))
        for step in sql["steps"]:
            warehouse.execute(step)
        spool(warehouse.stream(sql["verdicts"]), work.path("verdicts"))
        spool(warehouse.stream(sql["hashes"]), work.path("hashes"))
    return build


def _cells(
    listed: ListFile, columns: Sequence[ContactColumn], country: int | None
) -> Iterator[pa.RecordBatch]:
    """The filled cells of the contact columns, as the warehouse takes them."""
    cells: list[tuple[int, int, str, str, str | None]] = []
    for number, row in enumerate(listed.rows()):
        place = text_of_cell(row[country]).strip() if country is not None else ""
        for order, column in enumerate(columns):
            text = text_of_cell(row[column.index]).strip()
            if text:
                cells.append((number, order, column.kind, text, place or None))
        if len(cells) >= BATCH_ROWS:
            yield _batch(cells)
            cells = []
    if cells:
        yield _batch(cells)


def _batch(cells: list[tuple[int, int, str, str, str | None]]) -> pa.RecordBatch:
    values = list(zip(*cells, strict=True))
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(values, _LISTED, strict=True)],
        schema=_LISTED,
    )
