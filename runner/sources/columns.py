"""What a file holds: its columns, with all their different values counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from runner.errors import UsageError
from runner.sources import windows1252
from runner.sources.dialect import ENCODINGS, Dialect, check_rows, dialect_of, header_of, quoted

VALUES_KEPT = 200
_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".xlsx": "excel",
}
_LOOKS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "phone": r"^(?:\+|00?)[\d ().\-/]{7,20}$",
    "number": r"^\d{1,7}$",
}


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        data_type: as DuckDB reads it; text for CSV, JSON lines and Excel.
        filled: how many rows have a value.
        distinct: how many different values there are.
        values: the different values and their counts, the most frequent first; the whole of them
            where there are at most VALUES_KEPT, else none.
        looks: of the values, the share that looks like an email, a phone or a short number.
    """

    name: str
    data_type: str
    filled: int
    distinct: int
    values: tuple[tuple[str, int], ...]
    looks: dict[str, float]

    @property
    def is_text(self) -> bool:
        """Whether its values are texts, as in every text file."""
        return self.data_type == "VARCHAR"


@dataclass(frozen=True)
class SourceFile:
    """One file, or several of one kind.

    Attributes:
        shown: the path or pattern, as the project writes it.
        reading: the SQL that reads it, relative to the project.
        here: the same with the path as this process finds it.
        files: the files there are now.
        dialect: of CSV files.
    """

    shown: str
    reading: str
    here: str
    files: tuple[Path, ...]
    rows: int
    columns: tuple[Column, ...]
    dialect: Dialect | None = None
    by_name: dict[str, Column] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return self.by_name[name]


def read_source_file(pattern: str, shown: str, encoding: str | None = None) -> SourceFile:
    """Reads the columns of a file, or of all files of a pattern, from all rows.

    Args:
        pattern: a CSV, JSON lines, Parquet or Excel file, or a pattern such as `data/list_*.csv`.
        shown: the same, as the project writes it.
        encoding: of CSV files; found where it is None.

    Raises:
        UsageError: there is no such file, or it cannot be read; says where, never with its values.
    """
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise UsageError(f"--encoding {encoding} is none of {', '.join(ENCODINGS)}.")
    if "{" in shown:
        raise UsageError(
            f"{shown} has a brace in its name, which dbt reads as a template.", "Rename it."
        )
    given = Path(pattern)
    paths = [given] if given.is_file() else sorted(given.parent.glob(given.name))
    if not paths:
        raise UsageError(
            f"There is no file {pattern}.", "Name a CSV, JSON lines, Parquet or Excel file."
        )
    kinds = {_kind(path) for path in paths}
    if len(kinds) > 1:
        raise UsageError(f"{pattern} names files of several kinds.", "Name those of one kind.")
    kind = kinds.pop()
    dialect = _dialect(paths, encoding.lower() if encoding else None) if kind == "csv" else None
    here, reading = (_reading(kind, dialect, each) for each in (pattern, shown))
    with duckdb.connect() as connection:
        try:
            if kind == "excel":
                connection.execute("load excel")
            windows1252.attach(connection)
            connection.execute(f"create table read_rows as select * from {here}")
        except duckdb.Error as error:
            raise _unreadable(kind, pattern, dialect) from error
        ((rows,),) = connection.execute("select count(*) from read_rows").fetchall()
        if not rows:
            raise UsageError(f"{paths[0].name} has no rows.", "Name a file with some.")
        described = connection.execute("describe read_rows").fetchall()
        columns = tuple(_column(connection, name, data_type) for name, data_type, *_ in described)
    return SourceFile(
        shown, reading, here, tuple(paths), rows, columns, dialect, {c.name: c for c in columns}
    )


@contextmanager
def rows_of(source: SourceFile) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with all rows of the file in the table `read_rows`."""
    with duckdb.connect() as connection:
        if "read_xlsx" in source.here:
            connection.execute("load excel")
        windows1252.attach(connection)
        connection.execute(f"create table read_rows as select * from {source.here}")
        yield connection


def _kind(path: Path) -> str:
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    kind = _KINDS.get(suffix.lower())
    if kind is None:
        raise UsageError(
            f"{path.name} is none of {', '.join(_KINDS)}.",
            "Export the source as CSV, JSON lines, Parquet or Excel.",
        )
    return kind


def _dialect(paths: Sequence[Path], encoding: str | None) -> Dialect:
    """The one dialect and header of all files."""
    first = dialect_of(paths[0], encoding)
    header = header_of(paths[0], first)
    for path in paths[1:]:
        other = dialect_of(path, encoding)
        if (other.encoding, other.delimiter, other.skip) != (
            first.encoding,
            first.delimiter,
            first.skip,
        ) or header_of(path, other) != header:
            raise UsageError(
                f"{path.name} has another header, encoding or delimiter than {paths[0].name}.",
                "Make a source of each, or export them alike.",
            )
        check_rows(path, first)
    return first


def _reading(kind: str, dialect: Dialect | None, path: str) -> str:
    if dialect is not None:
        return dialect.reader(path)
    literal = quoted(path)
    if kind == "parquet":
        return f"read_parquet({literal})"
    if kind == "excel":
        return f"read_xlsx({literal}, header = true, all_varchar = true)"
    return (
        f"(select columns(*) ->> '$' from read_json({literal}, "
        "format = 'newline_delimited', maximum_depth = 1, sample_size = -1))"
    )


def _unreadable(kind: str, pattern: str, dialect: Dialect | None) -> UsageError:
    """What can be said of a file that DuckDB does not read: nothing of DuckDB's own message."""
    if kind == "excel":
        return UsageError(
            f"{pattern} is an Excel file, which DuckDB reads only with its extension.",
            "Install it once with: duckdb -c 'install excel'. Or save the sheet as CSV.",
        )
    found = f" as {dialect.encoding} with the delimiter {dialect.delimiter!r}" if dialect else ""
    return UsageError(
        f"{pattern} cannot be read{found}.",
        "Say --encoding where it is another, or export the file anew.",
    )


def _column(connection: duckdb.DuckDBPyConnection, name: str, data_type: str) -> Column:
    value = f"nullif(trim(cast({identifier(name)} as varchar)), '')"
    looks = ", ".join(
        f"avg(case when regexp_matches(value, {quoted(pattern)}) then 1 else 0 end)"
        for pattern in _LOOKS.values()
    )
    found: Sequence[Any] = connection.execute(
        f"select count(value), count(distinct value), {looks} from (select {value} as value "
        "from read_rows) where value is not null"
    ).fetchall()[0]
    filled, distinct, *shares = found
    values: list[Any] = []
    if 0 < distinct <= VALUES_KEPT:
        values = connection.execute(
            f"select value, count(*) from (select {value} as value from read_rows) "
            "where value is not null group by value order by count(*) desc, value"
        ).fetchall()
    return Column(
        name=name,
        data_type=data_type,
        filled=filled,
        distinct=distinct,
        values=tuple((text, count) for text, count in values),
        looks={look: float(share or 0) for look, share in zip(_LOOKS, shares, strict=True)},
    )


def identifier(name: str) -> str:
    """A quoted name of SQL."""
    return '"' + name.replace('"', '""') + '"'
