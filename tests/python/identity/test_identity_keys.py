"""What else keys can be, through `dbt build`: unreadable, shared on purpose, of several values,
tied to a condition, and limited by kind. The cases stand side by side in one warehouse.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from identity_lab import Lab, Record, failures

KEYS = ("email", "phone", "card")


def record(identifier: str, source: str = "a", **columns: Any) -> Record:
    raw = {f"raw_{key}": columns[key] for key in KEYS if columns.get(key)}
    return {"source_name": source, "source_record_id": identifier, **raw, **columns}


CUSTOMERS = [
    # nine addresses of b can be read, two cannot; of its telephone numbers one in twelve
    *(record(f"read {n}", "b", email=f"read{n}@example.com") for n in range(9)),
    record("unread 1", "b", raw_email="unread1.example.com", raw_phone="1234567"),
    record("unread 2", "b", raw_email="?", raw_phone=" "),
    *(record(f"called {n}", "b", phone=f"+316000001{n:02}") for n in range(11)),
    # on the junk list as it came, though it can be read; and as it came alone
    record("junk 1", email="x@example.com", raw_email=" Nobody@Example.com"),
    record("junk 2", email="x@example.com", phone=None, raw_phone="0000000000"),
    # on the list of shared keys
    record("firm 1", email="info@firm.example.com"),
    record("firm 2", email="info@firm.example.com"),
    record("lone 1", email="sales@firm.example.com"),
    # a telephone number ties only with the last name
    record("family 1", phone="+31600000201", last_name="Öztürk "),
    record("family 2", phone="+31600000201", last_name="öztürk"),
    record("family 3", phone="+31600000201", last_name="Ozturk"),
    record("family 4", phone="+31600000201", last_name="de Wit"),
    record("family 5", phone="+31600000201", last_name="De Wit"),
    record("family 6", phone="+31600000201"),
    # two per card, three per number and name, five per address
    *(record(f"cards {n}", card="K1") for n in range(3)),
    *(record(f"pair {n}", card="K2") for n in range(2)),
    *(record(f"five {n}", email="five@example.com") for n in range(5)),
    # one record has two numbers more: each ties it to another, and is nobody's first choice
    record(
        "several 1",
        phone="+31600000301",
        last_name="Ba",
        updated_at=dt.datetime(2026, 1, 1),
    ),
    record(
        "several 2",
        phone="+31600000302",
        last_name="Ba",
        updated_at=dt.datetime(2026, 1, 2),
    ),
    record(
        "several 3",
        phone="+31600000303",
        last_name="Ba",
        updated_at=dt.datetime(2025, 1, 1),
    ),
    record("several 4", phone="+31600000302", last_name="Other"),
    # countries that are none; no purpose asks for one
    record("abroad 1", country="UK"),
    record("abroad 2", country=" uk"),
    record("abroad 3", "b", country="UK"),
    record("abroad 4", country="Deutschland"),
    record("abroad 5", country="nld "),
    record("abroad 6", country="someone@example.com"),
    record("abroad 7", country="be"),
    record("abroad 8", country=" "),
]
CONTACT_POINTS = [
    ("a", "several 1", "phone", "+31600000302", "0600000302"),
    ("a", "several 1", "phone", "+31600000303", "0600000303"),
    ("a", "several 1", "phone", "+31600000303", "06-00000303"),
    ("a", "several 1", "phone", "+31600000301", None),
    ("a", "several 1", "email", "several1@example.com", None),
    ("a", "several 1", "email", None, "several1"),
    ("a", "nobody 1", "email", "nobody1@example.com", None),
]


WARNED: set[str] = set()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(
        tmp_path_factory.mktemp("keys"),
        keys=KEYS,
        attributes={"last_name": "string", "country": "string"},
        has_raw_keys=True,
        only_with={"phone": ("last_name",)},
        variables={
            "max_records_per_key": {"card": 2, "phone": 3, "email": 5},
            "contact_point_models": ["stg_lab__contact_points"],
        },
    ).create()
    lab.write_customers(CUSTOMERS)
    lab.write_junk([("email", "nobody@example.com"), ("phone", "0000000000")])
    lab.write_shared([("email", "*@firm.example.com")])
    lab.write_contact_points(CONTACT_POINTS)
    chosen = ("profiles", "profile_matches", "rejected_keys", "int_identity__contact_points")
    outcome = lab.build(*(f"+{name}" for name in chosen))
    assert outcome.success, failures(outcome)
    WARNED.update(each.name for each in outcome.results if each.status == "warn")
    return lab


def people(lab: Lab, case: str) -> set[frozenset[str]]:
    """The records of each profile of a case, by their short names."""
    found: dict[str, set[str]] = {}
    for profile, identifier in lab.rows(
        "select profile_id, source_record_id from int_identity__record_profiles"
        f" where source_record_id like '{case} %'"
    ):
        found.setdefault(profile, set()).add(identifier.removeprefix(f"{case} "))
    return {frozenset(records) for records in found.values()}


def groups(*texts: str) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


def rejected(lab: Lab, reason: str) -> list[tuple[Any, ...]]:
    return lab.rows(
        "select key_type, masked_value, record_count, model_name, source_name, source_record_id,"
        f" raw_value from rejected_keys where reason = '{reason}' order by all"
    )


def points(lab: Lab, identifier: str) -> dict[tuple[str, str], bool]:
    rows = lab.rows(
        "select key_type, key_value, is_primary from int_identity__contact_points inner join"
        " int_identity__record_profiles using (profile_id)"
        f" where source_record_id = '{identifier}'"
    )
    return {(kind, value): is_primary for kind, value, is_primary in rows}


def test_values_that_cannot_be_read_are_counted_per_source_and_kind(lab: Lab) -> None:
    customers, further = "stg_lab__customers", "stg_lab__contact_points"
    assert rejected(lab, "not_valid") == [
        ("email", "s***l1", 1, further, "a", "several 1", "several1"),
        ("email", "u***om and ***", 2, customers, "b", "unread 1", "unread1.example.com"),
        ("phone", "1***67", 1, customers, "b", "unread 1", "1234567"),
    ]
    counts = lab.rows(
        "select key_type, filled_count, unreadable_count from int_identity__unreadable_keys"
        " where source_name = 'b' order by key_type"
    )
    assert counts == [("email", 11, 2), ("phone", 12, 1)]


def test_a_column_of_which_more_than_a_tenth_cannot_be_read_is_a_warning(lab: Lab) -> None:
    assert "more_than_a_tenth_of_a_column_of_keys_cannot_be_read" in WARNED
    wrong = lab.rows(
        "select source_name, key_type from int_identity__unreadable_keys"
        " where unreadable_count * 10 > filled_count order by all"
    )
    assert wrong == [("a", "email"), ("b", "email")]


def test_junk_is_known_by_the_value_as_it_came_too(lab: Lab) -> None:
    assert people(lab, "junk") == groups("1", "2")
    assert points(lab, "junk 1") == {}
    assert points(lab, "junk 2") == {("email", "x@example.com"): True}
    assert [row[:3] for row in rejected(lab, "junk")] == [
        ("email", "x***@example.com", 1),
        ("phone", "0***00", 1),
    ]


def test_a_key_on_the_list_of_shared_ones_ties_nobody_and_stays_a_contact_point(lab: Lab) -> None:
    assert people(lab, "firm") == groups("1", "2")
    assert points(lab, "firm 2") == {("email", "info@firm.example.com"): True}
    assert [row[:3] for row in rejected(lab, "shared")] == [("email", "i***@firm.example.com", 2)]


def test_a_key_with_a_condition_ties_those_who_agree_on_it(lab: Lab) -> None:
    assert people(lab, "family") == groups("1 2", "3", "4 5", "6")
    assert ("phone", "+31600000201") in points(lab, "family 6")
    # five records of six have the number, but no name is on more than two of them
    assert ("phone", "+***01") not in {row[:2] for row in rejected(lab, "shared_by_too_many")}
    assert lab.rows(
        "select matched_by from profile_matches where source_record_id = 'family 2'"
    ) == [("phone +***01, with last_name",)]


def test_a_source_that_lacks_the_attribute_says_so(lab: Lab) -> None:
    # b has no last name: none of its numbers ties
    found = rejected(lab, "lacks_attribute")
    assert {(row[0], row[2], row[4]) for row in found} == {("phone", 1, "a"), ("phone", 11, "b")}


def test_the_limit_may_be_another_for_each_kind(lab: Lab) -> None:
    assert people(lab, "cards") == groups("0", "1", "2")
    assert people(lab, "pair") == groups("0 1")
    assert people(lab, "five") == groups("0 1 2 3 4")
    assert [row[:3] for row in rejected(lab, "shared_by_too_many")] == [("card", "***", 3)]


def test_further_contact_points_tie_and_are_contact_points(lab: Lab) -> None:
    assert people(lab, "several") == groups("1 2 3", "4")
    assert points(lab, "several 1") == {
        ("email", "several1@example.com"): True,
        ("phone", "+31600000301"): False,
        ("phone", "+31600000302"): True,  # of its own record's, the one last seen
        ("phone", "+31600000303"): False,
    }
    matches = lab.rows(
        "select source_record_id, matched_by, steps from profile_matches"
        " where source_record_id like 'several %' order by all"
    )
    assert matches == [
        ("several 1", None, 0),
        ("several 2", "phone +***02, with last_name", 1),
        ("several 3", "phone +***03, with last_name", 1),
        ("several 4", None, 0),
    ]


def test_contact_points_of_a_record_that_nobody_has_are_told(lab: Lab) -> None:
    assert rejected(lab, "no_record") == [
        ("email", "n***@example.com", 1, "stg_lab__contact_points", "a", "nobody 1", None)
    ]


def test_a_country_that_is_none_is_told_with_the_nearest_code(lab: Lab) -> None:
    def told(shown: str, source: str, example: int, raw: str) -> tuple[object, ...]:
        model, record_id = "stg_lab__customers", f"abroad {example}"
        return ("country", shown, 1, model, source, record_id, raw)

    assert rejected(lab, "country_not_known") == [
        told("Deutschland (did you mean DE?)", "a", 4, "Deutschland"),
        told("UK (did you mean GB?)", "a", 1, "UK"),
        told("UK (did you mean GB?)", "b", 3, "UK"),
        told("nld (did you mean NL?)", "a", 5, "nld"),
        told("s***om", "a", 6, "someone@example.com"),
        told("uk (did you mean GB?)", "a", 2, "uk"),
    ]
    assert "is_empty_rejected_keys_" in WARNED


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (("a", "1", "fon", "+31600000001", None), "key_type 'fon' (1 rows) is no alternate key"),
        ((None, "1", "phone", "+31600000001", None), "1 rows have no source_name"),
    ],
)
def test_contact_points_of_an_unknown_kind_or_record_stop_the_build(
    point: tuple[str | None, ...], message: str, lab: Lab
) -> None:
    lab.write_contact_points([*CONTACT_POINTS, point])
    outcome = lab.build("int_identity__further_keys", is_tested=False)
    lab.write_contact_points(CONTACT_POINTS)
    assert not outcome.success
    assert message in failures(outcome)
