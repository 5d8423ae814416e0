"""How sources write times: to_utc against Python's own calendar, zones and strptime.

Expectations are computed from the parts that a text is made of, never by reading the text the
way the macro does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from engines.macro_lab import Case, MacroLab

from runner import dbt
from runner.errors import ConsentError

ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/St_Johns")
FORMATS = (
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%d-%b-%y %I:%M %p",
    "%Y%m%d%H%M%S",
    "%y-%m-%d",
    "%d %b %Y %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
    "(%d_%m_%Y, %H)",
)


def naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def iso_texts(rng: random.Random) -> Iterator[tuple[str, datetime | None]]:
    """Texts in the order of ISO 8601, a third of them of days or years that are none."""
    offsets: dict[str, int | None] = {
        "": None,
        "Z": 0,
        " Z": 0,
        "z": 0,
        "UTC": 0,
        " UTC": 0,
        "+00:00 UTC": 0,
        " +0000 UTC": 0,
        "+01:00": 60,
        "-0330": -210,
        " +05:45": 345,
        "+02": 120,
    }
    for _ in range(600):
        year = rng.choice([1, 999, 1850, 1899, 1900, 1904, 2000, 2024, 2025, 2026, 2100, 9998])
        month, day = rng.choice([1, 2, 2, 3, 4, 6, 9, 11, 12]), rng.choice([1, 15, 28, 29, 30, 31])
        hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
        digits = rng.choice(["", "5", "120", "123456", "999999999"])
        text = f"{year:04d}-{month:02d}-{day:02d}"
        offset, parts = "", (0, 0, 0, 0)
        if rng.random() < 0.9:
            offset = rng.choice(list(offsets))
            with_seconds = rng.random() < 0.8
            text += rng.choice("T ") + f"{hour:02d}:{minute:02d}"
            text += f":{second:02d}" + (f".{digits}" if digits else "") if with_seconds else ""
            micro = int(digits.ljust(6, "0")[:6]) if with_seconds and digits else 0
            parts = (hour, minute, second if with_seconds else 0, micro)
            text += offset
        try:
            moment = datetime(year, month, day, *parts) - timedelta(minutes=offsets[offset] or 0)
        except (ValueError, OverflowError):
            yield text, None
        else:
            yield text, moment if year >= 1900 else None


def changes_of_clocks(zone: str) -> list[datetime]:
    """The instants in UTC, to the minute, when a zone's clocks were changed, from 1980 on."""
    there, found = ZoneInfo(zone), []
    for number in range(46 * 365):
        start = datetime(1980, 1, 1, tzinfo=UTC) + timedelta(days=number)
        before = start.astimezone(there).utcoffset()
        if (start + timedelta(days=1)).astimezone(there).utcoffset() == before:
            continue
        for minute in range(0, 1440, 30):
            moment = start + timedelta(minutes=minute)
            if moment.astimezone(there).utcoffset() != before:
                found.append(naive_utc(moment))
                break
    return found


def local_times(zone: str, rng: random.Random, fold: int) -> Iterator[tuple[str, datetime]]:
    """What clocks showed, most of it within hours of a change; the instant by Python's zones."""
    there = ZoneInfo(zone)
    changes = rng.sample(changes_of_clocks(zone), 40)
    for change in [*changes, *(datetime(2025, month, 15) for month in range(1, 13))]:
        for _ in range(6):
            around = change.replace(tzinfo=UTC).astimezone(there).replace(tzinfo=None)
            shown = around + timedelta(minutes=rng.randrange(-180, 180))
            earlier, later = (naive_utc(shown.replace(tzinfo=there, fold=f)) for f in (0, 1))
            back = earlier.replace(tzinfo=UTC).astimezone(there).replace(tzinfo=None)
            # a time that no clock showed is read with the offset before
            exact = (earlier, later)[fold] if back == shown else earlier
            yield f"{shown:%Y-%m-%d %H:%M:%S}", exact


def by_format(form: str, rng: random.Random) -> Iterator[tuple[str, datetime | None]]:
    """Texts of a form, with and without zeros in front, read by Python's strptime."""
    for number in range(80):
        moment = datetime(1970, 1, 1) + timedelta(seconds=rng.randrange(2_000_000_000))
        if "%z" in form:
            moment = moment.replace(tzinfo=ZoneInfo("Etc/GMT-2"))
        text = moment.strftime(form)
        if number % 2 and "%Y%m" not in form and "%z" not in form:
            text = text.replace("/0", "/").removeprefix("0")
        if number % 3 == 0:
            text = text.lower()
        if number % 10 == 9:
            text = rng.choice(["2026-02-30", "31.04.2026", "32/01/2026 10:00", "x", text + "x"])
        try:
            read = datetime.strptime(text.upper(), form)
        except ValueError:
            yield text, None
        else:
            yield text, naive_utc(read) if read.tzinfo else read


