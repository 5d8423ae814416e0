"""The lines of a written file: taking some out and leaving all other bytes as they are."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def without(path: Path, file_format: str, column: str, gone: set[str]) -> int:
    """Takes the lines of contact points out of a file; all other bytes stay. Returns how many."""
    if not gone:
        return 0
    if file_format == "parquet":
        return _without_parquet(path, column, gone)
    beside = path.with_name(f"{path.name}.new")
    removed = 0
    read = _csv_value(path, column) if file_format == "csv" else _json_value(column)
    with closing(_stream(path, "rb")) as source, closing(_stream(beside, "wb")) as copy:
        if file_format == "csv":
            copy.write(next(_csv_records(source)))
            found = _csv_records(source)
        else:
            found = iter(source)
        for record in found:
            if read(record) in gone:
                removed += 1
            else:
                copy.write(record)
    if removed:
        beside.replace(path)
    else:
        beside.unlink()
    return removed


def _without_parquet(path: Path, column: str, gone: set[str]) -> int:
    table = pq.read_table(path)
    stays = pc.invert(pc.is_in(pc.cast(table.column(column), pa.string()), pa.array(sorted(gone))))
    kept = table.filter(stays)
    if kept.num_rows < table.num_rows:
        pq.write_table(kept, path, compression="zstd")
    return int(table.num_rows - kept.num_rows)


def records(path: Path, file_format: str) -> Iterator[object]:
    """One item per row of a file."""
    if file_format == "parquet":
        yield from range(pq.ParquetFile(path).metadata.num_rows)
        return
    with closing(_stream(path, "rb")) as source:
        if file_format == "csv":
            next(_csv_records(source))
            yield from _csv_records(source)
        else:
            yield from source


def _csv_records(source: Iterable[bytes]) -> Iterator[bytes]:
    """Records of RFC 4180 as they stand: a line break inside quotes does not end one."""
    record = b""
    for line in source:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""


def _csv_value(path: Path, column: str) -> Callable[[bytes], str]:
    with closing(_stream(path, "rb")) as source:
        header = next(csv.reader([next(_csv_records(source)).decode()]))
    position = header.index(column)

    def read(record: bytes) -> str:
        return next(csv.reader([record.decode()], strict=True))[position]

    return read


def _json_value(column: str) -> Callable[[bytes], str]:
    def read(record: bytes) -> str:
        return str(json.loads(record)[column])

    return read


def _stream(path: Path, mode: str) -> IO[bytes]:
    if path.name.removesuffix(".new").endswith(".gz"):
        if "w" in mode:
            return cast(IO[bytes], gzip.GzipFile("", "wb", 6, path.open("wb"), mtime=0))
        return cast(IO[bytes], gzip.open(path, "rb"))
    return cast(IO[bytes], path.open(mode))
