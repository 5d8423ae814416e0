"""Which columns of a list are contact points, and of which kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from runner.errors import UsageError, nearest
from runner.lists.files import ListFile, text_of_cell
from runner.sources.vocabulary import named, words_of

_SAMPLE = 2_000
_LOOKS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": re.compile(r"(?:\+|0)[\d ().\-/]{7,20}"),
}


@dataclass(frozen=True)
class ContactColumn:
    """A column of contact points.

    Attributes:
        index: its place in the list, from 0.
        kind: the alternate key.
    """

    index: int
    name: str
    kind: str


def contact_columns(
    listed: ListFile, kinds: Sequence[str], given: Mapping[str, Sequence[str]]
) -> list[ContactColumn]:
    """The contact columns, those that were named and those that name or look tell.

    Args:
        listed: the list.
        kinds: the alternate keys of the project.
        given: kind → names of columns, as the command line says; of such a kind no other column
            is taken by its name.

    Raises:
        UsageError: a column or kind that is given is not there.
    """
    found: dict[int, str] = {}
    for kind, names in given.items():
        if kind not in kinds:
            raise UsageError(
                f"'{kind}' is no alternate key{nearest(kind, kinds)}.",
                f"Known are {', '.join(kinds)}.",
            )
        for name in names:
            if listed.header.count(name) != 1:
                several = "several columns" if name in listed.header else "no column"
                raise UsageError(
                    f"The list has {several} '{name}'{nearest(name, listed.header)}.",
                    f"Its columns: {', '.join(listed.header)}.",
                )
            found[listed.header.index(name)] = kind
    for index, name in enumerate(listed.header):
        by_name = _kind_by_name(name, kinds)
        if index not in found and by_name is not None and by_name not in given:
            found[index] = by_name
    for index, kind in _kinds_by_look(listed, kinds):
        found.setdefault(index, kind)
    return [ContactColumn(index, listed.header[index], found[index]) for index in sorted(found)]


def country_column(listed: ListFile) -> int | None:
    """The column that says the country that numbers are dialled from, if one does."""
    names = set(named("country"))
    found = [index for index, name in enumerate(listed.header) if words_of(name) in names]
    return found[0] if len(found) == 1 else None


def _kind_by_name(name: str, kinds: Iterable[str]) -> str | None:
    words = words_of(name)
    for kind in kinds:
        if words == words_of(kind) or words in named(kind):
            return kind
    return None


def _kinds_by_look(listed: ListFile, kinds: Iterable[str]) -> list[tuple[int, str]]:
    """Columns of whose first values at least half look like a contact point."""
    filled = [0] * len(listed.header)
    like = {kind: [0] * len(listed.header) for kind in _LOOKS if kind in kinds}
    for row in islice(listed.rows(), _SAMPLE):
        for index, value in enumerate(row):
            text = text_of_cell(value).strip()
            if not text:
                continue
            filled[index] += 1
            for kind, counts in like.items():
                counts[index] += bool(_LOOKS[kind].fullmatch(text))
    return [
        (index, kind)
        for kind, counts in like.items()
        for index, count in enumerate(counts)
        if count and 2 * count >= filled[index]
    ]
