"""The DuckDB of this process: it works on files beside any warehouse, within set memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from runner import environment

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Work:
    """The folder of one delivery on its way, and the DuckDB that works in it."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    def path(self, name: str) -> Path:
        """The Parquet file of that name, there or not."""
        return self.folder / f"{name}.parquet"

    def table(self, name: str) -> str:
        """SQL that reads the Parquet file of that name."""
        return parquet(self.path(name))

    def count(self, relation: str) -> int:
        """The number of rows of a relation, as SQL."""
        return int(self.one(f"select count(*) from {relation}"))

    def one(self, sql: str) -> Any:
        """The single value of a query."""
        row = self.connection.execute(sql).fetchone()
        return None if row is None else row[0]

    def save(self, sql: str, to: Path) -> int:
        """Writes the result of a query as Parquet and returns the number of rows."""
        return int(
            self.one(f"copy ({sql}) to {literal(str(to))} (format parquet, compression zstd)")
        )

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """The result of a query, batch by batch."""
        return self.connection.sql(sql).to_arrow_reader(BATCH_ROWS)


@contextmanager
def local_work(folder: Path) -> Iterator[Work]:
    """A DuckDB in memory that spills into the folder beyond CONSENT_EXPORT_MEMORY (256MB)."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": environment.export_memory(),
            "threads": 2,
            "temp_directory": str(folder / "scratch"),
        },
    )
    connection.execute("set TimeZone = 'UTC'")
    try:
        yield Work(folder, connection)
    finally:
        connection.close()


@contextmanager
def locked_work(folder: Path) -> Iterator[Work]:
    """The same for what others may have written: it reads and writes this folder and no other.

    Whatever SQL reached it could open nothing else, and could not change that.
    """
    with local_work(folder) as work:
        inside = literal(f"{folder.resolve()}/")
        work.connection.execute(f"set allowed_directories = [{inside}]")
        work.connection.execute("set enable_external_access = false")
        work.connection.execute("set lock_configuration = true")
        yield work


def spool(batches: pa.RecordBatchReader, path: Path) -> int:
    """Streams batches into a Parquet file and returns the number of rows."""
    rows = 0
    with pq.ParquetWriter(path, batches.schema, compression="zstd", compression_level=1) as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def batches_of(path: Path) -> pa.RecordBatchReader:
    """A Parquet file as a stream of record batches."""
    file = pq.ParquetFile(path)
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(BATCH_ROWS))


def parquet(path: Path) -> str:
    """SQL that reads a Parquet file."""
    return f"read_parquet({literal(str(path))})"


def literal(value: str | None) -> str:
    """A text as SQL."""
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """A time as SQL."""
    return f"timestamp {literal(value.strftime('%Y-%m-%d %H:%M:%S.%f'))}"


def quoted(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'
