"""The same tables on two engines, row by row.

Compared is every table under contract, and which record is in which profile. Profiles are
compared as a partition of source records: a profile is called by its smallest record, whatever
its id is. A time that is the start of one of a target's runs, or of one of its deliveries, is
called by their number, so that two builds one after the other hold the same. A null equals only
a null, a number only a number, a text only a text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from runner.dbt import Project
from runner.errors import ConsentError
from runner.warehouse import Warehouse, open_warehouse

PARTITION = "int_identity__record_profiles"
EXAMPLES = 5
"""Rows shown per table and side."""
_IGNORED = frozenset({"record_id", "as_of", "delivery_id", "location", "certificate_sha256"})
"""Columns that say which build, or where."""

Rows = Counter[bytes]
"""How often each row occurs, by its hash."""


@dataclass(frozen=True)
class Names:
    """What the values of one target are called.

    Attributes:
        profiles: the smallest record of each profile, by its id.
        moments: the number of each run and delivery, by its time.
    """

    profiles: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[datetime, str] = field(default_factory=dict)


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
        return [(t.table, f"{t.rows:,}", f"{t.differences:,}") for t in self.tables]

    def examples(self) -> Iterator[str]:
        """Some of the rows that differ."""
        for table in self.tables:
            yield from table.examples


def compare(first: Project, second: Project, tables: Sequence[str] | None = None) -> Comparison:
    """Compares what two targets of one project hold.

    Args:
        first: the project with one target.
        second: the project with the other.
        tables: names of models; all that are under contract.

    Raises:
        ConsentError: a table is missing on a side, or there is nothing to compare.
    """
    chosen = tables or contracted(first)
    with open_warehouse(first) as one, open_warehouse(second) as other:
        sides = [(p, w, _names(p, w)) for p, w in ((first, one), (second, other))]
        found = Comparison(tuple(_table(table, sides) for table in chosen))
    if found.rows == 0:
        raise ConsentError("There is nothing to compare.", "Build both targets first.")
    return found


def contracted(project: Project) -> list[str]:
    """The models under an enforced contract, and the partition of records."""
    under_contract = sorted(
        node["name"]
        for node in project.nodes.values()
        if node["resource_type"] == "model" and node["config"]["contract"]["enforced"]
    )
    return [PARTITION, *under_contract]


def _table(table: str, sides: Sequence[tuple[Project, Warehouse, Names]]) -> TableDifference:
    counted = [
        count(_batches(warehouse, project.relation(table)), names)
        for project, warehouse, names in sides
    ]
    only = [counted[0] - counted[1], counted[1] - counted[0]]
    examples = [
        f"{table}, only in {project.target}: {text}"
        for (project, warehouse, names), missing in zip(sides, only, strict=True)
        if missing
        for text in _examples(_batches(warehouse, project.relation(table)), names, missing)
    ]
    rows = max(each.total() for each in counted)
    return TableDifference(table, rows, only[0].total(), only[1].total(), tuple(examples))


def count(batches: Iterable[pa.RecordBatch], names: Names) -> Rows:
    """The rows of a table as they compare: see the top of this module."""
    found: Rows = Counter()
    for batch in batches:
        found.update(_digest(row) for row in _rows(batch, names))
    return found


def _examples(batches: Iterable[pa.RecordBatch], names: Names, missing: Rows) -> list[str]:
    """The smallest of the rows that are missing elsewhere, so that both sides show the same."""
    found: set[str] = set()
    for batch in batches:
        for row in _rows(batch, names):
            if _digest(row) in missing:
                found.add(", ".join(row))
                if len(found) > 1000:
                    found = set(sorted(found)[:EXAMPLES])
    return sorted(found)[:EXAMPLES]


def _digest(row: Sequence[str]) -> bytes:
    return hashlib.blake2b("\0".join(row).encode(), digest_size=16).digest()


def _rows(batch: pa.RecordBatch, names: Names) -> Iterator[tuple[str, ...]]:
    columns = [
        [f"{name}={text}" for text in _texts(name, batch.column(name), names)]
        for name in sorted(batch.schema.names)
        if name not in _IGNORED
    ]
    return zip(*columns, strict=True)


def _texts(name: str, column: pa.Array, names: Names) -> Iterator[str]:
    """The values of a column as texts that are equal only if the values are the same."""
    for value in column.to_pylist():
        if value is None or isinstance(value, bool):
            yield str(value)
        elif isinstance(value, str):
            yield names.profiles.get(value, value) if "profile_id" in name else repr(value)
        elif isinstance(value, int | float | Decimal):
            number = Decimal(str(value))
            yield f"{number.normalize() if number else 0:f}"
        elif isinstance(value, datetime):
            yield names.moments.get(value) or value.isoformat(sep=" ", timespec="microseconds")
        else:
            yield str(value)


def _batches(warehouse: Warehouse, relation: str) -> Iterator[pa.RecordBatch]:
    yield from warehouse.stream(f"select * from {relation}")


def _names(project: Project, warehouse: Warehouse) -> Names:
    profiles: dict[str, str] = {}
    records = f"select profile_id, source_name, source_record_id from {project.relation(PARTITION)}"
    for batch in warehouse.stream(records):
        for record in batch.to_pylist():
            name = f"profile of {record['source_name']}/{record['source_record_id']}"
            known = profiles.get(record["profile_id"], name)
            profiles[record["profile_id"]] = min(known, name)
    moments: dict[datetime, str] = {}
    for kind, query in (
        (
            "run",
            f"observed_at as moment from {project.state_relation('node_results')} "
            "where which in ('build', 'run')",
        ),
        ("delivery", f"delivered_at as moment from {project.relation('deliveries')}"),
    ):
        rows = warehouse.rows(f"select distinct {query} order by moment")
        moments |= {row["moment"]: f"{kind} {number}" for number, row in enumerate(rows, 1)}
    return Names(profiles, moments)
