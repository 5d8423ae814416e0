"""Files: CSV (RFC 4180), Parquet (zstd), JSON lines; gzip; split by rows; hashed as they grow.

Rows come as Arrow record batches and leave as bytes, so memory does not grow with the file.
The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 200_000


@dataclass(frozen=True)
class Written:
    """One file of a delivery."""

    name: str
    rows: int
    size: int
    sha256: str


class _Hashed(io.RawIOBase):
    """A binary file that knows the SHA-256 and the size of what was written."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        self.sha256.update(view)
        self.size += view.nbytes
        self._raw.write(view)
        return view.nbytes

    def flush(self) -> None:
        if not self._raw.closed:
            self._raw.flush()


class _Sink(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


def extension(file_format: str, compression: str) -> str:
    """The ending of the file's name: `csv`, `csv.gz`, `jsonl`, `parquet`."""
    return file_format + (".gz" if compression == "gzip" else "")


def write(
    folder: Path,
    stem: str,
    batches: pa.RecordBatchReader,
    *,
    file_format: str,
    compression: str = "none",
    max_rows: int | None = None,
) -> list[Written]:
    """Writes `stem.csv`, or `stem-00001.csv` … where the rows per file are limited.

    An empty result is a file with a header and no row: a consumer that waits for it sees it.

    Args:
        folder: where to write.
        stem: the name without its ending.
        batches: rows whose columns are the file's columns, in its order.
        file_format: csv, parquet or jsonl.
        compression: none or gzip; Parquet is always zstd.
        max_rows: rows per file; None for one file.
    """
    files: list[Written] = []
    end = extension(file_format, compression)
    source = _Rows(batches)
    while True:
        name = f"{stem}.{end}" if max_rows is None else f"{stem}-{len(files) + 1:05d}.{end}"
        rows = 0
        with _open(folder / name, compression) as (stream, hashed):
            sink = _sink(stream, batches.schema, file_format)
            for batch in source.take(max_rows):
                sink.write_batch(batch)
                rows += batch.num_rows
            sink.close()
        files.append(Written(name, rows, hashed.size, hashed.sha256.hexdigest()))
        if source.is_finished():
            return files


class _Rows:
    """Batches that can be cut at any row."""

    def __init__(self, batches: pa.RecordBatchReader) -> None:
        self._batches = iter(batches)
        self._rest: pa.RecordBatch | None = None

    def take(self, rows: int | None) -> Iterator[pa.RecordBatch]:
        left = rows
        while (left is None or left > 0) and not self.is_finished():
            batch = cast(pa.RecordBatch, self._rest)
            part = batch if left is None else batch.slice(0, left)
            self._rest = batch.slice(part.num_rows)
            left = None if left is None else left - part.num_rows
            yield part

    def is_finished(self) -> bool:
        while self._rest is None or self._rest.num_rows == 0:
            try:
                self._rest = next(self._batches)
            except StopIteration:
                return True
        return False


@contextmanager
def _open(path: Path, compression: str) -> Iterator[tuple[IO[bytes], _Hashed]]:
    with path.open("xb") as raw:
        hashed = _Hashed(raw)
        stream = cast(IO[bytes], hashed)
        if compression == "gzip":
            # no name and no time in the header: the same rows give the same bytes
            with gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
                yield cast(IO[bytes], packed), hashed
        else:
            yield stream, hashed
        raw.flush()
        os.fsync(raw.fileno())


def _sink(stream: IO[bytes], schema: pa.Schema, file_format: str) -> _Sink:
    if file_format == "parquet":
        return _Parquet(stream, schema)
    if file_format == "jsonl":
        return _JsonLines(stream)
    options = pacsv.WriteOptions(include_header=True, eol="\r\n", quoting_style="needed")
    return cast(_Sink, pacsv.CSVWriter(stream, schema, write_options=options))


class _Parquet:
    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(stream, schema, compression="zstd")

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)

    def close(self) -> None:
        self._writer.close()


class _JsonLines:
    """One column of JSON documents, one to a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write_batch(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._stream.write(("\n".join(batch.column(0).to_pylist()) + "\n").encode())

    def close(self) -> None:
        self._stream.flush()
