"""How a column writes times: the form and the zone, found from all its values, or asked about.

The parsing itself is the macros' (`to_utc`): here its form is only named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

import duckdb

from runner.errors import UsageError, nearest
from runner.sources.columns import Column, identifier

ISO, SECONDS, MILLISECONDS = "iso", "epoch_seconds", "epoch_milliseconds"
DAY_FIRST, MONTH_FIRST = "d/m/y", "m/d/y"
_DATES = ("%d{s}%m{s}%Y", "%m{s}%d{s}%Y", "%Y{s}%m{s}%d")
_NAMED_DATES = ("%b %d, %Y", "%b %d %Y", "%d %b %Y", "%d. %b %Y", "%d-%b-%Y")
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_CODES = {
    "%d": r"\d{1,2}",
    "%m": r"\d{1,2}",
    "%Y": r"\d{4}",
    "%b": r"[A-Za-z]{3,9}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{1,2}",
    "%S": r"\d{1,2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
}
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
    r"(?P<zone> ?(?:[Zz]|UTC|[+-]\d{2}(?::?\d{2})?|[+-]\d{2}:?\d{2} UTC))?)?"
)
_SHAPES = 500


@dataclass(frozen=True)
class TimeReading:
    """How the times of a column are read.

    Attributes:
        format: `iso`, an epoch, or a form in the codes of `to_utc`; None where it has to be asked.
        zone: an IANA name; None where it has to be asked for, or is not needed.
        needs_zone: some values are clock times without a zone.
        unreadable: how many values are of another form.
        fitting: the forms between which no value decides.
        typed: the column is of a type of times, not a text.
    """

    format: str | None
    zone: str | None = None
    needs_zone: bool = False
    unreadable: int = 0
    fitting: tuple[str, ...] = ()
    typed: bool = False


def reading_of(connection: duckdb.DuckDBPyConnection, column: Column) -> TimeReading:
    """How the column's values are written, judged by all rows of the table `read_rows`."""
    if column.data_type.upper().startswith(("TIMESTAMP", "DATE")):
        return TimeReading(ISO, "UTC", typed=True)
    if not column.filled:
        return TimeReading(ISO)
    value = f"nullif(trim(cast({identifier(column.name)} as varchar)), '')"
    part = "max(try_cast(regexp_extract(value, '^(\\d+)[/.-](\\d+)[/.-]\\d{4}', %d) as integer))"
    shapes = connection.execute(
        f"select regexp_replace(value, '[0-9]', '9', 'g') as shape, count(*), {part % 1}, "
        f"{part % 2}, min(value), max(value) from (select {value} as value from read_rows) "
        f"where value is not null group by shape order by 2 desc, 1 limit {_SHAPES}"
    ).fetchall()
    counted: dict[str, int] = {}
    bare: set[str] = set()
    days = months = 0
    for shape, count, first, second, least, most in shapes:
        days, months = max(days, first or 0), max(months, second or 0)
        for form, has_bare_clock in _forms_of(shape, least, most):
            counted[form] = counted.get(form, 0) + count
            if has_bare_clock:
                bare.add(form)
    if not counted:
        return TimeReading(None, unreadable=column.filled)
    best = max(counted.values())
    forms = [form for form, count in counted.items() if count == best]
    unreadable = column.filled - best
    if best * 2 < column.filled:
        return TimeReading(None, unreadable=column.filled)
    if len(forms) > 1 and days > 12 >= months:
        forms = [form for form in forms if form.startswith("%d")]
    elif len(forms) > 1 and months > 12 >= days:
        forms = [form for form in forms if form.startswith("%m")]
    needs_zone = bool(bare & set(forms))
    if len(forms) > 1:
        return TimeReading(None, None, needs_zone, unreadable, tuple(forms))
    return TimeReading(forms[0], None, needs_zone, unreadable)


def _forms_of(shape: str, least: str, most: str) -> Iterator[tuple[str, bool]]:
    """The forms that values of a shape may have, and whether that is a clock time without zone."""
    iso = _ISO.fullmatch(shape)
    if iso:
        yield ISO, ":" in shape and not iso["zone"]
        return
    if re.fullmatch(r"\d{9,10}(?:\.\d+)?", shape):
        yield SECONDS, False
    elif re.fullmatch(r"\d{12,13}", shape):
        yield MILLISECONDS, False
    elif re.fullmatch(r"\d{8}", shape) and "19000101" <= least <= most < "22000101":
        yield "%Y%m%d", False
    for form, pattern in _patterns().items():
        if pattern.fullmatch(shape):
            yield form, "%M" in form


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    dates = [date.format(s=separator) for separator in "/.-" for date in _DATES]
    dates = [date for date in (*dates, *_NAMED_DATES) if date != "%Y-%m-%d"]
    forms = [
        f"{date}{between}{clock}" if clock else date
        for date in dates
        for clock in _CLOCKS
        for between in ((" ", ", ", "T") if clock else ("",))
    ]
    return {form: re.compile(_pattern(form)) for form in forms}


def _pattern(form: str) -> str:
    parts = re.split(r"(%[A-Za-z])", form)
    return "".join(_CODES.get(part) or re.escape(part) for part in parts)


def chosen_form(found: TimeReading, said: str) -> str:
    """The form that a person means: `d/m/y` and `m/d/y` choose between two that fit.

    Raises:
        UsageError: it is no form.
    """
    if said in (DAY_FIRST, MONTH_FIRST):
        first = "%d" if said == DAY_FIRST else "%m"
        fitting = [form for form in (*found.fitting, found.format or "") if form.startswith(first)]
        return fitting[0] if fitting else (f"{first}/%m/%Y" if first == "%d" else "%m/%d/%Y")
    return require_form(said)


def require_form(said: str) -> str:
    """The form, if it is one.

    Raises:
        UsageError: it is none.
    """
    simple = (ISO, SECONDS, MILLISECONDS, DAY_FIRST, MONTH_FIRST)
    if said not in simple and not re.search(r"%[Yy]", said):
        raise UsageError(
            f"'{said}' is no form of times.",
            f"Write {', '.join(simple)}, or a form such as %d.%m.%Y %H:%M.",
        )
    return said


def require_zone(zone: str) -> str:
    """The zone, if there is one of that name.

    Raises:
        UsageError: with the nearest name.
    """
    if zone not in available_timezones():
        raise UsageError(
            f"'{zone}' is no time zone{nearest(zone, available_timezones())}.",
            "Write it as Europe/Amsterdam, or UTC.",
        )
    return zone
