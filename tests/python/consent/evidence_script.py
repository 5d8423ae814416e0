"""A script of what several people say and do over the loads of one project.

Each test of an answer has people of its own, found again by their contact points, so that many
share one build:

    script = Script(LOADS)
    script.record("ann", email="ann@example.com")
    script.says(STATE, "ann@example.com", "News", "yes", "2026-01-05")
    seen = script.play(project, labels, answers)
    seen[0].reason("ann@example.com", "newsletter")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent_evidence import Load, Point, Record, Row, Suppression
from evidence_project import Decided, EvidenceProject

Words = Callable[[int], Mapping[tuple[str, str], str]]
"""What words mean in a load."""


def point(value: str) -> Point:
    """A contact point by its value."""
    if "@" in value:
        return "email", value
    return ("phone", value) if value.startswith("+") else ("loyalty_id", value)


def when(text: str | None) -> datetime | str | None:
    """A time; what is none stays as it stands."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


@dataclass
class Seen:
    """What a warehouse decided, and what it lists, after a load."""

    decisions: dict[tuple[Point, str], Decided]
    uses: dict[tuple[Point, str], bool]
    rejected: list[dict[str, Any]]
    members: set[tuple[str, str]]

    def reason(self, value: str, purpose: str) -> tuple[bool, str] | None:
        """Permission and reason; None: its profile is not kept."""
        found = self.decisions.get((point(value), purpose))
        return found and (found[1], found[2])

    def is_kept(self, value: str) -> bool:
        return (point(value), "use") in self.decisions

    def may_be_used(self, value: str, purpose: str) -> bool:
        return self.uses[point(value), purpose]

    def listed(self, **columns: Any) -> list[dict[str, Any]]:
        """The rejected consents with these values."""
        return [r for r in self.rejected if all(r[n] == v for n, v in columns.items())]


@dataclass
class Script:
    """Who is there and what is said, by load."""

    loads: Sequence[datetime]
    records: list[list[Record]] = field(init=False)
    rows: list[list[Row]] = field(init=False)
    suppressions: list[list[Suppression]] = field(init=False)
    copies: list[list[dict[str, Any]]] = field(init=False)
    """Rows of customer files whose columns are answers."""

    def __post_init__(self) -> None:
        self.records, self.rows, self.suppressions, self.copies = (
            [[] for _ in self.loads] for _ in range(4)
        )

    def record(
        self,
        name: str,
        *values: str,
        loads: Iterable[int] | None = None,
        source: str = "crm",
        country: str | None = "NL",
    ) -> None:
        """A customer with these contact points, in these loads (all)."""
        points = frozenset(map(point, values))
        for number in self._numbers(loads):
            self.records[number].append(Record(source, name, points, country))

    def says(
        self,
        model: str,
        value: str,
        label: str,
        answer: str | None,
        at: str | None = None,
        *,
        id: str | None = None,
        loads: Iterable[int] | None = None,
        confirmed: str | None = None,
        expires: str | None = None,
        source: str = "crm",
    ) -> None:
        """A row of a consent model, in these loads (all)."""
        row = Row(
            model,
            source,
            id or f"{value}:{label}",
            point(value),
            label,
            answer,
            when(at),
            when(confirmed),
            when(expires),
        )
        for number in self._numbers(loads):
            self.rows[number].append(row)

    def suppress(
        self,
        value: str,
        reason: str,
        at: str | None = None,
        loads: Iterable[int] | None = None,
    ) -> None:
        given = datetime.fromisoformat(at) if at else None
        for number in self._numbers(loads):
            self.suppressions[number].append(Suppression(point(value), reason, given))

    def copy(self, loads: Iterable[int] | None = None, **columns: Any) -> None:
        """A line of a customer file."""
        for number in self._numbers(loads):
            self.copies[number].append(columns)

    def _numbers(self, loads: Iterable[int] | None) -> Iterable[int]:
        return range(len(self.loads)) if loads is None else loads

    def load(self, number: int) -> Load:
        return Load(
            self.loads[number],
            tuple(self.records[number]),
            tuple(self.rows[number]),
            tuple(self.suppressions[number]),
        )

    def play(self, project: EvidenceProject, labels: Words, answers: Words) -> list[Seen]:
        """Loads everything in turn; what was seen after each."""
        seen = []
        for number in range(len(self.loads)):
            if project.tables:
                project.fill({"columns": self.copies[number]})
            project.load(self.load(number), labels(number), answers(number))
            seen.append(look(project))
        return seen


def look(project: EvidenceProject, schema: str = "main") -> Seen:
    """What a schema of the warehouse holds."""
    decisions = {
        (where, purpose): decided
        for (_, where, purpose), decided in project.decisions(schema).items()
    }
    profiles = {where: who for who, where, _ in project.decisions(schema)}
    consents = project.consents(schema)
    uses = {
        (where, purpose): yes
        for where, who in profiles.items()
        for (other, purpose), yes in consents.items()
        if other == who
    }
    columns = ("source_name", "consent_id", "status", "raw_value")
    rejected = project.warehouse.rows(
        f"select {', '.join(columns)} from {schema}.rejected_consents"
    )
    members = project.warehouse.rows(
        f"select segment_name, key_value from {schema}.segment_members"
    )
    return Seen(
        decisions,
        uses,
        [dict(zip(columns, row, strict=True)) for row in rejected],
        {(segment, value) for segment, value in members},
    )
