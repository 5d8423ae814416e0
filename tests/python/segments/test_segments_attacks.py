"""Rules that would not mean themselves: each way in which a file, YAML or dbt changes them."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from engines.warehouse import ENGINE
from segment_lab import Lab
from test_segments_validate import errors_of, found_in

from runner import dbt
from runner.segments.files import read_files
from runner.segments.written import fingerprint, unlike_written

NOBODY = "contacts_nobody: a test\n"
RULE = "segment: {contacts_nobody: x, where: {field: points, lt: 010}}"
MODEL = "models:\n  - name: tried\n"
PLACES = {
    "beside_the_name": f"{MODEL}    meta: {{{RULE}}}\n",
    "merged_meta": (
        f"x: &a {{{RULE}}}\n{MODEL}    config: {{meta: {{<<: *a}}}}\n".replace("x:", "x-rule:")
    ),
    "merged_config": f"x-rule: &a {{meta: {{{RULE}}}}}\n{MODEL}    config: {{<<: *a}}\n",
    "merged_list": f"x-rule: &a {{{RULE}}}\n{MODEL}    config: {{meta: {{<<: [{{}}, *a]}}}}\n",
}


def errors_in(folder: Path, **files: str | bytes) -> list[str]:
    (folder / "models").mkdir(exist_ok=True)
    (folder / "dbt_project.yml").write_text("name: tried\n")
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_files(folder).errors)


@pytest.mark.parametrize("place", PLACES)
def test_a_rule_that_stands_elsewhere(place: str, tmp_path: Path) -> None:
    errors = errors_in(tmp_path, models__tried_dot_yml=PLACES[place])
    assert [error.removeprefix("models/tried.yml: ") for error in errors] == [
        "segment: the rule of 'tried' stands where it is not read as written. Write it in full "
        "under config: meta: segment: of the model.",
        "where.lt: YAML reads 010 as 8; write '010' for the text, or the number plainly.",
    ]


@pytest.mark.parametrize("value", ["12:30", '"{{ 1 + 1 }}"'])
def test_values_of_a_rule_that_was_merged_in(value: str, tmp_path: Path) -> None:
    text = PLACES["merged_meta"].replace("lt: 010", f"eq: {value}")
    assert any(": where.eq: " in each for each in errors_in(tmp_path, models__tried_dot_yml=text))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ('"NL\\n"', 'Write: "{% raw %}NL\\n{% endraw %}"'),
        ('"\\n"', 'Write: "{% raw %}\\n{% endraw %}"'),
        ('"a\\r\\nb"', "the text has a carriage return"),
        ('"{% raw %}a\\rb{% endraw %}"', "the text has a carriage return"),
        ('"{%- raw -%} x {%- endraw -%}"', "dbt would render the braces"),
        ("99999999999999999999999999", "is more than a whole number can be"),
        ("9223372036854775808", "is more than a whole number can be"),
        ("!!set {NL, BE}", "the tag !!set is no part of a rule"),
        ("!!binary TkwK", "the tag !!binary is no part of a rule"),
        ("!!str 5", "the tag !!str is no part of a rule"),
        ("!own x", "the tag !own is no part of a rule"),
        ("&a [*a]", "the alias stands inside of what it names"),
        ('"\\ud800"', "the text has half of a surrogate pair"),
        ("2020-01-01 10:00:00", "YAML reads 2020-01-01 10:00:00 as a point in time"),
        ("2020-01-01T10:00:00Z", "as a point in time"),
        ("1234567890123456.78", "YAML reads 1234567890123456.78 as 1234567890123456.8."),
        ("0.1234567890123456789", "write the digits in quotes: '0.1234567890123456789'."),
        ("1.0e+400", "YAML reads 1.0e+400 as inf."),
    ],
)
def test_a_value_that_would_change(value: str, error: str, tmp_path: Path) -> None:
    found = errors_of(tmp_path, f"{NOBODY}where: {{field: x, eq: {value}}}")
    assert len(found) == 1, found
    assert found[0].startswith("where.eq")
    assert error in found[0]


@pytest.mark.parametrize(
    "value",
    ['"{% raw %}NL\\n{% endraw %}"', '"a\\nb"', "-9223372036854775808", "0.1", "1.50", "-0.0",
     "2020-01-01", "'2020-01-01 10:00:00'", "\U0001f642", "'1234567890123456.78'"],
)  # fmt: skip
def test_a_value_that_stays(value: str, tmp_path: Path) -> None:
    assert errors_of(tmp_path, f"{NOBODY}where: {{field: x, eq: {value}}}") == []


def nested(depth: int) -> str:
    return "{all: [" * (depth - 1) + "{field: points, gte: 1}" + "]}" * (depth - 1)


def test_what_nests_too_deep_for_anyone_is_one_error(tmp_path: Path) -> None:
    (error,) = errors_of(tmp_path, f"{NOBODY}where: {nested(300)}")
    assert "this nests deeper than 100 conditions" in error


META = [
    "{{ config(meta={'segment': {'contacts_nobody': 'x'}}) }}{{ dbt_consent.segment() }}",
    "{% set a = {'meta': {'owner': 'x'}} %}{{ config(**a) }}{{ dbt_consent.segment() }}",
]


@pytest.mark.parametrize("sql", META)
def test_meta_in_the_sql_is_an_error_everywhere(sql: str, lab: Lab) -> None:
    lab.segments({"tried": {"contacts_nobody": "a test"}})
    (lab.folder / "models/segments/tried.sql").write_text(sql)
    error = (
        "models/segments/tried.sql: config: `meta` in the SQL of a segment is not read as written."
    )
    assert any(each.startswith(error) for each in lab.complaints()[0])
    assert any(each.startswith(error) for each in read_files(lab.folder).errors)
    (lab.folder / "models/segments/tried.sql").write_text(
        "{# meta={} #}{{ config(tags=['meta']) }}{{ dbt_consent.segment() }}"
    )
    assert lab.complaints()[0] == []
    assert read_files(lab.folder).errors == ()


def test_what_stops_dbt_is_told_beside_all_others(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.segments({})
    rules = {
        "first": "where: {rule_of: second}",
        "second": "where: [{field: points, gt: 1}, {not: {rule_of: first}}]",
        "norway": "where: {field: country, eq: NO}",
        "big": "where: {field: points, gt: 99999999999999999999999999}",
    }
    for name, rule in rules.items():
        lab.write_rule_text(name, NOBODY + rule)
    lab.write_call("first", ["second"], [])
    lab.write_call("second", ["first"], [])
    lab.write_call("norway", [], [])
    (lab.folder / "models/segments/big.sql").write_bytes(
        "-- caf\u00e9\n{{ dbt_consent.segment() }}".encode("latin-1")
    )
    lab.listed = [*rules, None]  # type: ignore[list-item]
    lab.write_project()
    found = found_in(lab, monkeypatch)
    assert sorted(found.errors) == [
        "dbt_project.yml: vars.segments[4]: null is no name of a segment, in line "
        f"{line_of(lab, '- null')}. Write the name, or remove the line.",
        "models/segments/big.sql: line 1: the file is not UTF-8. Save it as UTF-8.",
        "models/segments/big.yml: where.gt: 99999999999999999999999999 is more than a whole number "
        "can be (2^63).",
        "models/segments/norway.yml: where.eq: YAML reads an unquoted NO as false; write 'NO'.",
        "models/segments/second.yml: where[1].not.rule_of: a cycle: first → second → first.",
    ]


def line_of(lab: Lab, text: str) -> int:
    lines = (lab.folder / "dbt_project.yml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_rule_that_only_dbt_has_read(lab: Lab) -> None:
    lab.segments({"tried": {"contacts_nobody": "a test", "where": {"field": "points", "gt": 3}}})
    project = lab.project()
    assert unlike_written(project) == []
    (node_id,) = (key for key, each in project.nodes.items() if each["name"] == "tried")
    project.nodes[node_id]["config"]["meta"]["segment"]["where"]["gt"] = 3.0
    assert unlike_written(project) == [
        "models/segments/tried.yml: where.gt: dbt reads 'number 3.0', and the file says 'number "
        "3'. Write it so that both read the same."
    ]
    path = lab.folder / "models/segments/tried.yml"
    path.write_text("models:\n  - name: tried\n")
    assert unlike_written(project) == [
        "models/segments/tried.yml: segment: only dbt has read the rule of 'tried'. Write it under "
        "config: meta: segment: of the model."
    ]


def test_dbt_and_the_runner_give_a_rule_the_same_fingerprint(lab: Lab) -> None:
    rule: dict[str, Any] = {
        "contacts_nobody": "a test",
        "where": {
            "all": [
                {"field": "country", "in": ["NL", "{{ x }}", "", "日", "true"]},
                {"field": "score", "gte": 1.5, "lt": 1e300},
                {"not": {"field": "is_trial", "eq": True}},
                {"field": "birth_date", "after": date(2020, 1, 31)},
            ]
        },
    }
    lab.segments({"tried": rule})
    node = lab.project().model("tried")
    assert unlike_written(lab.project()) == []
    macro = "{% macro shown() %}{% do log('dbt_consent.shown ' ~ tojson("
    macro += "dbt_consent.rule_fingerprint(dbt_consent.segment_node('tried')))) %}{% endmacro %}"
    path = lab.folder / "tests/shown.sql"
    (lab.folder / "own").mkdir(exist_ok=True)
    (lab.folder / "own/shown.sql").write_text(macro)
    try:
        text = (lab.folder / "dbt_project.yml").read_text()
        (lab.folder / "dbt_project.yml").write_text(
            text.replace("macro-paths:\n", "macro-paths:\n- own\n")
        )
        assert dbt.operation("shown", folder=lab.folder) == fingerprint(
            node["config"]["meta"]["segment"]
        )
    finally:
        lab.write_project()
        path.unlink(missing_ok=True)


PEOPLE = "profiles"


@pytest.fixture(scope="module")
def in_amsterdam(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(
        folder=tmp_path_factory.mktemp("attacks"),
        attributes={"at": "timestamp", "day": "date", "amount": "numeric(18, 2)", "word": "string"},
        variables={"time_zone": "Europe/Amsterdam"},
    )
    lab.create()
    return lab


def members(lab: Lab, rows: list[dict[str, Any]], **rules: Any) -> dict[str, set[str]]:
    lab.load({PEOPLE: rows})
    lab.segments({name: {"contacts_nobody": "x", "where": rule} for name, rule in rules.items()})
    lab.require_build()
    return lab.members()


def test_days_are_right_in_every_year(in_amsterdam: Lab) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    instants = [datetime(2040, 6, 30, 21, 59), datetime(2040, 6, 30, 22, 0)]
    for year in (1950, 1972, 2036, 2037, 2060, 2099, 2104):
        for month in (7,):
            edge = datetime(year, month, 1, tzinfo=zone).astimezone(ZoneInfo("UTC"))
            instants += [edge.replace(tzinfo=None) + timedelta(seconds=n) for n in (-1, 0)]
    rows = [{"profile_id": f"p{n}", "at": at} for n, at in enumerate(instants)]
    days = {
        f"p{n}": at.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
        for n, at in enumerate(instants)
    }
    asked = {f"on_{day:%Y_%m_%d}": day for day in sorted(set(days.values()))}
    rules: dict[str, Any] = {name: {"field": "at", "eq": day} for name, day in asked.items()}
    rules["from_2040"] = {"field": "at", "on_or_after": date(2040, 7, 1)}
    found = members(in_amsterdam, rows, **rules)
    for name, day in asked.items():
        assert found[name] == {key for key, each in days.items() if each == day}, day
    assert found["from_2040"] == {key for key, each in days.items() if each >= date(2040, 7, 1)}
    assert days["p0"] == date(2040, 6, 30)
    assert days["p1"] == date(2040, 7, 1)


def test_today_is_right_in_every_year(in_amsterdam: Lab) -> None:
    for moment in ("2040-06-30T22:00:00", "2044-02-29T23:30:00", "2051-10-28T22:30:00"):
        today = datetime.fromisoformat(f"{moment}+00:00").astimezone(ZoneInfo("Europe/Amsterdam"))
        rows = [
            {"profile_id": f"p{n}", "day": today.date() + timedelta(days=n)} for n in (-1, 0, 1)
        ]
        in_amsterdam.load({PEOPLE: rows})
        in_amsterdam.segments({"now": {"contacts_nobody": "x", "where": TODAY}})
        in_amsterdam.require_build(now=moment)
        assert in_amsterdam.members()["now"] == {"p0"}, moment


TODAY = {"field": "day", "in_current": "day"}


def test_digits_and_line_ends_mean_themselves(in_amsterdam: Lab) -> None:
    rows: list[dict[str, Any]] = [
        {"profile_id": "exact", "amount": Decimal("1234567890123456.78"), "word": "NL\n"},
        {"profile_id": "near", "amount": Decimal("1234567890123456.80"), "word": "NL"},
    ]
    digits = "1234567890123456.78"
    lab = in_amsterdam
    lab.load({PEOPLE: rows})
    lab.segments({name: {"contacts_nobody": "x"} for name in ("eq", "range", "line", "none")})
    for name, condition in {
        "eq": f"{{field: amount, eq: '{digits}'}}",
        "range": f"{{field: amount, between: ['{digits}', {10**15 + 1}]}}",
        "line": '{field: word, eq: "{% raw %}NL\\n{% endraw %}"}',
        "none": "{field: amount, in: ['1234567890123456.79']}",
    }.items():
        lab.write_rule_text(name, f"{NOBODY}where: {condition}")
    lab.write_rule_text(
        "range", f"{NOBODY}where: {{field: amount, between: ['{digits}', '1234567890123456.79']}}"
    )
    assert read_files(lab.folder).errors == ()
    lab.require_build()
    assert lab.members() == {"eq": {"exact"}, "range": {"exact"}, "line": {"exact"}, "none": set()}
    assert unlike_written(lab.project()) == []


def test_a_hundred_levels_are_read_and_one_more_is_told(lab: Lab) -> None:
    lab.segments({})
    for name, depth in {"deep": 101, "deeper": 102}.items():
        lab.write_rule_text(name, f"{NOBODY}where: {nested(depth)}")
        lab.write_call(name, [], [])
        lab.listed.append(name)
    lab.write_project()
    (error,) = lab.complaints()[0]
    assert error.startswith(
        "models/segments/deeper.yml: where: the conditions nest deeper than 100."
    )
    lab.require_build("fixtures", "deep")


@pytest.mark.skipif(ENGINE != "duckdb", reason="it is the compiler that is timed")
def test_many_dates_cost_no_more_than_many_texts(in_amsterdam: Lab) -> None:
    seconds = {}
    for kind in ("text", "at"):
        days = [date(1990, 1, 1) + timedelta(days=n) for n in range(4_000)]
        operands: list[Any] = [f"{day}" for day in days] if kind == "text" else list(days)
        field = "word" if kind == "text" else kind
        in_amsterdam.segments(
            {kind: {"contacts_nobody": "x", "where": {"field": field, "in": operands}}}
        )
        started = time.process_time()
        assert in_amsterdam.complaints() == ([], [])
        seconds[kind] = time.process_time() - started
    assert seconds["at"] < 1.5 * seconds["text"], seconds
