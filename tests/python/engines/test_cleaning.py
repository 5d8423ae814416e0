"""The cleaning macros of staging against plain Python, on texts of people and of nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from engines.macro_lab import Case, MacroLab

SPACES = "\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
SPACES += "\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
QUOTES = "\"'‘’‚‛“”„‟«»‹›"
LETTERS = ["a", "B", "z", "I", "İ", "ı", "Σ", "ß", "é", "É", "e\u0301", "\u0301", "名", "😀", "_"]
SIGNS = ["@", ".", "-", "/", "+", "'", '"', "\\", "%", "0", "7", ",", "!", "~", " ", "  "]
SIGNS += [";", "<", ">", "?", ":", "‘", "’", "“", "”", "«"]
ALPHABET = [*LETTERS, *SIGNS, *SPACES, *INVISIBLE]

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_LABEL = r"[a-z0-9\u00a1-\U0010ffff](?:[a-z0-9\u00a1-\U0010ffff-]{0,61}[a-z0-9\u00a1-\U0010ffff])?"
_ADDRESS = re.compile(
    rf"{_ATOM}(?:[.]{_ATOM})*@(?:{_LABEL}[.])+(?:xn--[a-z0-9-]{{2,59}}|[a-z\u00a1-\U0010ffff]{{2,63}})"
)
_BESIDE = re.compile("[\u0300-\u036f\u2000-\u206f\u3000\ufe00-\ufe0f\ufff0-\uffff]")
YES = ("true", "t", "yes", "y", "ja", "j", "1", "on")
NO = ("false", "f", "no", "n", "nee", "nein", "non", "0", "off")


def text_of(given: str) -> str | None:
    seen = "".join(" " if c in SPACES else c for c in given if c not in INVISIBLE)
    return seen.strip(" ") or None


def undressed(text: str) -> str:
    """What is left of an address as mail programs and spreadsheets write it."""
    text = text.rstrip(" .,;" + QUOTES)
    if text.endswith(">") and text.count("<") == text.count(">") == 1:
        name, address = text[:-1].split("<")
        text = text if "@" in name else address
    text = text.lstrip(" " + QUOTES)
    if text[:7].lower() == "mailto:":
        text = text[7:].split("?")[0]
    return text.strip(" " + QUOTES).rstrip(" .,;" + QUOTES)


def email_of(given: str) -> str | None:
    text = unicodedata.normalize("NFC", undressed(text_of(given) or ""))
    text = "".join("σ" if c == "Σ" else "i\u0307" if c == "İ" else c.lower() for c in text)
    local = text.split("@", maxsplit=1)[0]
    if not _ADDRESS.fullmatch(text) or _BESIDE.search(text) or len(text) > 254 or len(local) > 64:
        return None
    return text


def ascii_upper(text: str) -> str:
    return "".join(c.upper() if "a" <= c <= "z" else c for c in text)


def code_of(given: str) -> str | None:
    return ascii_upper(re.sub(r"[-./ ]", "", text_of(given) or "")) or None


def boolean_of(given: str) -> bool | None:
    text = "".join(c.lower() if "A" <= c <= "Z" else c for c in given.strip(" "))
    return True if text in YES else False if text in NO else None


def drawn(draw: Random) -> str:
    """A few characters; often within an address, a code or an answer as people write them."""
    noise = "".join(draw.choice(ALPHABET) for _ in range(draw.randrange(6)))
    word = draw.choice(
        [
            "",
            "F. Ba <a@b.example>",
            "MailTo:a@b.example?x=1",
            "'a@b.example'",
            "Frank@Contoso.com",
            "a@b.example",
            "2620 0001-0042",
            "Ja",
            "off",
            "no",
            "x",
        ]
    )
    at = draw.randrange(len(word) + 1)
    return draw.choice([noise, word[:at] + noise + word[at:], f" {word}", f"{word}{noise}", word])


DECORATED = [
    "Frank Ba <frank@contoso.com>",
    '"Ba, Frank" <Frank@contoso.com>;',
    "<frank@contoso.com>",
    "frank@contoso.com.",
    "frank@contoso.com, ",
    "frank@contoso.com;",
    "'frank@contoso.com",
    "“frank@contoso.com”",
    "mailto:frank@contoso.com",
    "Mailto: frank@contoso.com?subject=Hello%20you",
    "<mailto:frank@contoso.com>",
    "Frank <'frank@contoso.com'>",
]
SEVERAL = [
    "frank@contoso.com, anna@contoso.com",
    "frank@contoso.com;anna@contoso.com",
    "frank@contoso.com anna@contoso.com",
    "frank@contoso.com/anna@contoso.com",
    "frank@contoso.com <anna@contoso.com>",
    "Frank <frank@contoso.com>, Anna <anna@contoso.com>",
]
KNOWN = [
    "",
    " ",
    "x" * 64 + "@example.com",
    "x" * 65 + "@example.com",
    "a@" + "b" * 63 + ".example",
    "a@" + "b" * 64 + ".example",
    "a@" + ".".join(["b" * 60] * 4) + ".example",
    "a@" + ".".join(["b" * 60] * 4) + ".com",
    "a..b@example.com",
    "a@example",
    "frank@bücher.example",
    "a@xn--bcher-kva.xn--p1ai",
    "FRANK@CONTOSO.COM",
    "\ufefffrank@contoso.com\u200b",
    "frank@contoso.com\n",
    *DECORATED,
    *SEVERAL,
]
_RANDOM = Random(1)
GIVEN = [*KNOWN, *(drawn(_RANDOM) for _ in range(1500)), *YES, *NO, "Yes ", "NEE"]
MACROS: dict[str, Callable[[str], Any]] = {
    "clean_text": text_of,
    "clean_email": email_of,
    "clean_code": code_of,
    "clean_boolean": boolean_of,
}
KINDS: dict[str | None, Callable[[str], Any]] = {
    "email": email_of,
    "phone": {"+31 6 20000001": "+31620000001", "06-20000001": None}.get,
    "loyalty_id": code_of,
    "fax": lambda _: None,
    None: lambda _: None,
}
ALIASES = [
    ("frank.ba+news@gmail.com", "frankba@gmail.com"),
    ("f.ba@googlemail.com", "fba@googlemail.com"),
    ("frank.ba+a+b@contoso.com", "frank.ba@contoso.com"),
    ("+frank@contoso.com", "+frank@contoso.com"),
    ("frank@gmail.com", "frank@gmail.com"),
]
POINTS = ["frank@contoso.com", "+31 6 20000001", "06-20000001", "2620 0001", "", *GIVEN[:60]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    rows = [*GIVEN, None]
    cases = {
        name: Case([(given, None) for given in rows], f"{{{{ dbt_consent.{name}('text') }}}}")
        for name in MACROS
    }
    cases["clean_contact_point"] = Case(
        [((kind, point), None) for kind in KINDS for point in POINTS],
        "{{ dbt_consent.clean_contact_point('text_kind', 'text_point') }}",
        ("text_kind", "text_point"),
    )
    variables = {"alternate_keys": ["email", "phone", "loyalty_id"]}
    aliases = Case([(text, None) for text, _ in ALIASES], "{{ dbt_consent.clean_email('text') }}")
    cases["kept"] = aliases
    folding = MacroLab(tmp_path_factory.mktemp("folding"), {"fold_email_aliases": True})
    folded = folding.values({"folded": aliases})
    return MacroLab(tmp_path_factory.mktemp("cleaning"), variables).values(cases) | folded


@pytest.mark.parametrize("name", MACROS)
def test_texts_are_cleaned(name: str, found: dict[str, list[Any]]) -> None:
    *values, of_null = found[name]
    assert of_null is None
    expected = [MACROS[name](given) for given in GIVEN]
    wrong = [row for row in zip(GIVEN, expected, values, strict=True) if row[1] != row[2]]
    assert not wrong, "\n".join(f"{g!r}: expected {e!r}, is {i!r}" for g, e, i in wrong[:20])
    assert sum(value is not None for value in expected) > len(expected) / 10
    assert sum(value is None for value in expected) > len(expected) / 100


def test_contact_points_are_cleaned_as_their_kind_says(found: dict[str, list[Any]]) -> None:
    expected = [KINDS[kind](point) for kind in KINDS for point in POINTS]
    assert found["clean_contact_point"] == expected


def test_what_stands_around_an_address_is_taken_off(found: dict[str, list[Any]]) -> None:
    of = dict(zip(GIVEN, found["clean_email"], strict=False))
    assert {of[text] for text in DECORATED} == {"frank@contoso.com"}
    assert {of[text] for text in SEVERAL} == {None}


def test_aliases_of_a_mailbox_are_one_address_where_that_is_asked(
    found: dict[str, list[Any]],
) -> None:
    aliases = [text for text, _ in ALIASES]
    assert found["kept"] == aliases
    assert found["folded"] == [address for _, address in ALIASES]
