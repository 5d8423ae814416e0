"""What a new project is to be like: said on the command line, answered, or the default."""

from __future__ import annotations

import ast
import re
import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import typer

from runner.errors import UsageError, nearest
from runner.init.project import ENGINES, Choices, purpose_of
from runner.library import shipped

Chosen = TypeVar("Chosen")


def choose(
    *,
    engine: str | None,
    country: str | None,
    time_zone: str | None,
    purposes: list[str] | None,
    example: bool | None,
    asks: bool,
) -> Choices:
    """The choices, each checked.

    Args:
        engine: duckdb or postgres; None asks or takes the default, and so for the others.
        country: ISO 3166 alpha-2, or nothing.
        time_zone: an IANA name.
        purposes: names of purposes.
        example: with one source, segment and export.
        asks: whether somebody is there to answer: five questions at most.

    Raises:
        UsageError: a choice that does not exist, with the nearest one.
    """
    if not asks:
        return Choices(
            engine=_engine(engine or "duckdb"),
            country=_country(country or ""),
            time_zone=_time_zone(time_zone or "UTC"),
            purposes=_purposes(",".join(purposes or [])),
            example=bool(example),
        )
    return Choices(
        engine=_engine(engine)
        if engine
        else _ask(f"Which engine ({' or '.join(ENGINES)})", "duckdb", _engine),
        country=_country(country)
        if country
        else _ask("Country of phone numbers without one, such as NL (none)", "", _country),
        time_zone=_time_zone(time_zone)
        if time_zone
        else _ask("Time zone whose days you mean", "UTC", _time_zone),
        purposes=_purposes(",".join(purposes))
        if purposes
        else _ask("What you e-mail people for, names with commas", "newsletter", _purposes),
        example=example
        if example is not None
        else typer.confirm("With an example to look at", default=False, err=True),
    )


def _ask(question: str, default: str, read: Callable[[str], Chosen]) -> Chosen:
    """The answer to one question; asked again while the answer is none."""

    def checked(text: str) -> Chosen:
        try:
            return read(text)
        except UsageError as error:
            raise typer.BadParameter(str(error)) from error

    answer: Chosen = typer.prompt(
        question, default=default, value_proc=checked, show_default=bool(default), err=True
    )
    # what typer gives back for a default is read too
    return answer


def _engine(text: str) -> str:
    if text not in ENGINES:
        raise UsageError(f"'{text}' is no engine.", f"There are {' and '.join(ENGINES)}.")
    return text


def _country(text: str) -> str | None:
    code = text.strip()
    if not code:
        return None
    known, others = _countries()
    if code in known:
        return code
    meant = code.upper()
    by_alpha_3 = {long: short for short, long in known.items()}
    near = meant if meant in known else others.get(meant) or by_alpha_3.get(meant)
    raise UsageError(
        f"'{code}' is no ISO 3166 alpha-2 code"
        + (f" (did you mean '{near}'?)." if near else ", such as NL or GB.")
    )


def _time_zone(text: str) -> str:
    names = zoneinfo.available_timezones()
    if text not in names:
        raise UsageError(
            f"'{text}' is no time zone{nearest(text, names)}.", "Write one as Europe/Amsterdam."
        )
    return text


def _purposes(text: str) -> tuple[str, ...]:
    return tuple(purpose_of(name.strip()) for name in text.split(",") if name.strip())


@cache
def _countries() -> tuple[dict[str, str], dict[str, str]]:
    """The countries as the macros know them: alpha-2 → alpha-3, and other spellings."""
    text = (shipped() / "macros/config/countries.sql").read_text(encoding="utf-8")
    listed = re.search(r"\{\{ return\((\{.*?\})\) \}\}", text, re.S)
    spellings = re.search(r"set spellings = (\{.*?\})", text, re.S)
    assert listed and spellings
    return ast.literal_eval(listed[1]), ast.literal_eval(spellings[1])
