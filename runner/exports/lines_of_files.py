"""The lines of a written file: some go, texts of others are masked, all other bytes stay."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from runner.erasure.values import Values

NOTHING = Values(())


def without(
    path: Path, file_format: str, column: str, gone: set[str], values: Values = NOTHING
) -> int:
    """Takes the lines of contact points out of a file, and masks values in all other lines.

    All other bytes stay as they are.

    Args:
        path: the file, which is replaced.
        file_format: csv, jsonl or parquet; packed or not.
        column: the one with the contact point, which is compared whole and never masked.
        gone: contact points as the file writes them.
        values: what is masked in the other columns.

    Returns:
        The number of lines that went or changed.
    """
    if not gone and not values.searched:
        return 0
    if file_format == "parquet":
        return _without_parquet(path, column, gone, values)
    beside = path.with_name(f"{path.name}.new")
    changed = 0
    with closing(_stream(path, "rb")) as source, closing(_stream(beside, "wb")) as copy:
        records: Iterator[bytes] = iter(source)
        if file_format == "csv":
            records = _csv_records(source)
            header = next(records)
            copy.write(header)
            line = _csv_line(header, column, gone, values)
        else:
            line = _json_line(column, gone, values)
        for record in records:
            stays = line(record)
            changed += stays != record
            copy.write(stays)
    if changed:
        beside.replace(path)
    else:
        beside.unlink()
    return changed


def count(path: Path, file_format: str) -> int:
    """The number of lines of a file, its header left out."""
    if file_format == "parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with closing(_stream(path, "rb")) as source:
        if file_format == "csv":
            return sum(1 for _ in _csv_records(source)) - 1
        return sum(1 for _ in source)


def _without_parquet(path: Path, column: str, gone: set[str], values: Values) -> int:
    table = pq.read_table(path)
    if gone:
        theirs = pc.is_in(pc.cast(table.column(column), pa.string()), pa.array(sorted(gone)))
        kept = table.filter(pc.invert(theirs))
    else:
        kept = table
    changed = table.num_rows - kept.num_rows
    for index, name in enumerate(kept.column_names):
        if name == column or not pa.types.is_string(kept.schema.field(name).type):
            continue
        said = kept.column(name).to_pylist()
        masked = [text if text is None else values.masked(text) for text in said]
        if masked != said:
            changed += sum(one != other for one, other in zip(said, masked, strict=True))
            kept = kept.set_column(index, kept.schema.field(name), pa.array(masked, pa.string()))
    if changed:
        pq.write_table(kept, path, compression="zstd")
    return int(changed)


def _csv_records(source: Iterable[bytes]) -> Iterator[bytes]:
    """Records of RFC 4180 as they stand: a line break inside quotes does not end one."""
    record = b""
    for line in source:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""


def _csv_line(
    header: bytes, column: str, gone: set[str], values: Values
) -> Callable[[bytes], bytes]:
    position = next(csv.reader([header.decode()])).index(column)

    def line(record: bytes) -> bytes:
        text = record.decode()
        cells = next(csv.reader([text], strict=True))
        if cells[position] in gone:
            return b""
        if not values.within(text):
            return record
        masked = [
            cell if index == position else values.masked(cell) for index, cell in enumerate(cells)
        ]
        if masked == cells:
            return record
        written = io.StringIO()
        end = "\r\n" if text.endswith("\r\n") else "\n"
        csv.writer(written, lineterminator=end).writerow(masked)
        return written.getvalue().encode()

    return line


def _json_line(column: str, gone: set[str], values: Values) -> Callable[[bytes], bytes]:
    def line(record: bytes) -> bytes:
        found = json.loads(record)
        if str(found[column]) in gone:
            return b""
        masked = {
            name: values.masked(value) if isinstance(value, str) and name != column else value
            for name, value in found.items()
        }
        if masked == found:
            return record
        return json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    return line


def _stream(path: Path, mode: str) -> IO[bytes]:
    """A file, unpacked where it is packed."""
    if path.name.removesuffix(".new").endswith(".gz"):
        if "w" in mode:
            return cast(IO[bytes], gzip.GzipFile("", "wb", 6, path.open("wb"), mtime=0))
        return cast(IO[bytes], gzip.open(path, "rb"))
    return cast(IO[bytes], path.open(mode))
