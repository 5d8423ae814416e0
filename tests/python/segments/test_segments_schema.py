"""The JSON Schema: current, true to the demo's rules, and no friend of wrong ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.clients.yaml_helper import load_yaml_text
from jsonschema import Draft202012Validator
from segment_random import Dice
from wrong_leaves import WRONG_LEAVES
from wrong_rules import WRONG as WRONG_RULES

from runner.segments import schema
from runner.segments.language import ROOT, language
from runner.segments.reference import PAGE, page_with_reference

WRONG = {**WRONG_RULES, **WRONG_LEAVES}
MODELINE = "# yaml-language-server: $schema=../../schemas/segment_rule.schema.json"
DEMO = sorted(
    path
    for path in (ROOT / "models/segments").glob("*.yml")
    if path.stem not in ("segment_members", "segment_history")
)
VALIDATOR = Draft202012Validator(json.loads(schema.SCHEMA.read_text(encoding="utf-8")))


class Loader(yaml.SafeLoader):
    """As editors read YAML: a day is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def problems(rule: Any) -> list[str]:
    document = {"models": [{"name": "tried", "config": {"meta": {"segment": rule}}}]}
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_it_is_current() -> None:
    assert schema.SCHEMA.read_text(encoding="utf-8") == schema.as_text(), (
        "run: python -m runner.segments.schema"
    )
    Draft202012Validator.check_schema(schema.schema())


@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_it_accepts_the_demo_which_points_at_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(MODELINE)
    assert not list(VALIDATOR.iter_errors(yaml.load(text, Loader)))


def test_it_accepts_random_rules() -> None:
    for name, rule in Dice(7).rules(300).items():
        read = yaml.load(yaml.safe_dump(rule, allow_unicode=True), Loader)
        assert problems(read) == [], f"{name}: {rule}"


@pytest.mark.parametrize("name", WRONG)
def test_it_rejects_what_has_a_wrong_shape(name: str) -> None:
    each = WRONG[name]
    assert bool(problems(yaml.load(each.rule, Loader))) == each.shape


def test_it_knows_every_word_of_the_language() -> None:
    """A word that is added to the definition arrives in the schema and is drawn by the tests."""
    given = language()
    text = schema.as_text()
    for part in ("rule", "groups", "subjects", "operators", "modifiers", "aggregates"):
        for word in given[part]:
            assert f'"{word}"' in text


def test_the_reference_in_the_guide_is_that_of_the_definition() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page_with_reference(text) == text
    for name in language()["operators"]:
        assert f"| `{name}` |" in text


def names(given: Any) -> Iterator[str]:
    """Every key and every word of the language."""
    if isinstance(given, dict):
        for key, inner in given.items():
            yield key
            if key != "doc":
                yield from names(inner)
    elif isinstance(given, list):
        for inner in given:
            yield from names(inner)
    elif isinstance(given, str) and given.isidentifier():
        yield given


def test_no_word_of_the_language_is_one_that_yaml_changes() -> None:
    every = sorted({*names(language()), "random"})
    assert {"on_or_after", "not_followed_by", "desc", "monday"} <= set(every)
    read = load_yaml_text("".join(f"- {{{name}: {name}}}\n" for name in every))
    assert read == [{name: name} for name in every]
