"""How a text file is written: encoding, delimiter, lines above the header; and if each row fits.

The whole dialect is found once and written into the source, so that no later file is read by other
guesses. A row that does not fit is named by its line, and nothing of it is shown.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from runner.errors import UsageError
from runner.sources import windows1252

WINDOWS = windows1252.PROTOCOL
ENCODINGS = ("utf-8", "utf-16", "latin-1", WINDOWS)
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 200
_UNDEFINED_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_BYTES = 1 << 20


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        encoding: one of ENCODINGS.
        skip: how many lines stand above the header.
        mixed_lines: its lines end in different ways.
    """

    encoding: str
    delimiter: str
    skip: int
    mixed_lines: bool = False

    def reader(self, path: str) -> str:
        """The SQL that reads the file, or the files of a pattern, with every choice said."""
        place = windows1252.path_of(path) if self.encoding == WINDOWS else path
        options = {
            "header": "true",
            "all_varchar": "true",
            "delim": quoted(self.delimiter),
            "quote": "'\"'",
            "escape": "'\"'",
            "skip": str(self.skip),
            "null_padding": "false",
            "encoding": quoted("utf-8" if self.encoding == WINDOWS else self.encoding),
            "comment": "''",
        }
        if self.mixed_lines:
            options["strict_mode"] = "false"
        listed = ", ".join(f"{name} = {value}" for name, value in options.items())
        return f"read_csv({quoted(place)}, {listed})"


def quoted(text: str) -> str:
    """A text literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def encoding_of(path: Path) -> str:
    """The encoding of a text file, told by all its bytes.

    Raises:
        UsageError: UTF-16 with the bytes the other way round, which DuckDB does not read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, seen, first = True, set[int](), b""
    with bytes_of(path) as file:
        while block := file.read(_BYTES):
            first = first or block
            seen.update(block)
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    if first.startswith(codecs.BOM_UTF16_BE) or first[:1] == b"\0":
        raise UsageError(
            f"{path.name} is UTF-16 with the high byte first, which DuckDB does not read.",
            "Save it as UTF-8.",
        )
    if first.startswith(codecs.BOM_UTF16_LE) or first[1:200:2].count(0) > len(first[:200]) // 4:
        return "utf-16"
    if is_utf8 and _ended(decoder):
        return "utf-8"
    high = {byte for byte in seen if 0x80 <= byte <= 0x9F}
    return WINDOWS if high and not high & _UNDEFINED_IN_1252 else "latin-1"


def _ended(decoder: codecs.IncrementalDecoder) -> bool:
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def dialect_of(path: Path, encoding: str | None = None) -> Dialect:
    """The dialect of a CSV file, by its first rows, and all its rows judged by it.

    Raises:
        UsageError: no header is found, or a row has another number of fields than the header.
    """
    found = encoding or encoding_of(path)
    rows = _rows(path, found)
    if not rows:
        raise UsageError(f"{path.name} is empty.", "Name a file with a header and rows.")
    delimiter, width = max(
        ((each, _usual_width(path, found, each)) for each in _DELIMITERS),
        key=lambda pair: (pair[1][1] > 1, pair[1][0], pair[1][1]),
    )
    skip = _lines_above(path, found, delimiter, width[1])
    dialect = Dialect(found, delimiter, skip, _has_mixed_lines(path))
    check_rows(path, dialect)
    return dialect


def header_of(path: Path, dialect: Dialect) -> list[str]:
    """The names in the header, as written."""
    with text_of(path, dialect.encoding) as file:
        for _ in range(dialect.skip):
            file.readline()
        return next(csv.reader(file, delimiter=dialect.delimiter))


def check_rows(path: Path, dialect: Dialect) -> int:
    """Counts the records; each must have as many fields as the header.

    Raises:
        UsageError: with the numbers of the lines that do not fit.
    """
    wrong: list[str] = []
    records, width = 0, 0
    with text_of(path, dialect.encoding) as file:
        for _ in range(dialect.skip):
            file.readline()
        reader = csv.reader(file, delimiter=dialect.delimiter)
        try:
            for row in reader:
                line = reader.line_num + dialect.skip
                if not width:
                    width = len(row)
                elif len(row) != width and (row or width == 1):
                    records += 1
                    if row:
                        wrong.append(f"line {line} has {len(row)} fields")
                elif row:
                    records += 1
        except csv.Error as error:
            raise UsageError(
                f"{path.name} cannot be read at line {reader.line_num + dialect.skip}.",
                "Look there for a quotation mark that nothing closes.",
            ) from error
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UsageError(
            f"{path.name} has a header of {width} fields, but {', '.join(wrong[:5])}{more}.",
            "Mend them at the source: a value with the delimiter in it needs quotation marks.",
        )
    return records


def _usual_width(path: Path, encoding: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows have the usual number of fields, and that number."""
    counted = Counter(len(row) for row in _rows(path, encoding, delimiter) if row)
    if not counted:
        return 0, 0
    width, rows = max(counted.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    return rows, width


def _lines_above(path: Path, encoding: str, delimiter: str, width: int) -> int:
    """How many lines stand above the header: it is the first row of the usual width.

    Raises:
        UsageError: the first such row looks like a person's.
    """
    with text_of(path, encoding) as file:
        reader = csv.reader(file, delimiter=delimiter)
        above = 0
        for row in reader:
            if len(row) == width and (width == 1 or any(row)):
                if any("@" in name or name.strip().lstrip("+").isdigit() for name in row):
                    raise UsageError(
                        f"The first row of {path.name} looks like a person's, not like a header.",
                        "Write the names of the columns above it.",
                    )
                return above
            above = reader.line_num
    raise UsageError(
        f"{path.name} has no header.", "Write the names of the columns above its rows."
    )


def _rows(path: Path, encoding: str, delimiter: str = ",") -> list[list[str]]:
    rows: list[list[str]] = []
    with text_of(path, encoding) as file:
        for row in csv.reader(file, delimiter=delimiter):
            rows.append(row)
            if len(rows) == _SAMPLE:
                break
    return rows


def _has_mixed_lines(path: Path) -> bool:
    """Whether some lines end in CR LF and others in LF alone."""
    with bytes_of(path) as file:
        crlf = lf = 0
        last = b""
        while block := file.read(_BYTES):
            joined = last + block
            crlf += joined.count(b"\r\n")
            lf += block.count(b"\n")
            last = block[-1:] if block[-1:] == b"\r" else b""
    return 0 < crlf < lf


def bytes_of(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is packed."""
    if path.suffix.lower() == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return path.open("rb")


def text_of(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text; a byte that is none of the encoding becomes a question mark."""
    named = {"utf-8": "utf-8-sig", WINDOWS: "cp1252"}.get(encoding, encoding)
    return io.TextIOWrapper(bytes_of(path), encoding=named, newline="", errors="replace")


def lines(path: Path, encoding: str) -> Iterator[str]:
    """The lines of a text file."""
    with text_of(path, encoding) as file:
        yield from file
