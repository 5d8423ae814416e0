"""Opening the warehouse beside dbt: read only for queries, for writing only to record state.

Everything that differs between engines is in this module. A query is portable SQL with `$1`,
`$2` … for its values, and comes back as a stream of Arrow record batches, so that memory does
not grow with the result.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from runner.dbt import Project
from runner.errors import ConsentError, warehouse_in_use
from runner.postgres import PostgresWarehouse, connect_postgres

BATCH_ROWS = 50_000
LOCK_WAIT_SECONDS = 60
"""How long to wait for another process before recording fails (CONSENT_LOCK_WAIT)."""


class Warehouse(Protocol):
    """A connection to the warehouse of one target."""

    def stream(self, sql: str, values: Sequence[Any] = ()) -> pa.RecordBatchReader:
        """The result of a query, batch by batch. One stream at a time per connection."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A small result at once."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """A statement without a result."""

    def load(self, name: str, batches: pa.RecordBatchReader) -> None:
        """Rows into a temporary table of this connection, made from their schema."""

    def has(self, relation: str) -> bool:
        """Whether a table or view of that quoted name exists."""


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
            return self._connection.sql(_inlined(sql, values)).to_arrow_reader(BATCH_ROWS)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        with _built():
            result = self._connection.execute(sql, list(values))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs it."""
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
def _built() -> Iterator[None]:
    try:
        yield
    except duckdb.CatalogException as error:
        raise ConsentError(
            f"Not everything is built yet: {str(error).splitlines()[0]}",
            "Run `consent refresh` first.",
        ) from error


@contextmanager
def open_warehouse(project: Project, *, writing: bool = False) -> Iterator[Warehouse]:
    """Opens the warehouse that the project's target names.

    Args:
        project: the parsed project, with its target.
        writing: open it for one transaction, which is committed at the end and rolled back when
            the block raises. Otherwise read only.

    Raises:
        ConsentError: it does not exist, another process holds it, or the engine is not known.
    """
    if project.engine == "postgres":
        with _postgres(project, writing) as warehouse:
            yield warehouse
        return
    if project.engine != "duckdb":
        raise ConsentError(
            f"The target '{project.target}' is of type {project.engine}, which the consent "
            "command cannot open.",
            "Use a target of type duckdb or postgres.",
        )
    connection = _connect(project, writing)
    try:
        if writing:
            connection.execute("begin transaction")
        yield DuckDBWarehouse(connection)
        if writing:
            connection.execute("commit")
    finally:
        connection.close()


@contextmanager
def _postgres(project: Project, writing: bool) -> Iterator[Warehouse]:
    connection = connect_postgres(project)
    try:
        connection.set_session(readonly=not writing, isolation_level="REPEATABLE READ")
        yield PostgresWarehouse(connection)
        if writing:
            connection.commit()
    finally:
        connection.close()


def _inlined(sql: str, values: Sequence[Any]) -> str:
    if not values:
        return sql
    literals = ["'" + str(value).replace("'", "''") + "'" for value in values]
    return re.sub(r"\$(\d+)", lambda found: literals[int(found.group(1)) - 1], sql)


def _connect(project: Project, writing: bool) -> duckdb.DuckDBPyConnection:
    credentials = project.credentials
    path = project.folder / str(credentials.path)
    if not path.is_file():
        raise ConsentError(f"There is no warehouse at {path}.", "Build it with `consent refresh`.")
    deadline = time.monotonic() + float(os.environ.get("CONSENT_LOCK_WAIT", LOCK_WAIT_SECONDS))
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
    for name, value in {"TimeZone": "UTC", **(credentials.settings or {})}.items():
        connection.execute(f"set {name} = '{str(value).replace(chr(39), chr(39) * 2)}'")
    return connection
