"""Rules that make no sense: one error each, all at once, in the same words when they are built."""

from __future__ import annotations

import pytest
from segment_lab import Lab
from wrong_leaves import WRONG_LEAVES
from wrong_rules import WRONG as WRONG_RULES
from wrong_rules import where

from runner.errors import ConsentError

WRONG = {**WRONG_RULES, **WRONG_LEAVES}
GOOD = "contacts_nobody: a test\n"


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def wrong(lab: Lab) -> Lab:
    lab.segments({})
    for name, each in WRONG.items():
        lab.write_rule_text(name, each.rule)
        lab.write_call(name, [], [])
    lab.listed = list(WRONG)
    lab.write_project()
    return lab


@pytest.fixture(scope="module")
def told(wrong: Lab) -> dict[str, list[str]]:
    """What the compiler says of each, by the file that it names."""
    errors, _ = wrong.complaints()
    found: dict[str, list[str]] = {name: [] for name in WRONG}
    for error in errors:
        file, _, message = error.partition(": ")
        found[file.removeprefix("models/segments/").removesuffix(".yml")].append(message)
    return found


@pytest.fixture(scope="module")
def built(wrong: Lab) -> dict[str, str]:
    """What the build says of each."""
    outcome = wrong.build("segments")
    assert not outcome.success
    return {each.name: one_line(each.message) for each in outcome.failed}


@pytest.mark.parametrize("name", WRONG)
def test_each_error_is_told_with_its_place(name: str, told: dict[str, list[str]]) -> None:
    assert len(told[name]) == 1, told[name]
    assert WRONG[name].message in told[name][0]


def test_the_build_says_the_same(told: dict[str, list[str]], built: dict[str, str]) -> None:
    for name, messages in told.items():
        # what a rule uses is told where it stands, in every segment that uses it
        if name.startswith("cycle"):
            continue
        for message in messages:
            error = one_line(f"models/segments/{name}.yml: {message}")
            assert error in built[name], f"{error}\n{built[name]}"


def test_several_errors_of_one_rule_are_told_at_once(lab: Lab) -> None:
    lab.segments({})
    lab.write_rule_text(
        "several",
        "contact_for: newslettre\n"
        "where: {all: [{field: contry, eq: NL}, {not: {field: points, gte: many}}]}\n"
        "attributes: [emial]",
    )
    lab.write_call("several", [], [])
    lab.listed = ["several"]
    lab.write_project()
    errors, _ = lab.complaints()
    assert [error.split(": ")[1] for error in errors] == [
        "contact_for",
        "attributes[0]",
        "where.all[0].field",
        "where.all[1].not.gte",
    ]
    (failed,) = [each for each in lab.build("several").failed if each.name == "several"]
    assert "has 4 errors" in failed.message
    for error in errors:
        assert one_line(error) in one_line(failed.message)


def test_segments_and_their_list_agree(lab: Lab) -> None:
    lab.segments({"listed": {"contacts_nobody": "a test"}})
    lab.write_rule_text("forgotten", GOOD)
    lab.write_call("forgotten", [], [])
    lab.write_call("no_rule", [], [])
    lab.write_rule_text("no_call", GOOD)
    (lab.folder / "models/segments/no_call.sql").write_text("select 1 as profile_id\n")
    lab.write_rule_text("misspelt", GOOD)
    path = lab.folder / "models/segments/misspelt.yml"
    path.write_text(path.read_text().replace("segment:", "sgment:"))
    lab.write_call("misspelt", [], [])
    lab.listed = ["listed", "no_rule", "no_call", "no_call", "misspelt", "profiles"]
    lab.write_project()
    errors, _ = lab.complaints()
    expected = [
        "dbt_project.yml: vars.segments: 'profiles' is listed, but no enabled model of that name "
        "is a segment. Remove: - profiles",
        "dbt_project.yml: vars.segments: 'no_call' stands there twice. Remove: - no_call",
        "dbt_project.yml: vars.segments: 'forgotten' is not listed. Add: - forgotten",
        "models/segments/no_rule.yml: config.meta: there is no `segment` with the rule. Write at "
        "least: {segment: {contact_for: <purpose>}}.",
        "models/segments/misspelt.yml: config.meta: there is no `segment` with the rule; there is "
        "'sgment'. Write at least: {segment: {contact_for: <purpose>}}.",
        "models/segments/no_call.sql: the model has a rule, but its SQL does not use it. Write: "
        "{{ dbt_consent.segment() }}",
    ]
    assert sorted(errors) == sorted(expected)
    failed = {each.name: one_line(each.message) for each in lab.build("segments").failed}
    for name, error in zip(["forgotten", "no_rule", "misspelt"], expected[2:5], strict=True):
        assert error in failed[name]
    (members,) = lab.build("segment_members").failed
    for error in expected[:3]:
        assert error in one_line(members.message)


