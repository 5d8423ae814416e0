"""clean_phone against libphonenumber: examples of every country in every spelling, and mistakes."""

from __future__ import annotations

import os
from collections import Counter, defaultdict

import phonenumbers
import pyarrow as pa
import pytest
from identity_lab import ROOT, Lab, failures
from phone_cases import MUTATIONS, Case, all_cases

from tools.reference import digits, phone_plans, phone_rules, phone_sql

LONG = bool(os.environ.get("CONSENT_LONG"))
ROUNDS = 3
PAGE = ROOT / "docs/phone-numbers.md"
PHONES = """
    select
        number,
        {{ dbt_consent.clean_phone('text', country='country') }} as phone
    from lab.phones
"""
Answers = list[tuple[Case, str | None, str | None]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(
        tmp_path_factory.mktemp("phones"),
        models={"phones": PHONES},
        variables={"default_country": "NL"},
    ).create()


def answers(lab: Lab, cases: list[Case]) -> Answers:
    """Each case with libphonenumber's answer and ours."""
    # without a country of its own, a case is read by the default country
    theirs = [Case(c.text, c.country or "NL", c.spelling).answer() for c in cases]
    lab.load(
        "phones",
        pa.table(
            {
                "number": list(range(len(cases))),
                "text": [case.text for case in cases],
                "country": pa.array([case.country for case in cases], pa.string()),
            }
        ),
    )
    outcome = lab.build("phones")
    assert outcome.success, failures(outcome)
    ours = [phone for (phone,) in lab.rows("select phone from phones order by number")]
    return list(zip(cases, theirs, ours, strict=True))


@pytest.fixture(scope="module")
def measured(lab: Lab) -> Answers:
    return answers(lab, all_cases(60 if LONG else ROUNDS))


def test_valid_numbers_get_the_same_answer(measured: Answers) -> None:
    valid = [(ours, theirs) for case, theirs, ours in measured if theirs and case.country]
    assert len(valid) > 10_000
    assert sum(ours == theirs for ours, theirs in valid) / len(valid) > (0.998 if LONG else 0.999)


def test_no_two_numbers_become_one(measured: Answers) -> None:
    assert [case for case, theirs, ours in measured if ours and theirs and ours != theirs] == []
    read_as = defaultdict(set)
    for _, theirs, ours in measured:
        if ours and theirs:
            read_as[ours].add(theirs)
    assert {ours: theirs for ours, theirs in read_as.items() if len(theirs) > 1} == {}


def test_the_table_of_the_page_is_current(measured: Answers) -> None:
    rows = table([row for row in measured if LONG is False or row[0].spelling not in MUTATIONS])
    print("\n".join(rows))
    page = PAGE.read_text(encoding="utf-8")
    assert f"phonenumbers {phonenumbers.__version__}" in page
    for row in rows:
        assert row in page, f"docs/phone-numbers.md should have the row\n{row}"


def table(measured: Answers) -> list[str]:
    """The rows of the page's tables: what was compared, and each text that differs."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    different: dict[tuple[str | None, str | None], str] = {}
    for case, theirs, ours in measured:
        if ours == theirs:
            kind = "same"
        else:
            kind = "stricter" if ours is None else "another" if theirs else "laxer"
        counts[case.spelling][kind] += 1
        if kind != "same":
            row = f"| {case.country or '–'} | `{case.text}` | {theirs or '–'} | {ours or '–'} |"
            different.setdefault((theirs, ours), row)
    return [
        f"| {spelling} | {sum(count.values())} | {count['same']} | {count['stricter']} "
        f"| {count['laxer']} | {count['another']} |"
        for spelling, count in counts.items()
    ] + list(different.values())


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("06-12345678", "NL", "+31612345678"),
        ("06 – 12 34 56 78", "nl ", "+31612345678"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("0031 (0)6 12345678", None, "+31612345678"),
        ("Tel: 020 7946 0018", "GB", "+442079460018"),
        ("923012345678", "PK", "+923012345678"),
        ("43 664 1234567", "AT", "+436641234567"),
        ("4930123456", "DE", "+4930123456"),
        ("77710009998", "KZ", "+77710009998"),
        ("375-801-1234567", "BY", "+3758011234567"),
        ("٠٦١٢٣٤٥٦٧٨", "NL", "+31612345678"),
        ("\u202a+31 6 12345678\u202c", None, "+31612345678"),
        ("06 12345678 / 06 87654321", "NL", None),
        ("1-800-FLOWERS", "US", None),
        ("call me", "NL", None),
        ("+", "NL", None),
        ("", "NL", None),
        (None, "NL", None),
        ("0612345678", "XX", None),
        ("+999123456789", "NL", None),
        ("'; drop table x; --", "NL", None),
        ("06" + "1" * 5000, "NL", None),
    ],
)
def test_what_people_write(
    text: str | None, country: str | None, phone: str | None, written: dict[object, str | None]
) -> None:
    assert written[text, country] == phone


@pytest.fixture(scope="module")
def written(lab: Lab) -> dict[object, str | None]:
    """All texts of the test above in one build."""
    marks = test_what_people_write.pytestmark  # type: ignore[attr-defined]
    cases = [(text, country) for text, country, _ in marks[0].args[1]]
    rows = answers(lab, [Case(text or "", country, "") for text, country in cases])
    return {case: ours for case, (_, _, ours) in zip(cases, rows, strict=True)}


def test_the_macro_is_of_the_installed_metadata() -> None:
    text = phone_plans.MACRO.read_text(encoding="utf-8")
    assert f"libphonenumber's metadata\n    {phonenumbers.__version__}." in text


@pytest.mark.skipif(not LONG, reason="a minute; CONSENT_LONG=1")
def test_generated_files_are_current() -> None:
    """What `python -m tools.reference.phone_plans` would write is what is there."""
    assert phone_plans.main(["--check"]) == 0


@pytest.mark.skipif(not LONG, reason="a minute; CONSENT_LONG=1")
def test_all_digit_strings_that_are_read_differently() -> None:
    """Not samples: the SQL's rules and libphonenumber's as sets of up to 30 digits.

    Elsewhere the SQL reads nothing that libphonenumber does not read, and reads it the same.
    """
    differing = {}
    for region in phone_rules.REGIONS:
        reading = phone_sql.national_reading(region)
        wanted = phone_rules.nationally_dialled(region)
        wrong = digits.intersection(
            phone_rules.differences(reading, wanted), phone_rules.inputs_of(reading)
        )
        if wrong != digits.NOTHING:
            differing[region] = wrong
    assert differing.keys() == {"CC", "CX", "IM", "JE", "JP"}
    usual = digits.digits(1, 15)
    assert digits.intersection(differing["JP"], usual) == digits.NOTHING
    international = phone_sql.international_reading()
    wrong = phone_rules.differences(international, phone_rules.international())
    assert digits.intersection(wrong, phone_rules.inputs_of(international)) == digits.NOTHING