def epochs(scale: int, rng: random.Random) -> Iterator[tuple[str, datetime | None]]:
    """Counts since 1970 of 1/scale seconds, exact to the microsecond."""
    start = datetime(1970, 1, 1)
    for _ in range(60):
        micro = rng.randrange(-2_208_988_800_000_000, 4_000_000_000_000_000)
        yield str(Decimal(micro) * scale / 1_000_000), start + timedelta(microseconds=micro)
    yield str(1_772_323_200 * scale), datetime(2026, 3, 1)
    yield str(-2_208_988_800 * scale), datetime(1900, 1, 1)
    yield str(-2_208_988_801 * scale), None
    yield str(253_402_300_800 * scale), None
    for none in ("0", "1e9", "2026-03-01", "1 772 323 200", "", "-", "."):
        yield none, None


def cases() -> dict[str, Case]:
    rng = random.Random(1900)
    found = {"iso": Case(list(iso_texts(rng)), "{{ dbt_consent.to_utc('text') }}")}
    for zone in ZONES:
        for fold, of_pair in enumerate(("earlier", "later")):
            found[f"{zone.split('/')[1].lower()}_{of_pair}"] = Case(
                list(local_times(zone, rng, fold)),
                f"{{{{ dbt_consent.to_utc('text', time_zone='{zone}', of_pair='{of_pair}') }}}}",
            )
    for number, form in enumerate(FORMATS):
        sql = f"{{{{ dbt_consent.to_utc('text', format='{form}') }}}}"
        found[f"format_{number}"] = Case(list(by_format(form, rng)), sql)
    for name, scale in (("epoch_seconds", 1), ("epoch_milliseconds", 1000)):
        sql = f"{{{{ dbt_consent.to_utc('text', format='{name}') }}}}"
        found[name] = Case(list(epochs(scale, rng)), sql)
    twice, first, second = (
        "25/10/2026 02:30",
        datetime(2026, 10, 25, 0, 30),
        datetime(2026, 10, 25, 1, 30),
    )
    found["of_pair_by_status"] = Case(
        [
            ((twice, "granted"), first),
            ((twice, "pending"), first),
            ((twice, "denied"), second),
            ((twice, "nothing"), second),
            ((twice, None), second),
            (("25/10/2026 03:30", "granted"), datetime(2026, 10, 25, 2, 30)),
            ((None, "granted"), None),
        ],
        "{{ dbt_consent.to_utc('text', time_zone='Europe/Amsterdam', format='%d/%m/%Y %H:%M', "
        "of_pair='text_status') }}",
        ("text", "text_status"),
    )
    typed = [
        (datetime(2026, 10, 25, 2, 30), second),
        (datetime(1899, 12, 31, 23), None),
        (datetime(1, 1, 1), None),
        (None, None),
    ]
    found["of_type_timestamp"] = Case(
        typed,
        "{{ dbt_consent.to_utc('ts', format='timestamp', time_zone='Europe/Amsterdam', "
        "of_pair='later') }}",
        ("ts",),
    )
    return found


CASES = cases()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    return MacroLab(tmp_path_factory.mktemp("times")).values(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_time_is_read_as_python_reads_it(name: str, found: dict[str, list[Any]]) -> None:
    wrong = [
        f"{given!r}: expected {expected}, is {is_}"
        for (given, expected), is_ in zip(CASES[name].rows, found[name], strict=True)
        if is_ != expected
    ]
    assert not wrong, "\n".join(wrong)
    assert any(expected for _, expected in CASES[name].rows)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("%d.%m", "it needs one of %Y and %y"),
        ("%Y-%m-%d %I:%M", "it needs %I and %p together"),
        ("%Y-%m-%d %M", "it needs an hour"),
        ("%Y-%j", "%j is no code"),
        ("%Y-%m-%d-%d", "%d stands there twice"),
        ("%Y*%m*%d", "the sign '*' is not possible"),
    ],
)
def test_a_form_that_names_no_instant_is_an_error(form: str, says: str, tmp_path: Path) -> None:
    lab = MacroLab(tmp_path)
    (tmp_path / "models/wrong.sql").write_text(
        f"select {{{{ dbt_consent.to_utc(\"'x'\", format='{form}') }}}} as moment"
    )
    with pytest.raises(ConsentError) as error:
        dbt.invoke(["compile"], folder=lab.folder)
    assert says in str(error.value)
