"""A picture and its numbers: both are made of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from runner.report.small import Count, Unsaid

Cell = Count | str | float | date | None
Row = Mapping[str, Cell]
Spec = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """What is drawn, and the table of it.

    Attributes:
        name: its key among the texts.
        columns: keys of the rows, in the order of the table.
        rows: the numbers.
        shape: how it is drawn: a function of `charts`.
        drawn: what the shape needs to know, such as which column is the bars' length.
        about: what it is about where several have one name, such as a segment.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    shape: str
    drawn: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""

    @property
    def key(self) -> str:
        """Its id in the page."""
        return f"{self.name}-{self.about}" if self.about else self.name


@dataclass(frozen=True)
class Tile:
    """One number that answers at a glance.

    Attributes:
        name: its key among the texts.
        note: a second line: a key among the texts, or a text.
        is_bad: somebody has to look at it.
    """

    name: str
    value: Cell
    note: str = ""
    is_bad: bool = False


@dataclass
class SegmentPart:
    """A segment: its rule in words, and its pictures."""

    name: str
    description: str
    rule: Mapping[str, Any]
    exports: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    note: str = ""


@dataclass
class Numbers:
    """Everything that the page shows, in its order."""

    counted_at: date | None = None
    tiles: list[Tile] = field(default_factory=list)
    parts: dict[str, list[Figure]] = field(default_factory=dict)
    segments: list[SegmentPart] = field(default_factory=list)


def drawn(cell: Cell) -> Any:
    """A cell as a chart has it: what is not said is not drawn."""
    if isinstance(cell, Unsaid):
        return None
    return cell.isoformat() if isinstance(cell, date) else cell
