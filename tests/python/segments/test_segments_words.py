"""Rules in words: every key has its words, and every value of a rule is in its sentences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from clone import ROOT, run
from segment_random import Dice

from runner.segments.language import language
from runner.segments.words import HIDDEN, LANGUAGES, WORDS, describe

RECIPE = re.compile(r"^## (\d+)\. [^\n]+\n\n```yaml\n(.*?)^```$", re.M | re.S)
COOKBOOK = {
    number: yaml.safe_load(text)
    for number, text in RECIPE.findall((ROOT / "docs/segments-cookbook.md").read_text("utf-8"))
}
DEMO = {
    model["name"]: model["config"]["meta"]["segment"]
    for path in sorted((ROOT / "models" / "segments").glob("*.yml"))
    for model in yaml.safe_load(path.read_text("utf-8"))["models"]
    if "segment" in model.get("config", {}).get("meta", {})
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
WEEKDAYS = {
    "nl": dict(
        zip(
            language()["weekdays"],
            ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
            strict=True,
        )
    )
}
BOOLEANS = {"en": ("no", "yes"), "nl": ("nee", "ja")}
WINDOW = {"within_last": {"days": 5}}
DATED: list[Any] = [
    {"recorded": WINDOW},
    {"expires": WINDOW},
    {"from": ["f"]},
    {"from": ["f"], "is": "granted"},
]
FOLLOWED: list[Any] = [
    {"followed_by": {"activity": "g"}},
    {"followed_by": {"activity": "g", "within": {"days": 5}}},
    {"not_followed_by": {"activity": "g", "within": {"days": 5}}},
    {"followed_by": {"activity": "g", "same": ["c"]}},
    {"followed_by": {"activity": "g", "same": [{"c": "d"}]}},
    {"followed_by": {"activity": "g", "where": {"field": "c", "eq": 5}}},
]
COMPARED: list[Any] = [
    {"gt": {"field": "g"}},
    {"lt": {"field": "g"}},
    {"gt": {"field": "g", "times": 2}},
    {"after": {"field": "g", "plus": {"days": 5}}},
    *(
        {"gt": {"activity": "a", name: "c" if each["of"] else True}}
        for name, each in language()["aggregates"].items()
    ),
]
LISTED: list[Any] = [
    {},
    {"any_of": ["v"]},
    {"all_of": ["v"]},
    {"none_of": ["v"]},
    {"count": {"gte": 5}},
]
EARLIER: list[Any] = [{"now": True}, WINDOW, {"entered": WINDOW}, {"left": WINDOW}]
SENT: list[Any] = [{}, WINDOW, {"count": {"gte": 5}}]
PLACE = re.compile(r"\{\w+\}")


def values(given: Any, tongue: str, under: str = "") -> Iterator[str]:
    """What has to be in the sentences, said here once more and without the words' own code."""
    if isinstance(given, dict):
        for key, inner in given.items():
            if key in ("count", "first_at", "last_at", "now") and inner is True:
                continue
            if key not in ("ignore_case", "is_missing", "is", "order") and inner != "random":
                yield from values(inner, tongue, key)
    elif isinstance(given, list):
        for inner in given:
            yield from values(inner, tongue, under)
    elif under == "month_is":
        yield MONTHS[tongue].split()[given - 1]
    elif under == "weekday_is":
        yield WEEKDAYS.get(tongue, {}).get(given, given.capitalize())
    elif under == "in_current":
        yield (
            {"quarter": "kwartaal", "year": "jaar", "month": "maand", "day": "dag"}.get(
                given, given
            )
            if tongue == "nl"
            else given
        )
    elif isinstance(given, bool):
        yield BOOLEANS[tongue][given]
    elif isinstance(given, int | float):
        text = f"{Decimal(str(given)):f}".removesuffix(".0")
        yield text.replace(".", "," if tongue == "nl" else ".")
    elif isinstance(given, date):
        yield given.isoformat()
    else:
        yield str(given).replace("\n", "\\n").replace("\t", "\\t").rstrip(".")


def require_all(rule: dict[str, Any]) -> None:
    for tongue in LANGUAGES:
        told = describe(rule, tongue)
        text = told.as_text()
        assert text.strip() and "{name}" not in text
        for value in values(rule, tongue):
            assert value in text, f"{value!r} of {rule} is not in:\n{text}"
        # the page shows what the terminal shows
        assert told.as_html().count("<li>") == len(re.findall(r"^ +- ", text, re.M))


@pytest.mark.parametrize("number", COOKBOOK)
def test_every_value_of_the_cookbook_is_in_its_sentence(number: str) -> None:
    require_all(COOKBOOK[number])


@pytest.mark.parametrize("name", DEMO)
def test_every_value_of_the_demo_is_in_its_sentence(name: str) -> None:
    require_all(DEMO[name])


def test_every_value_of_random_rules_is_in_its_sentence() -> None:
    for rule in Dice(11).rules(1000).values():
        require_all(rule)


