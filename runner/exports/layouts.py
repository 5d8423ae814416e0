"""How a destination wants its file: one small table of layouts (layouts.yml) and of steps.

A layout turns the lines of an audience into the columns of a file. It is written as SQL for the
DuckDB that runs in this process beside any warehouse, so that ten million lines stay a stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from runner.exports.local import quoted

# Each step takes a value and gives a value, or null where the value cannot take that form.
STEPS: Mapping[str, str] = {
    # é as one character, however it was typed
    "composed": "nfc_normalize({0})",
    "trim": r"regexp_replace({0}, '^[\s\p{{Z}}]+|[\s\p{{Z}}]+$', '', 'g')",
    "one_space": r"regexp_replace({0}, '[\s\p{{Z}}]+', ' ', 'g')",
    "lower": "lower({0})",
    "upper": "upper({0})",
    "no_white_space": r"regexp_replace({0}, '[\s\p{{Z}}]', '', 'g')",
    "digits": "regexp_replace({0}, '[^0-9]', '', 'g')",
    # the vowels of many scripts are marks
    "letters_and_digits": r"regexp_replace({0}, '[^\p{{L}}\p{{M}}\p{{N}}]', '', 'g')",
    "no_punctuation": r"regexp_replace({0}, '[^\p{{L}}\p{{M}}\p{{N}}\s\p{{Z}}]', '', 'g')",
    # ZIP+4 of the US; codes of other countries stay whole
    "zip_of_five": r"regexp_replace({0}, '^([0-9]{{5}})[-\s]?[0-9]{{4}}$', '\1')",
    # + and 8 to 15 digits (ITU-T E.164); a number without its country is not one
    "e164": (
        r"nullif(regexp_extract(regexp_replace({0}, '[^0-9+]', '', 'g'), "
        r"'^\+[1-9][0-9]{{7,14}}$'), '')"
    ),
    # exactly gmail.com and googlemail.com: dots and a plus suffix mean the same mailbox
    "fold_gmail": (
        "case when regexp_matches({0}, '^[^@]+@(gmail|googlemail)[.]com$') then nullif("
        "replace(regexp_replace(split_part({0}, '@', 1), '[+].*$', ''), '.', ''), '') "
        "|| '@' || split_part({0}, '@', 2) else {0} end"
    ),
}

_FOLDING = {"fold_gmail", "lower", "no_white_space", "digits"}


@dataclass(frozen=True)
class Column:
    """One column of a file and where its values come from."""

    header: str
    contact_point: str | None = None
    attribute: str | None = None
    field: str | None = None
    steps: tuple[str, ...] = ()
    hash: str | None = None

    def value(self, source: str) -> str:
        """SQL for the value made of the expression `source`; null for an empty one."""
        for step in self.steps:
            source = STEPS[step].format(f"({source})")
        source = f"nullif({source}, '')" if self.steps or self.hash else source
        return f"sha256({source})" if self.hash else source


@dataclass(frozen=True)
class Layout:
    """The columns that a destination wants.

    Attributes:
        minimum: the smallest audience that it uses.
    """

    name: str
    columns: tuple[Column, ...]
    source: str = ""
    formats: tuple[str, ...] = ()
    key_types: tuple[str, ...] = ()
    signals: bool = False
    attributes: bool = False
    minimum: int = 0

    def channels(self, channel: str) -> Sequence[str]:
        """The kinds of contact points that it takes; all when it names none."""
        return self.key_types or (channel,)

    @property
    def is_hashed(self) -> bool:
        """Whether the contact points leave as hashes."""
        return any(column.contact_point and column.hash for column in self.columns)

    @property
    def folds(self) -> bool:
        """Whether two contact points can be one and the same to the destination."""
        return any(column.contact_point and set(column.steps) & _FOLDING for column in self.columns)

    def contact_header(self, channel: str | None) -> str:
        """The header of the column that holds the contact point; profile_id without channel."""
        for column in self.columns:
            if channel and column.contact_point in (channel, "any"):
                return column.header or channel
        return "profile_id"

    def other_contact_headers(self, channel: str | None) -> list[str]:
        """Headers of the contact columns that must stay empty in a file of this channel."""
        return [
            column.header
            for column in self.columns
            if column.contact_point not in (None, "any", channel)
        ]

    def written(self, channel: str | None) -> str:
        """SQL over a line for what is written of its contact point; null: it must not leave."""
        for column in self.columns:
            if channel and column.contact_point in (channel, "any"):
                return column.value("key_value")
        return "profile_id"

    def select(
        self, channel: str | None, attributes: Sequence[str], *, only_contact_points: bool
    ) -> list[tuple[str, str]]:
        """The file's columns as (SQL over a line, header).

        Args:
            channel: the kind of the contact points; None for a list of profiles.
            attributes: those that the segment has.
            only_contact_points: leave attributes empty, as for people who are to be removed.
        """
        chosen: list[tuple[str, str]] = []
        for column in self.columns:
            if column.contact_point == "any" and channel is None:
                continue
            chosen.append(
                (
                    self._source(column, channel, attributes, only_contact_points),
                    column.header or str(channel),
                )
            )
        if self.attributes and not only_contact_points:
            taken = {header for _, header in chosen}
            chosen += [(quoted(name), name) for name in attributes if name not in taken]
        return chosen

    def _source(
        self, column: Column, channel: str | None, attributes: Sequence[str], only: bool
    ) -> str:
        if column.contact_point:
            own = column.contact_point in (channel, "any")
            return "_written" if own else "cast(null as varchar)"
        if column.field:
            return quoted(column.field)
        if column.attribute and column.attribute in attributes and not only:
            return column.value(f"cast({quoted(column.attribute)} as varchar)")
        return "cast(null as varchar)"


@cache
def layouts() -> dict[str, Layout]:
    """Every layout by its name."""
    text = resources.files("runner.exports").joinpath("layouts.yml").read_text(encoding="utf-8")
    return {name: _layout(name, given) for name, given in yaml.safe_load(text).items()}


def as_data(layout: Layout) -> dict[str, Any]:
    """A layout as layouts.yml writes it; `from_data` reads it."""
    columns = []
    for column in layout.columns:
        given = {name: value for name, value in asdict(column).items() if value}
        columns.append({"header": column.header, **given})
    data: dict[str, Any] = {"name": layout.name, "columns": columns}
    if layout.key_types:
        data["key_types"] = list(layout.key_types)
    return data


def from_data(data: Mapping[str, Any]) -> Layout:
    """The layout of a certificate."""
    return _layout(data["name"], data)


def _layout(name: str, given: Mapping[str, Any]) -> Layout:
    columns = tuple(_column(each) for each in given["columns"])
    return Layout(
        name=name,
        columns=columns,
        source=given.get("source", ""),
        formats=tuple(given.get("formats", ())),
        key_types=tuple(given.get("key_types", ())),
        signals=given.get("signals", False),
        attributes=given.get("attributes", False),
        minimum=given.get("minimum", 0),
    )


def _column(given: Mapping[str, Any]) -> Column:
    steps: Iterable[str] = given.get("steps", ())
    return Column(
        header=given["header"],
        contact_point=given.get("contact_point"),
        attribute=given.get("attribute"),
        field=given.get("field"),
        steps=tuple(steps),
        hash=given.get("hash"),
    )
