"""What other rule engines publish about the cases where engines differ, asked of this language.

Each case is one of their documented or tested behaviours, written as a rule, with the values that
it holds for. Where the language differs on purpose, the case has the reason, and is kept as what
holds here. The table of docs/segments.md is checked to be these.

Sources: the published test suite of JsonLogic (jsonlogic.com/tests.json); the reference of
MongoDB's query operators; the operators of json-rules-engine; the queries of Elasticsearch
(`range`, `exists`, `must_not`); comparison with null in ISO SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from clone import ROOT
from segment_lab import Lab

ATTRIBUTES = {"number": "bigint", "word": "string", "day": "date"}
NUMBERS: Sequence[int | None] = (None, 0, 1, 2, 3, 4)
WORDS: Sequence[str | None] = (None, "", "Spring", "spring", "Springfield", "team", "Bart")
DAYS: Sequence[str | None] = (None, "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")
VALUES: dict[str, Sequence[Any]] = {"number": NUMBERS, "word": WORDS, "day": DAYS}


@dataclass(frozen=True)
class Case:
    """What an engine publishes, as a rule over one field.

    Attributes:
        published: the case in that engine's words.
        holds: the values that the rule holds for, of all that are tried.
        differs: why the language does something else than that engine; empty where it does not.
    """

    published: str
    field: str
    rule: dict[str, Any]
    holds: Sequence[Any] = field(default=())
    differs: str = ""


def of(name: str, **operators: Any) -> dict[str, Any]:
    return {"field": name, **operators}


HOLDS_FOR_MISSING = (
    "a negation holds for a missing value, so that a rule and its negation cover all"
)
CASES = {
    # comparisons with missing values
    "jsonlogic_less": Case('{"<": [1, 2]}, [1, 1]', "number", of("number", lt=2), (0, 1)),
    "jsonlogic_less_or_equal": Case('{"<=": [1, 1]}', "number", of("number", lte=1), (0, 1)),
    "mongo_gt_missing": Case(
        "$gt matches no missing field", "number", of("number", gt=0), (1, 2, 3, 4)
    ),
    "elastic_range_missing": Case(
        "range matches no document without the field",
        "number",
        of("number", gte=0),
        (0, 1, 2, 3, 4),
    ),
    "rules_engine_not_a_number": Case(
        "numeric operators are false for what is no number",
        "number",
        of("number", lte=4),
        (0, 1, 2, 3, 4),
    ),
    "mongo_eq_null": Case(
        "{field: null} matches missing ones", "word", of("word", is_missing=True), (None,)
    ),
    "elastic_exists": Case(
        "exists matches an empty text", "word", of("word", is_missing=False), WORDS[1:]
    ),
    "jsonlogic_falsy_zero": Case(
        '{"!": [0]} is true: 0 counts as missing',
        "number",
        of("number", is_missing=True),
        (None,),
        "zero and an empty text are values; only null and NaN are missing",
    ),
    "jsonlogic_null_less": Case(
        '{"<": [null, 1]} is true: null counts as 0',
        "number",
        of("number", lt=1),
        (0,),
        "a comparison with a missing value is false",
    ),
    # negated operators on missing values
    "mongo_ne": Case(
        "$ne matches documents without the field", "number", of("number", ne=2), (None, 0, 1, 3, 4)
    ),
    "mongo_nin": Case(
        "$nin matches documents without the field",
        "number",
        of("number", not_in=[2, 3]),
        (None, 0, 1, 4),
    ),
    "mongo_not_gt": Case(
        "{$not: {$gt: 2}} matches documents without the field",
        "number",
        {"not": of("number", gt=2)},
        (None, 0, 1, 2),
    ),
    "elastic_must_not": Case(
        "must_not term matches documents without the field",
        "word",
        {"not": of("word", eq="team")},
        tuple(each for each in WORDS if each != "team"),
    ),
    "jsonlogic_not_equal_null": Case(
        '{"!=": [null, 2]} is true', "number", of("number", ne=2), (None, 0, 1, 3, 4)
    ),
    "sql_not_equal_null": Case(
        "null <> 2 is unknown, so the row is out",
        "number",
        of("number", ne=2),
        (None, 0, 1, 3, 4),
        HOLDS_FOR_MISSING,
    ),
    "sql_not_in_null": Case(
        "null not in (2, 3) is unknown, so the row is out",
        "number",
        of("number", not_in=[2, 3]),
        (None, 0, 1, 4),
        HOLDS_FOR_MISSING,
    ),
    "sql_not_between_null": Case(
        "null not between 1 and 3 is unknown, so the row is out",
        "number",
        of("number", not_between=[1, 3]),
        (None, 0, 4),
        HOLDS_FOR_MISSING,
    ),
    "rules_engine_does_not_contain": Case(
        "doesNotContain is false for what cannot contain",
        "word",
        of("word", not_contains="e"),
        (None, "", "Spring", "spring", "Bart"),
        HOLDS_FOR_MISSING,
    ),
    # lists
    "jsonlogic_in": Case(
        '{"in": ["Bart", ["Bart", "Homer"]]}',
        "word",
        of("word", **{"in": ["Bart", "Homer"]}),
        ("Bart",),
    ),
    "jsonlogic_in_text": Case(
        '{"in": ["Spring", "Springfield"]}',
        "word",
        of("word", contains="Spring"),
        ("Spring", "Springfield"),
    ),
    "jsonlogic_not_in_text": Case(
        '{"in": ["i", "team"]} is false',
        "word",
        of("word", contains="i"),
        ("Spring", "spring", "Springfield"),
    ),
    # case
    "jsonlogic_equal_case": Case(
        "texts are equal letter by letter", "word", of("word", eq="spring"), ("spring",)
    ),
    "mongo_regex_i": Case(
        "$regex with the option i",
        "word",
        of("word", eq="SPRING", ignore_case=True),
        ("Spring", "spring"),
    ),
    "elastic_prefix_case": Case(
        "prefix with case_insensitive",
        "word",
        of("word", starts_with="sPRING", ignore_case=True),
        ("Spring", "spring", "Springfield"),
    ),
    # exclusive and inclusive bounds
    "jsonlogic_between_exclusive": Case(
        '{"<": [1, 2, 3]} is true, [1, 1, 3] false',
        "number",
        {"all": [of("number", gt=1), of("number", lt=3)]},
        (2,),
    ),
    "jsonlogic_between_inclusive": Case(
        '{"<=": [1, 1, 3]} is true, [1, 4, 3] false',
        "number",
        of("number", between=[1, 3]),
        (1, 2, 3),
    ),
    "elastic_date_gt_lt": Case(
        "gt and lt leave out the day itself",
        "day",
        of("day", after=date(2026, 1, 31), before=date(2026, 3, 1)),
        ("2026-02-01", "2026-02-28"),
    ),
    "elastic_date_gte_lte": Case(
        "gte and lte take it in",
        "day",
        of("day", on_or_after=date(2026, 1, 31), on_or_before=date(2026, 2, 28)),
        ("2026-01-31", "2026-02-01", "2026-02-28"),
    ),
    "sql_between_days": Case(
        "between takes both ends in",
        "day",
        of("day", between=[date(2026, 2, 1), date(2026, 2, 28)]),
        ("2026-02-01", "2026-02-28"),
    ),
    # groups
    "jsonlogic_and_or": Case(
        '{"and": [true, {"or": [false, true]}]}',
        "number",
        {"all": [of("number", gt=0), {"any": [of("number", lt=2), of("number", eq=4)]}]},
        (1, 4),
    ),
    "rules_engine_not": Case(
        "not negates a group",
        "number",
        {"not": {"any": [of("number", lt=2), of("number", gt=3)]}},
        (None, 2, 3),
    ),
}
REFUSED = {
    "mongo_in_empty": (of("number", **{"in": []}), "{$in: []} matches nothing"),
    "mongo_nin_empty": (of("number", not_in=[]), "{$nin: []} matches everything"),
    "jsonlogic_and_empty": ({"all": []}, '{"and": []} has a value of its own'),
    "rules_engine_any_empty": ({"any": []}, "an empty any is true"),
    "jsonlogic_loose_equal": (of("number", eq="1"), '{"==": [1, "1"]} is true'),
    "mongo_eq_null_literal": (of("number", eq=None), "{field: null} is written is_missing"),
}


def person(name: str, number: int) -> str:
    return f"{name}-{number}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(folder=tmp_path_factory.mktemp("engines"), attributes=ATTRIBUTES)
    lab.create()
    people = [
        {
            "profile_id": person(name, number),
            name: date.fromisoformat(value) if name == "day" and value else value,
        }
        for name, values in VALUES.items()
        for number, value in enumerate(values)
    ]
    lab.load({"profiles": people})
    return lab


@pytest.fixture(scope="module")
def members(lab: Lab) -> dict[str, set[str]]:
    lab.segments(
        {name: {"contacts_nobody": "a test", "where": case.rule} for name, case in CASES.items()}
    )
    lab.require_build()
    return lab.members()


@pytest.mark.parametrize("name", CASES)
def test_a_published_case(name: str, members: dict[str, set[str]]) -> None:
    case = CASES[name]
    values = VALUES[case.field]
    tried = {person(case.field, number) for number in range(len(values))}
    found = {values[int(each.rsplit("-", 1)[1])] for each in members[name] & tried}
    assert found == set(case.holds)


def test_what_has_no_plain_meaning_is_refused(lab: Lab, members: dict[str, set[str]]) -> None:
    lab.segments(
        {name: {"contacts_nobody": "a test", "where": rule} for name, (rule, _) in REFUSED.items()}
    )
    errors, _ = lab.complaints()
    told = {error.partition(": ")[0] for error in errors}
    assert told == {f"models/segments/{name}.yml" for name in REFUSED}


def test_the_page_lists_every_difference() -> None:
    page = (ROOT / "docs/segments.md").read_text(encoding="utf-8")
    section = page.split("## Where other rule engines differ", 1)[1].split("\n## ", 1)[0]
    words = re.sub(r"\s+", " ", section)
    for name, case in CASES.items():
        if case.differs:
            assert case.differs in words, name
    for name, (_, published) in REFUSED.items():
        assert published in words, name
