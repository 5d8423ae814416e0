"""Loading the demo's files into the tables that a PostgreSQL target reads as its sources.

DuckDB reads sources where they lie; every other engine has them as tables, each in the schema
that its source names (`crm.customers`). All columns are text, as the files give them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb

from runner.dbt import Project
from runner.errors import ConsentError
from runner.sources import windows1252
from runner.warehouse.postgres import connect


def load_sources(project: Project) -> dict[str, int]:
    """Replaces the tables of every source that has a file, in one transaction.

    Returns:
        rows by `schema.table`.

    Raises:
        ConsentError: the target is not PostgreSQL, or a file is missing.
    """
    if project.engine != "postgres":
        raise ConsentError(
            f"The target '{project.target}' is of type {project.engine}; only PostgreSQL has "
            "sources to load.",
            "Name a target of type postgres.",
        )
    connection = connect(project)
    loaded: dict[str, int] = {}
    try:
        with connection, connection.cursor() as cursor, tempfile.TemporaryDirectory() as folder:
            for source in project.nodes.values():
                place = source.get("config", {}).get("meta", {}).get("external_location")
                if source["resource_type"] != "source" or not place:
                    continue
                name = f"{source['schema']}.{source['identifier']}"
                loaded[name] = _load(cursor, project, source, place, Path(folder) / "rows.csv")
    finally:
        connection.close()
    return dict(sorted(loaded.items()))


def _load(cursor: Any, project: Project, source: Any, place: str, file: Path) -> int:
    relation = f"{_quoted(source['schema'])}.{_quoted(source['identifier'])}"
    with duckdb.connect() as reader:
        windows1252.attach(reader, project.folder)
        reader.execute(f"set file_search_path = '{_escaped(str(project.folder))}'")
        try:
            rows = reader.sql(f"select cast(columns(*) as varchar) from {place}")
            names = rows.columns
            # a null is written bare and an empty text in quotes; COPY reads both as they were
            rows.write_csv(str(file), header=False, na_rep="", quoting="all")
        except duckdb.Error as error:
            raise ConsentError(
                f"The file of {source['schema']}.{source['identifier']} cannot be read: "
                f"{str(error).splitlines()[0]}",
                "CONSENT_DATA names their folder, and CONSENT_DATA_FORMAT=parquet says that all of "
                "them are Parquet.",
            ) from error
    cursor.execute(f"create schema if not exists {_quoted(source['schema'])}")
    cursor.execute(f"drop table if exists {relation} cascade")
    cursor.execute(f"create table {relation} ({', '.join(f'{_quoted(n)} text' for n in names)})")
    with file.open("rb") as stream:
        cursor.copy_expert(f"copy {relation} from stdin with (format csv)", stream)
    count = int(cursor.rowcount)
    cursor.execute(f"analyze {relation}")
    return count


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(text: str) -> str:
    return text.replace("'", "''")
