"""Random towns whose addresses and numbers contain each other: only who asked is gone."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from erasure.erasure_town import erase, live, of_others, person, saying, town, verified

IS_LONG = bool(os.environ.get("CONSENT_LONG"))
PEOPLE, WHO_ASK = 14, 3
_PARTS = ("era", "one", "x", "e", "a1")
_JOINS = ("", ".", "-", "_", "+")
_ENDS = (".au", ".com", "x", "-x.com")
pytestmark = pytest.mark.slow


def nested_people(luck: random.Random) -> list[dict[str, Any]]:
    """People of whom many have an address, or a number, that is a part of another's."""
    addresses = {"era@example.com"}
    while len(addresses) < PEOPLE:
        address = luck.choice(sorted(addresses))
        before = luck.choice(_PARTS) + luck.choice(_JOINS)
        longer = luck.choice([f"{before}{address}", f"{address}{luck.choice(_ENDS)}"])
        addresses.add(longer if len(longer) < 40 else f"{luck.choice(_PARTS)}@example.com")
    numbers = {"+3162000000"}
    while len(numbers) < PEOPLE:
        longer = luck.choice(sorted(numbers)) + luck.choice("0123")
        numbers.add(longer if len(longer) <= 15 else "+31620" + luck.choice("123456") + "00000")
    emails, phones = luck.sample(sorted(addresses), PEOPLE), luck.sample(sorted(numbers), PEOPLE)
    people = []
    for number, (email, phone) in enumerate(zip(emails, phones, strict=True)):
        name = f"a friend of {luck.choice(emails)}, or {luck.choice(phones)}"
        people.append(
            person(
                f"p-{number:02d}",
                email,
                phone if luck.random() < 0.7 else None,
                first_name=name if luck.random() < 0.4 else "Friend",
            )
        )
    return people


def test_the_addresses_do_contain_each_other() -> None:
    people = nested_people(random.Random(0))
    for kind in ("email", "phone"):
        values = [each[kind] for each in people if each[kind]]
        assert sum(one in other for one in values for other in values if one != other) >= 5


@pytest.mark.parametrize("seed", range(12 if IS_LONG else 2))
def test_nobody_else_is_missing(seed: int, tmp_path: Path) -> None:
    luck = random.Random(f"town {seed}")
    people = nested_people(luck)
    gone = luck.sample(people, WHO_ASK)
    others = [each for each in people if each not in gone]
    project = town(tmp_path / "project", *people)
    known_by = {each["person"]: [each[k] for k in ("email", "phone") if each[k]] for each in people}

    def erased_by(each: dict[str, Any]) -> str:
        # a number that no country gives out is no way to ask
        asks = [text for text in known_by[each["person"]] if "@" in text or len(text) == 12]
        return str(erase(project, luck.choice(asks))["state"])

    assert [erased_by(each) for each in gone] == ["suppressed"] * WHO_ASK
    live(project, *others)
    project.refresh()
    told = json.dumps(of_others(project, others), default=str)
    assert [erased_by(each) for each in gone] == ["complete"] * WHO_ASK
    erased = [value for each in gone for value in known_by[each["person"]]]
    theirs = [value for each in others for value in known_by[each["person"]]]
    assert saying(project, erased, theirs) == {}
    for value in erased:  # a friend's name is no key: of it, the whole value alone is masked
        told = told.replace(f"of {value}, or", "of ***, or").replace(f'or {value}"', 'or ***"')
    assert json.loads(json.dumps(of_others(project, others), default=str)) == json.loads(told)
    assert verified(project) == []
