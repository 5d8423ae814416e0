"""What the commands need from a warehouse, whatever its engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from runner.errors import ConsentError

BATCH_ROWS = 50_000


class Warehouse(Protocol):
    """A connection to the warehouse of one target."""

    def stream(self, sql: str, values: Sequence[Any] = ()) -> pa.RecordBatchReader:
        """The result of a query, batch by batch. One stream at a time per connection."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """A small result at once."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        """A statement without a result."""

    def load(self, name: str, batches: pa.RecordBatchReader) -> None:
        """Rows into a temporary table of this connection, made from their schema."""

    def has(self, relation: str) -> bool:
        """Whether a table or view of that quoted name exists."""


Fill = Callable[[Warehouse, str], None]
"""Writes the rows of one table that is empty, by its name."""
Look = Callable[[Path], bool]
"""Says of a file that was written anew whether it may take the old one's place."""


def inlined(sql: str, values: Sequence[Any]) -> str:
    """The query with its values written out, as literals of type text."""
    if not values:
        return sql
    literals = [
        "null" if value is None else "'" + str(value).replace("'", "''") + "'" for value in values
    ]
    return re.sub(r"\$(\d+)", lambda found: literals[int(found.group(1)) - 1], sql)


class NotBuiltError(ConsentError):
    """A table or view does not exist yet."""


def not_built(error: Exception) -> NotBuiltError:
    """The error for a table that does not exist yet."""
    return NotBuiltError(
        f"Not everything is built yet: {str(error).splitlines()[0]}",
        "Run `consent refresh` first.",
    )
