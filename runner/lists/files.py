"""A list as a file: CSV, Parquet or Excel, read row by row and written in its own format.

Rows keep their order and all their columns. A list is read twice, once for its contact points and
once for its rows, so that memory does not grow with it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, cast

import pyarrow as pa
import pyarrow.parquet as pq

from runner.errors import ConsentError, UsageError
from runner.sources.dialect import Dialect, bytes_of, dialect_of, header_of, text_of

Row = Sequence[Any]
_BATCH = 50_000
_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
_RUNS = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_SIGNED_NUMBER = re.compile(r"[+-][\d ().,/-]*\d")


class Output(Protocol):
    """A file that is being written."""

    def write(self, row: Row) -> None:
        """One row, as many values as its header has."""

    def close(self) -> None:
        """Ends the file."""


class ListFile(Protocol):
    """A list that can be read, and more of its kind written.

    Attributes:
        header: the names of its columns, as they are written.
    """

    header: list[str]

    def rows(self) -> Iterator[Row]:
        """Its rows, in their order."""

    def output(self, path: Path, more: Sequence[str] = ()) -> Output:
        """A new file in its format, with further columns of text at the end."""


def open_list(path: Path, encoding: str | None = None) -> ListFile:
    """A list, by what its name ends in.

    Args:
        path: CSV (also .tsv, .txt, and .gz of these), Parquet or Excel.
        encoding: of a CSV file; found where it is None.

    Raises:
        UsageError: there is no such file, or it cannot be read; says where, never what it holds.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Name a CSV, Parquet or Excel file.")
    kind = suffix_of(path).removesuffix(".gz")
    if kind not in _SUFFIXES or (path.suffix == ".gz" and kind in (".parquet", ".xlsx")):
        raise UsageError(
            f"{path.name} is no list that can be read.", "Save it as CSV, Parquet or Excel."
        )
    if kind == ".parquet":
        return _ParquetList(path)
    if kind == ".xlsx":
        return _ExcelList(path)
    return _CsvList(path, dialect_of(path, encoding))


def suffix_of(path: Path) -> str:
    """What a list's name ends in, in lower case: `.csv`, `.csv.gz`."""
    parts = path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:]
    return "".join(parts).lower()


def text_of_cell(value: Any) -> str:
    """What a cell says; a whole number without the decimals that a spreadsheet gives it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def harmless(text: str) -> str:
    """A text that no spreadsheet runs; signed numbers, such as telephone numbers, stay."""
    if _RUNS.match(text) and not _SIGNED_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


class _CsvList:
    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path = path
        self._dialect = dialect
        self.header = header_of(path, dialect)
        with text_of(path, dialect.encoding) as file:
            first = file.readline()
        self._line_end = "\r\n" if first.endswith("\r\n") else "\n"
        with bytes_of(path) as raw:
            self._has_mark = raw.read(3) == codecs.BOM_UTF8

    def rows(self) -> Iterator[Row]:
        with text_of(self._path, self._dialect.encoding) as file:
            for _ in range(self._dialect.skip):
                file.readline()
            reader = csv.reader(file, delimiter=self._dialect.delimiter)
            next(reader)
            width = len(self.header)
            for row in reader:
                if row or width == 1:
                    yield row or [""]

    def output(self, path: Path, more: Sequence[str] = ()) -> Output:
        encoding = {"windows-1252": "cp1252"}.get(self._dialect.encoding, self._dialect.encoding)
        if self._has_mark:
            encoding = "utf-8-sig"
        output = _CsvOutput(path, encoding, self._dialect.delimiter, self._line_end)
        output.write([*self.header, *more])
        return output


class _CsvOutput:
    def __init__(self, path: Path, encoding: str, delimiter: str, line_end: str) -> None:
        self._stack = ExitStack()
        raw: Any = self._stack.enter_context(path.open("xb"))
        if path.suffix.lower() == ".gz":
            raw = self._stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
        self._text = io.TextIOWrapper(cast(Any, raw), encoding=encoding, newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator=line_end)

    def write(self, row: Row) -> None:
        self._writer.writerow([harmless(value) for value in row])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()
        self._stack.close()


class _ParquetList:
    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise UsageError(
                f"{path.name} is no Parquet file.", "Name it after what it is."
            ) from error
        self.header = list(self._schema.names)

    def rows(self) -> Iterator[Row]:
        with pq.ParquetFile(self._path) as file:
            for batch in file.iter_batches(_BATCH):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def output(self, path: Path, more: Sequence[str] = ()) -> Output:
        schema = self._schema.remove_metadata()
        for name in more:
            schema = schema.append(pa.field(name, pa.string()))
        return _ParquetOutput(path, schema)


class _ParquetOutput:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: list[Row] = []
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) == _BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [
                pa.array([None if v == "" and not _is_text(f) else v for v in column], f.type)
                for column, f in zip(columns, self._schema, strict=True)
            ]
            self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
            self._rows = []


def _is_text(field: pa.Field) -> bool:
    return bool(pa.types.is_string(field.type) or pa.types.is_large_string(field.type))


class _ExcelList:
    """The first sheet of a workbook; a cell is a value, never a formula."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._library = _openpyxl()
        rows = self._sheet_rows()
        self.header = [text_of_cell(value) for value in next(rows, ())]
        rows.close()
        if not any(self.header):
            raise UsageError(
                f"{path.name} has no header.", "Write the names of the columns above its rows."
            )

    def rows(self) -> Iterator[Row]:
        width = len(self.header)
        rows = self._sheet_rows()
        next(rows)
        for row in rows:
            yield [*row, *([None] * width)][:width]

    def output(self, path: Path, more: Sequence[str] = ()) -> Output:
        return _ExcelOutput(self._library, path, [*self.header, *more])

    def _sheet_rows(self) -> Any:
        try:
            book = self._library.load_workbook(self._path, read_only=True, data_only=True)
        except Exception as error:  # the library has no common class of its own
            raise UsageError(
                f"{self._path.name} is no Excel workbook (.xlsx).", "Save it again, or as CSV."
            ) from error
        try:
            yield from book.worksheets[0].iter_rows(values_only=True)
        finally:
            book.close()


class _ExcelOutput:
    def __init__(self, library: Any, path: Path, header: Row) -> None:
        self._path = path
        self._book = library.Workbook(write_only=True)
        self._sheet = self._book.create_sheet()
        self._cell = library.cell.WriteOnlyCell
        self._sheet.append([self._as_cell(name) for name in header])

    def write(self, row: Row) -> None:
        self._sheet.append([self._as_cell(value) for value in row])

    def close(self) -> None:
        with self._path.open("xb") as file:
            self._book.save(file)

    def _as_cell(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        cell = self._cell(self._sheet, value=value)
        cell.data_type = "s"  # a text, also where it begins like a formula
        return cell


def _openpyxl() -> Any:
    try:
        import openpyxl
        import openpyxl.cell
    except ImportError as error:
        raise ConsentError(
            "Excel lists need the package openpyxl.",
            "pip install 'dbt-consent[excel]', or save the list as CSV.",
        ) from error
    return openpyxl
