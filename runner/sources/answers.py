"""What a person says about columns and values: `--map` and `--ignore`.

    --map 'COLUMN=MEANING'         a column's meaning
    --map 'COLUMN:VALUE=MEANING'   a value's, such as 'Status:Maybe=pending'
    --map '*=MEANING'              of every row: the file itself is the answer

Meanings of a column are the contract's columns (`id`, `email`, `recorded_at`, `expires_at` …; a
time with `as FORMAT` and `in ZONE`, or `of COLUMN` for the date of another column's answer), and

    grant of PURPOSE     its yes is a grant, its no says nothing
    answer to PURPOSE    its yes is a grant, its no a denial
    denial of PURPOSE    its yes is a denial, its no says nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from runner.errors import UsageError, nearest
from runner.sources.plan import ROW
from runner.sources.times import require_form, require_zone
from runner.sources.vocabulary import folded, table

_CONSENT = re.compile(r"(?P<sense>grant|answer|denial) (?:of|to|for) (?P<purpose>\S+)")
_TIME = re.compile(
    r"(?P<role>\w+)(?: of (?P<of>.+?))?(?: as (?P<format>.+?))?(?: in (?P<zone>\S+))?"
)
TIMES = (
    "recorded_at",
    "confirmed_at",
    "starts_at",
    "expires_at",
    "withdrawn_at",
    "updated_at",
    "suppressed_at",
    "occurred_at",
)
ROLES = ("id", "purpose", "status", "key_type", "key_value", "channel", "deleted", "reason", *TIMES)


@dataclass(frozen=True)
class Meaning:
    """What a person said of one column.

    Attributes:
        role: the contract's column; None for an answer about a purpose.
        sense: grant, answer or denial.
        of: the column whose answer a date belongs to.
        text: as written.
    """

    text: str
    role: str | None = None
    sense: str | None = None
    purpose: str | None = None
    of: str | None = None
    format: str | None = None
    zone: str | None = None


@dataclass
class Answers:
    """All that a person said.

    Attributes:
        columns: column → its meaning; `*` for every row.
        values: column → value → its meaning.
        ignored: columns that do not matter.
    """

    columns: dict[str, Meaning] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def read_answers(
    mapped: Sequence[str],
    ignored: Sequence[str],
    header: Sequence[str],
    roles: Iterable[str],
    purposes: Sequence[str],
) -> Answers:
    """Reads `--map` and `--ignore`.

    Args:
        mapped: the texts of `--map`.
        ignored: names of columns, or patterns such as `utm_*`.
        header: the file's columns.
        roles: the project's alternate keys and attributes.
        purposes: the project's.

    Raises:
        UsageError: no such column, purpose, meaning, format or zone; or one column twice.
    """
    found = Answers()
    known = [*ROLES, *roles]
    for text in mapped:
        place, equals, meaning = text.rpartition("=")
        if not equals or not place.strip() or not meaning.strip():
            raise UsageError(
                f"--map '{text}' is not COLUMN=MEANING.",
                "Write it as --map 'COLUMN=denial of newsletter' or --map 'COLUMN=email'.",
            )
        column, value = _place(place.strip(), header)
        if column == ROW and folded(meaning) in table()["reasons"]:
            found.values[ROW] = {"reason": folded(meaning)}
        elif value is not None:
            found.values.setdefault(column, {})[value] = folded(meaning)
        elif column in found.columns:
            raise UsageError(f"--map gives {column} two meanings.", "Keep one of them.")
        elif folded(meaning) == "ignore" and column != ROW:
            found.ignored.append(column)
        else:
            found.columns[column] = _meaning(meaning.strip(), header, known, purposes)
    for pattern in ignored:
        matching = [name for name in header if fnmatchcase(folded(name), folded(pattern))]
        if not matching:
            raise UsageError(f"--ignore '{pattern}' is no column{nearest(pattern, header)}.")
        found.ignored += matching
    both = set(found.ignored) & set(found.columns)
    if both:
        raise UsageError(f"{sorted(both)[0]} has a meaning and is ignored.", "Keep one of them.")
    return found


def _place(text: str, header: Sequence[str]) -> tuple[str, str | None]:
    """The column, and the value after it."""
    if text == ROW:
        return ROW, None
    exact = _column(text, header)
    if exact:
        return exact, None
    parts = text.split(":")
    for cut in range(len(parts) - 1, 0, -1):
        column = _column(":".join(parts[:cut]), header)
        if column:
            return column, ":".join(parts[cut:]).strip()
    raise UsageError(
        f"--map names the column '{text}', which the file does not have{nearest(text, header)}."
    )


def _column(text: str, header: Sequence[str]) -> str | None:
    if text in header:
        return text
    same = [name for name in header if folded(name) == folded(text)]
    return same[0] if len(same) == 1 else None


def _meaning(
    text: str, header: Sequence[str], roles: Sequence[str], purposes: Sequence[str]
) -> Meaning:
    consent = _CONSENT.fullmatch(text)
    if consent:
        if consent["purpose"] not in purposes:
            raise UsageError(
                f"'{consent['purpose']}' is no purpose{nearest(consent['purpose'], purposes)}.",
                "Declare it in vars: purposes: of dbt_project.yml first.",
            )
        return Meaning(text, sense=consent["sense"], purpose=consent["purpose"])
    given = _TIME.fullmatch(text)
    role = {"answer": "status", "kind": "key_type", "contact": "key_value"}.get(
        given["role"] if given else "", given["role"] if given else text
    )
    if given is None or role not in roles:
        raise UsageError(
            f"'{text}' is no meaning of a column{nearest(text, roles)}.",
            f"There are: {', '.join(roles)}; grant of, answer to, denial of a purpose.",
        )
    of = None
    if given["of"]:
        of = _column(given["of"], header) or (ROW if given["of"] == ROW else None)
        if of is None:
            raise UsageError(f"'{text}' names a column that the file does not have.")
    return Meaning(
        text,
        role=role,
        of=of,
        format=require_form(given["format"]) if given["format"] else None,
        zone=require_zone(given["zone"]) if given["zone"] else None,
    )
