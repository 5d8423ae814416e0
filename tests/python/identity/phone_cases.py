"""Phone numbers as people write them, and what libphonenumber makes of each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

MUTATIONS = ("a digit changed", "a digit more", "a digit less", "two digits swapped")


@dataclass(frozen=True)
class Case:
    """A text, the country that it is dialled from, and how it came about."""

    text: str
    country: str | None
    spelling: str

    def answer(self) -> str | None:
        """E.164 by libphonenumber; None when it is no valid number."""
        try:
            number = phonenumbers.parse(self.text, self.country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def examples() -> Iterator[tuple[str, PhoneNumber]]:
    """An example number of every region and kind, with its region."""
    kinds = sorted(PhoneNumberType.values())
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        found = {}
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None and phonenumbers.is_valid_number(number):
                text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                found[text] = number
        for number in found.values():
            yield region, number


def spellings(region: str, number: PhoneNumber) -> Iterator[Case]:
    """The number as it is written in its own country."""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    abroad = phonenumbers.PhoneMetadata.metadata_for_region(region).international_prefix
    yield Case(national, region, "national")
    yield Case(_joined(national, "."), region, "national, dotted")
    yield Case(_joined(national, ""), region, "national, bare")
    yield Case(f"{_joined(national, '-')} ext. 12", region, "national, with extension")
    yield Case(international, region, "international")
    yield Case(_joined(international, "."), region, "international, dotted")
    yield Case(e164, region, "E.164")
    yield Case(_wide(e164), region, "E.164, full-width digits")
    yield Case(e164[1:], region, "calling code without a plus")
    uri = phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)
    yield Case(uri, region, "RFC 3966")
    if abroad and abroad.isdigit():
        yield Case(f"{abroad}{e164[1:]}", region, "international prefix, such as 00")
        yield Case(f"{abroad} {international[1:]}", region, "international prefix, spaced")
    yield Case(international, None, "international, without a country")
    yield Case(national, None, "national, read in the default country NL")


def mutations(region: str, number: PhoneNumber, chance: random.Random) -> Iterator[Case]:
    """The number with a mistake, written nationally or internationally."""
    for kind in MUTATIONS:
        form = chance.choice((PhoneNumberFormat.NATIONAL, PhoneNumberFormat.E164))
        text = phonenumbers.format_number(number, form)
        places = [place for place, character in enumerate(text) if character.isdigit()]
        place = chance.choice(places)
        digit = chance.choice("0123456789")
        if kind == "a digit changed":
            text = text[:place] + digit + text[place + 1 :]
        elif kind == "a digit more":
            text = text[:place] + digit + text[place:]
        elif kind == "a digit less":
            text = text[:place] + text[place + 1 :]
        elif len(places) > 1:
            one, other = sorted(chance.sample(places, 2))
            text = text[:one] + text[other] + text[one + 1 : other] + text[one] + text[other + 1 :]
        yield Case(text, region, kind)


def all_cases(rounds: int) -> list[Case]:
    """Every spelling of every example, and as many rounds of mistakes."""
    cases = []
    for region, number in examples():
        cases += spellings(region, number)
        chance = random.Random(f"{region} {number.national_number}")
        for _ in range(rounds):
            cases += mutations(region, number, chance)
    return cases


def _joined(text: str, by: str) -> str:
    plus, digits = ("+", text[1:]) if text.startswith("+") else ("", text)
    return plus + "".join(c if c.isdigit() else by if c in " -" else "" for c in digits)


def _wide(text: str) -> str:
    return "".join(chr(ord(c) - ord("0") + 0xFF10) if c.isdigit() else c for c in text)
