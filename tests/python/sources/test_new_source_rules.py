# ruff: noqa: E501 (lists of words stand whole)
"""Files of random columns and values: what is proposed as a grant is what the rules allow.

The rule is stated here once more, by itself: the words of each language are written out, and a name
is taken apart by a different means than the product's.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runner.sources.answers import Answers
from runner.sources.columns import read_source_file, rows_of
from runner.sources.propose import Context, propose

EXAMPLES = 1500 if os.environ.get("CONSENT_LONG") else 80
POSITIVE = (
    "opt in", "optin", "opted in", "consent", "subscribed", "accepts", "agreed", "wants", "permission",
    "toestemming", "aangemeld", "akkoord", "einwilligung", "zustimmung", "abonniert", "angemeldet",
    "consentement", "abonné", "inscrit", "consentimiento", "suscrito", "acepta",
    "consenso", "iscritto", "accetta", "consentimento", "inscrito", "aceita", "permissão",
)  # fmt: skip
NEGATIVE = (
    "no", "not", "unsubscribed", "opt out", "opted out", "blocked", "cancelled", "refused", "withdrawn",
    "geen", "afgemeld", "uitgeschreven", "kein", "abgemeldet", "gesperrt", "widerrufen", "désabonné",
    "désinscrit", "baja", "cancelado", "non", "disiscritto", "não", "cancelada", "stop", "exclude from",
)  # fmt: skip
UNKNOWN = (
    "sent", "opened", "requested", "seen", "popup", "old", "date", "source", "2", "score", "flag",
    "verzonden", "gesendet", "envoyé", "enviado", "inviato", "status", "last", "email", "of", "is",
)  # fmt: skip
PURPOSES = {
    "newsletter": ["Nieuwsbrief", "Boletín"],
    "product_updates": ["Productnieuws"],
    "sms_offers": [],
    "use": [],
    "sale": [],
    "storage": [],
}
ANSWERS = (
    ({"yes", "y"}, {"no", "n"}),
    ({"ja", "j"}, {"nee", "n"}),
    ({"ja", "j"}, {"nein", "n"}),
    ({"oui", "o"}, {"non", "n"}),
    ({"sí", "si", "s"}, {"no", "n"}),
    ({"sì", "si", "s"}, {"no", "n"}),
    ({"sim", "s"}, {"não", "nao", "n"}),
    ({"true", "t"}, {"false", "f"}),
)
VALUES = (
    "yes", "no", "Yes", "NO", "ja", "nee", "nein", "oui", "non", "sí", "sì", "sim", "não", "true", "false",
    "1", "0", "x", "", "on", "unsubscribed", "subscribed", "maybe", "2026-01-01", "granted",
)  # fmt: skip
CALLED = {
    "newsletter": "newsletter",
    "nieuwsbrief": "newsletter",
    "boletín": "newsletter",
    "product updates": "product_updates",
    "productnieuws": "product_updates",
    "sms offers": "sms_offers",
}


def purpose_allowed(name: str) -> str | None:
    """The purpose whose grant a column of this plain name may be, by the rule of names."""
    left = f" {name.lower()} "
    found = []
    for called, purpose in CALLED.items():
        while f" {called} " in left:
            left = left.replace(f" {called} ", " ", 1)
            found.append(purpose)
    # longer phrases first: `opted in` before any word of it
    for phrase in sorted(POSITIVE, key=len, reverse=True):
        while f" {phrase} " in left:
            left = left.replace(f" {phrase} ", " ", 1)
    return found[0] if len(found) == 1 and not left.strip() else None


def values_allowed(values: list[str]) -> bool:
    """Whether values may be those of a grant: yes and no of one language, and both of them."""
    said = {value.strip().lower() for value in values} - {""}
    return any(said <= yes | no and said & yes and said & no for yes, no in ANSWERS)


@st.composite
def names(draw: st.DrawFn) -> str:
    words = st.sampled_from((*POSITIVE, *NEGATIVE, *UNKNOWN, *CALLED, "use", "storage"))
    listed = draw(st.lists(words, min_size=1, max_size=3))
    if draw(st.booleans()):
        listed.insert(draw(st.integers(0, len(listed))), draw(st.sampled_from(sorted(CALLED))))
    return " ".join(listed)


STYLES = (
    lambda name: name,
    lambda name: name.replace(" ", "_"),
    lambda name: name.title().replace(" ", ""),
    lambda name: name.upper().replace(" ", "-"),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, str], list[list[str]]]:
    # a first row of numbers alone is no header, and refused
    named = names().filter(lambda name: any(letter.isalpha() for letter in name))
    plain = draw(st.lists(named, min_size=1, max_size=3, unique=True))
    style = draw(st.sampled_from(STYLES))
    columns = {style(name): name for name in plain}
    rows = draw(st.integers(1, 5))
    kinds = st.one_of(
        st.lists(st.sampled_from(VALUES), min_size=rows, max_size=rows),
        st.lists(st.sampled_from(["yes", "no", ""]), min_size=rows, max_size=rows),
        st.lists(st.sampled_from(["Ja", "Nein", ""]), min_size=rows, max_size=rows),
    )
    return columns, [draw(kinds) for _ in columns]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("random") / "list.csv"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    table=(
        {"boletín newsletter": "boletín newsletter", "id": "id"},
        [["yes", "no", ""], ["yes", "no", ""]],
    )
)
@given(table=tables())
def test_nothing_is_a_grant_that_the_rules_do_not_allow(
    file: Path, table: tuple[dict[str, str], list[list[str]]]
) -> None:
    columns, values = table
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["signup_id", "email", *columns])
    for number, row in enumerate(zip(*values, strict=True)):
        writer.writerow([f"S{number}x", f"a{number}@example.com", *row])
    file.write_text(text.getvalue(), encoding="utf-8")
    source = read_source_file(str(file), "list.csv")
    with rows_of(source) as connection:
        context = Context(("email", "phone"), ("first_name", "country"), PURPOSES)
        plan = propose(source, connection, context, Answers(), kind="customers")

    by_purpose: dict[str, list[str]] = {}
    for written, plain in columns.items():
        purpose = purpose_allowed(plain)
        if purpose:
            by_purpose.setdefault(purpose, []).append(written)
    asked = {question.column for question in plan.questions}
    for consent in plan.consents:
        if not consent.grants:
            continue
        number = list(columns).index(consent.column)
        assert consent.purpose == purpose_allowed(columns[consent.column])
        assert consent.purpose not in ("use", "sale", "storage")
        assert values_allowed(values[number])
        assert by_purpose[consent.purpose] == [consent.column], "the only candidate"
        assert consent.column not in asked
        granted = {v for v, status in consent.statuses.items() if status == "granted"}
        assert any(granted <= yes for yes, _ in ANSWERS)
    # whatever has a word of ours in it is taken, or asked about: never passed over
    taken = {consent.column for consent in plan.consents}
    for written, plain in columns.items():
        if any(word in f" {plain} " for word in map(" {} ".format, (*CALLED, *NEGATIVE[:6]))):
            assert written in taken | asked | set(plan.roles.values())


def test_the_rule_of_this_test_allows_something() -> None:
    assert purpose_allowed("newsletter opt in") == "newsletter"
    assert purpose_allowed("newsletter unsubscribed") is None
    assert purpose_allowed("newsletter product updates") is None
    assert values_allowed(["yes", "no", ""]) and not values_allowed(["yes", "1"])
    pairs = itertools.product(CALLED, POSITIVE)
    assert all(purpose_allowed(f"{called} {word}") for called, word in pairs)
