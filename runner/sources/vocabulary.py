"""What the words of a column's name mean: `words.yml`, and how a name is taken apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

Words = tuple[str, ...]


@cache
def table() -> Mapping[str, Any]:
    """`words.yml` as it is written."""
    text = files("runner.sources").joinpath("words.yml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def words_of(name: str) -> Words:
    """A name in words, composed, split at case and separators, folded.

    Example:
        `HasOptedOutOfEmail` is has, opted, out, of, email; `E-Mail` is e, mail.
    """
    composed = unicodedata.normalize("NFC", name)
    spaced = "".join(
        f" {letter}"
        if letter.isupper() and before and (before.islower() or before.isdigit())
        else letter
        for before, letter in zip(("", *composed), composed, strict=False)
    )
    return tuple(folded(word) for word in re.findall(r"[^\W_]+", spaced))


def folded(text: str) -> str:
    """Without regard to case, composed, without spaces around."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()


@cache
def phrases(part: str) -> frozenset[Words]:
    """All phrases of one part of the table, of all its languages."""
    listed = table()[part]
    by_language = listed.values() if isinstance(listed, dict) else [listed]
    return frozenset(words_of(phrase) for each in by_language for phrase in each)


@cache
def named(column: str) -> tuple[Words, ...]:
    """The names of a column of the contract, the most certain first."""
    return tuple(words_of(phrase) for phrase in table()["columns"].get(column, ()))


def is_neutral(name: str) -> bool:
    """Whether every word of the name is one that never concerns consent."""
    words = words_of(name)
    neutral = {word for phrase in phrases("neutral") for word in phrase}
    return bool(words) and all(word in neutral or word.isdigit() for word in words)


def is_urgent(name: str) -> bool:
    """Whether the name looks like something that takes back, ends or narrows a consent."""
    urgent = {word for phrase in phrases("urgent") for word in phrase}
    return bool(urgent & set(words_of(name)))


def is_id(name: str) -> bool:
    """Whether the name is one of an id."""
    words = words_of(name)
    return bool(words) and words[-1] in {word for phrase in phrases("ids") for word in phrase}


@dataclass(frozen=True)
class Sense:
    """What a name can mean.

    Attributes:
        grants: the purposes whose grant the name may be, by the list of positive words.
        denies: the purposes whose denial it is; `use` for a refusal of a way to reach people.
    """

    grants: frozenset[str]
    denies: frozenset[str]


def sense_of(name: str, purposes: Mapping[str, Iterable[str]]) -> Sense:
    """What a column's name says about consent, by words alone.

    Args:
        name: the column's.
        purposes: purpose → how it is called (its own name and its labels). A right of the law
            may be refused by a name, and never granted.
    """
    called = {
        purpose: frozenset(filter(None, map(words_of, (purpose, *labels))))
        for purpose, labels in purposes.items()
    }
    words = words_of(name)
    pieces = {
        "+": phrases("positive"),
        "-": phrases("refusal"),
        "c": phrases("contact"),
        "x": phrases("contact_refusal"),
        **called,
    }
    grants: set[str] = set()
    denies: set[str] = set()
    for tiling in _tilings(words, pieces):
        about = [piece for piece in tiling if piece not in ("+", "-", "c", "x")]
        signs = {piece for piece in tiling if piece in ("+", "-", "c", "x")}
        if len(about) == 1 and signs <= {"+"}:
            grants.add(about[0])
        elif len(about) == 1 and "-" in signs and signs <= {"-", "c"}:
            denies.add(about[0])
        elif not about and ("x" in signs or {"-", "c"} <= signs) and signs <= {"-", "c", "x"}:
            denies.add("use")
        elif len(set(about)) > 1:
            # one purpose named twice is no name of exactly one: it is asked about
            grants.update(about)
    return Sense(frozenset(grants), frozenset(denies))


def _tilings(words: Words, pieces: Mapping[str, frozenset[Words]]) -> Iterator[tuple[str, ...]]:
    if not words:
        yield ()
        return
    for piece, texts in pieces.items():
        for text in texts:
            if words[: len(text)] == text:
                for rest in _tilings(words[len(text) :], pieces):
                    yield (piece, *rest)


RIGHTS = ("use", "sale", "storage")


def answer_lists(values: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The values that say yes and those that say no, where all are those of one language.

    Args:
        values: the different values, none of them empty.

    Returns:
        Both, as written; None where a value stands in no list, or where only one kind is there.
    """
    for lists in table()["answers"].values():
        yes = [value for value in values if folded(value) in map(folded, lists["yes"])]
        no = [value for value in values if folded(value) in map(folded, lists["no"])]
        if yes and no and len(yes) + len(no) == len(values):
            return yes, no
    return None


def yes_values() -> set[str]:
    """Every value that says yes, in any language, folded."""
    return _signs("yes")


def no_values() -> set[str]:
    """Every value that says no, in any language, folded."""
    return _signs("no")


def _signs(kind: str) -> set[str]:
    lists = [*table()["answers"].values(), table()["signs"]]
    return {folded(value) for each in lists for value in each[kind]}
