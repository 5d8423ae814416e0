"""The exports of known tools: `layouts.yml`, and which of them a file is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from runner.errors import UsageError, nearest
from runner.sources.vocabulary import folded, words_of


@dataclass(frozen=True)
class ValueMeanings:
    """What the values of a column mean, and for which kinds of contact points.

    Attributes:
        purpose: where the tool itself says it; else asked about.
    """

    statuses: Mapping[str, str]
    keys: tuple[str, ...] = ()
    recorded_at: str | None = None
    confirmed_at: str | None = None
    purpose: str | None = None


@dataclass(frozen=True)
class Layout:
    """A tool's export, as `layouts.yml` has it; a list's own entries on top.

    Attributes:
        name: such as `klaviyo`, or `mailchimp:subscribed`.
        row: what each row of the file says by being there, where the file is the answer.
    """

    name: str
    kind: str
    required: tuple[str, ...]
    columns: Mapping[str, str]
    answers: Mapping[str, ValueMeanings] = field(default_factory=dict)
    refusals: Mapping[str, ValueMeanings] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    ignored: tuple[str, ...] = ()
    zone: str | None = None
    row: ValueMeanings | None = None
    lists: tuple[str, ...] = ()


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """`layouts.yml` as it is written."""
    text = files("runner.sources").joinpath("layouts.yml").read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return loaded


def names() -> list[str]:
    """All that `--like` takes."""
    return [
        name
        for tool, entry in table().items()
        for name in (tool, *(f"{tool}:{each}" for each in entry.get("lists", {})))
    ]


def layout_named(name: str, header: Iterable[str], paths: Sequence[Path]) -> Layout:
    """The layout that a person says it is.

    Raises:
        UsageError: there is none of that name, the file lacks a column of it, or its own name says
            that it is another of the tool's lists.
    """
    if name not in names():
        raise UsageError(
            f"--like {name} is no known layout{nearest(name, names())}.",
            f"There are: {', '.join(names())}.",
        )
    found = _layout(name)
    missing = _missing(found, header)
    if missing:
        raise UsageError(
            f"{paths[0].name} is no export of {name}: it has no column {', '.join(missing)}.",
            "Leave --like out, or export it from the tool again.",
        )
    _require_fitting_name(name, paths)
    return found


def layout_by_header(header: Iterable[str]) -> Layout | None:
    """The layout whose required columns are all there; the one that requires most, if several."""
    listed = list(header)
    fitting = [each for each in map(_layout, table()) if not _missing(each, listed)]
    return max(fitting, key=lambda each: len(each.required), default=None)


def column_named(name: str, header: Iterable[str]) -> str | None:
    """The column of the file that a layout's name means, in any case."""
    return next((each for each in header if folded(each) == folded(name)), None)


def _missing(layout: Layout, header: Iterable[str]) -> list[str]:
    listed = list(header)
    return [name for name in layout.required if column_named(name, listed) is None]


def _require_fitting_name(name: str, paths: Sequence[Path]) -> None:
    tool, _, chosen = name.partition(":")
    lists = table()[tool].get("lists", {})
    if not chosen:
        return
    for path in paths:
        words = set(words_of(path.name))
        said = [each for each, entry in lists.items() if words & set(entry.get("file", []))]
        if said and chosen not in said:
            raise UsageError(
                f"{path.name} calls itself {said[0]}, and --like says {chosen}.",
                f"Say --like {tool}:{said[0]}, or rename the file if its name is wrong.",
            )


@cache
def _layout(name: str) -> Layout:
    tool, _, chosen = name.partition(":")
    entry = table()[tool]
    lists = entry.get("lists", {})
    own: Mapping[str, Any] = lists.get(chosen, {})
    kind = str(own.get("kind", entry["kind"]))
    columns = dict(entry.get("columns", {}))
    if "suppressed_at" in own:
        columns[own["suppressed_at"]] = "suppressed_at"
    answers = {column: _meanings(each) for column, each in entry.get("answers", {}).items()}
    refusals = {column: _meanings(each) for column, each in entry.get("refusals", {}).items()}
    row = None
    if "answer" in own:
        answers[own["answer"]] = _meanings(own)
        refusals.pop(own["answer"], None)
    elif "status" in own:
        row = ValueMeanings(
            {chosen: own["status"]}, (), own.get("recorded_at"), own.get("confirmed_at")
        )
    return Layout(
        name=name,
        kind=kind,
        required=tuple(own.get("required", entry["required"])),
        columns=columns,
        answers=answers if kind == "customers" else {},
        refusals=refusals if kind == "customers" else {},
        statuses=entry.get("statuses", {}),
        kinds=entry.get("kinds", {}),
        flags=entry.get("flags", {}),
        reason=own.get("reason", entry.get("reason")),
        ignored=(*entry.get("ignored", ()), *own.get("ignored", ())),
        zone=entry.get("zone"),
        row=row,
        lists=() if chosen else tuple(lists),
    )


def _meanings(entry: Mapping[str, Any]) -> ValueMeanings:
    statuses = {
        str(value): status
        for status in ("granted", "denied", "nothing")
        for value in entry.get(status, ())
    }
    return ValueMeanings(
        statuses,
        tuple(entry.get("keys", ())),
        entry.get("recorded_at"),
        entry.get("confirmed_at"),
        entry.get("purpose"),
    )
