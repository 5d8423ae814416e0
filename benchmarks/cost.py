"""What a measured step costs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of all threads, gigabytes at the peak of the process."""

    cpu: float
    wall: float
    memory: float

    def __str__(self) -> str:
        return f"{self.cpu:.1f} s CPU, {self.wall:.1f} s, {self.memory:.2f} GB"

    def share_of(self, other: Cost) -> str:
        return (
            f"{self.cpu / other.cpu:.2f} of its CPU, {self.memory / other.memory:.2f} of its memory"
        )


def median(costs: Sequence[Cost]) -> Cost:
    """Of each of the three by itself."""
    parts = ("cpu", "wall", "memory")
    return Cost(*(statistics.median(getattr(cost, part) for cost in costs) for part in parts))
