"""A PostgreSQL warehouse: server-side cursors read as Arrow, so that memory stays bounded."""

from __future__ import annotations

import hashlib
import importlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
from pyarrow import csv

from runner.dbt import Project
from runner.errors import ConsentError
from runner.warehouse.base import BATCH_ROWS, Fill, Look, Warehouse, inlined, not_built

_ARROW_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", tz="UTC"),
}
"""By PostgreSQL's type number; numeric apart, everything else is text."""
_NUMERIC = 1700
_SQL_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_decimal, "numeric"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
)
_CONNECTION = ("sslmode", "sslcert", "sslkey", "sslrootcert", "connect_timeout")
"""Keys of a target in profiles.yml that are handed on as they are."""


def connect(project: Project) -> Any:
    """A psycopg2 connection with the credentials of the project's target, clock in UTC.

    Raises:
        ConsentError: the server cannot be reached.
    """
    psycopg2: Any = importlib.import_module("psycopg2")
    credentials = project.credentials
    more = {key: getattr(credentials, key, None) for key in _CONNECTION}
    try:
        connection = psycopg2.connect(
            host=credentials.host,
            port=credentials.port,
            user=credentials.user,
            password=credentials.password,
            dbname=credentials.database,
            options="-c timezone=UTC -c datestyle=ISO",
            application_name="consent",
            **{key: value for key, value in more.items() if value is not None},
        )
    except psycopg2.OperationalError as error:
        raise ConsentError(
            f"PostgreSQL cannot be reached: {str(error).strip().splitlines()[0]}",
            "Check PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.",
        ) from error
    if credentials.role:
        with connection.cursor() as cursor:
            cursor.execute(f'set role "{credentials.role}"')
        connection.commit()
    return connection


@contextmanager
def opened(project: Project, writing: bool, scratch: bool = False) -> Iterator[Warehouse]:
    """The database of the project's target, in one transaction that sees one state of it.

    Temporary tables need one that may write; it is rolled back.
    """
    connection = connect(project)
    try:
        connection.set_session(readonly=not (writing or scratch), isolation_level="REPEATABLE READ")
        yield PostgresWarehouse(connection)
        if writing:
            connection.commit()
    finally:
        connection.close()


def rewrite(project: Project, relation: str, fill: Fill, look: Look) -> bool:
    """One table is filled anew, and then all of the target's schemas are written anew."""
    with opened(project, True) as warehouse:
        warehouse.execute(f"delete from {relation}")
        fill(warehouse, relation)
    _compact(project)
    return True


def _compact(project: Project) -> None:
    """Rewrites the tables of the target's schemas: the server keeps nothing of what was deleted."""
    connection = connect(project)
    try:
        connection.set_session(autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "select format('%%I.%%I', schemaname, tablename) from pg_tables"
                " where schemaname = %s or schemaname like %s",
                [project.credentials.schema, f"{project.credentials.schema}\\_%"],
            )
            for (relation,) in cursor.fetchall():
                cursor.execute(f"vacuum full {relation}")
    finally:
        connection.close()


@dataclass(frozen=True)
class Other:
    """Who holds the lock on the server: what the session calls itself, and since when."""

    name: str
    since: str


@contextmanager
def advisory_lock(project: Project, name: str) -> Iterator[Other | None]:
    """Tries to lock the target's schema on the server for as long as the block runs.

    The lock belongs to a session of its own, so it ends with the process, on whichever machine.

    Args:
        project: whose target's schema is locked.
        name: what the session calls itself, for whoever finds it locked.

    Yields:
        None when it is locked by this block; else who has it.
    """
    digest = hashlib.sha256(f"dbt_consent {project.credentials.schema}".encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    connection = connect(project)
    try:
        connection.set_session(autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("select set_config('application_name', %s, false)", [name[:63]])
            cursor.execute("select pg_try_advisory_lock(%s)", [key])
            if cursor.fetchone()[0]:
                yield None
                return
            cursor.execute(
                """
                select
                    sessions.application_name,
                    to_char(sessions.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                from pg_locks as locks
                inner join pg_stat_activity as sessions on locks.pid = sessions.pid
                where
                    locks.locktype = 'advisory'
                    and locks.granted
                    and ((locks.classid::bigint << 32) | locks.objid::bigint) = %s
                """,
                [key],
            )
            found = cursor.fetchone() or ("another command", "a moment ago")
        yield Other(found[0], f"{found[1]} UTC")
    finally:
        connection.close()


class PostgresWarehouse:
    """One connection, one transaction."""

    def __init__(self, connection: Any) -> None:
        """Takes over an open connection."""
        self._connection = connection

    def stream(self, sql: str, values: Sequence[Any] = ()) -> pa.RecordBatchReader:
        """Streams from a cursor of the server."""
        cursor = self._connection.cursor(name="consent_stream")
        cursor.itersize = BATCH_ROWS
        with _built():
            cursor.execute(inlined(sql, values))
            first = cursor.fetchmany(BATCH_ROWS)
        schema = pa.schema([pa.field(c.name, _arrow_type(c)) for c in cursor.description])

        def batches() -> Iterator[pa.RecordBatch]:
            rows = first
            try:
                while rows:
                    columns = zip(*rows, strict=True)
                    yield pa.record_batch(
                        [_array(c, f.type) for c, f in zip(columns, schema, strict=True)],
                        schema=schema,
                    )
                    rows = cursor.fetchmany(BATCH_ROWS)
            finally:
                cursor.close()

        return pa.RecordBatchReader.from_batches(schema, batches())

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        with _built(), self._connection.cursor() as cursor:
            cursor.execute(inlined(sql, values))
            names = [column.name for column in cursor.description or ()]
            found = cursor.fetchall() if names else []
        return [dict(zip(names, row, strict=True)) for row in found]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Runs it."""
        with _built(), self._connection.cursor() as cursor:
            cursor.execute(inlined(sql, values))

    def load(self, name: str, batches: pa.RecordBatchReader) -> None:
        """Reads the stream once, batch by batch."""
        columns = ", ".join(f'"{f.name}" {_sql_type(f.type)}' for f in batches.schema)
        # a null is written bare and a text in quotes, the empty one too
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        with self._connection.cursor() as cursor:
            cursor.execute(f"create temporary table {name} ({columns})")
            for batch in batches:
                written = io.BytesIO()
                csv.write_csv(batch, written, options)
                written.seek(0)
                cursor.copy_expert(f"copy {name} from stdin with (format csv)", written)
            cursor.execute(f"analyze {name}")

    def has(self, relation: str) -> bool:
        """Looks without reading."""
        found = self.rows("select to_regclass($1) is not null as found", [relation])
        return bool(found[0]["found"])


@contextmanager
def _built() -> Iterator[None]:
    errors: Any = importlib.import_module("psycopg2.errors")
    try:
        yield
    except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise not_built(error) from error


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(type_):
        step = Decimal(1).scaleb(-type_.scale)
        values = [v if v is None else v.quantize(step, context=Context(38)) for v in values]
    return pa.array(values, type_)


def _arrow_type(column: Any) -> pa.DataType:
    if column.type_code == _NUMERIC:
        scale = column.scale if column.scale is not None and column.scale < 38 else 10
        return pa.decimal128(38, scale)
    return _ARROW_TYPES.get(column.type_code, pa.string())


def _sql_type(type_: pa.DataType) -> str:
    return next((name for matches, name in _SQL_TYPES if matches(type_)), "text")
