"""The JSON Schema of a segment's properties file, made from the language's one definition.

`python -m runner.segments.schema` writes schemas/segment_rule.schema.json. The schema knows shapes,
not names: which fields, purposes and segments exist is for `consent validate` to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner.segments import schema_of_leaves as leaves
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
            **leaves.parts(),
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
        "where": ref("where"),
        "attributes": {"type": "array", "items": attribute, "uniqueItems": True},
        "limit": leaves.limit(),
    }
    return {
        **object_of({key: said(forms[key], text) for key, text in given["rule"].items()}),
        "oneOf": [{"required": ["contact_for"]}, {"required": ["contacts_nobody"]}],
    }


def _conditions(one: str, where: str, subjects: Iterable[str]) -> dict[str, Schema]:
    groups = language()["groups"]
    many = {"type": "array", "items": ref(one), "minItems": 1}
    forms = {"all": many, "any": many, "not": ref(one)}
    kinds: list[Schema] = [
        object_of({name: said(forms[name], text)}, required=[name]) for name, text in groups.items()
    ]
    return {
        one: {"anyOf": [*kinds, *(ref(name) for name in subjects)]},
        where: {"anyOf": [ref(one), many]},
    }


def _leaf(subject: str) -> Schema:
    given = language()
    head = said(dict(_NAME), given["subjects"][subject])
    match subject:
        case "field":
            operators = operators_of(given["operators"])
            folds = given["modifiers"]["ignore_case"]
            return {
                **object_of(
                    {
                        "field": head,
                        **operators,
                        "ignore_case": said({"type": "boolean"}, folds["doc"]),
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
            further = leaves.consent_dates(given["consent_keys"])
            keys = {"consent": head, "is": said(asked, given["consent_keys"]["is"]), **further}
            dated = {"properties": {"is": {"enum": ["permitted", "granted"]}}}
            return {
                **object_of(keys, required=["consent"]),
                "dependentSchemas": dict.fromkeys(further, dated),
            }
        case "activity":
            where = said(ref("activity_where"), given["activity_keys"]["where"])
            times = {name: given["operators"][name] for name in given["activity_time"]}
            return object_of(
                {
                    "activity": head,
                    "where": where,
                    **leaves.sequences(given["activity_keys"]),
                    **operators_of(times, only=("timestamp",), others=False),
                    **{name: _aggregate(name) for name in given["aggregates"]},
                },
                required=["activity"],
            )
        case "sample":
            share = {"type": "number", "minimum": 0, "maximum": 100}
            forms = {"name": _TEXT, "from": share, "below": share}
            keys = {key: said(forms[key], text) for key, text in given["sample_keys"].items()}
            shares = said(object_of(keys, required=["name"]), given["subjects"]["sample"])
            return object_of({"sample": shares}, required=["sample"])
        case "compare" | "list" | "member_of" | "delivered":
            return leaves.leaf(subject, head)
        case _:
            return object_of({subject: head}, required=[subject])


def _aggregate(name: str) -> Schema:
    given = language()
    aggregate = given["aggregates"][name]
    column = {"of": said(dict(_NAME), "The column of the activity.")} if aggregate["of"] else {}
    result = aggregate["result"]
    kinds = aggregate["of"] if result == "same" else [result]
    operators = {
        key: each
        for key, each in given["operators"].items()
        if set(kinds) & set(each["for"]) and (kinds != ["number"] or key in given["number_tests"])
    }
    tests = operators_of(operators, only=tuple(kinds), others=False)
    return said(
        {
            **object_of({**column, **tests}, required=list(column)),
            "minProperties": 1 + len(column),
        },
        aggregate["doc"],
    )


def operators_of(
    operators: Mapping[str, Mapping[str, Any]], only: tuple[str, ...] = (), others: bool = True
) -> dict[str, Schema]:
    """The operators with the operands that they take for the kinds that may stand there."""
    found = {}
    for name, operator in operators.items():
        kinds = [kind for kind in operator["for"] if not only or kind in only]
        found[name] = said(_operand(operator["takes"], kinds, others), operator["doc"])
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
        case "pattern":
            return dict(_TEXT)
        case "texts":
            return _one_or_many(dict(_TEXT))
        case "flag":
            return {"type": "boolean"}
        case _:
            return ref(takes)


def _value(kinds: tuple[str, ...], others: bool) -> Schema:
    forms: list[Schema] = []
    if "text" in kinds:
        forms.append({"type": "string"})
    elif set(kinds) & set(_DAYS):
        forms.append(dict(_DAY))
    if "number" in kinds:
        forms.append({"type": "number"} if "text" in kinds else ref("number"))
    if "boolean" in kinds:
        forms.append({"type": "boolean"})
    if set(kinds) & set(_DAYS):
        forms.append(ref("relative_day"))
    if others:
        forms.append(ref("other_field"))
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
        "other_field": object_of({"field": dict(_NAME)}, required=["field"]),
        "relative_day": one_of(
            {name: count_of(most[each["unit"]]) for name, each in given["relative_days"].items()}
        ),
        "duration": one_of({unit: count_of(most[unit]) for unit in given["durations"]}),
        "days": object_of({"days": count_of(most["anniversary_days"])}, required=["days"]),
        "period": {"enum": given["periods"]},
        "month": _one_or_many(count_of(12, least=1)),
        "day_of_month": _one_or_many(count_of(31, least=1)),
        "weekday": _one_or_many(weekday),
        "number_tests": {
            **object_of(operators_of(tests, only=("number",), others=False)),
            "minProperties": 1,
        },
    }


def one_of(properties: Mapping[str, Schema]) -> Schema:
    """A mapping with one of the keys."""
    return {**object_of(properties), "minProperties": 1, "maxProperties": 1}


def _one_or_many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def count_of(most: int, least: int = 0) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def object_of(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        **needed,
        "properties": dict(properties),
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """One of the definitions."""
    return {"$ref": f"#/$defs/{name}"}


def said(form: Schema, text: str) -> Schema:
    """A form with what it means."""
    return {"description": text, **form}


if __name__ == "__main__":
    write()
