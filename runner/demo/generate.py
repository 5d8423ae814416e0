"""Makes the sources of an invented company: people, their records, consent and orders.

Everything that chance decides comes from MD5 of a seed, a topic and a number (see
`sql/01_draws.sql`), so the same arguments give the same rows on every machine.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import duckdb

from runner.errors import UsageError

CUSTOMERS = 2000
SEED = 7
UNTIL = "2026-11-20"

Formats = Literal["demo", "parquet"]


@dataclass(frozen=True)
class Source:
    """One file of the demo: its name without suffix, and the suffix in `data/demo`."""

    name: str
    suffix: Literal["csv", "jsonl", "parquet"]


SOURCES = (
    Source("crm_customers", "csv"),
    Source("webshop_customers", "jsonl"),
    Source("webshop_orders", "jsonl"),
    Source("webshop_consents", "jsonl"),
    Source("email_events", "parquet"),
    Source("loyalty_members", "parquet"),
    Source("loyalty_consents", "parquet"),
    Source("preference_center_consents", "csv"),
    Source("suppressions", "csv"),
)


def generate(
    folder: str | Path,
    customers: int = CUSTOMERS,
    seed: int = SEED,
    formats: Formats = "demo",
    *,
    answers: int = 1,
    until: str = UNTIL,
) -> dict[Path, int]:
    """Write the sources into a folder, over files of the same names.

    Args:
        folder: where to write; made if it does not exist.
        customers: how many people besides the small cast of the demo; each is in one to
            three systems.
        seed: another seed, other people.
        formats: `demo` writes each source as its system would (CSV, JSON lines, Parquet),
            `parquet` writes all of them as Parquet, which scales to millions.
        answers: how much more often than in the demo they answer the preference centre,
            whose ledger keeps every answer: more consents of the same people.
        until: the day that the data ends on, `YYYY-MM-DD`.

    Returns:
        The files with their numbers of rows, in the order of `SOURCES`.

    Raises:
        UsageError: a number that makes no sense.
    """
    if customers < 0:
        raise UsageError(f"There cannot be {customers} customers.", "Give a number from 0 on.")
    if customers > 4_000_000:
        raise UsageError(
            f"{customers} customers are more than the numbers of the demo can tell apart.",
            "Give at most 4000000.",
        )
    if not 1 <= answers <= 100:
        raise UsageError(f"Nobody answers {answers} times as often.", "Give 1 to 100.")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written: dict[Path, int] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set temp_directory = ?", [str(target / ".duckdb_tmp")])
        for script in ("01_draws", "02_persons", "03_cast", "04_orders"):
            connection.execute(_sql(script, customers=customers, seed=seed, until=until))
        for source in SOURCES:
            query = _sql(source.name, answers=answers)
            suffix = source.suffix if formats == "demo" else "parquet"
            path = target / f"{source.name}.{suffix}"
            written[path] = _WRITERS[suffix](connection, query, path)
    return written


def _sql(name: str, **values: object) -> str:
    text = (files("runner.demo") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{" + key + "}", str(value))
    return text


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], Iterator[Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return names, iter(cursor.fetchone, None)


def _write_csv(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    names, rows = _rows(connection, query)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            count += 1
            writer.writerow(row)
    return count


def _write_jsonl(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    names, rows = _rows(connection, query)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            count += 1
            line = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=float)
            file.write(line + "\n")
    return count


def _write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    target = str(path).replace("'", "''")
    result = connection.execute(
        f"copy ({query}) to '{target}' (format parquet, compression zstd)"
    ).fetchone()
    return int(result[0]) if result else 0


_WRITERS = {"csv": _write_csv, "jsonl": _write_jsonl, "parquet": _write_parquet}
