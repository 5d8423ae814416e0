"""The JSON Schema of a segment's properties file, made from the language's one definition.

`python -m runner.segments.schema` writes schemas/segment_rule.schema.json. The schema knows shapes,
not names: which fields, purposes and segments exist is for `consent validate` to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner.segments.language import ROOT, language

SCHEMA = ROOT / "schemas" / "segment_rule.schema.json"
Schema = dict[str, Any]

_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_TEXT = {"type": "string", "minLength": 1}
_DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_DAYS = ("date", "timestamp")


def schema() -> Schema:
    """The whole schema, as a dictionary."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Properties of a segment",
        "description": "A dbt properties file whose models carry a segment's rule.",
        "type": "object",
        "required": ["models"],
        "properties": {"models": {"type": "array", "items": {"$ref": "#/$defs/model"}}},
        "$defs": {
            "model": _model(),
            "rule": _rule(),
            **_conditions("condition", "where", tuple(language()["subjects"])),
            **_conditions("activity_condition", "activity_where", ("field",)),
            **{name: _leaf(name) for name in language()["subjects"]},
            **_operands(),
        },
    }


def write(path: Path = SCHEMA) -> None:
    """Writes the file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_text(), encoding="utf-8")


def as_text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _model() -> Schema:
    meta = {
        "type": "object",
        "required": ["segment"],
        "properties": {"segment": {"$ref": "#/$defs/rule"}},
    }
    config = {"type": "object", "required": ["meta"], "properties": {"meta": meta}}
    return {
        "type": "object",
        "required": ["name", "config"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "description": {"type": "string", "description": "Whom the segment is for."},
            "config": config,
        },
    }


def _rule() -> Schema:
    given = language()
    attribute = {**_NAME, "not": {"enum": given["reserved_attributes"]}}
    forms: dict[str, Schema] = {
        "contact_for": dict(_NAME),
        "contacts_nobody": {"type": "string", "pattern": "\\S"},
        "where": _ref("where"),
        "attributes": {"type": "array", "items": attribute, "uniqueItems": True},
    }
    return {
        **_object({key: _said(forms[key], text) for key, text in given["rule"].items()}),
        "oneOf": [{"required": ["contact_for"]}, {"required": ["contacts_nobody"]}],
    }


def _conditions(one: str, where: str, subjects: Iterable[str]) -> dict[str, Schema]:
    groups = language()["groups"]
    many = {"type": "array", "items": _ref(one), "minItems": 1}
    forms = {"all": many, "any": many, "not": _ref(one)}
    kinds: list[Schema] = [
        _object({name: _said(forms[name], text)}, required=[name]) for name, text in groups.items()
    ]
    return {
        one: {"anyOf": [*kinds, *(_ref(name) for name in subjects)]},
        where: {"anyOf": [_ref(one), many]},
    }


def _leaf(subject: str) -> Schema:
    given = language()
    head = _said(dict(_NAME), given["subjects"][subject])
    match subject:
        case "field":
            operators = _operators(given["operators"])
            folds = given["modifiers"]["ignore_case"]
            return {
                **_object(
                    {
                        "field": head,
                        **operators,
                        "ignore_case": _said({"type": "boolean"}, folds["doc"]),
                    },
                    required=["field"],
                ),
                "anyOf": [{"required": [name]} for name in operators],
                "dependentSchemas": {
                    "ignore_case": {"anyOf": [{"required": [name]} for name in folds["with"]]}
                },
                "not": {
                    "required": ["matches", "ignore_case"],
                    "properties": {"ignore_case": {"const": True}},
                },
            }
        case "consent":
            status = {"enum": given["statuses"]}
            asked = {"anyOf": [status, {"type": "array", "items": status, "minItems": 1}]}
            keys = {"consent": head, "is": _said(asked, given["consent_keys"]["is"])}
            return _object(keys, required=["consent"])
        case "activity":
            where = _said(_ref("activity_where"), given["activity_keys"]["where"])
            times = {name: given["operators"][name] for name in given["activity_time"]}
            return _object(
                {
                    "activity": head,
                    "where": where,
                    **_operators(times, only=("timestamp",), others=False),
                    **{name: _aggregate(name) for name in given["aggregates"]},
                },
                required=["activity"],
            )
        case "sample":
            share = {"type": "number", "minimum": 0, "maximum": 100}
            forms = {"name": _TEXT, "from": share, "below": share}
            keys = {key: _said(forms[key], text) for key, text in given["sample_keys"].items()}
            shares = _said(_object(keys, required=["name"]), given["subjects"]["sample"])
            return _object({"sample": shares}, required=["sample"])
        case _:
            return _object({subject: head}, required=[subject])


def _aggregate(name: str) -> Schema:
    given = language()
    aggregate = given["aggregates"][name]
    column = {"of": _said(dict(_NAME), "The column of the activity.")} if aggregate["of"] else {}
    result = aggregate["result"]
    kinds = aggregate["of"] if result == "same" else [result]
    operators = {
        key: each
        for key, each in given["operators"].items()
        if set(kinds) & set(each["for"]) and (kinds != ["number"] or key in given["number_tests"])
    }
    tests = _operators(operators, only=tuple(kinds), others=False)
    return _said(
        {
            **_object({**column, **tests}, required=list(column)),
            "minProperties": 1 + len(column),
        },
        aggregate["doc"],
    )


def _operators(
    operators: Mapping[str, Mapping[str, Any]], only: tuple[str, ...] = (), others: bool = True
) -> dict[str, Schema]:
    """The operators with the operands that they take for the kinds that may stand there."""
    found = {}
    for name, operator in operators.items():
        kinds = [kind for kind in operator["for"] if not only or kind in only]
        found[name] = _said(_operand(operator["takes"], kinds, others), operator["doc"])
    return found


def _operand(takes: str, kinds: Iterable[str], others: bool) -> Schema:
    value = _value(tuple(kinds), others)
    match takes:
        case "value":
            return value
        case "values":
            return {"type": "array", "items": value, "minItems": 1}
        case "range":
            return {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        case "text" | "pattern":
            return dict(_TEXT)
        case "flag":
            return {"type": "boolean"}
        case _:
            return _ref(takes)


def _value(kinds: tuple[str, ...], others: bool) -> Schema:
    forms: list[Schema] = []
    if "text" in kinds:
        forms.append({"type": "string"})
    elif set(kinds) & set(_DAYS):
        forms.append(dict(_DAY))
    if "number" in kinds:
        forms.append({"type": "number"} if "text" in kinds else _ref("number"))
    if "boolean" in kinds:
        forms.append({"type": "boolean"})
    if set(kinds) & set(_DAYS):
        forms.append(_ref("relative_day"))
    if others:
        forms.append(_ref("other_field"))
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _operands() -> dict[str, Schema]:
    given = language()
    most = given["most"]
    weekday = {"enum": given["weekdays"]}
    tests = {name: given["operators"][name] for name in given["number_tests"]}
    return {
        # a decimal column takes digits as they are written, in quotes
        "number": {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
            ]
        },
        "other_field": _object({"field": dict(_NAME)}, required=["field"]),
        "relative_day": _one_of(
            {name: _count(most[each["unit"]]) for name, each in given["relative_days"].items()}
        ),
        "duration": _one_of({unit: _count(most[unit]) for unit in given["durations"]}),
        "days": _object({"days": _count(most["anniversary_days"])}, required=["days"]),
        "period": {"enum": given["periods"]},
        "month": _one_or_many(_count(12, least=1)),
        "day_of_month": _one_or_many(_count(31, least=1)),
        "weekday": _one_or_many(weekday),
        "number_tests": {
            **_object(_operators(tests, only=("number",), others=False)),
            "minProperties": 1,
        },
    }


def _one_of(properties: Mapping[str, Schema]) -> Schema:
    return {**_object(properties), "minProperties": 1, "maxProperties": 1}


def _one_or_many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _count(most: int, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _object(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        **needed,
        "properties": dict(properties),
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _said(form: Schema, text: str) -> Schema:
    return {"description": text, **form}


if __name__ == "__main__":
    write()