def test_every_word_of_the_language_has_its_words_in_each_tongue() -> None:
    said = tomllib.loads(WORDS.read_text("utf-8"))
    known = language()
    assert set(said) == set(LANGUAGES)
    for tongue, each in said.items():
        for part in ("subjects", "aggregates", "consent_keys", "relative_days"):
            assert set(each[part]) - {"dated"} == set(known[part]), (tongue, part)
        for part in ("list_keys", "member_keys", "compare_keys"):
            assert set(each[part]) - {"any"} == set(known[part]), (tongue, part)
        assert set(each["sides"]) == set(known["aggregates"])
        assert set(each["limits"]) == {*known["orders"], "random"}
        sequences = {*known["activity_keys"], *known["sequence_keys"], "pair"}
        assert set(each["sequences"]) == sequences - {"where", "activity"}
        assert set(each["operators"]) == {*known["operators"], "is_not_missing"}
        for part in ("statuses", "durations", "periods", "weekdays"):
            assert set(each[part]) == set(known[part]), (tongue, part)
        assert {*known["rule"], *known["groups"], *known["modifiers"]} - set(each) == {"where"}


def test_the_tongues_say_the_same() -> None:
    def places(given: Any, path: str = "") -> dict[str, list[str]]:
        if isinstance(given, dict):
            return {
                k: v for key, one in given.items() for k, v in places(one, f"{path}.{key}").items()
            }
        return {path: sorted(PLACE.findall(str(given)))}

    said = tomllib.loads(WORDS.read_text("utf-8"))
    assert places(said["en"]) == places(said["nl"])


def test_two_rules_that_differ_have_words_that_differ() -> None:
    """A sentence that two operators share would say neither."""
    operands = {
        "value": 5,
        "values": [5, 6],
        "range": [5, 6],
        "texts": "t",
        "pattern": "t",
        "flag": True,
        "duration": {"days": 5},
        "days": {"days": 5},
        "period": "day",
        "month": 5,
        "day_of_month": 5,
        "weekday": "monday",
        "number_tests": {"eq": 5},
    }
    leaves: list[Any] = [
        {"field": "f", name: operands[each["takes"]]}
        for name, each in language()["operators"].items()
    ]
    leaves += [{"field": "f", "is_missing": False}, {"field": "f", "eq": "t"}]
    leaves += [{"field": "f", "eq": "t", "ignore_case": True}, {"field": "f", "eq": {"field": "t"}}]
    leaves += [{"field": "f", "eq": {name: 5}} for name in language()["relative_days"]]
    leaves += [{"consent": "f", "is": status} for status in language()["statuses"]]
    leaves += [
        {"activity": "a", name: {**({"of": "c"} if each["of"] else {}), "is_missing": True}}
        for name, each in language()["aggregates"].items()
    ]
    leaves += [{"rule_of": "f"}, {"source": "f"}, {"activity": "f"}, {"sample": {"name": "f"}}]
    leaves += [{"consent": "f", **each} for each in DATED]
    leaves += [{"activity": "f", **each} for each in FOLLOWED]
    leaves += [{"compare": {"field": "f"}, **each} for each in COMPARED]
    leaves += [{"list": "f", **each} for each in LISTED]
    leaves += [{"member_of": "f", **each} for each in EARLIER]
    leaves += [{"delivered": "f", **each} for each in SENT]
    shapes: list[Any] = [{"all": leaves[:2]}, {"any": leaves[:2]}]
    shapes += [{"not": each} for each in (leaves[0], *shapes, {"not": leaves[0]})]
    nested: list[Any] = [{"activity": "a", "where": each} for each in shapes]
    conditions = [*leaves, *shapes, *nested]
    for tongue in LANGUAGES:
        told = [
            describe({"contact_for": "p", "where": each}, tongue).as_text() for each in conditions
        ]
        assert len(set(told)) == len(told)


def test_values_of_names_and_ids_can_be_hidden() -> None:
    rule = {
        "contact_for": "newsletter",
        "where": [
            {"field": "last_name", "in": ["O'Brien", "Jansen"]},
            {
                "activity": "orders",
                "where": {"field": "order_id", "eq": "A-17"},
                "count": {"gte": 3},
            },
            {"field": "country", "eq": "NL"},
        ],
    }
    told = describe(rule, exact=False)
    for text in (told.as_text(), told.as_html(), told.as_markdown()):
        assert HIDDEN in text and "“NL”" in text and "at least" in text
        assert not re.search("Brien|Jansen|A-17", text)
    assert "O&#x27;Brien" in describe(rule).as_html()


def test_html_and_markdown_mean_themselves() -> None:
    rule = {"contacts_nobody": "a <b>", "where": {"field": "f", "eq": "<i>`x`</i>"}}
    assert "&lt;i&gt;`x`" in describe(rule).as_html() and "<i>" not in describe(rule).as_html()
    assert "``“<i>`x`</i>”``" in describe(rule).as_markdown()


def test_the_command_tells_them(delivered: Path) -> None:
    told = run(delivered, "consent segments --describe newsletter_benelux --language nl")
    assert told.returncode == 0, told.stderr
    assert "- country is “NL”, “BE” of “LU”" in told.stdout
    unknown = run(delivered, "consent segments --describe newsletter_benelx")
    assert unknown.returncode == 2 and "newsletter_benelux" in unknown.stderr
    assert run(delivered, "consent segments --describe employees --language de").returncode == 2