@pytest.mark.parametrize("name", ["asleep", "gone"])
def test_a_listed_segment_that_is_disabled_or_gone(lab: Lab, name: str) -> None:
    lab.segments({"listed": {"contacts_nobody": "a test"}})
    lab.write_rule_text("asleep", GOOD)
    call = "{{ config(enabled=false) }}\n{{ dbt_consent.segment() }}\n"
    (lab.folder / "models/segments/asleep.sql").write_text(call)
    lab.listed.append(name)
    lab.write_project()
    with pytest.raises(ConsentError, match=f"no enabled model .* is a segment. Remove: - {name}$"):
        lab.build("segments")


CALLS = {
    # name: (condition, call, fix)
    "too_few": (
        "{all: [{rule_of: other}, {activity: orders}]}",
        "{{ dbt_consent.segment() }}",
        "{{ dbt_consent.segment(uses=['other'], activities=['orders']) }}",
    ),
    "too_many": (
        "{rule_of: other}",
        "{{ dbt_consent.segment(uses=['other', 'third']) }}",
        "{{ dbt_consent.segment(uses=['other']) }}",
    ),
    # what an inlined rule uses is not used by this one
    "inlined": (
        "{rule_of: third}",
        "{{ dbt_consent.segment(uses=['third'], activities=['visits']) }}",
        "{{ dbt_consent.segment(uses=['third']) }}",
    ),
}


def test_a_call_that_differs_from_its_rule(lab: Lab) -> None:
    nobody = {"contacts_nobody": "a test"}
    lab.segments({"other": nobody, "third": nobody | {"where": {"activity": "visits"}}})
    for name, (rule, call, _) in CALLS.items():
        lab.write_rule_text(name, where(rule))
        (lab.folder / f"models/segments/{name}.sql").write_text(call)
        lab.listed.append(name)
    lab.write_project()
    errors, _ = lab.complaints()
    assert sorted(errors) == [
        f"models/segments/{name}.sql: the rule and its SQL file name different segments, "
        f"activities or lists. Write: {fix}"
        for name, (_, _, fix) in sorted(CALLS.items())
    ]


def test_gains_through_a_denial_are_warned_of(lab: Lab) -> None:
    conditions = {
        "quiet": ["{consent: newsletter}", "{consent: newsletter, is: [permitted, granted]}"],
        "quiet_too": ["{not: {not: {consent: newsletter}}}", "{not: {field: points, gt: 3}}"],
        "denied": ["{consent: newsletter, is: [granted, denied]}"],
        "no_record": ["{consent: newsletter, is: no_record}"],
        "negated": ["{not: {any: [{field: points, gt: 3}, {consent: newsletter}]}}"],
        "through": ["{rule_of: denied}"],
        "negated_through": ["{not: {rule_of: quiet}}"],
    }
    lab.segments({})
    for name, each in conditions.items():
        lab.write_rule_text(name, where(f"[{', '.join(each)}]"))
        lab.write_call(name, [w for w in conditions if f"rule_of: {w}}}" in each[0]], [])
    lab.listed = list(conditions)
    lab.write_project()
    errors, warnings = lab.complaints()
    assert errors == []
    warned = {warning.split(":")[0].split("/")[-1].removesuffix(".yml") for warning in warnings}
    assert warned == {"denied", "no_record", "negated", "through", "negated_through"}
    assert (
        "models/segments/negated.yml: the rule can gain members through a denial: models/segments/"
        "negated.yml: where[0].not.any[1]: a negated consent condition." in warnings
    )
