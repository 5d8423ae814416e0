"""The same tables on two engines, row by row.

Profiles are compared as a partition of source records: a profile is called by its smallest
record, whatever its id is. A time that is the start of one of a target's runs is called by
that run's number, so that two builds one after the other hold the same. A null equals only a
null, a number only a number, a text only a text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from runner.dbt import Project
from runner.errors import ConsentError
from runner.warehouse import Warehouse, open_warehouse

PARTITION = "int_identity__record_profiles"
TABLES = (
    PARTITION,
    "profiles",
    "profile_contact_points",
    "contact_point_permissions",
    "profile_consents",
    "segment_members",
    "segment_history",
    "rejected_consents",
    "unmatched_consents",
)
EXAMPLES = 5
"""Rows shown per table and side."""

Row = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class TableDifference:
    """One table: rows of the larger side, and rows that only one side has."""

    table: str
    rows: int
    only_in_first: int
    only_in_second: int
    examples: tuple[str, ...]

    @property
    def differences(self) -> int:
        """Rows that one side has and the other has not."""
        return self.only_in_first + self.only_in_second


@dataclass(frozen=True)
class Comparison:
    """All tables."""

    tables: tuple[TableDifference, ...]

    @property
    def rows(self) -> int:
        """Rows compared."""
        return sum(table.rows for table in self.tables)

    @property
    def differences(self) -> int:
        """Rows that differ."""
        return sum(table.differences for table in self.tables)

    def lines(self) -> list[tuple[str, str, str]]:
        """A line per table, for a table on the terminal."""
        return [(t.table, str(t.rows), str(t.differences)) for t in self.tables]

    def examples(self) -> Iterator[str]:
        """Some of the rows that differ."""
        for table in self.tables:
            yield from table.examples


def compare(first: Project, second: Project, tables: Sequence[str] = TABLES) -> Comparison:
    """Compares what two targets of one project hold.

    Raises:
        ConsentError: a table is missing on a side, or there is nothing to compare.
    """
    sides = [_read(project, tables) for project in (first, second)]
    found = Comparison(
        tuple(
            table_difference(table, sides[0][table], sides[1][table], first.target, second.target)
            for table in tables
        )
    )
    if found.rows == 0:
        raise ConsentError("There is nothing to compare.", "Build both targets first.")
    return found


def table_difference(
    table: str, first: Counter[Row], second: Counter[Row], first_name: str, second_name: str
) -> TableDifference:
    """What only one of two bags of rows has."""
    missing, added = first - second, second - first
    examples = [
        f"{table}, only in {name}: " + ", ".join(f"{k}={v!r}" for k, v in row)
        for name, rows in ((first_name, missing), (second_name, added))
        for row in sorted(rows, key=repr)[:EXAMPLES]
    ]
    return TableDifference(
        table,
        max(first.total(), second.total()),
        missing.total(),
        added.total(),
        tuple(examples),
    )


def bag(
    rows: Iterator[Mapping[str, Any]], profiles: Mapping[str, str], runs: Mapping[datetime, str]
) -> Counter[Row]:
    """Rows as they compare: see the top of this module."""
    return Counter(
        tuple(
            (
                name,
                f"profile {profiles.get(value, value)}"
                if "profile_id" in name and value
                else _plain(value, runs),
            )
            for name, value in sorted(row.items())
            if name != "as_of"
        )
        for row in rows
    )


def _plain(value: Any, runs: Mapping[datetime, str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return f"text {value}"
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        return f"number {number.normalize() if number else 0:f}"
    if isinstance(value, datetime):
        return runs.get(value) or value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)


def _read(project: Project, tables: Sequence[str]) -> dict[str, Counter[Row]]:
    with open_warehouse(project) as warehouse:
        runs = _runs(project, warehouse)
        profiles: dict[str, str] = {}
        records = warehouse.rows(
            f"select profile_id, source_name, source_record_id from {project.relation(PARTITION)}"
        )
        for record in records:
            name = f"{record['source_name']}/{record['source_record_id']}"
            known = profiles.get(record["profile_id"])
            profiles[record["profile_id"]] = name if known is None else min(known, name)
        return {
            table: bag(_stream(warehouse, project.relation(table), table), profiles, runs)
            for table in tables
        }


def _stream(warehouse: Warehouse, relation: str, table: str) -> Iterator[Mapping[str, Any]]:
    for batch in warehouse.stream(f"select * from {relation}"):
        for row in batch.to_pylist():
            if table == PARTITION:
                row.pop("record_id", None)
            yield row


def _runs(project: Project, warehouse: Warehouse) -> dict[datetime, str]:
    relation = project.state_relation("node_results")
    rows = warehouse.rows(
        f"select distinct observed_at from {relation} "
        "where which in ('build', 'run') order by observed_at"
    )
    return {row["observed_at"]: f"run {number}" for number, row in enumerate(rows, 1)}
