"""What a file holds: its columns, with what their values look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from runner.errors import UsageError

SAMPLE_ROWS = 100_000
_DISTINCT_SHOWN = 20
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
_LOOKS = {
    "email": r"^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$",
    "phone": r"^\s*(?:\+|00?)[\d ().\-/]{7,20}\s*$",
    "day": r"^\s*\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?\s*$",
    "answer": r"^\s*(?:(?i)true|false|yes|no|y|n|ja|nee|nein|oui|non|1|0|on|off)\s*$",
}


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        data_type: as DuckDB reads it; text for CSV and JSON lines, whose types depend on chance.
        filled: share of the rows with a value.
        is_unique: no value stands in two rows.
        looks: of the values there are, the share that looks like an email, a phone, a day or an
            answer (yes, no).
        values: the distinct values, the most frequent first, where they are few; else empty.
    """

    name: str
    data_type: str
    filled: float
    is_unique: bool
    looks: dict[str, float]
    values: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The name in lower-case words: `mobilePhone` and `Mobile-phone` are mobile, phone."""
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name)
        return tuple(re.findall(r"[^\W_]+", spaced.lower()))


@dataclass(frozen=True)
class SourceFile:
    """A file and how to read it.

    Attributes:
        reading: the SQL that reads it, every column of CSV and JSON lines as text.
        rows: how many rows were looked at.
    """

    path: str
    reading: str
    rows: int
    columns: tuple[Column, ...]


def read_source_file(path: Path, shown_as: str) -> SourceFile:
    """Reads a file's columns.

    Args:
        path: a CSV, JSON lines or Parquet file.
        shown_as: its path as the project writes it.

    Raises:
        UsageError: there is no such file, or it is of another kind, or it has no rows.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Name a CSV, JSON lines or Parquet file.")
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"{path.name} is none of {', '.join(_SUFFIXES)}.",
            "Export the source as CSV, JSON lines or Parquet.",
        )
    with duckdb.connect() as connection:
        try:
            reading = _reading(connection, kind, str(path))
            described = connection.execute(f"describe select * from {reading}").fetchall()
            connection.execute(
                f"create table sample as select * from {reading} limit {SAMPLE_ROWS}"
            )
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"{path.name} cannot be read as {kind}: {reason}") from error
        ((rows,),) = connection.execute("select count(*) from sample").fetchall()
        if not rows:
            raise UsageError(f"{path.name} has no rows.", "Name a file with some.")
        columns = tuple(_column(connection, rows, name, kind) for name, kind, *_ in described)
    return SourceFile(
        shown_as, reading.replace(_quoted(str(path)), _quoted(shown_as)), rows, columns
    )


def _reading(connection: duckdb.DuckDBPyConnection, kind: str, path: str) -> str:
    if kind == "parquet":
        return f"read_parquet({_quoted(path)})"
    if kind == "json":
        return (
            f"(select columns(*) ->> '$' from read_json({_quoted(path)}, "
            "format = 'newline_delimited', maximum_depth = 1, sample_size = -1))"
        )
    (found,) = connection.execute(
        f"select delimiter, quote, escape from sniff_csv({_quoted(path)}, header = true)"
    ).fetchall()
    # where nothing is quoted, the sniffer says so with a word in brackets
    delimiter, quote, escape = (
        _quoted(text if len(text) == 1 else usual)
        for text, usual in zip(found, (",", '"', '"'), strict=True)
    )
    return (
        f"read_csv({_quoted(path)}, header = true, all_varchar = true, delim = {delimiter}, "
        f"quote = {quote}, escape = {escape})"
    )


def _column(connection: duckdb.DuckDBPyConnection, rows: int, name: str, data_type: str) -> Column:
    value = f"nullif(trim(cast({_identifier(name)} as varchar)), '')"
    looks = ", ".join(
        f"avg(case when regexp_matches(value, {_quoted(pattern)}) then 1 else 0 end)"
        for pattern in _LOOKS.values()
    )
    found: Sequence[Any] = connection.execute(
        f"select count(value), count(distinct value), {looks} from (select {value} as value "
        "from sample) where value is not null"
    ).fetchall()[0]
    filled, distinct, *shares = found
    values: list[Any] = []
    if 0 < distinct <= _DISTINCT_SHOWN:
        values = connection.execute(
            f"select value from (select {value} as value from sample) where value is not null "
            "group by value order by count(*) desc, value"
        ).fetchall()
    return Column(
        name=name,
        data_type=data_type,
        filled=filled / rows,
        is_unique=filled == rows == distinct,
        looks={look: float(share or 0) for look, share in zip(_LOOKS, shares, strict=True)},
        values=tuple(text for (text,) in values),
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
