"""A DuckDB file."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from runner import environment
from runner.dbt import Project
from runner.errors import ConsentError, warehouse_in_use
from runner.private import narrow
from runner.warehouse.base import BATCH_ROWS, Fill, Look, Warehouse, inlined, not_built


class DuckDBWarehouse:
    """A DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Takes over an open connection."""
        self._connection = connection

    def stream(self, sql: str, values: Sequence[Any] = ()) -> pa.RecordBatchReader:
        """Streams: a relation, never a cursor."""
        # a relation without parameters is the one form that every version of DuckDB streams;
        # with parameters, or from a cursor, one or the other holds the whole result in memory
        with _built():
            return self._connection.sql(inlined(sql, values)).to_arrow_reader(BATCH_ROWS)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        with _built():
            result = self._connection.execute(sql, list(values))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs it."""
        with _built():
            self._connection.execute(sql, list(values))

    def load(self, name: str, batches: pa.RecordBatchReader) -> None:
        """Reads the stream once."""
        self._connection.register("_incoming", batches)
        try:
            self._connection.execute(f"create temporary table {name} as select * from _incoming")
        finally:
            self._connection.unregister("_incoming")

    def has(self, relation: str) -> bool:
        """Looks without reading."""
        try:
            self._connection.execute(f"select 1 from {relation} limit 0")
        except duckdb.CatalogException:
            return False
        return True


@contextmanager
def opened(project: Project, writing: bool, scratch: bool = False) -> Iterator[Warehouse]:
    """The file of the project's target, for one transaction when writing.

    A file that is open for reading takes temporary tables too.
    """
    connection = _connect(project, writing)
    try:
        if writing:
            # what a rewriting has left that was killed; nobody rewrites while this one holds it
            _unlink(_rewritten((project.folder / str(project.credentials.path)).resolve()))
            connection.execute("begin transaction")
        yield DuckDBWarehouse(connection)
        if writing:
            connection.execute("commit")
    finally:
        connection.close()


def rewrite(project: Project, relation: str, fill: Fill, look: Look) -> bool:
    """A new file beside the old one, with all its tables but one, which then takes its place.

    A link to the file stays a link. Until the last moment the old file is whole.
    """
    path = (project.folder / str(project.credentials.path)).resolve()
    beside = _rewritten(path)
    _unlink(beside)
    connection = _connect(project, writing=True)
    try:
        (name,) = connection.execute("select current_database()").fetchone() or ("",)
        connection.execute(f"attach '{str(beside).replace(chr(39), chr(39) * 2)}' as rewritten")
        connection.execute("begin transaction")
        connection.execute(f'copy from database "{name}" to rewritten (schema)')
        apart = tuple(part.strip('"') for part in relation.split(".")[-2:])
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = $1 and not temporary and not internal",
            [name],
        ).fetchall():
            if (schema, table) != apart:
                place = f'"{schema}"."{table}"'
                connection.execute(f'insert into rewritten.{place} from "{name}".{place}')
        fill(DuckDBWarehouse(connection), f'rewritten."{apart[0]}"."{apart[1]}"')
        connection.execute("commit")
        connection.execute("detach rewritten")
        shutil.copymode(path, beside)
        if not look(beside):
            return False
        # while the connection holds the old file, nobody else opens it
        beside.replace(path)
        return True
    finally:
        connection.close()
        _unlink(beside)


def _rewritten(path: Path) -> Path:
    """The file that a warehouse is rewritten into, beside it."""
    return path.with_name(f".compact-{path.name}")


def _unlink(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}.wal")):
        each.unlink(missing_ok=True)


@contextmanager
def _built() -> Iterator[None]:
    try:
        yield
    except duckdb.CatalogException as error:
        raise not_built(error) from error


def _connect(project: Project, writing: bool) -> duckdb.DuckDBPyConnection:
    credentials = project.credentials
    path = project.folder / str(credentials.path)
    if not path.is_file():
        raise ConsentError(f"There is no warehouse at {path}.", "Build it with `consent refresh`.")
    deadline = time.monotonic() + environment.lock_wait()
    while True:
        try:
            connection = duckdb.connect(
                str(path), read_only=not writing, config=dict(credentials.config_options or {})
            )
            break
        except duckdb.IOException as error:
            in_use = warehouse_in_use(str(error))
            if in_use is None:
                raise ConsentError(
                    f"The warehouse {path} cannot be opened: {str(error).splitlines()[0]}",
                    "Check the file, or put a backup in its place.",
                ) from error
            if not writing or time.monotonic() >= deadline:
                raise in_use from error
            time.sleep(0.5)
    if writing:
        narrow(path)
    for name, value in {"TimeZone": "UTC", **(credentials.settings or {})}.items():
        connection.execute(f"set {name} = '{str(value).replace(chr(39), chr(39) * 2)}'")
    return connection
