"""What the page says, and how it writes numbers and days, in one language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from runner.report.figures import Cell
from runner.report.small import Unsaid
from runner.segments.words import words

PAGE = Path(__file__).with_name("texts.toml")
_FORMATS = {"en": "en-GB", "nl": "nl-NL"}
_THOUSANDS = {"en": ",", "nl": "."}


@dataclass(frozen=True)
class Texts:
    """The texts of one language."""

    tongue: str
    said: Mapping[str, Any]

    @property
    def locale(self) -> str:
        """The language as libraries of charts call it."""
        return _FORMATS[self.tongue]

    def __getitem__(self, key: str) -> str:
        """A text of the page itself."""
        return str(self.said[key])

    def column(self, key: str) -> str:
        """The name of a column."""
        return str(self.said["columns"][key])

    def value(self, key: str) -> str:
        """The word for a value of ours; what has none is a name, and is shown as it is."""
        return str(self.said["values"].get(key, key))

    def cell(self, given: Cell, column: str = "") -> str:
        """A cell of a table."""
        match given:
            case None:
                return self["missing"]
            case Unsaid():
                return self[given.value]
            case bool():
                return str(given)
            case int():
                return self.number(f"{given:,}")
            case float():
                return self.number(f"{given:,.1f}")
            case datetime():
                return given.strftime("%Y-%m-%d %H:%M")
            case date():
                return self.month(given) if column == "month" else given.isoformat()
        return self.value(given) if column in _OURS else given

    def month(self, day: date) -> str:
        """A month with its year."""
        name: str = words(self.tongue)["months"]["names"][day.month - 1]
        return f"{name[:3]} {day.year}"

    def number(self, text: str) -> str:
        """A number with this language's marks."""
        swapped = {",": _THOUSANDS[self.tongue], ".": words(self.tongue)["decimal_mark"]}
        return "".join(swapped.get(letter, letter) for letter in text)


_OURS = frozenset({"step", "what", "kind", "reason", "doubt", "key"})
"""Columns whose values are words of ours; all others hold names of the project."""


@cache
def texts(tongue: str) -> Texts:
    """The texts of a language."""
    return Texts(tongue, tomllib.loads(PAGE.read_text(encoding="utf-8"))[tongue])
