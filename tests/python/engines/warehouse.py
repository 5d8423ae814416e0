"""The warehouse of a test, on the engine that CONSENT_TEST_TARGET names (duckdb by default).

A test project takes its output of profiles.yml from here, writes its tables and reads results;
it runs unchanged on every engine:

    warehouse = new_warehouse(tmp_path)
    profiles_yml = {"lab": {"target": "dev", "outputs": {"dev": warehouse.output}}}
    warehouse.load("lab.people", {"name": "varchar", "age": "bigint"}, [{"name": "A", "age": 3}])
    warehouse.rows("select name from lab.people")

PostgreSQL needs a server (see engines.server), Spark Java 17 and `dbt-spark[session]`.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

ENGINE = os.environ.get("CONSENT_TEST_TARGET", "duckdb")
SCHEMA = "main"
"""Where dbt builds, and where a table without a schema is looked for."""
_TABLES = "select table_name from information_schema.tables where table_schema = '{}'"


class Warehouse(Protocol):
    """An empty warehouse of its own."""

    output: dict[str, Any]

    def load(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Replaces a table `schema.name`; types as DuckDB calls them; a missing value is null."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of a query."""

    def tables(self, schema: str) -> set[str]:
        """The tables and views of a schema."""

    def execute(self, sql: str) -> None:
        """Statements without a result."""


def new_warehouse(folder: Path, name: str = "warehouse") -> Warehouse:
    """A new, empty warehouse: a DuckDB file in the folder, a database of the server, or Spark's."""
    if ENGINE == "postgres":
        return PostgresWarehouse(name)
    if ENGINE == "spark":
        return SparkWarehouse(folder / f"{name}.spark")
    return DuckDBWarehouse(folder / f"{name}.duckdb")


class DuckDBWarehouse:
    """A file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.output = {
            "type": "duckdb",
            "path": str(path),
            "schema": SCHEMA,
            "threads": 2,
            "settings": {"TimeZone": "UTC"},
        }

    def load(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        given = list(rows)
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create or replace table {table} ({_typed(columns)})")
            if given:
                batch = pa.table({name: [row.get(name) for row in given] for name in columns})
                connection.register("batch", batch)
                connection.execute(f"insert into {table} select * from batch")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self, schema: str) -> set[str]:
        return {name for (name,) in self.rows(_TABLES.format(schema))}

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)


class PostgresWarehouse:
    """A database of the server that PGHOST and PGPORT name."""

    def __init__(self, name: str) -> None:
        self._name = f"{name}_{uuid.uuid4().hex[:12]}"
        with self._connect("postgres") as connection:
            connection.autocommit = True
            connection.cursor().execute(f'create database "{self._name}"')
        self.output = {
            "type": "postgres",
            "host": os.environ["PGHOST"],
            "port": int(os.environ["PGPORT"]),
            "user": os.environ["PGUSER"],
            "password": os.environ.get("PGPASSWORD", ""),
            "dbname": self._name,
            "schema": SCHEMA,
            "threads": 2,
        }

    def _connect(self, database: str) -> Any:
        from contextlib import closing

        import psycopg2

        options = f"-c search_path={SCHEMA},public -c timezone=UTC"
        return closing(psycopg2.connect(dbname=database, options=options))

    def load(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        from psycopg2.extras import execute_values

        typed = re.sub(r" double\b(?! precision)", " double precision", _typed(columns))
        typed = typed.replace(" string", " text")
        given = [tuple(row.get(name) for name in columns) for row in rows]
        with self._connect(self._name) as connection, connection.cursor() as cursor:
            cursor.execute(f"create schema if not exists {table.split('.')[0]}")
            cursor.execute(f"drop table if exists {table} cascade")
            cursor.execute(f"create table {table} ({typed})")
            if given:
                execute_values(cursor, f"insert into {table} values %s", given, page_size=1000)
            cursor.execute(f"analyze {table}")
            connection.commit()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connect(self._name) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def tables(self, schema: str) -> set[str]:
        return {name for (name,) in self.rows(_TABLES.format(schema))}

    def execute(self, sql: str) -> None:
        with self._connect(self._name) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            connection.commit()


class SparkWarehouse:
    """The databases of a Spark session in this process; dbt finds the same one."""

    def __init__(self, folder: Path) -> None:
        self.output = {
            "type": "spark",
            "method": "session",
            "host": "localhost",
            "schema": SCHEMA,
            "threads": 2,
        }
        settings = {
            "spark.master": "local[2]",
            "spark.sql.warehouse.dir": str(folder),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false",
            "spark.driver.host": "localhost",
            "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:memory:tests;create=true",
        }
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.enableHiveSupport()
        for name, value in settings.items():
            builder = builder.config(name, value)
        self._session = builder.getOrCreate()
        for schema in (SCHEMA, "lab"):
            self.execute(f"drop schema if exists {schema} cascade")
            self.execute(f"create schema {schema} location '{folder / schema}'")
        self.execute(f"use {SCHEMA}")

    def load(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        typed = _typed(columns).replace('"', "`").replace(" varchar", " string")
        typed = typed.replace(" double precision", " double")
        self.execute(f"drop table if exists {table}")
        self.execute(f"create table {table} ({typed}) using parquet")
        given = [tuple(row.get(name) for name in columns) for row in rows]
        if given:
            self._session.createDataFrame(given, typed).write.insertInto(table)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def tables(self, schema: str) -> set[str]:
        return {name for _, name, _ in self.rows(f"show tables in {schema}")}

    def execute(self, sql: str) -> None:
        self._session.sql(sql)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
